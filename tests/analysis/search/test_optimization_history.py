"""Best score so far, by trial and over time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from collected import collected
from fake_studies import START, search, trial

from tunekit.analysis.search.optimization_history import courses, lowest_shown
from tunekit.reporting.sections.search import draw_search


@pytest.fixture(scope="module")
def section(tuners, store):
    return draw_search(collected(f"sqlite:///{store}", "three digits").search)


def test_the_best_score_so_far_equals_that_of_the_tuner(section, tuners):
    for course in courses(section.data):
        scores = tuners[course.engine].trials_["score"].to_numpy()
        assert [step.score for step in course.by_trial] == pytest.approx(scores)
        best = np.maximum.accumulate(scores)
        assert [step.best for step in course.by_trial] == pytest.approx(best)
        assert course.winner.number == tuners[course.engine].best_index_
        ended = [step.seconds for step in course.by_time]
        assert ended == sorted(ended)
        assert ended[-1] == section.data.clocks[course.engine].total


def test_trials_over_time_are_sorted_by_their_end():
    slow = trial(0, 0.9, started=START, ended=START + 9_000)
    fast = trial(1, 0.8, started=START + 1, ended=START + 2_000)
    failed = trial(2, started=START + 2, ended=START + 3_000)
    (course,) = courses(search([slow, fast, failed]))
    assert [step.number for step in course.by_time] == [1, 2, 0]
    assert [step.best for step in course.by_time] == [0.8, 0.8, 0.9]
    assert [step.best for step in course.by_trial] == [0.9, 0.9, 0.9]
    assert [step.improves for step in course.by_time] == [True, False, True]
    assert course.winner.number == 0


def test_the_first_of_tied_trials_is_the_best():
    (course,) = courses(search([trial(0, 0.5), trial(1, 0.7), trial(2, 0.7)]))
    assert course.winner.number == 1
    assert [step.improves for step in course.by_trial] == [True, True, False]


def test_bad_trials_do_not_compress_the_scale_of_good_trials():
    scores = [0.9, 0.91, 0.92, -50.0, -60.0]
    assert lowest_shown(scores) == pytest.approx(0.9 - 3 * 0.02)
    assert lowest_shown([0.9, 0.91, 0.92]) == 0.9
    assert lowest_shown([0.9, 0.9, 0.9, 0.1]) == 0.1


def test_running_trials_are_excluded():
    (course,) = courses(search([trial(0, 0.5), trial(1, state="running", ended=math.nan)]))
    assert [step.number for step in course.by_trial] == [0]
