"""What happens in a study: duplicates, known starts, budgets, resuming."""

from __future__ import annotations

import time
import warnings

import optuna
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from stand_ins import QUALITY, Learner, Tame, study

import tunekit as tk

X, y = load_iris(return_X_y=True)


# Duplicates


FEW = tk.Space(quality=tk.Categorical([0.1, 0.5, 0.9]))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_configuration_is_evaluated_once_and_its_result_reused(engine, n_jobs, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Int(0, 30))
    tuner = study(
        space, engine, estimator=Tame(marks=str(marks)), cv=0.3, refit=False, n_jobs=n_jobs
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


def test_failures_and_pruned_trials_are_not_repeated_either(engine, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Categorical([0.1, 0.2]), deed=tk.Categorical(["good", "raise"]))
    first = [{"quality": 0.1, "deed": "good"}, *[{"quality": 0.1, "deed": "raise"}] * 2]
    tuner = study(
        space, engine, estimator=Tame(marks=str(marks)), initial=[first[0], first[1]], cv=0.3
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


def test_a_grid_ends_when_it_was_walked_through():
    space = tk.Space(quality=tk.Float(0.0, 1.0), seconds=tk.Categorical([0.0, 0.001]))
    tuner = study(space, algorithm="grid", n_trials=100, initial=[{"quality": 0.3}]).fit(X, y)
    assert len(tuner.trials_) == 11
    assert set(tuner.trials_["quality"]) == {0.0, 0.25, 0.3, 0.5, 0.75, 1.0}
    assert tuner.trials_["reused"].isna().all()


# Start from what is known


def test_initial_configurations_are_evaluated_first_and_completed(engine):
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(4, 64, log=True).per("layers"),
        learning_rate=tk.Float(1e-4, 0.1, log=True),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    )
    whole = {"layers": 2, "units": (8, 4), "learning_rate": 0.01, "optimizer": "adam"}
    first = ["default", whole, {"units": (16, 16, 16)}, {"optimizer": "sgd"}, {"units": 32}]
    model = tk.KerasClassifier(epochs=1, layers=2)
    tuner = study(space, engine, estimator=model, initial=first, n_trials=6, cv=0.3).fit(X, y)
    params = tuner.cv_results_["params"]
    assert params[0] == {
        "layers": 2,
        "units": (64, 64),
        "learning_rate": 0.001,
        "optimizer": "adam",
    }
    assert params[1] == whole
    assert params[2]["layers"] == 3
    assert params[2]["units"] == (16, 16, 16)
    assert (params[3]["optimizer"], "momentum" in params[3]) == ("sgd", True)
    assert set(params[4]["units"]) == {32}
    assert all(config in space for config in params)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ([{"quality": 3.0}], r"initial\[0\]: 'quality' must lie in Float\(0.0, 1.0\), got 3.0"),
        ([{"quality": 0.5}, {"qualty": 1}], r"initial\[1\]: .* Did you mean 'quality'"),
        ([3], r"initial\[0\] must be a configuration or 'default', got 3"),
        ("defaults", "initial must be a list of configurations, got 'defaults'"),
        ({"quality": 0.5}, "initial must be a list of configurations"),
    ],
)
def test_a_wrong_start_is_refused(initial, message):
    with pytest.raises(tk.SpaceError, match=message):
        study(QUALITY, initial=initial).fit(X, y)


def test_defaults_hold_what_is_active_under_every_condition(engine):
    space = tk.Space(
        optimizer=tk.Categorical(["adam", "sgd"]),
        layers=tk.Int(1, 3),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd", layers=1),
    )
    model = tk.KerasClassifier(epochs=1, optimizer="sgd", layers=2)
    tuner = study(space, engine, estimator=model, initial=["default"], n_trials=1, cv=0.3)
    assert tuner.fit(X, y).cv_results_["params"] == [{"optimizer": "sgd", "layers": 2}]


def test_defaults_outside_the_space_are_refused():
    space = tk.Space(quality=tk.Float(0.6, 1.0))
    with pytest.raises(tk.SpaceError, match=r"initial\[0\]: 'quality' must lie in .* got 0.5"):
        study(space, initial=["default"]).fit(X, y)


# Budgets


def test_no_trial_begins_after_the_timeout(engine):
    start = time.monotonic()
    tuner = study(QUALITY, engine, estimator=Tame(seconds=0.2), n_trials=1000, timeout=1.5)
    tuner.fit(X, y)
    assert time.monotonic() - start < 60
    assert 1 <= len(tuner.trials_) < 20
    assert tuner.stopped_ == "timeout=1.5 s was over"


def test_patience_ends_a_study_that_finds_nothing_better(engine):
    tuner = study(QUALITY, engine, n_trials=300, patience=8).fit(X, y)
    assert tuner.stopped_ == "8 trials had found nothing better"
    assert len(tuner.trials_) == tuner.best_index_ + 1 + 8


def test_trials_in_two_processes_are_timed_one_by_one(engine):
    tuner = study(
        QUALITY, engine, estimator=Tame(seconds=0.05), n_jobs=2, trial_timeout=30.0, n_trials=8
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


def test_a_sampler_that_does_not_fit_the_space_is_refused_in_one_sentence():
    sampler = optuna.samplers.GridSampler({"max_depth": [1, 2]})
    tuner = study(QUALITY, algorithm=sampler)
    with pytest.raises(tk.ParameterError, match="algorithm GridSampler cannot suggest .* quality"):
        tuner.fit(X, y)


@pytest.mark.parametrize(
    "algorithm",
    [optuna.samplers.RandomSampler(seed=0), optuna.samplers.TPESampler(seed=0), "cmaes"],
)
def test_a_sampler_does_not_begin_again_when_a_study_is_gone_on_with(algorithm, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    for n_trials in (5, 10):
        tuner = study(QUALITY, algorithm=algorithm, storage=storage, name="s", n_trials=n_trials)
        tuner.fit(X, y)
    assert tuner.trials_["quality"].is_unique


# Resuming, and the same again


MIXED = tk.Space(
    max_depth=tk.Int(1, 30),
    min_samples_leaf=tk.Float(0.001, 0.4, log=True),
    criterion=tk.Categorical(["gini", "entropy"]),
    ccp_alpha=tk.Float(0.0, 0.1).when(criterion="gini"),
)


def tables(*tuners):
    return [tuner.trials_.drop(columns="duration") for tuner in tuners]


def test_a_study_that_is_gone_on_with_equals_an_uninterrupted_one(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    whole = study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=26).fit(X, y)
    for n_trials in (11, 18, 26):
        parts = study(
            MIXED,
            engine,
            estimator=DecisionTreeClassifier(),
            n_trials=n_trials,
            storage=storage,
            name="s",
        ).fit(X, y)
        assert len(parts.trials_) == n_trials
    one, two = tables(whole, parts)
    assert one.equals(two)


def test_resuming_keeps_failures_pruned_trials_and_reused_ones(engine, tmp_path):
    settings = {
        "estimator": Learner(),
        "pruner": "median",
        "cv": 0.3,
        "storage": f"sqlite:///{tmp_path}/study.db",
        "name": "s",
        "initial": [{"rate": 0.3}, "default"],
    }
    space = tk.Space(rate=tk.Float(0.0, 1.0, step=0.1), epochs=tk.Categorical([4, 8]))
    first = study(space, engine, n_trials=12, **settings).fit(X, y)
    again = study(space, engine, n_trials=12, **settings).fit(X, y)
    one, two = tables(first, again)
    assert one.equals(two)
    assert len(again.study_.trials) == 12


def test_a_shorter_study_is_the_beginning_of_a_longer_one(engine):
    short, long = (
        study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=n).fit(X, y)
        for n in (14, 24)
    )
    one, two = tables(short, long)
    assert one.equals(two[:14])
