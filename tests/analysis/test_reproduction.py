"""What it takes to make the best model again."""

from __future__ import annotations

import json

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


def test_the_python_makes_the_best_estimator_again(tuner, uri, described, digits):
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
    exec(found.python, names)  # noqa: S102 - it is made to be run
    made = names["estimator"].fit(digits[0], digits[2])
    np.testing.assert_array_equal(made.predict(digits[1]), tuner.predict(digits[1]))
    assert json.loads(found.configuration) == json.loads(json.dumps(tuner.best_params_))
    assert found.note == ""
    assert "random_state=0 seeded" in found.seed
    assert dict(found.versions)["scikit-learn"]
    assert found.versions[0][0] == "Python"
    assert len(found.commit.split(",")[0]) == 40


def test_what_cannot_be_written_is_said():
    pipeline = make_pipeline(FunctionTransformer(lambda x: x), DecisionTreeClassifier())
    told = describe_estimator(pipeline.fit(np.eye(4), [0, 1, 0, 1]))
    found = reproduction(trial(0, 0.5), execution(), architecture=told, environment=None)
    assert "FunctionTransformer.func" in found.note
    assert "make_pipeline" not in found.python
    compile(found.python, "pasted", "exec")


def test_of_an_older_store_there_is_what_there_is():
    old = execution(info={"random_state": "None"})
    found = reproduction(
        trial(0, 0.5, params={"rate": 0.1, "kind": "<b>"}),
        old,
        architecture=None,
        environment=None,
    )
    assert json.loads(found.configuration) == {"rate": 0.1, "kind": "<b>"}
    assert found.python == ""
    assert "was not kept" in found.note
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
def test_a_command_is_one_for_a_shell(command, shown):
    found = reproduction(
        trial(0, 0.5),
        execution(command=command, commit="abc", changed=True),
        architecture=None,
        environment=None,
    )
    assert found.command == shown
    assert found.commit == "abc, with changes that were not committed"


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({"cv": None}, "The splits were shuffled, seeded by", "Where"),
        ({"cv": 0.3}, "The splits were shuffled, seeded by", "Where"),
        ({"cv": 3}, "Where the splits shuffle,", "The splits were shuffled"),
        ({"cv": 3, "test_size": 0.2}, "The test split was drawn", "The splits were shuffled"),
        ({"cv": TimeSeriesSplit(3)}, "no row was shuffled", "seeded by"),
        ({"cv": 2}, "that was None was set to 7, and every other one, too, where", "one by one"),
        ({"cv": 2, "seeds": 3}, "every random_state set to 7, 8 and 9, one by one", "was None"),
    ],
)
def test_of_the_seeds_of_a_comparison_what_is_known_is_said(settings, said, unsaid):
    found = tk.compare(
        {"a": ScriptedEstimator()}, *IRIS, random_state=7, tracking=False, **settings
    )
    told = seeds_of(found.info)
    assert said in told
    assert unsaid not in told
