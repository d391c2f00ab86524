"""Every fit uses copies of given samplers, pruners and splitters."""

from __future__ import annotations

import threading

import joblib
import numpy as np
import optuna
import pytest
from dummy_estimators import RATES, IterativeEstimator
from optuna import pruners, samplers
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import (
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, Y = load_iris(return_X_y=True)
X, Y = X[::2], Y[::2]
SPACE = tk.Space(max_depth=tk.Int(1, 8), min_samples_leaf=tk.Int(1, 30))


def tuner(**settings):
    defaults = {"n_trials": 6, "cv": 2, "tracking": False, "random_state": 0, "name": "given"}
    model = settings.pop("estimator", DecisionTreeClassifier(random_state=0))
    return tk.Tuner(model, settings.pop("space", SPACE), **{**defaults, **settings})


def tried(fitted):
    return fitted.cv_results_["params"]


class RandomPoints(samplers.BaseSampler):
    """A custom sampler with random numbers and a counter."""

    def __init__(self):
        self.generator, self.count = np.random.default_rng(0), 0

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.count += 1
        internal = self.generator.uniform(param_distribution.low, param_distribution.high + 1)
        return param_distribution.to_external_repr(np.floor(internal))


GRID = {"max_depth": [1, 2, 5], "min_samples_leaf": [1, 10, 20]}
SAMPLERS = {
    "tpe": lambda: samplers.TPESampler(seed=0, n_startup_trials=3),
    "random": lambda: samplers.RandomSampler(seed=0),
    "cmaes": lambda: samplers.CmaEsSampler(seed=0, n_startup_trials=2),
    "gp": lambda: samplers.GPSampler(seed=0, n_startup_trials=4),
    "grid": lambda: samplers.GridSampler(GRID, seed=0),
    "brute force": lambda: samplers.BruteForceSampler(seed=0),
    "genetic": lambda: samplers.NSGAIISampler(seed=0, population_size=3),
    "partial": lambda: samplers.PartialFixedSampler(
        {"max_depth": 3}, samplers.RandomSampler(seed=0)
    ),
    "own": RandomPoints,
}


@pytest.fixture(params=SAMPLERS)
def sampler(request):
    return SAMPLERS[request.param]()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_sampler_gives_the_same_suggestions_in_every_fit_and_is_not_changed(sampler):
    before = joblib.hash(sampler)
    first = tuner(algorithm=sampler)
    once = tried(first.fit(X, Y))
    assert tried(first.fit(X, Y)) == once
    assert tried(clone(first).fit(X, Y)) == once
    assert joblib.hash(sampler) == before == joblib.hash(first.algorithm)
    assert first.algorithm is sampler


@pytest.mark.slow
def test_nested_searches_do_not_depend_on_the_order_of_their_fits():
    sampler = samplers.RandomSampler(seed=0)
    cv = ShuffleSplit(2, test_size=0.3, random_state=np.random.RandomState(0))
    inner = tuner(algorithm=sampler, cv=cv, n_trials=3)
    outer = list(StratifiedKFold(3).split(X, Y))
    forth, back = (
        [[*tried(inner.fit(X[fit], Y[fit])), inner.best_score_] for fit, _ in folds]
        for folds in (outer, outer[::-1])
    )
    assert forth == back[::-1]
    for names in (("one", "other"), ("other", "one")):
        candidates = dict.fromkeys(names, inner)
        found = tk.compare(candidates, X, Y, cv=outer, tracking=False, progress=False)
        assert len(found.params("one")) == 3
        assert found.params("one") == found.params("other")
        assert found.scores()["one"].tolist() == found.scores()["other"].tolist()


PRUNERS = {
    "percentile": lambda: pruners.PercentilePruner(30.0, n_startup_trials=2),
    "bands": lambda: pruners.HyperbandPruner(min_resource=1, max_resource=4),
    "patient": lambda: pruners.PatientPruner(pruners.MedianPruner(2), patience=0),
    "halving": pruners.SuccessiveHalvingPruner,
    "named": lambda: "hyperband",
}


@pytest.mark.parametrize("kind", PRUNERS)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_pruner_stops_the_same_trials_in_every_fit_and_is_not_changed(engine, kind):
    pruner = PRUNERS[kind]()
    before = joblib.hash(pruner)
    first = tuner(
        estimator=IterativeEstimator(),
        space=RATES,
        engine=engine,
        pruner=pruner,
        cv=0.3,
        n_trials=14,
    )
    states = first.fit(X, Y).trials_["state"].tolist()
    assert first.fit(X, Y).trials_["state"].tolist() == states
    assert clone(first).fit(X, Y).trials_["state"].tolist() == states
    assert joblib.hash(pruner) == before


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_wrapped_wilcoxon_pruner_gets_the_score_of_each_fold():
    wrapped = pruners.PatientPruner(pruners.WilcoxonPruner(), patience=1)
    fitted = tuner(pruner=wrapped, cv=4, n_trials=1).fit(X, Y)
    told = list(fitted.study_.trials[0].intermediate_values.values())
    scores = [fitted.cv_results_[f"split{i}_test_score"][0] for i in range(4)]
    assert len(set(scores)) > 1
    np.testing.assert_array_equal(told, scores)


class Counted(KFold):
    """A custom splitter that shifts its folds each time."""

    def __init__(self, n_splits=3):
        super().__init__(n_splits)
        self.count = 0

    def split(self, X, y=None, groups=None):
        self.count += 1
        for train, test in super().split(X, y, groups):
            yield train, (test + self.count) % len(y)


@pytest.fixture(
    params=[
        lambda: KFold(2, shuffle=True, random_state=np.random.RandomState(0)),
        lambda: ShuffleSplit(2, random_state=np.random.RandomState(0)),
        lambda: RepeatedKFold(n_splits=2, n_repeats=2, random_state=np.random.RandomState(0)),
        Counted,
    ],
    ids=["folds", "shuffled", "repeated", "own"],
)
def splitter(request):
    return request.param()


def held_out(splits):
    return [test.tolist() for _, test in splits]


def test_a_splitter_gives_the_same_splits_in_every_fit_and_is_not_changed(engine, splitter):
    before = joblib.hash(splitter)
    first = tuner(engine=engine, cv=splitter, n_trials=2)
    once = held_out(first.fit(X, Y).splits_)
    assert held_out(first.fit(X, Y).splits_) == once
    assert held_out(clone(first).fit(X, Y).splits_) == once
    first.finalists(k=1, seeds=1)
    assert joblib.hash(splitter) == before
    # The splits of the splitter itself.
    assert held_out(splitter.split(X, Y)) == once


def test_a_study_in_a_storage_is_resumed_on_the_splits_of_a_generator(engine, splitter):
    storage = optuna.storages.InMemoryStorage()
    for n_trials in (2, 4):
        fitted = tuner(engine=engine, cv=splitter, storage=storage, n_trials=n_trials).fit(X, Y)
    assert len(fitted.trials_) == 4


def test_a_comparison_gives_the_same_splits_each_time_and_changes_nothing(splitter):
    tree = DecisionTreeClassifier(random_state=np.random.RandomState(0), max_features=1)
    candidates = {"tree": tree, "stump": DecisionTreeClassifier(max_depth=1)}
    before = joblib.hash((splitter, candidates))
    one, two = (
        tk.compare(candidates, X, Y, cv=splitter, tracking=False, progress=False).scores()
        for _ in range(2)
    )
    assert one.equals(two)
    assert joblib.hash((splitter, candidates)) == before


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_resumed_study_repeats_no_suggestions(sampler):
    storage, before = optuna.storages.InMemoryStorage(), joblib.hash(sampler)
    settings = {"algorithm": sampler, "storage": storage}
    part = tried(tuner(**settings, n_trials=4).fit(X, Y))
    whole = tried(tuner(**settings, n_trials=7).fit(X, Y))
    assert whole[:4] == part == tried(tuner(algorithm=sampler, n_trials=4).fit(X, Y))
    if not isinstance(sampler, RandomPoints):  # it cannot be reseeded
        assert whole[4:7] != part[:3]
    assert joblib.hash(sampler) == before


class Locked:
    """An object that cannot be copied."""

    def __init__(self):
        self.lock = threading.Lock()


class LockedSampler(Locked, samplers.RandomSampler):
    pass


class LockedPruner(Locked, pruners.MedianPruner):
    pass


class LockedFolds(Locked, KFold):
    def __init__(self):
        Locked.__init__(self)
        KFold.__init__(self, 3)


@pytest.mark.parametrize(
    ("setting", "given"),
    [("algorithm", LockedSampler()), ("pruner", LockedPruner()), ("cv", LockedFolds())],
)
def test_objects_that_cannot_be_copied_are_rejected(setting, given):
    message = (
        f"^{setting} cannot be copied, which every fit requires: cannot pickle "
        f"'_thread.lock' object; remove locks and open connections from {type(given).__name__}"
    )
    with pytest.raises(tk.ParameterError, match=message):
        tuner(**{setting: given}).fit(X, Y)
    if setting == "cv":
        with pytest.raises(tk.ParameterError, match=message):
            tk.compare({"tree": DecisionTreeClassifier()}, X, Y, cv=given, tracking=False)


def test_a_used_generator_of_splits_is_rejected():
    first = tuner(cv=KFold(2).split(X), n_trials=1).fit(X, Y)
    with pytest.raises(tk.DataError, match="a generator can be used only once, so pass a list"):
        first.fit(X, Y)


def test_initial_configurations_and_the_estimator_are_not_changed(engine):
    model = DecisionTreeClassifier(random_state=np.random.RandomState(0), max_features=1)
    initial = [{"max_depth": 3}, {"min_samples_leaf": 9}]
    before = joblib.hash((model, initial))
    first = tuner(engine=engine, estimator=model, initial=initial, n_trials=4)
    once = first.fit(X, Y).cv_results_["mean_test_score"].tolist()
    assert first.fit(X, Y).cv_results_["mean_test_score"].tolist() == once
    assert joblib.hash((model, initial)) == before
