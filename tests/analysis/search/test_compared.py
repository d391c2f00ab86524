"""Several searches on the same axes, and unique titles."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from comparison_data import data_of
from fake_studies import execution, study_data, trial
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

import tunekit as tk
from tunekit.analysis.search.compared import best_after, compared_searches
from tunekit.analysis.titles import with_titles

X, y = load_iris(return_X_y=True)


def searched(algorithm, scores, engine="optuna", space=None, **info):
    """Return a study of one engine; ``info`` are settings as MLflow stores them."""
    settings = {"algorithm": algorithm, "digest": "abc", "cv": "3 folds", **info}
    trials = [trial(number, score, engine) for number, score in enumerate(scores)]
    run = execution(engine, info=settings)
    run = replace(run, info=replace(run.info, space=space or {}))
    return study_data(trials, executions=[run])


@pytest.fixture(scope="module")
def studies():
    given = [
        searched("random", [0.5, 0.7, 0.6]),
        searched("tpe", [0.5, math.nan, 0.8, 0.9]),
        searched("tpe", [0.6, 0.65], engine="hyperopt"),
    ]
    return with_titles(given, [])[0]


def test_searches_of_the_same_name_have_their_algorithm_in_the_title(studies):
    assert [each.title for each in studies] == [
        *("made up, optuna random", "made up, optuna tpe", "made up, hyperopt tpe")
    ]


def test_best_scores_so_far_are_on_one_axis(studies):
    (group,), reasons = compared_searches(studies)
    assert reasons == ()
    assert group.notes == ()
    assert [each.title for each in group.searches] == [each.title for each in studies]
    assert [each.algorithm for each in group.searches] == ["random", "tpe", "tpe"]
    bests = [[step.best for step in each.course.by_trial] for each in group.searches]
    assert bests == [[0.5, 0.7, 0.7], [0.5, 0.5, 0.8, 0.9], [0.6, 0.65]]
    after_two = [best_after(each.course, 2) for each in group.searches]
    assert after_two == [0.7, 0.5, 0.65]


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"scoring": "r2"}, "they differ in scorer."),
        ({"digest": "xyz"}, "they differ in data."),
        ({"cv": "5 folds", "scoring": "r2"}, "they differ in scorer and splits."),
    ],
)
def test_what_cannot_be_compared_has_a_reason(studies, info, words):
    other = searched("grid", [0.3, 0.4], **info)
    (group,), (reason,) = compared_searches(with_titles([*studies, other], [])[0])
    assert len(group.searches) == 3
    assert reason == (
        "“made up, optuna grid” cannot be compared with “made up, optuna random”, “made up, optuna"
        f" tpe” and “made up, hyperopt tpe”: {words}"
    )
    assert compared_searches([studies[0], other])[0] == ()


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"space": {"depth": 1}}, "They searched different spaces"),
        ({"estimator": "SVC"}, "They tuned different estimators"),
        ({"random_state": "7"}, "Their seeds differ"),
    ],
)
def test_what_differs_and_can_be_compared_has_a_note(studies, info, words):
    (group,), reasons = compared_searches([studies[0], searched("tpe", [0.5], **info)])
    assert reasons == ()
    assert len(group.searches) == 2
    assert [note for note in group.notes if note.startswith(words)]


def test_two_groups_are_compared_separately():
    studies = [searched("tpe", [0.5, 0.6], digest=digest) for digest in "aabb"]
    groups, reasons = compared_searches(with_titles(studies, [])[0])
    assert [len(group.searches) for group in groups] == [2, 2]
    assert len(reasons) == 1


def test_a_single_study_is_not_compared(studies):
    assert compared_searches(studies[:1]) == ((), ())


def test_equal_titles_have_seeds_and_numbers():
    seeds = [searched("tpe", [0.5], random_state=seed) for seed in ("1", "2", "2")]
    titles = [each.title for each in with_titles(seeds, [])[0]]
    assert titles == [
        *("made up, optuna tpe, seed 1", "made up, optuna tpe, seed 2"),
        "made up, optuna tpe, seed 2 #2",
    ]
    comparison = data_of(
        tk.compare({"bayes": GaussianNB()}, X, y, cv=2, name="made up", tracking=False)
    )
    studies, compared = with_titles(seeds[:1], [comparison, comparison])
    assert [each.title for each in studies] == ["made up"]
    assert [each.title for each in compared] == ["made up, comparison", "made up, comparison #2"]
    assert np.isfinite(compared[0].comparison.ranking()["score"]).all()
