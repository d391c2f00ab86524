"""The splits of a tuner inside a comparison are of the comparison's own kind."""

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
    """Notes the rows that it is fitted on, which its first input numbers."""

    seen: list = []  # noqa: RUF012 - of all copies

    def __init__(self, alpha=1.0):
        super().__init__(alpha)

    def fit(self, X, y, **others):
        Watched.seen.append(np.asarray(X)[:, 0].astype(int))
        return super().fit(X, y, **others)


class WatchedTree(DecisionTreeClassifier):
    """Notes the rows that it is fitted on."""

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
    """Return the rows of each fit of a search inside the first training part, without the refit."""
    settings = {"scoring": "neg_mean_squared_error", **settings}
    found = tk.compare({"it": candidate}, X, y, cv=cv, tracking=False, **settings)
    assert not any(fit.error for fit in found.fits)
    n_inner = len(Watched.seen) // len(found.fits) - 1
    outer = np.sort(Watched.seen[n_inner])
    return outer, Watched.seen[:n_inner]


@pytest.mark.parametrize("cv", [None, 3, 0.25])
def test_inside_a_time_series_nothing_is_fitted_on_later_rows(cv, engine):
    outer, fits = inner_fits(ridge(cv, engine), TimeSeriesSplit(3, gap=2))
    assert outer.tolist() == list(range(13))
    assert len(fits) == {None: 5, 3: 3, 0.25: 1}[cv]
    for fit in fits:
        assert fit.tolist() == list(range(len(fit))), "the rows from the first one on"
    if cv == 3:
        # Of 13 rows two are the gap, and a quarter of the rest are judged on.
        assert [len(fit) for fit in fits] == [13 - 2 - 2 * each for each in (3, 2, 1)]
    if cv == 0.25:
        assert len(fits[0]) == 13 - 3 - 2


def test_the_inner_splits_of_a_time_series_are_scikit_learns():
    rows = np.arange(23)
    for n_splits, gap, most, size in ((5, 0, None, None), (3, 2, 6, 2), (2, 0, None, 4)):
        own = TimeOrdered(n_splits, gap=gap, max_train_size=most, test_size=size).split(rows)
        theirs = TimeSeriesSplit(n_splits, gap=gap, max_train_size=most, test_size=size).split(rows)
        for one, other in zip(own, theirs, strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


def test_a_wide_gap_and_a_long_horizon_leave_room_in_a_short_training_part():
    outer, fits = inner_fits(ridge(), TimeSeriesSplit(4, gap=6, test_size=10))
    assert len(outer) == 14
    assert len(fits) == 5
    # 8 rows without the gap: one for each of five splits, and three to begin with.
    assert [len(fit) for fit in fits] == [3, 4, 5, 6, 7]


def test_splits_in_order_of_time_given_as_a_list_are_followed():
    days = np.arange(ROWS)
    walk = [(days[: 10 * each], days[10 * each : 10 * each + 10]) for each in range(2, 6)]
    _, fits = inner_fits(ridge(), walk)
    assert all(fit.tolist() == list(range(len(fit))) for fit in fits)
    outer, _ = tuned(ridge(3), cv=iter(walk))
    assert all(fit.max() < test.min() for fit, test in outer.best_estimator_[-1].splits_)
    found = tk.compare({"mean": DummyRegressor()}, X, VALUES, cv=iter(walk), tracking=False)
    assert found.info.ordered
    assert found.info.n_splits == 4


def test_groups_in_order_of_time_are_on_one_side():
    days = np.arange(ROWS)
    walk = [(days[: 12 * each], days[12 * each : 12 * each + 12]) for each in range(2, 5)]
    _, fits = inner_fits(ridge(3), walk, groups=GROUPS)
    assert [len(fit) for fit in fits] == [4, 12, 16], "6, 12 and 18 without the group of the next"
    for fit in fits:
        assert (np.bincount(GROUPS[fit])[np.unique(GROUPS[fit])] == 4).all()


@pytest.mark.slow
@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize("outer", [None, 0.5, KFold(3, shuffle=True), LeaveOneOut()])
def test_where_the_order_means_nothing_the_inner_folds_are_shuffled(outer, cv):
    rows, fits = inner_fits(ridge(cv), outer)
    assert len(fits) == (5 if cv is None else 3)
    left = np.flatnonzero(~np.isin(rows, fits[0]))
    assert np.ptp(left) > len(left) - 1, "no block of rows"
    assert sum(len(np.setdiff1d(rows, fit)) for fit in fits) == len(rows), "each once"


@pytest.mark.parametrize("outer", [3, KFold(3)])
def test_inside_folds_that_do_not_shuffle_none_are_shuffled(outer):
    rows, fits = inner_fits(ridge(), outer)
    for fit, (expected, _) in zip(fits, KFold(5).split(rows), strict=True):
        assert fit.tolist() == rows[expected].tolist()


def test_classes_keep_their_shares_inside():
    rows, fits = inner_fits(tree(4), KFold(3, shuffle=True), y=LABELS, scoring="accuracy")
    assert all(abs(LABELS[fit].mean() - LABELS[rows].mean()) < 0.03 for fit in fits)


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("outer", [GroupKFold(3), GroupKFold(3, shuffle=True), None, 0.4])
def test_groups_are_handed_on_also_in_a_pipeline(outer, piped):
    candidate = make_pipeline("passthrough", ridge(3)) if piped else ridge(3)
    rows, fits = inner_fits(candidate, outer, groups=GROUPS)
    for fit in fits:
        assert not set(GROUPS[fit]) & set(GROUPS[np.setdiff1d(rows, fit)])


def test_groups_of_classes_are_handed_on():
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
    with pytest.warns(UserWarning, match="groups do not reach the Tuner inside Transformed"):
        inner_fits(inside, GroupKFold(3), groups=GROUPS)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True), [([2, 3], [0, 1])]])
def test_a_splitter_of_the_users_own_is_kept_and_warned_of_against_time(cv):
    with pytest.warns(UserWarning, match=r"'it': Tuner with cv=.* come after its validation rows"):
        _, fits = inner_fits(ridge(cv), TimeSeriesSplit(3))
    rows = np.arange(len(fits[0]) if isinstance(cv, list) else 15)
    if isinstance(cv, list):
        assert fits[0].tolist() == [2, 3]
    elif not cv.shuffle:
        assert [fit.tolist() for fit in fits] == [fit.tolist() for fit, _ in cv.split(rows)]


@pytest.mark.parametrize("cv", [TimeSeriesSplit(2), TimeSeriesSplit(2, gap=1), [([0, 1], [2, 3])]])
def test_a_splitter_that_follows_time_is_kept_without_a_word(cv):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inner_fits(ridge(cv), TimeSeriesSplit(3))


@pytest.mark.parametrize("part", [RidgeCV(), GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=3)])
def test_what_scikit_learn_splits_against_time_is_warned_of(part):
    name = type(part).__name__
    with pytest.warns(UserWarning, match=rf"candidate 'a': {name} with cv=.*give it cv=TimeSer"):
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
    scoring = "neg_mean_squared_error"
    outer = study(space, engine, estimator=pipeline, n_trials=1, scoring=scoring, **settings)
    outer.fit(X, VALUES, groups=groups)
    return outer, Watched.seen


@pytest.mark.parametrize("cv", [None, 3, 0.25])
def test_a_tuner_inside_another_one_follows_time_too(cv, engine):
    outer, fits = tuned(ridge(cv, engine), engine, cv=TimeSeriesSplit(2, gap=3))
    n_inner = {None: 5, 3: 3, 0.25: 1}[cv] + 1
    assert len(fits) == 3 * n_inner, "two splits and the refit"
    for fit in fits:
        assert fit.tolist() == list(range(len(fit))), "the rows from the first one on"
    inner = outer.best_estimator_[-1]
    for fit, test in inner.splits_:
        assert test.min() - fit.max() == 4, "the gap"


def test_a_tuner_inside_another_one_that_shuffles_does_so():
    _, fits = tuned(ridge(3), cv=KFold(3, shuffle=True, random_state=0))
    left = np.setdiff1d(np.sort(fits[3]), fits[0])
    assert np.ptp(left) > len(left) - 1, "no block of rows"
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
    with pytest.warns(UserWarning, match="the tuner: the groups do not reach the Tuner inside"):
        tuned(TransformedTargetRegressor(ridge(3)), cv=3, groups=GROUPS)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True)])
def test_a_splitter_against_time_inside_a_tuner_is_warned_of(cv):
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


def test_under_scikit_learns_own_search_the_tuners_splitter_does_it():
    cross_val_score(ridge(TimeSeriesSplit(2)), X, VALUES, cv=TimeSeriesSplit(3))
    assert all(fit.tolist() == list(range(len(fit))) for fit in Watched.seen)


class Walk:
    """A splitter of somebody's own, in order of time."""

    def __init__(self, gap=0):
        self.gap = gap

    def split(self, X, y=None, groups=None):
        return TimeOrdered(3, gap=self.gap).split(X)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3


def test_a_test_split_behind_a_custom_splitter_in_order_of_time_is_the_last_rows():
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
    # (41 - 4) // 4 rows are judged on in each of three splits.
    assert [len(fit) for fit in inner] == [41 - 4 - 9 * each for each in (3, 2, 1)]
    with pytest.raises(tk.DataError, match="the gap of 20 rows leave none of 60 rows to fit on"):
        tk.compare({"it": Ridge()}, X, VALUES, cv=TimeSeriesSplit(2, gap=20), test_size=0.7,
                   tracking=False)  # fmt: skip
