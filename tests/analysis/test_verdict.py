"""The verdict on a comparison or a study."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from collected import collected
from comparison_data import data_of
from dummy_estimators import InconsistentSVC, ScriptedEstimator
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

import tunekit as tk
from tunekit.analysis.checks.data import check_reused_test_split
from tunekit.analysis.verdict import comparison_verdict, study_verdict
from tunekit.comparison.result import Comparison

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)


def verdict(candidates, X=X, y=y, **settings):
    return comparison_verdict(data_of(tk.compare(candidates, X, y, tracking=False, **settings)))


def test_the_verdict_compares_the_best_candidate_with_the_others():
    candidates = {
        "bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(),
        "prior": DummyClassifier(),
    }
    winner, certainty, cost = verdict(candidates)
    assert winner.startswith("“bayes” ranks first among 3 candidates, with accuracy 0.95")
    assert "It is not significantly better than “tree”" in certainty
    assert (
        "; it is significantly better than “prior” (p < 0.001, corrected for all pairs)."
        in certainty
    )
    assert cost.startswith("It takes ")


def test_candidates_with_the_best_score_are_listed():
    same = {"b": DummyClassifier(), "a": DummyClassifier(strategy="prior"), "c": DummyClassifier()}
    winner, certainty, _ = verdict(same, cv=2)
    assert (
        "“b” ranks first among 3 candidates, tied with “a” and “c”, with accuracy 0.333" in winner
    )
    assert certainty.endswith("and “a” and “c” are practically equivalent.")


def test_a_difference_without_a_test_is_not_attributed_to_chance():
    candidates = {"svm": InconsistentSVC(), "bayes": GaussianNB(), "prior": DummyClassifier()}
    rows, truth = X[50:], np.repeat([0, 1], 50)
    _, certainty, _ = verdict(candidates, rows, truth, cv=0.3, scoring=["roc_auc"])
    assert "by chance" not in certainty
    assert certainty == (
        "Whether it is better than “bayes” and “prior” was not tested: the score cannot be "
        "computed again from the predictions."
    )


@pytest.mark.parametrize("missing", [False, True])
def test_a_missing_score_on_the_test_split_is_explained(missing):
    class Fails(ScriptedEstimator):
        """Fails on the training rows of the test split."""

        def fit(self, X, y):
            if len(X) == 120 and not missing:
                raise ValueError("no")
            return super().fit(X, y)

    candidates = {"a": Fails(), "b": DummyClassifier()}
    found = tk.compare(candidates, X, y, tracking=False, test_size=0.2, cv=3)
    if missing:
        fits = [fit for fit in found.fits if (fit.candidate, fit.split) != ("a", -1)]
        found = Comparison(found.info, fits)
    winner = comparison_verdict(data_of(found, "a"))[0]
    assert "undefined" not in winner
    state = "is not done yet" if missing else "failed"
    assert winner.endswith(f"its fit for a separate test split of 30 rows {state}.")


@pytest.mark.slow
def test_letters_after_z_are_not_split():
    info = tk.compare({"a": ScriptedEstimator()}, X, y, tracking=False, cv=5).info
    named = [dataclasses.replace(info.candidates[0], name=f"c{i:02d}") for i in range(30)]
    info = dataclasses.replace(info, candidates=tuple(named), scoring={"mine": "maximize"})
    template = tk.compare({"a": ScriptedEstimator()}, X, y, tracking=False, cv=5).fits
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
    _, certainty, cost = comparison_verdict(data_of(found))
    assert "not significantly better" not in certainty
    assert "which is not shown to be worse" not in cost


@pytest.mark.slow
def test_the_verdict_describes_the_splits_of_finalists(folder):
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
        study = collected(tuner.tracking_uri_, f"trees {same}")
        _, optimism, cost = study_verdict(study)
        n_best, name = len(found.candidates), study.winner.best.name
        trials = f"{n_best} best trials were" if n_best > 1 else "best trial was"
        assert optimism.startswith(f"When the {trials} refitted ")
        assert cost.startswith(f"“{name}” takes ")
        of_two = study_verdict(dataclasses.replace(study, engines=study.engines * 2))[1]
        assert " of optuna w" in of_two
        assert ("on the splits of the search, which are not shuffled" in optimism) is same
        assert ("which reflects the seeds only, not the choice of rows" in optimism) is same
        assert ("on other splits" in optimism) is not same
        assert re.search("search scores? (was|were) .* (better|worse)", optimism)


@pytest.mark.slow
def test_unchanged_scores_of_finalists_show_no_optimism(folder):
    tuner = tk.Tuner(
        Ridge(solver="cholesky"), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=2, cv=2, name="ridges"
    ).fit(X_REAL, Y_REAL)
    found = tuner.finalists(k=2)
    optimism = study_verdict(collected(tuner.tracking_uri_, "ridges"))[1]
    assert "their search scores did not change, so this does not show how optimistic" in optimism
    assert not re.search("search scores? (was|were) ", optimism)
    assert found.info.same_splits


@pytest.mark.slow
def test_trials_with_the_best_score_are_listed(folder, engine):
    space = tk.Space(strategy=tk.Categorical(["prior", "most_frequent"]))
    tuner = tk.Tuner(
        DummyClassifier(), space, engine=engine, n_trials=6, cv=2, random_state=0, name="same"
    ).fit(X, y)
    trials = tuner.trials_[tuner.trials_["reused"].isna()]
    assert trials["score"].nunique() == 1
    first, second = trials.index
    best = study_verdict(collected(tuner.tracking_uri_, "same"))[0]
    assert best.startswith(
        f"“{engine} trial {first}” is the best of {len(tuner.trials_)} trials, tied "
        f"with “{engine} trial {second}”, with accuracy 0.333"
    )


@pytest.mark.slow
def test_errors_have_their_usual_name_and_no_minus_sign(folder):
    tuner = tk.Tuner(Ridge(), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=1, name="errors", cv=2)
    tuner.set_params(scoring="neg_mean_absolute_error").fit(X_REAL[:300], Y_REAL[:300])
    tuner.evaluate(X_REAL[300:], Y_REAL[300:])
    best, optimism, _ = study_verdict(collected(tuner.tracking_uri_, "errors"))
    assert f"with mean absolute error {-tuner.best_score_:.2f} on out-of-fold rows" in best
    found = re.search(r"it scores ([\d.]+) \(95% interval ([\d.]+) to ([\d.]+)\)", best)
    value, low, high = map(float, found.groups())
    assert value == round(-tuner.test_score_, 2)
    assert low < value < high
    assert optimism == "There is only one trial, so its score is not the best of several."


@pytest.mark.slow
def test_uses_of_the_test_split_are_counted_over_searches_of_the_same_rows(folder):
    def searched(rows):
        tuner = tk.Tuner(Ridge(), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=1, name="again", cv=2)
        tuner.fit(X_REAL[:rows], Y_REAL[:rows]).evaluate(X_REAL[300:], Y_REAL[300:])
        data = collected(tuner.tracking_uri_, "again")
        return study_verdict(data)[0], check_reused_test_split(data)

    sentence, finding = searched(300)
    assert sentence.endswith("which was used once.")
    assert finding is None
    sentence, finding = searched(300)
    assert sentence.endswith("which was used 2 times, so this score is optimistic.")
    assert "used twice with optuna" in finding.evidence
    sentence, finding = searched(299)
    assert sentence.endswith("which was used once."), "these may be other rows"
    assert finding is None
