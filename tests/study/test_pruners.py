"""Pruners stop unpromising trials with both engines."""

from __future__ import annotations

import time

import mlflow
import numpy as np
import optuna
import pytest
from dummy_estimators import QUALITY, RATES, IterativeEstimator, study
from report_parser import Page
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


KERAS = tk.Space(units=tk.Int(2, 32, log=True), learning_rate=tk.Float(1e-4, 0.3, log=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    "pruner", ["median", "asha", "hyperband", "wilcoxon", optuna.pruners.PercentilePruner(30.0)]
)
@pytest.mark.parametrize("cv", [0.3, 5])
def test_pruners_stop_trials_on_both_engines(engine, pruner, cv):
    if pruner == "wilcoxon" and cv == 0.3:
        cv = 6  # it needs several splits
    tuner = study(
        RATES, engine, estimator=IterativeEstimator(), pruner=pruner, cv=cv, n_trials=24
    ).fit(X, y)
    n_steps = 8 if cv == 0.3 else cv
    table = tuner.trials_
    for trial in tuner.study_.trials:
        steps = sorted(trial.intermediate_values)
        row = table.loc[trial.number]
        assert steps == list(range(len(steps)))
        if row["state"] == "pruned":
            assert trial.state == optuna.trial.TrialState.PRUNED
            saved = row["epochs_saved"] if cv == 0.3 else row["fits_saved"]
            assert saved == n_steps - len(steps) > 0
            assert row["epochs_saved"] == saved * (1 if cv == 0.3 else 8)
            assert np.isnan(row["score"])
        else:
            assert len(steps) == n_steps
    assert (table["state"] == "pruned").any()
    assert table.loc[tuner.best_index_, "state"] == "complete"


@pytest.mark.slow
def test_a_pruned_study_is_reproducible(engine):
    good = [{"units": 32, "learning_rate": rate} for rate in (0.05, 0.06, 0.07, 0.08, 0.09)]
    bad = {"units": 2, "learning_rate": 1e-4}
    one, two = (
        study(KERAS, engine, estimator=tk.KerasClassifier(epochs=4), pruner="median", cv=0.3)
        .set_params(n_trials=7, initial=[*good, bad])
        .fit(X, y)
        .trials_.drop(columns="duration")
        for _ in range(2)
    )
    assert one.equals(two)
    assert (one["state"] == "pruned").any()


def test_folds_report_running_means_but_wilcoxon_gets_the_score_of_each_fold():
    space = tk.Space(C=tk.Float(1e-3, 10.0, log=True))
    model = LogisticRegression(max_iter=5000)
    for pruner, expected in (
        (optuna.pruners.NopPruner(), lambda scores: np.cumsum(scores) / [1, 2, 3, 4]),
        ("wilcoxon", lambda scores: scores),
    ):
        tuner = study(space, estimator=model, pruner=pruner, cv=4, n_trials=1).fit(X, y)
        told = list(tuner.study_.trials[0].intermediate_values.values())
        scores = [tuner.cv_results_[f"split{i}_test_score"][0] for i in range(4)]
        np.testing.assert_allclose(told, expected(scores))


@pytest.mark.slow
def test_what_pruning_saved_is_shown_and_tracked(engine, folder, capfd):
    tuner = study(
        RATES, engine, estimator=IterativeEstimator(), pruner="median", cv=0.3
    ).set_params(tracking=True, progress=True, name="pruned", n_trials=14)
    tuner.fit(X, y)
    saved = int(tuner.trials_["epochs_saved"].sum())
    n_pruned = int((tuner.trials_["state"] == "pruned").sum())
    assert saved > 0
    shown = capfd.readouterr().err
    assert f"{n_pruned} pruned" in shown
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("pruned").experiment_id
    runs = client.search_runs([experiment], "tags.`tunekit.state` = 'pruned'")
    assert sum(run.data.metrics["epochs_saved"] for run in runs) == saved
    page = Page(tk.report(tuner, "report.html", sections=["measured", "search"]))
    assert f"{n_pruned} pruned, which saved {saved} epochs" in page.text("measured")
    assert f"Pruning stopped {n_pruned} of 14 trials" in page.text("search")


@pytest.mark.slow
def test_pruning_works_across_processes(engine):
    tuner = study(
        RATES,
        engine,
        estimator=IterativeEstimator(),
        pruner=optuna.pruners.PercentilePruner(70.0, n_startup_trials=2),
        cv=0.3,
        n_jobs=2,
        n_trials=14,
    ).fit(X, y)
    pruned = tuner.trials_[tuner.trials_["state"] == "pruned"]
    assert len(pruned) > 0
    assert (pruned["epochs_saved"] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_of_a_pruner_is_not_a_failure_of_the_trial(engine, n_jobs):
    class Broken(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            raise ValueError("pruner bug")

    tuner = study(QUALITY, engine, pruner=Broken(), n_jobs=n_jobs)
    with pytest.raises(ValueError, match="pruner bug"):
        tuner.fit(X, y)


def test_a_grid_ignores_the_brackets_of_hyperband():
    space = tk.Space(C=tk.Categorical([0.01, 0.1, 1.0, 10.0]), tol=tk.Categorical([1e-3, 1e-4]))
    model = LogisticRegression(max_iter=5000)
    tuner = study(space, estimator=model, algorithm="grid", pruner="hyperband", cv=5).fit(X, y)
    assert len(tuner.trials_) == 8
    assert tuner.trials_["reused"].isna().all()


def test_a_pruner_without_steps_is_rejected():
    space = tk.Space(max_depth=tk.Int(1, 4))
    tree = study(space, estimator=DecisionTreeClassifier(), pruner="median", cv=0.3)
    with pytest.raises(tk.ParameterError, match="pruner 'median' has no steps to prune: Decision"):
        tree.fit(X, y)
    keras = study(KERAS, estimator=tk.KerasClassifier(), pruner="wilcoxon", cv=0.3)
    with pytest.raises(tk.ParameterError, match="compares trials split by split, but there is"):
        keras.fit(X, y)


@pytest.mark.slow
def test_reports_are_not_counted_as_fit_time():
    def slow(model, X, y):
        time.sleep(0.2)
        return 0.5

    times = [
        study(
            tk.Space(units=tk.Int(2, 4)),
            estimator=tk.KerasClassifier(epochs=6),
            scoring=slow,
            pruner=pruner,
            cv=0.3,
            n_trials=2,
        )
        .fit(X, y)
        .cv_results_["mean_fit_time"][1]
        for pruner in (None, "median")
    ]
    assert times[1] < times[0] + 6 * 0.2 / 2
