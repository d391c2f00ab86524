"""Sample weights and other metadata reach the fits and scorers that request it, row by row."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sklearn
from dummy_estimators import study
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, get_scorer, make_scorer, r2_score
from sklearn.model_selection import GroupKFold, KFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, SPECIES = load_iris(return_X_y=True)
X, y = X[50:, 2:], SPECIES[50:]
WEIGHT = np.random.default_rng(0).uniform(0.1, 10, 100)
RATE, DEPTH = tk.Space(learning_rate=tk.Float(0.1, 1)), tk.Space(max_depth=tk.Int(1, 3))
SPACE = tk.Space(C=tk.Float(1e-3, 1.0, log=True))


@pytest.fixture(autouse=True)
def _routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def weighted():
    return LogisticRegression().set_fit_request(sample_weight=True)


def accuracy():
    return get_scorer("accuracy").set_score_request(sample_weight=True)


def tuner(engine="optuna", estimator=None, space=SPACE, **settings):
    settings = {"scoring": accuracy(), "cv": KFold(3, shuffle=True, random_state=0), **settings}
    estimator = weighted() if estimator is None else estimator
    return study(space, engine, estimator=estimator, n_trials=2, random_state=0, **settings)


def by_hand(model, splits, weight=WEIGHT):
    """Return the weighted accuracy on each split."""
    return [
        accuracy_score(
            y[test],
            clone(model).fit(X[train], y[train], sample_weight=weight[train]).predict(X[test]),
            sample_weight=weight[test],
        )
        for train, test in splits
    ]


def test_a_tuner_weights_fits_scores_and_the_refit(engine):
    search = tuner(engine).fit(X, y, sample_weight=WEIGHT)
    for row, params in enumerate(search.cv_results_["params"]):
        expected = by_hand(LogisticRegression(**params), search.splits_)
        found = [search.cv_results_[f"split{number}_test_score"][row] for number in range(3)]
        np.testing.assert_allclose(found, expected)
    best = LogisticRegression(**search.best_params_).fit(X, y, sample_weight=WEIGHT)
    np.testing.assert_allclose(search.best_estimator_.coef_, best.coef_)
    score = accuracy_score(y, best.predict(X), sample_weight=WEIGHT)
    assert search.evaluate(X, y, sample_weight=WEIGHT) == pytest.approx(score)
    assert search.score(X, y, sample_weight=WEIGHT) == pytest.approx(score)
    assert search.score(X, y) == accuracy_score(y, best.predict(X))


def test_weights_change_the_result(engine):
    search = tuner(engine)
    heavy = np.where(y == 1, 20.0, 0.05)
    first = search.fit(X, y, sample_weight=WEIGHT).cv_results_["mean_test_score"]
    second = search.fit(X, y, sample_weight=heavy).cv_results_["mean_test_score"]
    assert not np.allclose(first, second)


@pytest.mark.slow
def test_worker_processes_receive_the_weights(engine):
    search = tuner(engine, n_jobs=2).fit(X, y, sample_weight=WEIGHT)
    expected = by_hand(LogisticRegression(**search.best_params_), search.splits_)
    assert search.best_score_ == pytest.approx(np.mean(expected))


def test_a_scorer_that_does_not_request_weights_is_not_weighted():
    plain = get_scorer("accuracy").set_score_request(sample_weight=False)
    search = tuner(scoring=plain).fit(X, y, sample_weight=WEIGHT)
    model = LogisticRegression(**search.best_params_)
    expected = [
        model.fit(X[train], y[train], sample_weight=WEIGHT[train]).score(X[test], y[test])
        for train, test in search.splits_
    ]
    assert search.best_score_ == pytest.approx(np.mean(expected))


def test_a_weighted_scorer_keeps_its_name_in_every_result():
    search = tuner(scoring=[accuracy(), "n_params"]).fit(X, y, sample_weight=WEIGHT)
    assert "accuracy" in search.trials_.columns


def test_weighted_scores_of_small_folds_are_means_over_the_folds(engine):
    scorer = get_scorer("r2").set_score_request(sample_weight=True)
    ridge = Ridge().set_fit_request(sample_weight=True)
    space = tk.Space(alpha=tk.Float(0.1, 10.0))
    search = tuner(engine, ridge, space, scoring=scorer).fit(X, X[:, 0], sample_weight=WEIGHT)
    values = [
        r2_score(
            X[test, 0],
            Ridge(**search.best_params_)
            .fit(X[train], X[train, 0], sample_weight=WEIGHT[train])
            .predict(X[test]),
            sample_weight=WEIGHT[test],
        )
        for train, test in search.splits_
    ]
    assert search.best_score_ == pytest.approx(np.mean(values))


def test_candidates_of_a_comparison_are_weighted_if_they_take_weights():
    layout = KFold(2, shuffle=True, random_state=0)
    candidates = {
        "linear": weighted(),
        "pipeline": make_pipeline(StandardScaler(), weighted()),
        "neighbors": KNeighborsClassifier(),
        "tuner": tuner(cv=2),
    }
    candidates["pipeline"].steps[0][1].set_fit_request(sample_weight=False)
    found = tk.compare(
        candidates,
        X,
        y,
        cv=layout,
        scoring=accuracy(),
        params={"sample_weight": WEIGHT},
        tracking=False,
        progress=False,
    )
    scores = found.ranking()["score"]
    splits = list(layout.split(X))
    assert scores["linear"] == pytest.approx(np.mean(by_hand(LogisticRegression(), splits)))
    neighbors = [
        accuracy_score(
            y[test],
            KNeighborsClassifier().fit(X[train], y[train]).predict(X[test]),
            sample_weight=WEIGHT[test],
        )
        for train, test in splits
    ]
    assert scores["neighbors"] == pytest.approx(np.mean(neighbors))
    nested = []
    for train, test in splits:
        inner = tuner(cv=KFold(2, shuffle=True, random_state=0))
        inner.fit(X[train], y[train], sample_weight=WEIGHT[train])
        nested.append(inner.score(X[test], y[test], sample_weight=WEIGHT[test]))
    assert scores["tuner"] > 0.9
    assert found.info.metadata == ("sample_weight",)


def test_finalists_use_the_weights_of_the_search(engine):
    search = tuner(engine, cv=KFold(3)).fit(X, y, sample_weight=WEIGHT)
    again = search.finalists(k=1, seeds=1).ranking()
    assert again["score"].iloc[0] == pytest.approx(search.best_score_)
    assert search.finalists(X, y, k=1, seeds=1).ranking()["score"].iloc[0] == again["score"].iloc[0]
    loaded = pickle.loads(pickle.dumps(search))
    with pytest.raises(tk.DataError, match="the search used sample_weight, but these data have"):
        loaded.finalists(X, y)
    given = loaded.finalists(X, y, k=1, seeds=1, params={"sample_weight": WEIGHT}).ranking()
    assert given["score"].iloc[0] == again["score"].iloc[0]


@pytest.mark.slow
def test_curves_of_networks_are_weighted_for_both_kinds_of_rows():
    network = tk.KerasClassifier(units=4, epochs=2, random_state=0)
    network.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    found = tk.compare(
        {"network": network},
        X,
        y,
        cv=0.5,
        scoring=accuracy(),
        params={"sample_weight": WEIGHT},
        tracking=False,
        progress=False,
    )
    (fit,) = found.fits
    test = fit.predictions.rows
    train = np.setdiff1d(np.arange(100), test)
    held_out = X[test], y[test], WEIGHT[test]
    model = clone(network).fit(X[train], y[train], sample_weight=WEIGHT[train], held_out=held_out)
    expected = model.history_["held_out_loss"]
    np.testing.assert_allclose(fit.curve["val_loss"], expected, rtol=0.05)
    plain = model.fit(X[train], y[train], held_out=held_out[:2]).history_["held_out_loss"]
    assert not np.allclose(fit.curve["val_loss"], plain, rtol=1e-3)


class Priced(ClassifierMixin, BaseEstimator):
    """Takes a price of each row and one currency for all."""

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, X, y, price=None, currency=None):
        assert len(price) == len(X)
        self.classes_, self.currency_ = np.unique(y), currency
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[-1])


def earned(y_true, y_pred, price):
    assert len(price) == len(y_true)
    return float(price[y_true == y_pred].sum())


def test_any_metadata_is_split_with_the_rows_or_passed_whole(engine):
    estimator = Priced().set_fit_request(price=True, currency=True)
    scorer = make_scorer(earned).set_score_request(price=True)
    search = tuner(engine, estimator, scoring=scorer).fit(X, y, price=WEIGHT, currency="EUR")
    expected = [WEIGHT[test][y[test] == 2].sum() for _, test in search.splits_]
    assert search.best_score_ == pytest.approx(np.mean(expected))
    assert search.best_estimator_.currency_ == "EUR"


def test_scikit_learn_routes_metadata_through_a_tuner():
    search = tuner(cv=GroupKFold(2))
    groups = np.arange(100) % 10
    found = cross_validate(
        search,
        X,
        y,
        cv=GroupKFold(2),
        scoring=accuracy(),
        params={"sample_weight": WEIGHT, "groups": groups},
        return_estimator=True,
        return_indices=True,
        error_score="raise",
    )
    inner, train = found["estimator"][0], found["indices"]["train"][0]
    for part, held_out in inner.splits_:
        assert not set(groups[train][part]) & set(groups[train][held_out])
    best = LogisticRegression(**inner.best_params_).fit(
        X[train], y[train], sample_weight=WEIGHT[train]
    )
    np.testing.assert_allclose(inner.best_estimator_.coef_, best.coef_)


def test_a_study_is_resumed_with_the_same_weights_only(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/s.db"
    first = tuner(engine, storage=storage, name="s").fit(X, y, sample_weight=WEIGHT)
    again = tuner(engine, storage=storage, name="s").fit(X, y, sample_weight=WEIGHT)
    assert again.best_score_ == first.best_score_
    with pytest.raises(tk.ParameterError, match="other settings: data: the values differ"):
        tuner(engine, storage=storage, name="s").fit(X, y, sample_weight=WEIGHT[::-1])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_the_report_names_the_metadata(engine, folder):
    search = tuner(engine, tracking=True).fit(X, y, sample_weight=WEIGHT)
    search.evaluate(X, y, sample_weight=WEIGHT)
    page = tk.report(search, folder / "page.html").read_text()
    assert "sample_weight”, passed to the fits and scorers that request it" in page


class Stump(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight=sample_weight)


REFUSED = {
    "the estimator does not say": (
        lambda: tuner(estimator=LogisticRegression()).fit(X, y, sample_weight=WEIGHT),
        (
            r"Tuner.fit: estimator: LogisticRegression.fit does not declare whether it uses "
            r"sample_weight: call its set_fit_request\(sample_weight=True\), or False"
        ),
    ),
    "the scorer does not say": (
        lambda: tuner(scoring="accuracy").fit(X, y, sample_weight=WEIGHT),
        (
            r"scorer 'accuracy' does not declare .* scoring=get_scorer\('accuracy'\)"
            r".set_score_request\(sample_weight=True\), or False"
        ),
    ),
    "the score does not say": (
        lambda: tuner(scoring=None).fit(X, y, sample_weight=WEIGHT),
        r"scorer 'accuracy' does not declare .* call its set_score_request\(sample_weight=True\)",
    ),
    "a step does not say": (
        lambda: tk.compare(
            {"both": make_pipeline(StandardScaler(), weighted())},
            X,
            y,
            scoring=accuracy(),
            params={"sample_weight": WEIGHT},
        ),
        "compare: both: StandardScaler.fit does not declare whether it uses sample_weight",
    ),
    "a slip": (
        lambda: tuner().fit(X, y, sample_weigth=WEIGHT),
        "Tuner.fit: nothing requests sample_weigth: use set_fit_request",
    ),
    "the scorer of a test split": (
        lambda: tuner(scoring="accuracy").fit(X, y).evaluate(X, y, price=WEIGHT),
        "Tuner.evaluate: nothing requests price",
    ),
    "an estimator without routing": (
        lambda: tuner(estimator=AdaBoostClassifier(), space=RATE).fit(X, y, sample_weight=WEIGHT),
        "Tuner.fit: estimator takes no part in metadata routing, .* NotImplementedError: AdaBoost",
    ),
    "a subclass without the signature of its base": (
        lambda: tuner(estimator=Stump(), space=DEPTH).fit(X, y, sample_weight=WEIGHT),
        "Tuner.fit: estimator takes no part in metadata routing, .* ValueError: Trying to remove",
    ),
    "not a mapping": (
        lambda: tk.compare({"a": weighted()}, X, y, params=WEIGHT),
        "compare: params must be a dictionary such as .*, got ndarray",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_metadata_that_nothing_or_something_unclear_uses_is_refused(case):
    call, message = REFUSED[case]
    with pytest.raises(tk.ParameterError, match=message):
        call()


def test_another_number_of_weights_is_refused():
    with pytest.raises(tk.DataError, match="one value per row of X, got 99 values and 100 rows"):
        tuner().fit(X, y, sample_weight=WEIGHT[1:])


def test_without_routing_the_message_says_how_to_enable_it():
    search = tuner()
    with (
        sklearn.config_context(enable_metadata_routing=False),
        pytest.raises(tk.ParameterError, match=r"sklearn.set_config\(enable_metadata_routing=True"),
    ):
        search.fit(X, y, sample_weight=WEIGHT)
