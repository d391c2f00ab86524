"""If folds are small, scores that are not means over rows are pooled over all folds."""

from __future__ import annotations

import math

import mlflow
import numpy as np
import optuna
import pytest
from dummy_estimators import study
from report_parser import Page
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import (
    average_precision_score,
    get_scorer,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)

import tunekit as tk
from tunekit.analysis.checks.baseline import baseline_score
from tunekit.analysis.text import score
from tunekit.comparison.pooled_scores import PooledScores
from tunekit.statistics.bootstrap import resample

RNG = np.random.default_rng(3)
X = RNG.normal(size=(30, 3))
VALUES = X @ [1.0, 0.5, 0.2] + 2 * RNG.normal(size=30)
LABELS = (X[:, 0] + RNG.normal(size=30) > 0.6).astype(int)
LARGE = RNG.normal(size=(150, 3))
MANY = LARGE @ [1.0, 0.5, 0.2] + 2 * RNG.normal(size=150)
FOLDS = KFold(10, shuffle=True, random_state=0)
MODELS = {"ridge": Ridge(), "mean": DummyRegressor()}
ALPHAS = tk.Space(alpha=tk.Float(0.1, 10))


def compare(models=MODELS, y=VALUES, X=X, **settings):
    return tk.compare(models, X, y, tracking=False, **{"cv": FOLDS, **settings})


def r2(truth, said):
    """R² in float64, by its definition."""
    truth, said = np.asarray(truth, np.float64), np.asarray(said, np.float64)
    return 1 - np.sum((truth - said) ** 2) / np.sum((truth - truth.mean()) ** 2)


def test_r2_of_small_folds_is_computed_over_all_rows():
    found = compare()
    expected = r2(VALUES, cross_val_predict(Ridge(), X, VALUES, cv=FOLDS))
    score = found.ranking()["score"]
    assert score["ridge"] == pytest.approx(expected, rel=1e-9)
    assert abs(np.mean(found.scores()["ridge"]) - expected) > 0.2, "the mean differs"
    assert found.pairwise()["difference"].iloc[0] == pytest.approx(
        abs(score["ridge"] - score["mean"])
    )
    design = found.design()
    assert design.unit == "pooled"
    assert design.test == "paired bootstrap, corrected for overlap"
    assert "The smallest fold has 3 rows, too few for a mean of r2 over folds" in design.why


def test_scores_of_large_folds_equal_those_of_scikit_learn():
    found = compare(X=LARGE, y=MANY, cv=3)
    expected = cross_val_score(Ridge(), LARGE, MANY, cv=3).mean()
    assert found.ranking()["score"]["ridge"] == pytest.approx(expected)
    assert found.design().unit == "folds"
    tuner = study(ALPHAS, estimator=Ridge(), cv=3, n_trials=1).fit(LARGE, MANY)
    grid = GridSearchCV(Ridge(), {"alpha": [tuner.best_params_["alpha"]]}, cv=3).fit(LARGE, MANY)
    assert tuner.best_score_ == pytest.approx(grid.best_score_)
    assert tuner.cv_results_["std_test_score"][0] == pytest.approx(
        grid.cv_results_["std_test_score"][0]
    )


@pytest.mark.parametrize("cv", [LeaveOneOut(), KFold(30)])
def test_leave_one_out_has_an_r2(cv, engine):
    found = compare(cv=cv)
    expected = r2(VALUES, cross_val_predict(Ridge(), X, VALUES, cv=LeaveOneOut()))
    assert found.ranking()["score"]["ridge"] == pytest.approx(expected)
    assert found.ranking()["error"].eq("").all()
    tuner = study(ALPHAS, engine, estimator=Ridge(), cv=cv, n_trials=2).fit(X, VALUES)
    model = Ridge(**tuner.best_params_)
    assert tuner.best_score_ == pytest.approx(
        r2(VALUES, cross_val_predict(model, X, VALUES, cv=LeaveOneOut()))
    )


def test_a_search_pools_its_trials_too(engine):
    tuner = study(ALPHAS, engine, estimator=Ridge(), cv=FOLDS, n_trials=4).fit(X, VALUES)
    expected = [
        r2(VALUES, cross_val_predict(Ridge(**params), X, VALUES, cv=FOLDS))
        for params in tuner.cv_results_["params"]
    ]
    np.testing.assert_allclose(tuner.cv_results_["mean_test_score"], expected)
    np.testing.assert_allclose(tuner.trials_["score"], expected)
    np.testing.assert_allclose([trial.value for trial in tuner.study_.trials], expected)
    assert tuner.best_index_ == np.argmax(expected)
    assert tuner.best_score_ == max(expected)
    assert tuner.trials_["std"].isna().all()
    folds = cross_val_score(Ridge(**tuner.cv_results_["params"][0]), X, VALUES, cv=FOLDS)
    np.testing.assert_allclose(
        [tuner.cv_results_[f"split{i}_test_score"][0] for i in range(10)], folds
    )
    again = tuner.finalists(k=1, seeds=1).ranking().iloc[0]
    assert abs(again["score"] - again["search_score"]) < 0.3, "they are comparable"


def test_several_objectives_are_pooled_independently():
    scoring = ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error"]
    tuner = study(ALPHAS, estimator=Ridge(), cv=FOLDS, n_trials=1, scoring=scoring)
    tuner.fit(X, VALUES)
    said = cross_val_predict(Ridge(**tuner.best_params_), X, VALUES, cv=FOLDS)
    square = np.mean((said - VALUES) ** 2)
    expected = [r2(VALUES, said), -square, -math.sqrt(square)]
    np.testing.assert_allclose(tuner.study_.trials[0].values, expected)
    np.testing.assert_allclose(tuner.trials_[scoring].iloc[0].astype(float), expected)


def test_repeats_and_seeds_are_pooled_separately():
    cv = RepeatedKFold(n_splits=5, n_repeats=2, random_state=0)
    found = compare({"forest": RandomForestRegressor(3)}, cv=cv, seeds=[4, 9])
    expected = []
    for seed in (4, 9):
        for number in range(2):
            own = list(cv.split(X))[5 * number : 5 * number + 5]
            said = cross_val_predict(RandomForestRegressor(3, random_state=seed), X, VALUES, cv=own)
            expected.append(r2(VALUES, said))
    assert found.ranking()["score"].iloc[0] == pytest.approx(np.mean(expected))
    by_seed = found.scores(by="seed")["forest"]
    assert by_seed.to_dict() == pytest.approx({4: np.mean(expected[:2]), 9: np.mean(expected[2:])})


def test_rows_that_are_repeated_unequally_are_pooled_together():
    cv = ShuffleSplit(8, test_size=5, random_state=0)
    found = compare(cv=cv)
    truth, said = [], []
    for fit, test in cv.split(X):
        truth += list(VALUES[test])
        said += list(Ridge().fit(X[fit], VALUES[fit]).predict(X[test]))
    assert found.ranking()["score"]["ridge"] == pytest.approx(r2(truth, said))
    assert np.isfinite(found.pairwise()["p_value"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["f1", "precision", "matthews_corrcoef", "average_precision"])
def test_classification_scores_are_pooled_as_well(name):
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    models = {"logistic": LogisticRegression(), "prior": DummyClassifier(strategy="stratified")}
    found = compare(models, y=LABELS, cv=cv, scoring=name)
    model = LogisticRegression()
    labels = cross_val_predict(model, X, LABELS, cv=cv)
    chances = cross_val_predict(model, X, LABELS, cv=cv, method="predict_proba")[:, 1]
    metric = get_scorer(name)._score_func
    expected = metric(LABELS, chances if name == "average_precision" else labels)
    assert found.ranking()["score"]["logistic"] == pytest.approx(expected)


@pytest.mark.slow
def test_roc_auc_is_the_mean_over_folds_if_each_has_both_classes():
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    models = {"logistic": LogisticRegression(), "prior": DummyClassifier()}
    found = compare(models, y=LABELS, cv=cv, scoring="roc_auc")
    expected = cross_val_score(LogisticRegression(), X, LABELS, cv=cv, scoring="roc_auc").mean()
    assert found.ranking()["score"]["logistic"] == pytest.approx(expected)
    alone = compare(models, y=LABELS, cv=LeaveOneOut(), scoring="roc_auc")
    chances = cross_val_predict(
        LogisticRegression(), X, LABELS, cv=LeaveOneOut(), method="predict_proba"
    )
    assert alone.ranking()["score"]["logistic"] == pytest.approx(
        roc_auc_score(LABELS, chances[:, 1])
    )


MARGINS = {"alpha": 0.1, "random_state": 0}
RARE = (LARGE[:, 0] + RNG.normal(size=150) > 1.4).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["hinge", "log_loss"])
def test_models_with_and_without_probabilities_are_scored_in_the_same_way(engine, loss):
    """Averaged over folds, the average precision is 0.1 higher than when it is pooled."""
    cv = StratifiedKFold(15, shuffle=True, random_state=0)
    space = tk.Space(loss=tk.Categorical(["hinge", "log_loss"]))
    settings = {"scoring": "average_precision", "cv": cv, "n_trials": 2}
    tuner = study(space, engine, estimator=SGDClassifier(**MARGINS),
                  initial=[{"loss": "hinge"}, {"loss": "log_loss"}], **settings)  # fmt: skip
    tuner.fit(LARGE, RARE)
    model = SGDClassifier(loss=loss, **MARGINS)
    margins = cross_val_predict(model, LARGE, RARE, cv=cv, method="decision_function")
    expected = average_precision_score(RARE, margins)
    found = dict(zip([each["loss"] for each in tuner.cv_results_["params"]],
                     tuner.cv_results_["mean_test_score"], strict=True))  # fmt: skip
    assert found[loss] == pytest.approx(expected)
    folds = cross_val_score(model, LARGE, RARE, cv=cv, scoring="average_precision")
    assert folds.mean() > expected + 0.1
    again = compare({"model": model, "other": LogisticRegression()}, RARE, LARGE, cv=cv,
                    scoring="average_precision")  # fmt: skip
    assert again.ranking()["score"]["model"] == pytest.approx(expected)
    assert again.pairwise()["test"].eq("paired bootstrap, corrected for overlap").all()


@pytest.mark.slow
def test_roc_auc_of_a_saturated_model_uses_its_decision_function():
    """Probabilities of 1 are tied, but values of the decision function are not."""
    wide = 200 * LARGE
    cv = KFold(50)
    model = SGDClassifier(loss="log_loss", random_state=0)
    margins = cross_val_predict(model, wide, RARE, cv=cv, method="decision_function")
    chances = cross_val_predict(model, wide, RARE, cv=cv, method="predict_proba")[:, 1]
    found = compare({"model": model}, RARE, wide, cv=cv, scoring="roc_auc")
    assert found.ranking()["score"]["model"] == pytest.approx(roc_auc_score(RARE, margins))
    assert len(set(chances)) < len(set(margins))


@pytest.mark.slow
@pytest.mark.parametrize(("pruner", "n_jobs"), [("median", None), ("asha", None), ("asha", 2)])
def test_a_pruner_gets_no_report_for_a_fold_without_a_class(engine, pruner, n_jobs):
    labels = np.r_[np.zeros(6, int), np.arange(24) % 2]  # the first fold has one class
    space = tk.Space(C=tk.Float(1e-3, 1e3, log=True))
    tuner = study(space, engine, estimator=LogisticRegression(), cv=KFold(5), scoring="roc_auc",
                  pruner=pruner, n_trials=8, n_jobs=n_jobs)  # fmt: skip
    inputs = labels[:, None] + RNG.normal(size=(30, 3))
    tuner.fit(inputs, labels)
    for trial, params in zip(tuner.study_.trials, tuner.cv_results_["params"], strict=True):
        folds = cross_val_score(
            LogisticRegression(**params), inputs, labels, cv=list(KFold(5).split(inputs))[1:],
            scoring="roc_auc",
        )  # fmt: skip
        told = trial.intermediate_values
        expected = {step: folds[:step].mean() for step in sorted(told)}
        assert told == pytest.approx(expected)
        assert list(told) == list(range(1, 1 + len(told))), "each step is a fold"
    assert not tuner.trials_["state"].eq("pruned").all()


def test_means_over_rows_and_custom_scorers_are_not_pooled():
    def mine(estimator, X, y):
        return float(r2_score(y, estimator.predict(X)))

    found = compare(scoring={"mine": (mine, "maximize"), "neg_mean_squared_error": "maximize"})
    for name in ("mine", "neg_mean_squared_error"):
        scores = found.scores(name)["ridge"]
        assert found.ranking(name)["score"]["ridge"] == pytest.approx(scores.mean())
        assert found.design(name).unit == "folds"


def test_a_custom_scorer_with_the_name_of_a_built_in_one_is_not_pooled(engine):
    def twice(estimator, X, y):
        return 2 * float(r2_score(y, estimator.predict(X)))

    tuner = study(
        ALPHAS, engine, estimator=Ridge(), cv=FOLDS, n_trials=1, scoring={"r2": (twice, "maximize")}
    )
    tuner.fit(X, VALUES)
    folds = cross_val_score(Ridge(**tuner.best_params_), X, VALUES, cv=FOLDS)
    assert tuner.best_score_ == pytest.approx(2 * folds.mean())


@pytest.mark.slow
def test_false_positives_are_rare():
    """Two equally good models differ significantly in at most 5% of data sets, up to chance."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        inputs = rng.normal(size=(30, 4))
        values = inputs.sum(axis=1) + 2 * rng.normal(size=30)
        found = compare(
            {"first": Columns(0), "last": Columns(2)},
            X=inputs,
            y=values,
            cv=KFold(10, shuffle=True, random_state=seed),
        )
        alarms += bool(found.pairwise()["p_value"].iloc[0] < 0.05)
    assert alarms <= 5, "the uncorrected bootstrap gives 8 or more"


class Columns(LinearRegression):
    """A linear regression on two columns."""

    def __init__(self, first=0):
        super().__init__()
        self.first = first

    def fit(self, X, y):
        return super().fit(X[:, self.first : self.first + 2], y)

    def predict(self, X):
        return super().predict(X[:, self.first : self.first + 2])


@pytest.mark.slow
def test_it_is_loaded_from_the_store_unchanged(folder):
    found = tk.compare(MODELS, X, VALUES, cv=LeaveOneOut(), name="few")
    assert tk.load_comparison("few").ranking().equals(found.ranking())
    client = mlflow.MlflowClient(found.tracking_uri)
    runs = client.search_runs(
        [client.get_experiment_by_name("few").experiment_id], "tags.`tunekit.kind` = 'candidate'"
    )
    logged = {run.data.params["candidate"]: run.data.metrics["mean/r2"] for run in runs}
    assert logged == pytest.approx(found.ranking()["score"].to_dict())


def test_pooled_scores_are_ranked_across_data_sets():
    both = [compare(name="a"), compare(name="b", y=-VALUES)]
    ranks = tk.across_datasets(both)
    assert dict(ranks.ranks)["ridge"] in (1.0, 1.5, 2.0)
    for each in both:
        best = each.ranking()["score"].idxmax()
        assert each.ranking()["rank"][best] == 1


def test_resamples_are_widened_as_by_nadeau_and_bengio():
    """For a mean over rows, their variance is s² (1/k + m/n), the bootstrap variance s²/k."""
    found = compare(cv=FOLDS)
    pooled = PooledScores(found.info, {"ridge": [f for f in found.fits if f.candidate == "ridge"]})
    plain = resample(pooled.by_candidate("r2")["ridge"].statistic, np.zeros(30, dtype=int))
    drawn = pooled.resamples("ridge", "r2")
    folds, judged, fitted = 10, 3, 27
    wider = (1 / folds + judged / fitted) / (1 / folds)
    assert np.var(drawn.draws) / np.var(plain.draws) == pytest.approx(wider)
    assert drawn.value == plain.value == found.ranking()["score"]["ridge"]


@pytest.mark.slow
def test_the_report_states_that_scores_are_pooled(folder):
    found = tk.compare(MODELS, X, VALUES, cv=FOLDS, name="few")
    shown = ["verdict", "ranking", "statistics"]
    page = Page(tk.report("few", "r.html", sections=shown))
    tk.compare(MODELS, LARGE, MANY, cv=5, test_size=0.05, name="tested")
    tested = Page(tk.report("tested", "t.html", sections=["verdict"]))
    assert "The smallest fold has 28 rows" in tested.verdict, (
        "the test split of 8 rows is not a fold"
    )
    sentence = "The smallest fold has 3 rows, too few for a mean of r2 over folds"
    assert sentence in page.verdict
    assert sentence in page.text("statistics")
    assert score(found.ranking()["score"].iloc[0]) in page.verdict
    study(ALPHAS, estimator=Ridge(), cv=FOLDS, n_trials=12, name="fewer", tracking=True).fit(
        X, VALUES
    )
    page = Page(tk.report("fewer", "s.html", sections=["verdict", "ranking", "checks"]))
    assert "computed over all of them together, since the folds are small" in page.verdict
    assert "TK306" not in page.text("checks")


def test_the_baseline_score_is_pooled_as_well():
    """With ten folds, the mean over folds is far lower, so hardly any model would be worse."""
    held = compare().predictions("ridge")
    expected = r2(VALUES, cross_val_predict(DummyRegressor(), X, VALUES, cv=FOLDS))
    assert baseline_score(held, "r2") == pytest.approx(expected)
    folds = cross_val_score(DummyRegressor(), X, VALUES, cv=FOLDS, scoring="r2")
    assert folds.mean() < expected - 0.1


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_undefined_folds_work_with_processes_a_storage_and_the_store(folder, engine):
    settings = {"n_trials": 2, "n_jobs": 2, "name": "single", "storage": "sqlite:///s.db"}
    tuner = study(ALPHAS, engine, estimator=Ridge(), cv=LeaveOneOut(), tracking=True, **settings)
    best = tuner.fit(X, VALUES).best_score_
    model = Ridge(**tuner.best_params_)
    assert best == pytest.approx(r2(VALUES, cross_val_predict(model, X, VALUES, cv=LeaveOneOut())))
    tracked = tk.load_study("single")
    assert tracked.trials["score"].max() == pytest.approx(best)
    again = study(ALPHAS, engine, estimator=Ridge(), cv=LeaveOneOut(), **settings)
    assert again.fit(X, VALUES).best_score_ == best, "read from the storage"


@pytest.mark.slow
def test_a_study_whose_trials_have_means_over_folds_is_not_resumed(folder, engine):
    settings = {"estimator": Ridge(), "cv": FOLDS, "n_trials": 2, "name": "old"}
    study(ALPHAS, engine, **settings, storage="sqlite:///s.db").fit(X, VALUES)
    kept = optuna.load_study(study_name="old", storage="sqlite:///s.db")
    (attribute,) = [name for name in kept.user_attrs if "subject" in name]
    before = dict(kept.user_attrs[attribute])
    assert before.pop("scores of all folds together") == "r2"
    kept.set_user_attr(attribute, before)
    with pytest.raises(tk.ParameterError, match="scores of all folds together"):
        study(ALPHAS, engine, **settings, storage="sqlite:///s.db").fit(X, VALUES)
