"""The splits of a nested tuner are of the same kind as the outer splits."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from dummy_estimators import study
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    StratifiedGroupKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.evaluation.time_order import TimeOrdered

ROWS = 60
X = np.arange(float(ROWS))[:, None]
VALUES = np.sin(X[:, 0])
LABELS = np.arange(ROWS) % 2
GROUPS = np.arange(ROWS) // 4
ALPHAS = tk.Space(alpha=tk.Float(0.1, 1.0))


class Watched(Ridge):
    """Records the rows of each fit; the first feature is the row number."""

    seen: list = []  # noqa: RUF012 - of all copies

    def __init__(self, alpha=1.0):
        super().__init__(alpha)

    def fit(self, X, y, **others):
        Watched.seen.append(np.asarray(X)[:, 0].astype(int))
        return super().fit(X, y, **others)


class WatchedTree(DecisionTreeClassifier):
    """Records the rows of each fit."""

    def fit(self, X, y, **others):
        Watched.seen.append(np.asarray(X)[:, 0].astype(int))
        return super().fit(X, y, **others)


@pytest.fixture(autouse=True)
def _nothing_seen():
    Watched.seen.clear()


def ridge(cv=None, engine="optuna", **settings):
    settings = {"scoring": "neg_mean_squared_error", "random_state": None, **settings}
    return study(ALPHAS, engine, estimator=Watched(), cv=cv, n_trials=1, **settings)


def tree(cv=None):
    return study(
        tk.Space(max_depth=tk.Int(1, 2)),
        estimator=WatchedTree(),
        cv=cv,
        n_trials=1,
        random_state=None,
    )


def inner_fits(candidate, cv, y=VALUES, **settings):
    """Return the rows of each fit of a search in the first training set, without the refit."""
    settings = {"scoring": "neg_mean_squared_error", **settings}
    settings = {"tracking": False, "sanity_check": False, **settings}  # it would be seen, too
    found = tk.compare({"it": candidate}, X, y, cv=cv, **settings)
    assert not any(fit.error for fit in found.fits)
    n_inner = len(Watched.seen) // len(found.fits) - 1
    outer = np.sort(Watched.seen[n_inner])
    return outer, Watched.seen[:n_inner]


@pytest.mark.parametrize("cv", [None, 3, 0.25])
def test_inside_a_time_series_no_fit_uses_later_rows(cv, engine):
    outer, fits = inner_fits(ridge(cv, engine), TimeSeriesSplit(3, gap=2))
    assert outer.tolist() == list(range(13))
    assert len(fits) == {None: 5, 3: 3, 0.25: 1}[cv]
    for fit in fits:
        assert fit.tolist() == list(range(len(fit))), "all rows from the first one"
    if cv == 3:
        # Of 13 rows, two are the gap, and a quarter of the others are validation rows.
        assert [len(fit) for fit in fits] == [13 - 2 - 2 * each for each in (3, 2, 1)]
    if cv == 0.25:
        assert len(fits[0]) == 13 - 3 - 2


def test_the_inner_splits_of_a_time_series_equal_those_of_scikit_learn():
    rows = np.arange(23)
    for n_splits, gap, most, size in ((5, 0, None, None), (3, 2, 6, 2), (2, 0, None, 4)):
        own = TimeOrdered(n_splits, gap=gap, max_train_size=most, test_size=size).split(rows)
        theirs = TimeSeriesSplit(n_splits, gap=gap, max_train_size=most, test_size=size).split(rows)
        for one, other in zip(own, theirs, strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


def test_a_wide_gap_and_a_long_horizon_work_with_a_short_training_set():
    outer, fits = inner_fits(ridge(), TimeSeriesSplit(4, gap=6, test_size=10))
    assert len(outer) == 14
    assert len(fits) == 5
    # 8 rows without the gap: one per split, and three for the first training set.
    assert [len(fit) for fit in fits] == [3, 4, 5, 6, 7]


def test_a_list_of_splits_that_follow_time_is_recognized():
    days = np.arange(ROWS)
    walk = [(days[: 10 * each], days[10 * each : 10 * each + 10]) for each in range(2, 6)]
    _, fits = inner_fits(ridge(), walk)
    assert all(fit.tolist() == list(range(len(fit))) for fit in fits)
    outer, _ = tuned(ridge(3), cv=iter(walk))
    assert all(fit.max() < test.min() for fit, test in outer.best_estimator_[-1].splits_)
    found = tk.compare({"mean": DummyRegressor()}, X, VALUES, cv=iter(walk), tracking=False)
    assert found.info.ordered
    assert found.info.n_splits == 4


def test_groups_that_follow_time_are_kept_together():
    days = np.arange(ROWS)
    walk = [(days[: 12 * each], days[12 * each : 12 * each + 12]) for each in range(2, 5)]
    _, fits = inner_fits(ridge(3), walk, groups=GROUPS)
    assert [len(fit) for fit in fits] == [4, 12, 16], "6, 12 and 18 without the next group"
    for fit in fits:
        assert (np.bincount(GROUPS[fit])[np.unique(GROUPS[fit])] == 4).all()


@pytest.mark.slow
@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize("outer", [None, 0.5, KFold(3, shuffle=True), LeaveOneOut()])
def test_inner_folds_are_shuffled_if_outer_splits_are(outer, cv):
    rows, fits = inner_fits(ridge(cv), outer)
    assert len(fits) == (5 if cv is None else 3)
    left = np.flatnonzero(~np.isin(rows, fits[0]))
    assert np.ptp(left) > len(left) - 1, "not a block of rows"
    assert sum(len(np.setdiff1d(rows, fit)) for fit in fits) == len(rows), "each once"


@pytest.mark.parametrize("outer", [3, KFold(3)])
def test_inner_folds_are_not_shuffled_if_outer_folds_are_not(outer):
    rows, fits = inner_fits(ridge(), outer)
    for fit, (expected, _) in zip(fits, KFold(5).split(rows), strict=True):
        assert fit.tolist() == rows[expected].tolist()


def test_inner_splits_are_stratified():
    rows, fits = inner_fits(tree(4), KFold(3, shuffle=True), y=LABELS, scoring="accuracy")
    assert all(abs(LABELS[fit].mean() - LABELS[rows].mean()) < 0.03 for fit in fits)


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("outer", [GroupKFold(3), GroupKFold(3, shuffle=True), None, 0.4])
def test_groups_are_passed_on_also_in_a_pipeline(outer, piped):
    candidate = make_pipeline("passthrough", ridge(3)) if piped else ridge(3)
    rows, fits = inner_fits(candidate, outer, groups=GROUPS)
    for fit in fits:
        assert not set(GROUPS[fit]) & set(GROUPS[np.setdiff1d(rows, fit)])


def test_groups_are_passed_on_with_classes():
    labels = GROUPS % 2
    rows, fits = inner_fits(
        tree(3), StratifiedGroupKFold(3), y=labels, groups=GROUPS, scoring="accuracy"
    )
    for fit in fits:
        assert not set(GROUPS[fit]) & set(GROUPS[np.setdiff1d(rows, fit)])
        assert 0.3 < labels[fit].mean() < 0.7


def test_a_tuner_in_a_pipeline_follows_time():
    pipeline = make_pipeline("passthrough", ridge(3))
    _, fits = inner_fits(pipeline, TimeSeriesSplit(3))
    assert all(fit.tolist() == list(range(len(fit))) for fit in fits)


def test_a_tuner_in_another_meta_estimator_follows_time_and_misses_groups():
    inside = TransformedTargetRegressor(ridge(3))
    _, fits = inner_fits(inside, TimeSeriesSplit(3))
    assert all(fit.tolist() == list(range(len(fit))) for fit in fits)
    Watched.seen.clear()
    with pytest.warns(UserWarning, match="groups are not passed to the Tuner inside Transformed"):
        inner_fits(inside, GroupKFold(3), groups=GROUPS)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True), [([2, 3], [0, 1])]])
def test_a_custom_splitter_is_kept_with_a_warning_if_it_does_not_follow_time(cv):
    with pytest.warns(UserWarning, match=r"'it': Tuner with cv=.* come after its validation rows"):
        _, fits = inner_fits(ridge(cv), TimeSeriesSplit(3))
    rows = np.arange(len(fits[0]) if isinstance(cv, list) else 15)
    if isinstance(cv, list):
        assert fits[0].tolist() == [2, 3]
    elif not cv.shuffle:
        assert [fit.tolist() for fit in fits] == [fit.tolist() for fit, _ in cv.split(rows)]


@pytest.mark.parametrize("cv", [TimeSeriesSplit(2), TimeSeriesSplit(2, gap=1), [([0, 1], [2, 3])]])
def test_a_splitter_that_follows_time_is_kept_without_a_warning(cv):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inner_fits(ridge(cv), TimeSeriesSplit(3))


@pytest.mark.parametrize("part", [RidgeCV(), GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=3)])
def test_scikit_learns_cv_estimators_get_a_warning_if_they_do_not_follow_time(part):
    name = type(part).__name__
    with pytest.warns(UserWarning, match=rf"candidate 'a': {name} with cv=.*use cv=TimeSer"):
        tk.compare({"a": part}, X, VALUES, cv=TimeSeriesSplit(3), tracking=False)
    with pytest.warns(UserWarning, match=rf"the tuner: {name} with cv="):
        study(
            tk.Space(fit_intercept=tk.Categorical([True]))
            if name == "RidgeCV"
            else tk.Space(estimator__fit_intercept=tk.Categorical([True])),
            estimator=part,
            cv=TimeSeriesSplit(2),
            n_trials=1,
        ).fit(X, VALUES)


def tuned(inner, engine="optuna", *, groups=None, **settings):
    """Fit a tuner around a pipeline that ends in another one; return the rows of each fit."""
    pipeline = make_pipeline("passthrough", inner)
    space = tk.Space(passthrough=tk.Categorical(["passthrough"]))
    settings = {"scoring": "neg_mean_squared_error", "sanity_check": False, **settings}
    outer = study(space, engine, estimator=pipeline, n_trials=1, **settings)
    outer.fit(X, VALUES, groups=groups)
    return outer, Watched.seen


@pytest.mark.parametrize("cv", [None, 3, 0.25])
def test_a_tuner_inside_another_one_follows_time_too(cv, engine):
    outer, fits = tuned(ridge(cv, engine), engine, cv=TimeSeriesSplit(2, gap=3))
    n_inner = {None: 5, 3: 3, 0.25: 1}[cv] + 1
    assert len(fits) == 3 * n_inner, "two splits and the refit"
    for fit in fits:
        assert fit.tolist() == list(range(len(fit))), "all rows from the first one"
    inner = outer.best_estimator_[-1]
    for fit, test in inner.splits_:
        assert test.min() - fit.max() == 4, "the gap"


def test_a_tuner_inside_another_one_that_shuffles_also_shuffles():
    _, fits = tuned(ridge(3), cv=KFold(3, shuffle=True, random_state=0))
    left = np.setdiff1d(np.sort(fits[3]), fits[0])
    assert np.ptp(left) > len(left) - 1, "not a block of rows"
    Watched.seen.clear()
    _, fits = tuned(ridge(3), cv=3)
    left = np.setdiff1d(np.sort(fits[3]), fits[0])
    assert np.ptp(left) == len(left) - 1, "a block of rows"


def test_a_tuner_inside_another_one_gets_the_groups_also_in_the_refit():
    _, fits = tuned(ridge(3), cv=3, groups=GROUPS)
    assert len(fits) == 4 * 4
    for number, fit in enumerate(fits):
        whole = fits[4 * (number // 4) + 3]
        assert not set(GROUPS[fit]) & set(GROUPS[np.setdiff1d(whole, fit)])
    with pytest.warns(
        UserWarning, match="the tuner: the groups are not passed to the Tuner inside"
    ):
        tuned(TransformedTargetRegressor(ridge(3)), cv=3, groups=GROUPS)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True)])
def test_a_splitter_inside_a_tuner_that_does_not_follow_time_gives_a_warning(cv):
    with pytest.warns(UserWarning, match=r"the tuner: Tuner with cv=.* come after its validation"):
        tuned(ridge(cv), cv=TimeSeriesSplit(2))


def test_across_data_sets_follows_time_through_its_comparisons():
    both = [
        tk.compare(
            {"tuned": ridge(3), "mean": DummyRegressor()},
            X,
            values,
            cv=TimeSeriesSplit(3),
            name=name,
            scoring="neg_mean_squared_error",
            tracking=False,
        )
        for name, values in (("sine", VALUES), ("cosine", np.cos(X[:, 0])))
    ]
    assert all(fit.tolist() == list(range(len(fit))) for fit in Watched.seen)
    assert len(tk.across_datasets(both).ranks) == 2


def test_inside_scikit_learns_search_the_splitter_of_the_tuner_is_used():
    cross_val_score(ridge(TimeSeriesSplit(2)), X, VALUES, cv=TimeSeriesSplit(3))
    assert all(fit.tolist() == list(range(len(fit))) for fit in Watched.seen)


class Walk:
    """A custom splitter that follows time."""

    def __init__(self, gap=0):
        self.gap = gap

    def split(self, X, y=None, groups=None):
        return TimeOrdered(3, gap=self.gap).split(X)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3


def test_the_test_split_of_a_custom_splitter_that_follows_time_is_the_last_rows():
    found = tk.compare(
        {"mean": DummyRegressor()}, X, VALUES, cv=Walk(), test_size=0.25, tracking=False
    )
    assert found.predictions("mean", on="test").rows.tolist() == list(range(45, 60))


@pytest.mark.parametrize("cv", [TimeSeriesSplit(2, gap=4), Walk(gap=4)])
def test_the_gap_of_a_time_series_is_kept_before_the_test_split_and_inside(cv):
    found = tk.compare({"it": ridge(3)}, X, VALUES, cv=cv, test_size=0.25, tracking=False,
                       scoring="neg_mean_squared_error")  # fmt: skip
    test = next(fit for fit in found.fits if fit.split == TEST_SPLIT)
    assert (test.n_train, test.n_test) == (60 - 15 - 4, 15)
    inner, refit = Watched.seen[-4:-1], Watched.seen[-1]
    assert refit.tolist() == list(range(41))
    # Each of the three splits has (41 - 4) // 4 validation rows.
    assert [len(fit) for fit in inner] == [41 - 4 - 9 * each for each in (3, 2, 1)]
    with pytest.raises(tk.DataError, match="the gap of 20 rows leave no training rows of 60"):
        tk.compare({"it": Ridge()}, X, VALUES, cv=TimeSeriesSplit(2, gap=20), test_size=0.7,
                   tracking=False)  # fmt: skip
