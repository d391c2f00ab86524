"""The verdict on a comparison says what the numbers say, and no more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from reading import Page
from searches import execution, tracked, trial
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from stand_ins import Curved, Fickle, Tame

import tunekit as tk
from tunekit.analysis.checks.comparison import check_comparison
from tunekit.analysis.checks.data import check_touched
from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData, not_shown_worse
from tunekit.analysis.evidence import collect_evidence
from tunekit.analysis.study import collect, summaries_of
from tunekit.analysis.verdict import of_comparison, of_study
from tunekit.comparison.result import Comparison
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.reporting.figures.comparison import forest, scores_by_fold
from tunekit.reporting.sections import errors
from tunekit.reporting.sections.errors import errors_section
from tunekit.reporting.sections.learning import learning_of_report
from tunekit.reporting.tables.pairs import pairs_table
from tunekit.reporting.tables.trials import score_interval
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.tracking.study_reader import read_study

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)


def data_of(found, best=None):
    """What a report shows of a comparison that nobody tracked."""
    best = best or str(found.ranking().index[0])
    return ComparisonData(None, found, best, {}, {}, None, None)


def verdict(candidates, X=X, y=y, **settings):
    return of_comparison(data_of(tk.compare(candidates, X, y, tracking=False, **settings)))


def test_it_tells_the_winner_from_the_others():
    candidates = {
        "bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(),
        "prior": DummyClassifier(),
    }
    winner, certainty, cost = verdict(candidates)
    assert winner.startswith("“bayes” ranks first of 3 candidates, with accuracy 0.95")
    assert "cannot be told apart from “tree”" in certainty
    assert "; it is better than “prior” (p < 0.001, corrected for all pairs)." in certainty
    assert cost.startswith("It takes ")


def test_those_with_the_same_score_are_named():
    same = {"b": DummyClassifier(), "a": DummyClassifier(strategy="prior"), "c": DummyClassifier()}
    winner, certainty, _ = verdict(same, cv=2)
    assert "“b” ranks first of 3 candidates, as do “a” and “c”, with accuracy 0.333" in winner
    assert certainty.endswith("and “a” and “c” are as good in practice.")


def test_what_was_not_tested_is_not_said_to_be_chance():
    candidates = {"svm": Fickle(), "bayes": GaussianNB(), "prior": DummyClassifier()}
    rows, truth = X[50:], np.repeat([0, 1], 50)
    _, certainty, _ = verdict(candidates, rows, truth, cv=0.3, scoring=["roc_auc"])
    assert "by chance" not in certainty
    assert certainty == (
        "Whether it is better than “bayes” and “prior” was not tested: the score cannot be "
        "computed again from the predictions."
    )


@pytest.mark.parametrize("missing", [False, True])
def test_a_test_split_without_a_score_is_not_quoted(missing):
    class Fails(Tame):
        """Cannot be fitted on the rows of all folds."""

        def fit(self, X, y):
            if len(X) == 120 and not missing:
                raise ValueError("no")
            return super().fit(X, y)

    candidates = {"a": Fails(), "b": DummyClassifier()}
    found = tk.compare(candidates, X, y, tracking=False, test_size=0.2, cv=3)
    if missing:
        fits = [fit for fit in found.fits if (fit.candidate, fit.split) != ("a", -1)]
        found = Comparison(found.info, fits)
    winner = of_comparison(data_of(found, "a"))[0]
    assert "undefined" not in winner
    why = "was not made yet" if missing else "failed"
    assert winner.endswith(f"its fit for a test split of 30 rows that no fold has seen {why}.")


def test_letters_behind_z_are_not_taken_apart():
    info = tk.compare({"a": Tame()}, X, y, tracking=False, cv=5).info
    named = [dataclasses.replace(info.candidates[0], name=f"c{i:02d}") for i in range(30)]
    info = dataclasses.replace(info, candidates=tuple(named), scoring={"mine": "maximize"})
    template = tk.compare({"a": Tame()}, X, y, tracking=False, cv=5).fits
    noise = np.random.default_rng(0).normal(scale=1e-6, size=(30, 5))
    fits = [
        dataclasses.replace(
            fit, candidate=each.name, scores={"mine": -i + noise[i, fit.split]}, fit_time=30.0 - i
        )
        for i, each in enumerate(named)
        for fit in template
    ]
    found = Comparison(info, fits)
    assert found.ranking()["group"].iloc[26] == "(aa)"
    _, certainty, cost = of_comparison(data_of(found))
    assert "cannot be told apart" not in certainty
    assert "which is not shown to be worse" not in cost


def test_the_band_of_equivalence_is_that_of_each_pair():
    candidates = {
        "line": LinearRegression(),
        "ridge": Ridge(1e-3),
        "shifted": Ridge(1e-3),
        "mean": DummyRegressor(strategy="constant", constant=40_000.0),
    }
    found = tk.compare(
        candidates, X_REAL, Y_REAL, tracking=False, scoring="neg_mean_absolute_error"
    )
    ropes = found.pairwise()["rope"]
    assert ropes.max() > 100 * ropes.min()
    figure = forest(found, "neg_mean_absolute_error", "folds", "forest")
    table = pairs_table(found, "neg_mean_absolute_error", "folds", "pairs")
    note = next(each.note for each in table.columns if each.key == "equivalent")
    assert note == "within ±1% of the second's score"
    # The band of the far one would reach over all of the axis.
    assert figure.svg.count('opacity="0.25"') == 2
    one = tk.compare({"a": GaussianNB(), "b": DummyClassifier()}, X, y, tracking=False, cv=2)
    table = pairs_table(one, "accuracy", "folds", "pairs")
    assert next(each.note for each in table.columns if each.key == "equivalent") == "within ±0.01"


def test_where_the_best_agree_no_other_one_is_far_away():
    candidates = {"a": GaussianNB(), "b": GaussianNB(var_smoothing=1e-8), "c": DummyClassifier()}
    rows, truth = np.arange(100.0)[:, None] // 50, np.repeat([0, 1], 50)
    found = tk.compare(candidates, rows, truth, tracking=False)
    assert list(found.ranking()["score"]) == [1.0, 1.0, 0.5]
    assert ">0.6<" in scores_by_fold(found, "accuracy", "scores").svg, "the axis reaches to it"


def test_mistakes_of_a_large_regression_are_found_in_no_time():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60_000, 2))
    found = tk.compare(
        {"line": LinearRegression()}, rows, rows[:, 0] + rng.normal(size=60_000), tracking=False
    )
    section = errors_section(ReportData((), (data_of(found),)))
    (table,) = section.tables
    assert len(table.rows) == 24
    said = found.predictions("line")
    worst = said.rows[np.argmax(np.abs(said.y_true - said.y_pred))]
    assert table.rows[0][0] == worst
    both = said.rows == worst
    assert table.rows[0][2] == pytest.approx(said.y_pred[both].mean())


def test_of_repeated_folds_the_worst_is_that_with_the_largest_error_shown():
    rows = np.array([0, 1, 2, 0, 1, 2])
    kept = Mistakes(np.array([0, 1, 2]), np.zeros((3, 2)))
    said = Predictions(rows, rows // 3, np.zeros(6), np.array([9.0, 5, 6, -9, 5, 7]), None, None)
    for known in (kept, None):
        part = errors._part("a", known, said, "errors")
        assert [row[:3] for row in part.table.rows] == [(2, 0.0, 6.5), (1, 0.0, 5.0), (0, 0.0, 0.0)]
    scores = np.array([[0.1, 0.9], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8]])
    unsure = Predictions(
        np.array([0, 1, 0, 1]),
        np.array([0, 0, 1, 1]),
        np.zeros(4, int),
        np.array([1, 1, 0, 1]),
        scores,
        np.array([0, 1]),
    )
    part = errors._part("a", Mistakes(np.array([0, 1]), np.zeros((2, 2))), unsure, "errors")
    assert part.table.rows[0][:4] == (1, "0", "1", 0.75)


@pytest.mark.parametrize(
    ("cv", "ratio"),
    [
        (KFold(5), 0.25),
        (RepeatedKFold(n_splits=4, n_repeats=3, random_state=0), 1 / 3),
        (ShuffleSplit(6, test_size=0.5, random_state=0), 1.0),
        (TimeSeriesSplit(4), (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4),
    ],
    ids=["folds", "repeats", "shuffled", "time"],
)
def test_the_interval_of_a_trial_minds_how_its_rows_were_split(folder, cv, ratio):
    tuner = tk.Tuner(Ridge(), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=1, cv=cv, name="ridge")
    tuner.fit(X_REAL[:440], Y_REAL[:440])
    data = collect(read_study(tuner.tracking_uri_, "ridge"))
    scores = cross_val_score(Ridge(**tuner.best_params_), X_REAL[:440], Y_REAL[:440], cv=cv)
    expected = mean_interval(scores, ratio)
    found = score_interval(data, data.study.trials[0])
    assert found == pytest.approx((expected.value, expected.low, min(1.0, expected.high)))


def test_finalists_on_the_splits_of_their_search_say_so(folder):
    groups = np.arange(150) % 10
    for cv, same in ((GroupKFold(2), True), (StratifiedKFold(2, shuffle=True), False)):
        tuner = tk.Tuner(
            ExtraTreeClassifier(),
            tk.Space(max_depth=tk.Int(1, 3)),
            n_trials=2,
            cv=cv,
            name=f"trees {same}",
            random_state=0,
        ).fit(X, y, groups=groups if same else None)
        found = tuner.finalists(k=2, seeds=1)
        assert found.info.same_splits is same
        assert tk.load_comparison(found.name).info.same_splits is same
        study = collect(read_study(tuner.tracking_uri_, f"trees {same}"))
        _, said, cost = of_study(study)
        best, name = len(found.candidates), study.winner.best.name
        assert said.startswith(f"When the {best} best were" if best > 1 else "When the best was")
        assert cost.startswith(f"“{name}” takes ")
        of_two = of_study(dataclasses.replace(study, engines=study.engines * 2))[1]
        assert "best of optuna w" in of_two
        assert ("with other seeds on the search's own splits, which do not shuffle" in said) is same
        assert ("the luck of the seed alone, not that of the rows" in said) is same
        assert ("on other splits" in said) is not same
        assert " had been " in said


def test_finalists_without_chance_say_nothing_of_luck(folder):
    tuner = tk.Tuner(
        Ridge(solver="cholesky"), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=2, cv=2, name="ridges"
    ).fit(X_REAL, Y_REAL)
    found = tuner.finalists(k=2)
    said = of_study(collect(read_study(tuner.tracking_uri_, "ridges")))[1]
    assert "their search scores came out the same, so nothing is known of the luck in them" in said
    assert "too high" not in said
    assert found.info.same_splits


def test_trials_that_share_the_best_score_are_named(folder, engine):
    space = tk.Space(strategy=tk.Categorical(["prior", "most_frequent"]))
    tuner = tk.Tuner(
        DummyClassifier(), space, engine=engine, n_trials=6, cv=2, random_state=0, name="same"
    ).fit(X, y)
    trials = tuner.trials_[tuner.trials_["reused"].isna()]
    assert trials["score"].nunique() == 1
    first, second = trials.index
    best = of_study(collect(read_study(tuner.tracking_uri_, "same")))[0]
    assert best.startswith(
        f"“{engine} trial {first}” is the best of {len(tuner.trials_)} trials, as is "
        f"“{engine} trial {second}”, with accuracy 0.333"
    )


def test_every_search_of_the_same_rows_uses_the_test_split(folder):
    def searched(rows):
        tuner = tk.Tuner(Ridge(), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=1, name="again", cv=2)
        tuner.fit(X_REAL[:rows], Y_REAL[:rows]).evaluate(X_REAL[300:], Y_REAL[300:])
        data = collect(read_study(tuner.tracking_uri_, "again"))
        return of_study(data)[0], check_touched(collect_evidence(data.study))

    sentence, finding = searched(300)
    assert sentence.endswith("which was used once.")
    assert finding is None
    sentence, finding = searched(300)
    assert sentence.endswith("which was used 2 times, which makes it optimistic.")
    assert "used twice with optuna" in finding.evidence
    sentence, finding = searched(299)
    assert sentence.endswith("which was used once."), "these may be other rows"
    assert finding is None


@pytest.mark.parametrize("newest", ["optuna", "hyperopt"])
def test_of_equal_winners_the_first_of_all_trials_is_the_verdicts(newest):
    trials = [trial(0, 0.9, "hyperopt"), trial(0, 0.9), trial(1, 0.9), trial(2, 0.5)]
    engines = sorted(("optuna", "hyperopt"), key=lambda each: each != newest)
    found = summaries_of(tracked(trials, [execution(each) for each in engines]))
    assert [each.best.name for each in found] == ["hyperopt trial 0", "optuna trial 0"]


def folds_and_test(folds, right, times=None, kinds=None):
    """A made-up comparison on folds and a test split of 400 rows: scores, and right answers."""
    names = list(folds)
    found = tk.compare(
        {name: Tame() for name in names}, X, y, tracking=False, cv=len(folds[names[0]])
    )
    template, kinds = found.fits[0], kinds or {}
    described = [
        dataclasses.replace(each, kind=kinds.get(each.name, each.kind))
        for each in found.info.candidates
    ]
    info = dataclasses.replace(found.info, candidates=tuple(described), n_test=400)
    truth = np.arange(400) % 2
    fits = []
    for name in names:
        cost = (times or {}).get(name, 1.0)
        for split, score in enumerate(folds[name]):
            fits.append(
                dataclasses.replace(
                    template, candidate=name, split=split, scores={"accuracy": score}, fit_time=cost
                )
            )
        said = np.where(np.arange(400) < right[name], truth, 1 - truth)
        judged = Predictions(
            np.arange(400), np.zeros(400, int), truth, said, None, np.array([0, 1])
        )
        facts = {"n_test": 400, "scores": {"accuracy": right[name] / 400}, "predictions": judged}
        fits.append(dataclasses.replace(template, candidate=name, split=TEST_SPLIT, **facts))
    return data_of(Comparison(info, fits), names[0])


NOISY = {"best": (0.95, 0.7, 0.9, 0.75), "other": (0.7, 0.9, 0.72, 0.88)}


@pytest.mark.parametrize(
    ("right", "kind", "named"),
    [(358, "SVC", True), (200, "SVC", False), (358, "DummyClassifier", False)],
    ids=["alike", "worse on the test split", "dummy"],
)
def test_what_is_cheaper_is_named_where_it_is_not_shown_to_be_worse(right, kind, named):
    data = folds_and_test(
        NOISY, {"best": 360, "other": right}, {"best": 102.7, "other": 1.0}, {"other": kind}
    )
    _, certainty, cost = of_comparison(data)
    assert "cannot be told apart from “other”: differences of this size" in certainty
    assert ("on the test split it is better than “other” (p < 0.001)" in certainty) == (right < 300)
    told = "; “other”, which is not shown to be worse, fits about 100 times as fast."
    assert cost.endswith(told) == named
    assert not_shown_worse(data) == (["other"] if named else [])
    found = {each.code: each for each in check_comparison(data)}
    assert ("TK503" in found) == (right > 300)
    if named:
        assert found["TK503"].remedy.startswith("Take the simplest or cheapest of “best” and “oth")
    elif right > 300:
        assert found["TK503"].remedy == "Compare on more rows."


def test_what_is_probably_worse_is_not_recommended():
    folds = {"best": (0.9, 0.91, 0.9, 0.92), "other": (0.86, 0.89, 0.87, 0.87)}
    folds |= {f"c{i}": (0.9, 0.8, 0.95, 0.7) for i in range(4)}
    data = folds_and_test(folds, dict.fromkeys(folds, 360), {"other": 0.1})
    pair = data.found.pairwise(all_pairs=True).iloc[0]
    assert pair["verdict"] == "better"
    assert pair["p_corrected"] > 0.05
    assert "other" not in not_shown_worse(data)


def test_a_dummy_that_nothing_beats_is_said():
    data = folds_and_test(
        NOISY, {"best": 300, "other": 300}, kinds={"best": "DummyClassifier", "other": "SVC"}
    )
    found = {each.code: each for each in check_comparison(data)}
    assert found["TK401"].title == "No candidate is better than a guess"
    assert "the other one does not beat it" in found["TK401"].evidence
    assert "TK402" not in found
    assert found["TK503"].remedy == "Compare on more rows."


def test_those_without_a_score_are_not_ranked_behind():
    whole = folds_and_test({**NOISY, "late": (0.5,) * 4}, {"best": 300, "other": 300, "late": 1})
    for lacking, told in (
        (("late",), "“best” ranks first of the 2 with a score, of 3 candidates, with accuracy"),
        (("late", "other"), "“best” is the only one with a score, of 3 candidates, with accuracy"),
    ):
        fits = [fit for fit in whole.found.fits if fit.candidate not in lacking or fit.split > 0]
        data = data_of(Comparison(whole.found.info, fits), "best")
        assert of_comparison(data)[0].startswith(told)
        found = {each.code: each for each in check_comparison(data)}
        assert found["TK501"].evidence.startswith(f"It holds {len(fits)} of 15 fits; ")


@pytest.mark.parametrize(
    ("cv", "seeds", "fit"), [(0.3, 2, "seed"), (2, 2, "fit"), (2, None, "fold")]
)
def test_bands_of_learning_curves_say_what_they_are_over(cv, seeds, fit):
    found = tk.compare({"a": Curved()}, X, y, cv=cv, seeds=seeds, tracking=False)
    page = learning_of_report(ReportData((), (data_of(found),)))
    assert f"from the lowest {fit} to the highest" in page.html


def test_splits_that_follow_time_are_said_to(folder):
    scoring = ["r2", "neg_mean_absolute_error"]
    found = tk.compare(
        {"a": Ridge(), "b": DummyRegressor()},
        *(X_REAL, Y_REAL),
        cv=TimeSeriesSplit(4),
        test_size=0.1,
        scoring=scoring,
    )
    text = Page(tk.report(found, "r.html", sections=["measured"])).text("measured")
    assert "4 folds, each behind the rows that it was fitted on, as time goes, the same" in text
    assert "the last 44 rows, that no fold saw" in text
    assert "r2, to maximize; neg_mean_absolute_error, to maximize" in text
