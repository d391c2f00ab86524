"""Instructions to reproduce the best model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from dummy_estimators import ScriptedEstimator
from fake_studies import execution, trial
from sklearn.datasets import load_iris
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.reproduction import reproduction, seeds_of
from tunekit.evaluation.describe import describe_estimator
from tunekit.tracking.artifacts import read_json
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_execution

IRIS = load_iris(return_X_y=True)


@pytest.fixture
def described(tuner, uri):
    return read_json(open_store(uri, create=False), tuner.run_id_, "architecture.json")


def test_the_code_creates_the_best_estimator(tuner, uri, described, digits):
    tracked = read_execution(open_store(uri, create=False), tuner.run_id_)
    environment = read_json(
        open_store(tracked.uri, create=False), tuner.run_id_, "environment.json"
    )
    found = reproduction(
        tracked.trials[0],
        tracked.executions[0],
        architecture=described,
        environment=environment,
    )
    names = {}
    exec(found.python, names)  # noqa: S102 - code of the report
    made = names["estimator"].fit(digits[0], digits[2])
    np.testing.assert_array_equal(made.predict(digits[1]), tuner.predict(digits[1]))
    assert json.loads(found.configuration) == json.loads(json.dumps(tuner.best_params_))
    assert found.note == ""
    assert "random_state=0 seeded" in found.seed
    assert dict(found.versions)["scikit-learn"]
    assert found.versions[0][0] == "Python"
    assert len(found.commit.split(",")[0]) == 40


def test_metadata_are_named_in_the_code():
    description = describe_estimator(DecisionTreeClassifier().fit(np.eye(4), [0, 1, 0, 1]))
    weighted = replace(execution(), info=replace(execution().info, metadata=("sample_weight",)))
    found = reproduction(trial(0, 0.5), weighted, architecture=description, environment=None)
    assert found.python.endswith(
        "# With your data and the metadata that its fit requests: "
        "estimator.fit(X, y, sample_weight=sample_weight)\n"
    )


def test_parameters_without_code_are_listed():
    pipeline = make_pipeline(FunctionTransformer(lambda x: x), DecisionTreeClassifier())
    description = describe_estimator(pipeline.fit(np.eye(4), [0, 1, 0, 1]))
    found = reproduction(trial(0, 0.5), execution(), architecture=description, environment=None)
    assert found.note == "Define the names in the comment before you run the code."
    assert "# func_of_FunctionTransformer: FunctionTransformer.func, a lambda (" in found.python
    compile(found.python, "pasted", "exec")


def test_missing_information_is_left_empty():
    old = execution(info={"random_state": "None"})
    found = reproduction(
        trial(0, 0.5, params={"rate": 0.1, "kind": "<b>"}),
        old,
        architecture=None,
        environment=None,
    )
    assert json.loads(found.configuration) == {"rate": 0.1, "kind": "<b>"}
    assert found.python == ""
    assert "was not stored" in found.note
    assert "No random_state" in found.seed
    assert (found.versions, found.command, found.commit) == ((), "", "")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("studies/digits.py --n 3", "python studies/digits.py --n 3"),
        ("'my study.py' 'a b'", "python 'my study.py' 'a b'"),
        ("/usr/bin/tunekit run x.yaml", "/usr/bin/tunekit run x.yaml"),
        ("'cut off.py …", "'cut off.py …"),
    ],
)
def test_the_command_runs_in_a_shell(command, shown):
    found = reproduction(
        trial(0, 0.5),
        execution(command=command, commit="abc", changed=True),
        architecture=None,
        environment=None,
    )
    assert found.command == shown
    assert found.commit == "abc, with uncommitted changes"


@pytest.mark.parametrize(
    ("settings", "expected", "unexpected"),
    [
        ({"cv": None}, "The splits were shuffled with", "If the splits"),
        ({"cv": 0.3}, "The splits were shuffled with", "If the splits"),
        ({"cv": 3}, "If the splits are shuffled,", "The splits were shuffled"),
        (
            {"cv": 3, "test_size": 0.2},
            "A test split drawn by test_size used",
            "The splits were shuffled",
        ),
        ({"cv": TimeSeriesSplit(3)}, "no rows were shuffled", "of compare."),
        ({"cv": 2}, "Every random_state=None of an estimator was set to 7. If seeds", "in turn"),
        ({"cv": 2, "seeds": 3}, "every random_state set to 7, 8 and 9 in turn", "=None"),
    ],
)
def test_the_seeds_of_a_comparison_are_described(settings, expected, unexpected):
    comparison = tk.compare(
        {"a": ScriptedEstimator()}, *IRIS, random_state=7, tracking=False, **settings
    )
    text = seeds_of(comparison.info)
    assert expected in text
    assert unexpected not in text
