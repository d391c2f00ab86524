"""``compare``: the same splits for all, nested tuners, intervals and tests that fit the design."""

from __future__ import annotations

import json
import math
import re
import signal
from collections import Counter
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from stand_ins import Breaks, Fickle, Tame

import tunekit as tk
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.statistics.corrected_ttest import corrected_difference
from tunekit.statistics.multiple_testing import holm
from tunekit.statistics.proportions import mcnemar, wilson

X, y = load_iris(return_X_y=True)
X_CANCER, Y_CANCER = load_breast_cancer(return_X_y=True)
TREES = {
    "stump": DecisionTreeClassifier(max_depth=1),
    "tree": DecisionTreeClassifier(),
    "bayes": GaussianNB(),
}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or TREES, X, y, **{"tracking": False, **settings})


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers the rows that it was given: the first column is their number."""

    seen: list[tuple[str, frozenset[int]]] = []  # noqa: RUF012 - shared by its copies, on purpose

    def __init__(self, depth=1, random_state=None):
        self.depth = depth
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        Spy.seen.append(("fit", frozenset(X[:, 0].astype(int))))
        return self

    def predict(self, X):
        Spy.seen.append(("predict", frozenset(X[:, 0].astype(int))))
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def spied():
    Spy.seen.clear()
    return np.arange(60, dtype=float)[:, None], np.repeat([0, 1, 2], 20)


@pytest.fixture(scope="module")
def trees():
    return compare(scoring=["accuracy", "roc_auc_ovr", "fit_time"])


def test_scores_are_those_of_scikit_learns_cross_validation(trees):
    folds = [
        fold
        for repeat in range(2)
        for fold in StratifiedKFold(5, shuffle=True, random_state=repeat).split(X, y)
    ]
    expected = cross_val_score(GaussianNB(), X, y, cv=folds)
    np.testing.assert_allclose(trees.scores()["bayes"], expected)
    assert trees.info.cv == "5 folds, 2 times, stratified"


def test_every_candidate_sees_the_same_rows(trees):
    rows = {
        name: [fit.predictions.rows.tolist() for fit in trees.fits if fit.candidate == name]
        for name in TREES
    }
    assert rows["stump"] == rows["tree"] == rows["bayes"]
    assert Counter(np.concatenate(rows["tree"]).tolist()) == dict.fromkeys(range(150), 2)


def test_the_ranking_names_the_best_and_what_cannot_be_told_apart(trees):
    ranking = trees.ranking()
    assert list(ranking["rank"]) == [1, 2, 3]
    assert ranking.index[2] == "stump"
    assert list(ranking["group"]) == ["a", "a", "b"]
    best = trees.scores()["bayes"]
    assert ranking.loc["bayes", "score"] == pytest.approx(best.mean())
    half = stats.t.ppf(0.975, 9) * best.std(ddof=1) * math.sqrt(1 / 10 + 0.25)
    assert ranking.loc["bayes", "low"] == pytest.approx(best.mean() - half)
    assert ranking.loc["bayes", "high"] == min(1.0, best.mean() + half)
    assert (ranking["fit_time"] > 0).all()
    assert (ranking["predict_time"] > 0).all()
    assert ranking.loc["tree", "n_bytes"] > ranking.loc["stump", "n_bytes"] > 100


def test_pairs_are_tested_with_the_correction_for_folds_and_holms(trees):
    pairs = trees.pairwise()
    assert len(pairs) == 3
    scores = trees.scores()
    raw = []
    for _, pair in pairs.iterrows():
        expected = corrected_difference(
            scores[pair["first"]], scores[pair["second"]], 0.25, rope=0.01
        )
        assert pair["p_value"] == expected.p_value
        assert pair["equivalent"] == expected.same
        assert pair["difference"] >= 0
        raw.append(expected.p_value)
    assert list(pairs["p_corrected"]) == holm(raw)
    assert pairs.attrs["test"] == "Nadeau and Bengio's corrected t-test"
    assert "cry wolf" in pairs.attrs["why"]


def test_with_a_baseline_there_are_fewer_tests_to_correct_for(trees):
    found = compare(baseline="stump")
    pairs = found.pairwise()
    assert list(pairs["second"]) == ["stump", "stump"]
    assert len(found.pairwise(all_pairs=True)) == 3
    assert list(pairs["p_corrected"]) == holm(list(pairs["p_value"]))
    with pytest.raises(tk.ParameterError, match="has no baseline"):
        trees.pairwise(all_pairs=False)


def test_a_cost_ranks_the_cheapest_first(trees):
    ranking = trees.ranking("fit_time")
    assert list(ranking["score"]) == sorted(ranking["score"])
    assert ranking["rank"].iloc[0] == 1
    pair = trees.pairwise("fit_time").iloc[0]
    assert pair["difference"] <= 0
    assert pair["better"] >= pair["worse"]


def test_one_hold_out_is_judged_by_rows():
    found = compare(cv=0.4, scoring=["accuracy", "f1_macro"])
    ranking, pairs = found.ranking(), found.pairwise()
    (fit,) = [fit for fit in found.fits if fit.candidate == "stump"]
    right = fit.predictions.y_true == fit.predictions.y_pred
    expected = wilson(int(right.sum()), 60)
    stump = ranking.loc["stump"]
    assert (stump["score"], stump["low"], stump["high"]) == (
        expected.value,
        expected.low,
        expected.high,
    )
    pair = pairs[(pairs["first"] == "bayes") & (pairs["second"] == "stump")].iloc[0]
    (other,) = [each for each in found.fits if each.candidate == "bayes"]
    both = other.predictions.y_true == other.predictions.y_pred
    assert (pair["p_value"], pair["test"]) == mcnemar(both, right)
    assert pairs.attrs["test"] == "Cochran's Q for all, then McNemar's test"
    assert 0 < pairs.attrs["omnibus_p"] < 0.001
    assert found.design("f1_macro").test == "paired bootstrap"
    f1 = found.ranking("f1_macro")
    assert f1.loc["tree", "low"] < f1.loc["tree", "score"] < f1.loc["tree", "high"]
    assert f1.loc["stump", "note"] == "all resamples agree", "it is right on whole classes"


def test_areas_on_a_test_split_are_judged_by_delong():
    candidates = {"nb": GaussianNB(), "tree": DecisionTreeClassifier(max_depth=2)}
    found = compare(candidates, X_CANCER, Y_CANCER, cv=3, scoring=["roc_auc"], test_size=0.3)
    ranking = found.ranking(on="test")
    (fit,) = [f for f in found.fits if f.candidate == "nb" and f.split == TEST_SPLIT]
    assert fit.n_test == round(0.3 * 569)
    assert fit.n_train + fit.n_test == 569
    area = roc_auc_score(fit.predictions.y_true, fit.predictions.y_score[:, 1])
    assert ranking.loc["nb", "score"] == pytest.approx(area)
    assert ranking.loc["nb", "low"] < area < ranking.loc["nb", "high"] < 1
    assert list(found.pairwise(on="test")["test"]) == ["DeLong's test"]
    judged = {
        row for f in found.fits if f.split != TEST_SPLIT for row in f.predictions.rows.tolist()
    }
    assert not judged & set(fit.predictions.rows.tolist()), "no fold sees the test split"


def test_several_seeds_on_one_split_are_judged_by_seeds_and_rows():
    found = compare(cv=0.3, seeds=4)
    assert {fit.seed for fit in found.fits} == {0, 1, 2, 3}
    assert found.design().unit == "seeds"
    row = found.ranking().loc["tree"]
    own = [fit.scores["accuracy"] for fit in found.fits if fit.candidate == "tree"]
    assert row["score"] == pytest.approx(np.mean(own))
    assert row["low"] < row["score"] < row["high"] <= 1
    assert found.pairwise()["test"].iloc[0] == "t-test over seeds and rows, paired by both"


def test_on_folds_the_seeds_are_averaged():
    found = compare(cv=3, seeds=[5, 9], scoring="accuracy")
    by_hand = [
        np.mean([f.scores["accuracy"] for f in found.fits if (f.candidate, f.split) == ("tree", k)])
        for k in range(3)
    ]
    np.testing.assert_allclose(found.scores()["tree"], by_hand)
    assert {fit.seed for fit in found.fits} == {5, 9}


@pytest.mark.parametrize(("seeds", "states"), [(None, {3, 7}), (2, {7, 8})])
def test_seeds_set_every_random_state_and_one_seed_only_those_that_are_none(seeds, states):
    class Keeps(Tame):
        """Remembers its seed."""

        def __init__(self, random_state=None):
            self.random_state = random_state
            self.quality, self.deed, self.seconds, self.marks = 0.5, "good", 0.0, None

        def predict(self, X):
            used.add(self.random_state)
            return super().predict(X)

    used = set()
    candidates = {"set": Keeps(random_state=3), "unset": Keeps()}
    compare(candidates, cv=0.3, seeds=seeds, random_state=7)
    assert used == states


def test_a_tuner_is_tuned_inside_each_training_part_alone(spied, folder, engine):
    X, y = spied
    space = tk.Space(depth=tk.Int(1, 3))
    tuner = tk.Tuner(Spy(), space, engine=engine, n_trials=2, cv=2, storage="sqlite:///s.db")
    found = compare({"tuned": tuner}, X, y, cv=3)
    fits = [rows for what, rows in Spy.seen if what == "fit"]
    for fit in found.fits:
        held_out = frozenset(fit.predictions.rows.tolist())
        whole = frozenset(range(60)) - held_out
        inner = [rows for rows in fits if rows < whole]
        assert inner, "it searches in a part of the training part"
        assert all(rows <= whole for rows in inner)
        assert fit.params["depth"] in (1, 2, 3)
    assert len(fits) == 3 * 3 or len(fits) == 3 * 5, "two trials of two folds, and a refit"
    assert not Path("s.db").exists(), "what is nested keeps nothing"


def test_groups_stay_together_also_inside_a_tuner(spied):
    X, y = spied
    groups = np.arange(60) // 4 % 5 + 5 * y
    tuner = tk.Tuner(
        Spy(), tk.Space(depth=tk.Int(1, 2)), n_trials=1, cv=tk_group_folds(), tracking=False
    )
    found = compare({"plain": Spy(), "tuned": tuner}, X, y, groups=groups)
    assert found.info.cv == "5 folds, 2 times, stratified, groups kept together"
    for what, rows in Spy.seen:
        inside = {int(groups[row]) for row in rows}
        if what == "fit":
            outside = {int(groups[row]) for row in set(range(60)) - rows}
            torn = inside & outside
            whole = {g for g in torn if set(np.flatnonzero(groups == g)) <= rows}
            assert torn == whole, "a group was torn apart"


def tk_group_folds():
    from sklearn.model_selection import GroupKFold

    return GroupKFold(2)


def test_a_test_split_keeps_groups_together():
    groups = np.repeat(np.arange(30), 5)
    found = compare(groups=groups, test_size=0.2, cv=tk_group_folds())
    (fit,) = [f for f in found.fits if f.candidate == "tree" and f.split == TEST_SPLIT]
    rows = set(fit.predictions.rows.tolist())
    assert all(len(rows & set(np.flatnonzero(groups == g).tolist())) in (0, 5) for g in range(30))


def test_a_time_series_is_judged_on_later_rows():
    found = compare(
        {"line": LinearRegression(), "ridge": Ridge()},
        np.arange(80.0)[:, None],
        np.arange(80.0) ** 2,
        cv=TimeSeriesSplit(4),
        test_size=0.25,
    )
    for fit in found.fits:
        assert fit.predictions.rows.min() >= fit.n_train
    assert {fit.predictions.rows.max() for fit in found.fits if fit.split == TEST_SPLIT} == {79}
    assert max(f.predictions.rows.max() for f in found.fits if f.split != TEST_SPLIT) == 59
    assert "follow time" in found.design().why
    assert found.info.scorer == "r2"


def test_a_regression_has_a_region_of_equivalence_in_its_own_units():
    X, y = load_diabetes(return_X_y=True)
    found = compare(
        {"line": LinearRegression(), "ridge": Ridge(1e-3)}, X, y, scoring="neg_mean_absolute_error"
    )
    pair = found.pairwise().iloc[0]
    second = found.ranking().loc[pair["second"], "score"]
    assert pair["rope"] == pytest.approx(0.01 * abs(second))
    assert pair["verdict"] == "equivalent"
    assert compare(rope=0.05, cv=2).pairwise()["rope"].unique() == [0.05]


def test_a_candidate_that_fails_is_told_and_the_others_are_ranked():
    found = compare({"tree": DecisionTreeClassifier(), "bad": DecisionTreeClassifier(max_depth=-1)})
    ranking = found.ranking()
    assert list(ranking.index) == ["tree", "bad"]
    assert pd.isna(ranking.loc["bad", "rank"])
    assert ranking.loc["bad", "error"].startswith("InvalidParameterError")
    assert ranking.loc["bad", "group"] == ""
    assert found.pairwise().empty
    with pytest.raises(tk.StudyError, match="every candidate of 'comparison' failed. bad: Invalid"):
        compare({"bad": DecisionTreeClassifier(max_depth=-1)})


def test_a_classifier_without_probabilities_has_an_area_with_an_interval():
    models = {"svm": LinearSVC(), "nb": GaussianNB()}
    found = compare(models, X_CANCER, Y_CANCER, cv=0.3, scoring="roc_auc")
    ranking, said = found.ranking(), found.predictions("svm")
    area = roc_auc_score(said.y_true, said.decision)
    assert ranking["score"]["svm"] == pytest.approx(area)
    assert ranking["low"]["svm"] < area < ranking["high"]["svm"]
    assert found.pairwise()["test"].tolist() == ["DeLong's test"]


def test_a_score_that_predictions_do_not_give_again_has_no_interval():
    candidates, settings = (
        {"svm": Fickle(), "nb": GaussianNB()},
        {"cv": 0.3, "scoring": "roc_auc"},
    )
    found = compare(candidates, X_CANCER, Y_CANCER, **settings)
    row = found.ranking().loc["svm"]
    assert row["score"] > 0.9
    assert math.isnan(row["low"])
    assert "cannot be computed again" in row["note"]
    assert row["group"] == "", "without a test nothing is said to be alike"
    assert "cannot be computed again" in found.pairwise()["note"].iloc[0]
    assert found.pairwise()["test"].tolist() == ["no test"] == [found.design().test]
    assert "roc_auc of svm cannot be computed again" in found.design().why
    assert "There is no test that could tell candidates apart." in found._repr_html_()
    three = compare({**candidates, "stump": TREES["stump"]}, X_CANCER, Y_CANCER, **settings)
    assert three.design().test == "DeLong's test"
    assert "roc_auc of svm cannot be computed again" in three.design().why
    assert set(three.pairwise()["test"]) == {"no test", "DeLong's test"}


def test_a_class_of_two_rows_is_split_into_two_folds():
    rare = np.r_[np.zeros(40, int), 1, 1]
    X = np.random.default_rng(0).normal(size=(42, 2))
    found = compare({"nb": GaussianNB(), "prior": DummyClassifier()}, X, rare)
    assert found.info.cv == "2 folds, 2 times, stratified"
    with pytest.raises(tk.DataError, match="class 1 has one row"):
        compare({"nb": GaussianNB()}, X[:41], rare[:41])


def test_a_class_that_a_fold_never_saw_has_probability_zero():
    y = np.repeat([0, 1, 2], 10)
    X = y[:, None] + np.random.default_rng(0).normal(size=(30, 1))
    splits = [(np.arange(20), np.arange(20, 30)), (np.arange(10, 30), np.arange(10))]
    found = compare({"nb": GaussianNB()}, X, y, cv=splits)
    assert [fit.predictions.y_score.shape for fit in found.fits] == [(10, 3), (10, 3)]
    assert (found.fits[0].predictions.y_score[:, 2] == 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"candidates": [1]}, "compare needs candidates by name"),
        ({"candidates": {}}, "compare needs candidates by name"),
        (
            {"candidates": {1: GaussianNB()}},
            "a candidate's name must be a text that a database can hold, got 1",
        ),
        ({"candidates": {"a": GaussianNB}}, r"got GaussianNB. Write GaussianNB\(\)"),
        ({"candidates": {"a": 3}}, "candidate 'a' must be an estimator"),
        ({"candidates": {"a": GaussianNB(), "b": Ridge()}}, "a classify, b do not"),
        ({"baseline": "tee"}, "baseline must be the name of a candidate, got 'tee'. Did you mean"),
        ({"level": 95}, "level must be above 0.5 and below 1, such as 0.95, got 95"),
        ({"rope": -1}, "rope must be None or a number of at least 0, got -1"),
        ({"seeds": 0}, "seeds must be a number of seeds, at least 1"),
        ({"seeds": [1, 1]}, "a list of different ones"),
        ({"seeds": "2"}, "seeds must be a number"),
        ({"test_size": 2}, "test_size is the share of rows that no fold sees"),
        ({"random_state": None}, "random_state must be a whole number"),
        ({"scoring": "accuracyy"}, "Did you mean 'accuracy'"),
        ({"scoring": "fit_time"}, "alone would choose the worst model"),
        ({"cv": "five"}, "cv must be what scikit-learn takes"),
        ({"tracking": "no"}, "tracking must be True or False, got 'no'"),
        ({"name": ""}, "name must be a text of 1 to 500 characters"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_fitted(settings, message):
    candidates = settings.pop("candidates", TREES)
    with pytest.raises(tk.ParameterError, match=message):
        tk.compare(candidates, X, y, **{"tracking": False, **settings})


def test_what_was_not_measured_cannot_be_asked_for(trees):
    with pytest.raises(tk.ParameterError, match="was not scored by 'f1': choose one of accuracy,"):
        trees.ranking("f1")
    with pytest.raises(tk.ParameterError, match="kept no test split: call compare with test_size"):
        trees.pairwise(on="test")
    with pytest.raises(tk.ParameterError, match="on must be 'folds' or 'test', got 'train'"):
        trees.scores(on="train")
    with pytest.raises(tk.ParameterError, match="table must be 'ranking' or 'pairwise', got 'x'"):
        trees.to_csv(table="x")


@pytest.mark.parametrize("table", ["ranking", "pairwise"])
def test_tables_are_written_in_four_formats(trees, tmp_path, table):
    expected = trees.ranking().reset_index() if table == "ranking" else trees.pairwise()
    path = tmp_path / "new" / "table.csv"
    trees.to_csv(path, table=table)
    held = pd.read_csv(path, keep_default_na=True)
    assert list(held) == list(expected)
    np.testing.assert_allclose(held.iloc[:, 2].astype(float), expected.iloc[:, 2].astype(float))
    rows = json.loads(trees.to_json(table=table))
    assert len(rows) == 3
    assert rows[0][expected.columns[0]] == expected.iloc[0, 0]
    lines = trees.to_markdown(table=table).splitlines()
    assert len(lines) == 5
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    latex = trees.to_latex(table=table)
    assert latex.count(r"\\") == 4
    assert r"p\_value" in latex or r"fit\_time" in latex


def test_names_with_markup_stay_text_in_every_format():
    names = ["a|b & 50%", "x_1 $y$\nz"]
    found = compare(dict(zip(names, (GaussianNB(), DummyClassifier()), strict=True)), cv=2)
    assert r"a\|b & 50%" in found.to_markdown()
    assert "\nz" not in found.to_markdown()
    assert r"a|b \& 50\%" in found.to_latex()
    assert {row["candidate"] for row in json.loads(found.to_json())} == set(names)


@pytest.fixture
def tracked(folder):
    candidates = {**TREES, "bad": DecisionTreeClassifier(max_depth=-1)}
    return compare(candidates, tracking=True, name="trees", test_size=0.2, scoring=["accuracy"])


def test_each_candidate_is_a_run_under_one_parent(tracked):
    client = mlflow.MlflowClient(tracked.tracking_uri)
    parent = client.get_run(tracked.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.params["candidates"] == "stump, tree, bayes, bad"
    names = {each.path for each in client.list_artifacts(tracked.run_id)}
    assert {"config.json", "ranking.csv", "pairwise.json"} <= names
    runs = client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{tracked.run_id}'"
    )
    by_name = {run.info.run_name: run for run in runs}
    assert {name: run.info.status for name, run in by_name.items()} == {
        **dict.fromkeys(TREES, "FINISHED"),
        "bad": "FAILED",
    }
    tree = by_name["tree"]
    assert tree.data.metrics["mean/accuracy"] == tracked.ranking().loc["tree", "score"]
    history = client.get_metric_history(tree.info.run_id, "accuracy")
    assert [each.value for each in history] == tracked.scores()["tree"].tolist()
    (on_test,) = client.get_metric_history(tree.info.run_id, "test/accuracy")
    assert on_test.value == tracked.ranking(on="test").loc["tree", "score"]
    assert by_name["bad"].data.tags["tunekit.error"].startswith("InvalidParameterError")
    assert len(client.list_artifacts(tree.info.run_id, "fits")) == 11


def test_a_comparison_is_read_back_as_it_was(tracked):
    held = tk.load_comparison("trees")
    assert held.info == tracked.info
    pd.testing.assert_frame_equal(held.ranking(), tracked.ranking())
    pd.testing.assert_frame_equal(held.pairwise(on="test"), tracked.pairwise(on="test"))
    for one, other in zip(held.fits, tracked.fits, strict=True):
        assert (one.candidate, one.split, one.seed) == (other.candidate, other.split, other.seed)
        if one.predictions is not None:
            np.testing.assert_array_equal(one.predictions.y_pred, other.predictions.y_pred)
    with pytest.raises(tk.NotFoundError, match="there is no comparison 'tree' .* Did you mean 'tr"):
        tk.load_comparison("tree")


def test_a_finished_comparison_is_made_anew(tracked, folder):
    again = compare(TREES, tracking=True, name="trees")
    once_more = compare(TREES, tracking=True, name="trees")
    assert len({tracked.run_id, again.run_id, once_more.run_id}) == 3
    assert tk.load_comparison("trees").run_id == once_more.run_id


def test_an_interrupted_comparison_goes_on_with_the_next_fit(folder):
    Breaks.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare({"a": Breaks(at=4), "b": DummyClassifier()}, tracking=True, cv=5)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("comparison").experiment_id
    assert {run.info.status for run in client.search_runs([experiment])} == {"KILLED"}
    left = tk.load_comparison("comparison")
    assert len(left.fits) == 3
    assert left.ranking()["score"].isna().all(), "three folds of five are no score"
    assert "was not made yet" in left.ranking()["note"].iloc[0]
    found = compare({"a": Breaks(at=4), "b": DummyClassifier()}, tracking=True, cv=5)
    assert Breaks.count == 4 + 2, "three fits are there, the fourth broke, two were left"
    runs = client.search_runs([experiment])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == 3, "one parent and two candidates"
    assert len(found.fits) == len(tk.load_comparison("comparison").fits) == 10
    history = client.get_metric_history(
        next(run.info.run_id for run in runs if run.info.run_name == "a"), "accuracy"
    )
    assert sorted(each.step for each in history) == list(range(5))


@pytest.mark.parametrize("change", [{"cv": 4}, {"seeds": 2}, {"scoring": "f1_macro"}, {"y": 1 - y}])
def test_what_was_interrupted_with_other_settings_is_not_gone_on_with(folder, change):
    Breaks.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare({"a": Breaks(at=4)}, tracking=True, cv=5)
    found = compare({"a": Breaks(at=4)}, tracking=True, **{"cv": 5, **change})
    assert Breaks.count == 4 + len(found.fits)


@pytest.mark.slow
def test_a_comparison_that_is_killed_again_and_again_fits_nothing_twice(forks, folder):
    signals = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGKILL]
    said = forks.run("kill_comparison", signals, f"sqlite:///{folder}/mlflow.db")
    assert said["status of the last"] == 0, forks.said()
    assert said["ended by themselves"] <= 3
    fits = Counter(Path("fits.txt").read_text().split())
    expected = 2 * (10 + 1)  # ten folds and the test split, with two seeds
    assert all(expected <= count <= expected + len(signals) for count in fits.values()), fits
    found = tk.load_comparison("comparison")
    assert len(found.fits) == 2 * expected
    assert len({(fit.candidate, fit.split, fit.seed) for fit in found.fits}) == 2 * expected
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("comparison").experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == 3


def test_the_live_line_names_the_candidate(capfd):
    compare({"some tree": DecisionTreeClassifier()}, cv=2, progress=True)
    said = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capfd.readouterr().err)
    assert "comparison · some tree" in said
    assert "2/2" in said
    compare({"some tree": DecisionTreeClassifier()}, cv=2)
    assert capfd.readouterr().err == ""


def test_keras_and_scikit_learn_stand_in_one_table(digits):
    X_train, _, y_train, _ = digits
    found = compare(
        {
            "mlp": tk.KerasClassifier(epochs=2, batch_size=32),
            "logistic": LogisticRegression(max_iter=300),
        },
        X_train,
        y_train,
        cv=2,
    )
    mlp = next(fit for fit in found.fits if fit.candidate == "mlp")
    assert {"loss", "val_loss"} <= set(mlp.curve)
    assert len(mlp.curve["val_loss"]) == 2
    ranking = found.ranking()
    assert ranking.loc["mlp", "n_params"] > 64
    assert ranking.loc["mlp", "n_bytes"] > 1000
    assert ranking["score"].notna().all()


def test_data_that_cannot_be_told_from_others_are_not_gone_on_with():
    class Odd(np.ndarray):
        """Cannot be pickled."""

        def __reduce__(self):
            raise TypeError("not me")

    odd = X.view(Odd)
    one, two = (compare({"nb": GaussianNB()}, odd, cv=2) for _ in range(2))
    assert one.info.digest == ""
    assert one.info.identity != two.info.identity


def test_repeats_are_those_that_scikit_learn_would_make():
    folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0).split(X, y))
    assert compare({"nb": GaussianNB()}).info.n_splits == len(folds)


def test_over_data_sets_the_mean_ranks_are_compared():
    from sklearn.datasets import load_wine

    sets = {"iris": load_iris, "wine": load_wine, "cancer": load_breast_cancer}
    found = [compare(TREES, *load(return_X_y=True), cv=2, name=name) for name, load in sets.items()]
    across = tk.across_datasets(found)
    expected = pd.DataFrame([each.scores().mean() for each in found]).rank(axis=1, ascending=False)
    assert across.ranks == pytest.approx(expected.mean().to_dict())
    assert list(across.ranks.values()) == sorted(across.ranks.values())
    assert across.n_datasets == 3
    with pytest.raises(tk.ParameterError, match="two comparisons are called 'iris'"):
        tk.across_datasets([found[0], found[0]])
    with pytest.raises(tk.ParameterError, match="do not have the same candidates: stump, tree"):
        tk.across_datasets([found[0], compare({"nb": GaussianNB()}, X[1:], y[1:], cv=2)])
    with pytest.raises(tk.ParameterError, match="'iris' and 'twin' are of the same data, .* leave"):
        tk.across_datasets([*found, compare(TREES, cv=3, name="twin")])
    with pytest.raises(tk.ParameterError, match="returns them .* got 'iris' among them"):
        tk.across_datasets(["iris", *found])
    for given in (found[0], "iris", 3):
        with pytest.raises(tk.ParameterError, match="takes a list of comparisons, one for each"):
            tk.across_datasets(given)
    with pytest.raises(tk.DataError, match="got 0 and 0"):
        tk.across_datasets([])
    with pytest.raises(tk.DataError, match="got 1 and 3"):
        tk.across_datasets(found[:1])


def test_over_data_sets_a_cost_ranks_the_cheapest_first():
    scoring = ["accuracy", "fit_time"]
    found = [compare(TREES, X[k:], y[k:], scoring=scoring, cv=2, name=f"set {k}") for k in (0, 1)]
    means = pd.DataFrame([each.scores("fit_time").mean() for each in found])
    across = tk.across_datasets(found, scorer="fit_time")
    assert across.ranks == pytest.approx(means.rank(axis=1).mean().to_dict())


def test_candidates_in_another_order_are_another_comparison(folder):
    Breaks.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare({"a": Breaks(at=4), "b": GaussianNB()}, tracking=True, cv=5)
    found = compare({"b": GaussianNB(), "a": Breaks(at=4)}, tracking=True, cv=5)
    held = tk.load_comparison("comparison")
    pd.testing.assert_frame_equal(held.ranking(), found.ranking())
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("comparison").experiment_id
    for run in client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{found.run_id}'"):
        score = found.ranking().loc[run.info.run_name, "score"]
        assert run.data.metrics["mean/accuracy"] == score


@pytest.mark.filterwarnings("error::tunekit.TrackingWarning")
def test_what_is_gone_on_with_may_be_read_another_way(folder):
    Breaks.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare({"a": Breaks(at=4), "b": GaussianNB()}, tracking=True, cv=5)
    found = compare(
        {"a": Breaks(at=4), "b": GaussianNB()},
        tracking=True,
        cv=5,
        baseline="b",
        level=0.9,
        rope=0.02,
    )
    assert Breaks.count == 4 + 2, "three fits are there"
    assert tk.load_comparison("comparison").info == found.info


def test_positions_of_rows_beside_a_test_split_are_refused():
    splits = [(np.arange(100), np.arange(100, 150))]
    with pytest.raises(
        tk.ParameterError, match="cv names the rows of each split, and test_size would"
    ):
        compare(cv=splits, test_size=0.2)


@pytest.mark.parametrize(("cv", "n_splits"), [(3, 3), (0.3, 1)])
def test_groups_stay_together_with_a_number_of_folds_or_a_share(cv, n_splits):
    groups = np.arange(150) % 15
    space = tk.Space(max_depth=tk.Int(1, 2))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=1)
    found = compare({"tree": DecisionTreeClassifier(), "tuned": tuner}, cv=cv, groups=groups)
    assert found.info.n_splits == n_splits
    assert found.info.cv.endswith(", groups kept together")
    assert not any(fit.error for fit in found.fits), "the tuner keeps groups together, too"
    for fit in found.fits:
        inside = set(groups[fit.predictions.rows].tolist())
        assert all(
            set(np.flatnonzero(groups == each).tolist()) <= set(fit.predictions.rows.tolist())
            for each in inside
        )


def test_any_scorer_and_ground_can_be_written(trees):
    rows = json.loads(trees.to_json(scorer="roc_auc_ovr"))
    assert rows[0]["score"] == pytest.approx(trees.ranking("roc_auc_ovr")["score"].iloc[0])
    held = compare(cv=2, test_size=0.2)
    assert (
        json.loads(held.to_json(on="test"))[0]["score"] == held.ranking(on="test")["score"].iloc[0]
    )


def test_the_time_to_fit_is_logged_once(folder):
    found = compare({"nb": GaussianNB()}, cv=2, tracking=True, scoring=["accuracy", "fit_time"])
    client = mlflow.MlflowClient(found.tracking_uri)
    (run,) = client.search_runs(
        [client.get_run(found.run_id).info.experiment_id], "tags.`tunekit.kind` = 'candidate'"
    )
    assert len(client.get_metric_history(run.info.run_id, "fit_time")) == 2


@pytest.mark.parametrize(("scoring", "test"), [("f1_macro", "McNemar"), ("roc_auc", "DeLong")])
def test_five_rows_do_not_show_that_a_perfect_model_is_better_than_a_constant_one(scoring, test):
    candidates = {"perfect": GaussianNB(), "constant": DummyClassifier()}
    X, y = np.arange(100.0)[:, None], np.repeat([0, 1], 50)
    few, many = (compare(candidates, X, y, cv=cv, scoring=[scoring]) for cv in (0.05, 0.4))
    (pair,) = few.pairwise().to_dict("records")
    assert pair["test"].startswith(test)
    assert pair["p_value"] >= 0.2
    assert list(few.ranking()["group"]) == ["a", "a"]
    assert list(many.ranking()["group"]) == ["a", "b"]


def test_all_pairs_of_many_candidates_can_be_told_apart_by_a_bootstrap():
    X, y = load_diabetes(return_X_y=True)
    lines = {f"line {i}": Ridge(alpha) for i, alpha in enumerate(10.0 ** np.arange(-4, 4))}
    found = compare(lines, X, y, cv=0.5, scoring="neg_mean_absolute_error")
    groups = found.ranking()["group"]
    assert not set(groups.iloc[0]) & set(groups.iloc[-1])
