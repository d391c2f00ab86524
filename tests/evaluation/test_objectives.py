"""Several objectives, and invalid settings."""

from __future__ import annotations

import mlflow
import numpy as np
import optuna
import pytest
from dummy_estimators import QUALITY, study
from report_parser import Page
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


@pytest.mark.slow
def test_several_objectives_give_a_pareto_front():
    scoring = {"accuracy": "maximize", "n_params": "minimize", "fit_time": "minimize"}
    space = tk.Space(units=tk.Int(2, 64, log=True), learning_rate=tk.Float(1e-3, 0.1, log=True))
    tuner = study(
        space, estimator=tk.KerasClassifier(epochs=4), scoring=scoring, cv=2, n_trials=9
    ).fit(X, y)
    assert [d.name for d in tuner.study_.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    front = {trial.number for trial in tuner.study_.best_trials}
    values = {trial.number: trial.values for trial in tuner.study_.trials}
    for number, (accuracy, size, seconds) in values.items():
        better = [
            other
            for other in values.values()
            if other[0] >= accuracy
            and other[1] <= size
            and other[2] <= seconds
            and other != [accuracy, size, seconds]
        ]
        assert (number in front) == (not better)
    assert tuner.cv_results_["rank_test_n_params"][tuner.trials_["n_params"].argmin()] == 1
    row = tuner.trials_.iloc[0]
    assert row["n_params"] == 4 * row["units"] + row["units"] + 3 * row["units"] + 3
    assert row["fit_time"] > 0
    assert set(tuner.trials_.index[tuner.trials_["pareto"]]) == front
    assert tuner.best_score_ == tuner.trials_["accuracy"].max()
    for name in scoring:
        assert len(tuner.cv_results_[f"mean_test_{name}"]) == 9


@pytest.mark.slow
def test_every_objective_is_tracked_and_reported(folder):
    tuner = study(
        tk.Space(C=tk.Float(1e-3, 10.0, log=True)),
        estimator=LogisticRegression(max_iter=5000),
        scoring=["accuracy", "n_params"],
        n_trials=4,
        name="traded",
        tracking=True,
    ).fit(X, y)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("traded").experiment_id
    runs = client.search_runs([experiment], "tags.`tunekit.kind` = 'trial'")
    tracked = {int(run.data.tags["tunekit.trial"]): run.data.metrics for run in runs}
    for number, row in tuner.trials_.iterrows():
        assert tracked[number]["mean/accuracy"] == row["score"] == row["accuracy"]
        assert tracked[number]["mean/n_params"] == row["n_params"] == 15
    page = Page(tk.report(tuner, "report.html", sections=["ranking", "measured"]))
    assert [trial["objective/n_params"] for trial in page.trials] == [15] * 4
    front = ", ".join(str(trial.number) for trial in tuner.study_.best_trials)
    words = page.text("measured")
    assert "accuracy, to maximize; n_params, to minimize. accuracy selects" in words
    assert f"Pareto-optimal trial{'s' if ',' in front else ''}: {front}." in words


def test_refit_names_the_objective_that_selects_the_best_trial():
    space = tk.Space(C=tk.Float(1e-3, 10.0, log=True))
    tuner = study(
        space,
        estimator=LogisticRegression(max_iter=5000),
        scoring=["accuracy", "neg_log_loss", "predict_latency"],
        refit="neg_log_loss",
        n_trials=6,
    ).fit(X, y)
    assert tuner.best_score_ == tuner.trials_["neg_log_loss"].max()
    assert (tuner.trials_["predict_latency"].between(1e-7, 1.0)).all()
    assert tuner.score(X, y) < 0
    assert hasattr(tuner, "best_estimator_")


def test_a_custom_objective_has_a_direction():
    def mistakes(model, X, y):
        return float((model.predict(X) != y).sum())

    tuner = study(
        tk.Space(max_depth=tk.Int(1, 4)),
        estimator=DecisionTreeClassifier(),
        scoring={"accuracy": "maximize", "mistakes": (mistakes, "minimize")},
        n_trials=4,
    ).fit(X, y)
    assert tuner.study_.directions[1] == optuna.study.StudyDirection.MINIMIZE
    np.testing.assert_allclose(
        tuner.trials_["mistakes"] / 75, 1 - tuner.trials_["accuracy"], atol=1e-12
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"engine": "hyperopt", "scoring": ["accuracy", "fit_time"]},
            "engine 'hyperopt' optimizes a single objective only",
        ),
        ({"algorithm": "cmaes", "scoring": ["accuracy", "fit_time"]}, "'cmaes' optimizes a single"),
        ({"pruner": "median", "scoring": ["accuracy", "fit_time"]}, "pruner must be None with"),
        ({"scoring": ["fit_time", "n_params"]}, "at least one scorer to maximize"),
        ({"scoring": "fit_time"}, "alone would select the worst model"),
        ({"scoring": {"accuracy": "up"}}, "'maximize', 'minimize', or a tuple .* got 'up'"),
        ({"scoring": {"accuracy": "minimize"}}, "must be 'maximize', since greater is better"),
        ({"scoring": ["accuracy", lambda *_: 1.0]}, "name of an objective may contain letters"),
        ({"scoring": [["accuracy"]]}, "must be the name of a scikit-learn scorer"),
        ({"scoring": {"lat": ("predict_latency", "minimize")}}, "use 'predict_latency': 'min"),
        ({"scoring": ["accuracy", "accuracy"]}, "must name each objective once"),
        ({"scoring": ["accuracy", "fit_tim"]}, "Did you mean 'fit_time'"),
        (
            {"scoring": ["accuracy", "fit_time"], "refit": "fit_time"},
            "refit must name a scorer to maximize",
        ),
        ({"scoring": []}, "at least one scorer to maximize"),
        ({"pruner": "medain"}, "pruner must be .* Did you mean 'median'"),
        ({"pruner": 3}, "an Optuna pruner or None, got 3"),
        ({"timeout": 0}, "timeout must be None or a number of seconds above 0, got 0"),
        ({"trial_timeout": -1.0}, "must be None or a number of seconds above 0, got -1.0"),
        ({"patience": 0}, "patience must be None or a whole number of at least 1, got 0"),
        ({"algorithm": "tpee"}, "Did you mean 'tpe'"),
    ],
)
def test_an_invalid_setting_is_rejected_in_one_sentence(settings, message):
    with pytest.raises(tk.ParameterError, match=message) as caught:
        study(QUALITY).set_params(**settings).fit(X, y)
    assert "\n" not in str(caught.value)


def test_scorers_are_named_by_a_dictionary(engine):
    scoring = {"right": "accuracy", "auc": get_scorer("roc_auc_ovr")}
    tuner = study(QUALITY, engine, estimator=GaussianNB(), scoring={"right": "accuracy"})
    tuner.set_params(space=tk.Space(var_smoothing=tk.Float(1e-9, 1e-6)), n_trials=2).fit(X, y)
    plain = clone(tuner).set_params(scoring="accuracy").fit(X, y)
    assert tuner.best_score_ == plain.best_score_
    found = tk.compare({"a": GaussianNB()}, X, y, cv=2, scoring=scoring, tracking=False)
    for name, scorer in scoring.items():
        expected = tk.compare({"a": GaussianNB()}, X, y, cv=2, scoring=scorer, tracking=False)
        assert found.ranking(name)["score"].iloc[0] == expected.ranking()["score"].iloc[0]


def test_a_model_without_parameters_fails_with_a_reason():
    tuner = study(
        tk.Space(max_depth=tk.Int(1, 4)),
        estimator=DecisionTreeClassifier(),
        scoring=["accuracy", "n_params"],
        n_trials=2,
    )
    with pytest.raises(tk.StudyError, match="DecisionTreeClassifier has no parameters to count"):
        tuner.fit(X, y)
