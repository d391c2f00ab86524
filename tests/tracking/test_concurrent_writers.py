"""Processes that write the same data to a store at the same time."""

from __future__ import annotations

import threading
import uuid

import mlflow
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from tunekit.core.databases import is_collision
from tunekit.tracking.model_files import pack
from tunekit.tracking.model_registry import ALIAS
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner

X, y = load_iris(return_X_y=True)
SCORES = [0.6, 0.9, 0.7, 0.8]


@pytest.fixture(params=["sqlite", pytest.param("http", marks=pytest.mark.server)])
def uri(request, folder):
    if request.param == "http":
        return request.getfixturevalue("server").uri
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture
def runners(uri):
    """Four runners with different runs in one experiment."""
    experiment = mlflow.MlflowClient(uri).create_experiment(uuid.uuid4().hex)
    made = []
    for _ in SCORES:
        client = mlflow.MlflowClient(uri)
        runs = {EXECUTION: client.create_run(experiment).info.run_id}
        made.append(OperationRunner(lambda client=client: client, experiment, runs))
    return made


def do_together(runners, operations):
    """Apply one operation with each runner at the same time, and return the errors."""
    ready, failures = threading.Barrier(len(runners)), []

    def do(runner, operation):
        ready.wait()
        try:
            runner.do(operation)
        except Exception as error:  # noqa: BLE001 - the test tells
            failures.append(error)

    threads = [
        threading.Thread(target=do, args=pair) for pair in zip(runners, operations, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_all_writers_can_describe_the_data_set(runners):
    for number in range(5):
        dataset = {"name": "s", "digest": str(number), "source_type": "local", "source": "memory"}
        describe = Operation("describe", EXECUTION, {"dataset": dataset})
        assert do_together(runners, [describe] * len(runners)) == []


def registration(files, study, score):
    facts = {"study": study, "execution": f"{study} of {score}", "score": score}
    facts["tags"] = {"tunekit.engine": str(score)}
    return Operation("crown", EXECUTION, facts, files)


@pytest.mark.slow
def test_the_alias_goes_to_the_best(runners, uri):
    files, _ = pack(DecisionTreeClassifier().fit(X, y), X)
    for name in (uuid.uuid4().hex for _ in range(3)):
        operations = [registration(files, name, score) for score in SCORES]
        assert do_together(runners, operations) == []
        champion = mlflow.MlflowClient(uri).get_model_version_by_alias(name, ALIAS)
        assert champion.tags["tunekit.run"] == f"{name} of 0.9"


class SlowClient(mlflow.MlflowClient):
    """A client that calls a function before it sets an alias for the first time."""

    def __init__(self, uri, happening):
        super().__init__(uri)
        self._happenings = [happening]

    def set_registered_model_alias(self, name, alias, version):
        while self._happenings:
            self._happenings.pop()()
        return super().set_registered_model_alias(name, alias, version)


@pytest.mark.slow
def test_a_slower_process_does_not_take_the_alias_from_the_best(runners, uri):
    files, _ = pack(DecisionTreeClassifier().fit(X, y), X)
    name = uuid.uuid4().hex
    slow = SlowClient(uri, lambda: runners[1].do(registration(files, name, 0.9)))
    OperationRunner(lambda: slow, "", runners[0].runs).do(registration(files, name, 0.6))
    champion = mlflow.MlflowClient(uri).get_model_version_by_alias(name, ALIAS)
    assert champion.tags["tunekit.run"] == f"{name} of 0.9"


def test_other_errors_are_not_treated_as_collisions(runners, uri):
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        mlflow.MlflowClient(uri).get_run("0" * 32)
    assert not is_collision(caught.value)
