"""Processes that write the same to one store at the same moment."""

from __future__ import annotations

import threading
import uuid

import mlflow
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from tunekit.core.databases import is_collision
from tunekit.tracking.model_registry import ALIAS, pack
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner

X, y = load_iris(return_X_y=True)
SCORES = [0.6, 0.9, 0.7, 0.8]


@pytest.fixture(params=["sqlite", pytest.param("http", marks=pytest.mark.server)])
def uri(request, folder):
    if request.param == "http":
        return request.getfixturevalue("server").uri
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture
def desks(uri):
    """Four, each with a run of its own in one experiment."""
    experiment = mlflow.MlflowClient(uri).create_experiment(uuid.uuid4().hex)
    made = []
    for _ in SCORES:
        client = mlflow.MlflowClient(uri)
        runs = {EXECUTION: client.create_run(experiment).info.run_id}
        made.append(OperationRunner(lambda client=client: client, experiment, runs))
    return made


def do_together(desks, operations):
    """Let each desk do an operation, at the same moment, and return what failed."""
    ready, failures = threading.Barrier(len(desks)), []

    def do(desk, operation):
        ready.wait()
        try:
            desk.do(operation)
        except Exception as error:  # noqa: BLE001 - the test tells
            failures.append(error)

    threads = [
        threading.Thread(target=do, args=pair) for pair in zip(desks, operations, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_data_set_is_described_by_all(desks):
    for number in range(5):
        dataset = {"name": "s", "digest": str(number), "source_type": "local", "source": "memory"}
        describe = Operation("describe", EXECUTION, {"dataset": dataset})
        assert do_together(desks, [describe] * len(desks)) == []


def crown(files, study, score):
    facts = {"study": study, "execution": f"{study} of {score}", "score": score}
    facts["tags"] = {"tunekit.engine": str(score)}
    return Operation("crown", EXECUTION, facts, files)


@pytest.mark.slow
def test_the_alias_goes_to_the_best(desks, uri):
    files = pack(DecisionTreeClassifier().fit(X, y), X)
    for name in (uuid.uuid4().hex for _ in range(3)):
        crowns = [crown(files, name, score) for score in SCORES]
        assert do_together(desks, crowns) == []
        champion = mlflow.MlflowClient(uri).get_model_version_by_alias(name, ALIAS)
        assert champion.tags["tunekit.run"] == f"{name} of 0.9"


class Overtaken(mlflow.MlflowClient):
    """Lets something happen before it gives an alias for the first time."""

    def __init__(self, uri, happening):
        super().__init__(uri)
        self._happenings = [happening]

    def set_registered_model_alias(self, name, alias, version):
        while self._happenings:
            self._happenings.pop()()
        return super().set_registered_model_alias(name, alias, version)


def test_one_that_is_overtaken_does_not_take_the_alias_from_the_best(desks, uri):
    files = pack(DecisionTreeClassifier().fit(X, y), X)
    name = uuid.uuid4().hex
    overtaken = Overtaken(uri, lambda: desks[1].do(crown(files, name, 0.9)))
    OperationRunner(lambda: overtaken, "", desks[0].runs).do(crown(files, name, 0.6))
    champion = mlflow.MlflowClient(uri).get_model_version_by_alias(name, ALIAS)
    assert champion.tags["tunekit.run"] == f"{name} of 0.9"


def test_what_is_refused_for_another_reason_is_no_collision(desks, uri):
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        mlflow.MlflowClient(uri).get_run("0" * 32)
    assert not is_collision(caught.value)
