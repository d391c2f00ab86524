"""The search loop: repeated configurations, budgets, and samplers that end it."""

from __future__ import annotations

import time
import warnings

import optuna
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
FEW = tk.Space(quality=tk.Categorical([0.1, 0.5, 0.9]))


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_configuration_is_evaluated_once_and_its_result_reused(engine, n_jobs, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Int(0, 30))
    tuner = study(
        space,
        engine,
        estimator=ScriptedEstimator(marks=str(marks)),
        cv=0.3,
        refit=False,
        n_jobs=n_jobs,
    ).set_params(n_trials=40)
    tuner.fit(X, y)
    table = tuner.trials_
    again = table[table["reused"].notna()]
    assert 0 < len(again) < 40
    assert len(table) == 40
    assert not table.drop(index=again.index)["quality"].duplicated().any()
    assert len(marks.read_text().splitlines()) == 40 - len(again)
    for number, row in again.iterrows():
        assert table.loc[row["reused"], "quality"] == row["quality"]
        assert table.loc[row["reused"], "score"] == row["score"]
        assert tuner.study_.trials[number].value == row["score"]


def test_failed_and_pruned_trials_are_not_repeated(engine, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Categorical([0.1, 0.2]), deed=tk.Categorical(["good", "raise"]))
    first = [{"quality": 0.1, "deed": "good"}, *[{"quality": 0.1, "deed": "raise"}] * 2]
    tuner = study(
        space,
        engine,
        estimator=ScriptedEstimator(marks=str(marks)),
        initial=[first[0], first[1]],
        cv=0.3,
    ).fit(X, y)
    failed = tuner.trials_[tuner.trials_["state"] == "failed"]
    assert failed["quality"].nunique() == failed["reused"].isna().sum()
    lines = marks.read_text().splitlines()
    assert lines.count('[0.1, "raise"]') == 1


def test_a_finite_space_that_is_exhausted_ends_the_study(engine):
    tuner = study(FEW, engine, n_trials=500).fit(X, y)
    assert sorted(set(tuner.trials_["quality"])) == [0.1, 0.5, 0.9]
    assert len(tuner.trials_) < 100
    assert tuner.stopped_ == "every configuration of the space was tried"
    assert tuner.best_score_ == 0.9


def test_a_study_ends_when_its_grid_is_exhausted():
    space = tk.Space(quality=tk.Float(0.0, 1.0), seconds=tk.Categorical([0.0, 0.001]))
    tuner = study(space, algorithm="grid", n_trials=100, initial=[{"quality": 0.3}]).fit(X, y)
    assert len(tuner.trials_) == 11
    assert set(tuner.trials_["quality"]) == {0.0, 0.25, 0.3, 0.5, 0.75, 1.0}
    assert tuner.trials_["reused"].isna().all()


@pytest.mark.slow
def test_no_trial_starts_after_the_timeout(engine):
    start = time.monotonic()
    tuner = study(
        QUALITY, engine, estimator=ScriptedEstimator(seconds=0.2), n_trials=1000, timeout=1.5
    )
    tuner.fit(X, y)
    assert time.monotonic() - start < 60
    assert 1 <= len(tuner.trials_) < 20
    assert tuner.stopped_ == "the timeout of 1.5 s was reached"


def test_patience_ends_a_study_without_improvement(engine):
    tuner = study(QUALITY, engine, n_trials=300, patience=8).fit(X, y)
    assert tuner.stopped_ == "the last 8 trials brought no improvement"
    assert len(tuner.trials_) == tuner.best_index_ + 1 + 8


@pytest.mark.slow
def test_trials_in_two_processes_are_timed_separately(engine):
    tuner = study(
        QUALITY,
        engine,
        estimator=ScriptedEstimator(seconds=0.05),
        n_jobs=2,
        trial_timeout=30.0,
        n_trials=8,
    ).fit(X, y)
    assert (tuner.trials_["state"] == "complete").all()
    assert len(tuner.trials_) == 8


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: optuna.samplers.GridSampler({"max_depth": [1, 2, 3]}), [1, 2, 3]),
        (lambda: optuna.samplers.BruteForceSampler(seed=0), [1, 2, 3, 4]),
    ],
)
def test_a_sampler_that_stops_a_study_ends_it(make, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = make()
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = study(space, estimator=DecisionTreeClassifier(), algorithm=sampler, n_trials=40)
    table = tuner.fit(X, y).trials_
    assert sorted(table["max_depth"]) == expected
    assert len(table) == len(expected)


def test_a_sampler_that_does_not_support_the_space_is_rejected():
    sampler = optuna.samplers.GridSampler({"max_depth": [1, 2]})
    tuner = study(QUALITY, algorithm=sampler)
    with pytest.raises(tk.ParameterError, match="algorithm GridSampler cannot suggest .* quality"):
        tuner.fit(X, y)
