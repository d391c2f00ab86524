"""Time of a search, without the pauses between executions."""

from __future__ import annotations

import math

import pytest
from fake_studies import START, execution, trial

from tunekit.analysis.search.clock import Clock, in_words, unit_of


def test_time_between_two_executions_does_not_count():
    starts = [execution(start=START), execution(start=START + 100_000)]
    trials = [
        trial(0, 0.5, started=START + 1_000, ended=START + 5_000),
        trial(1, 0.5, started=START + 101_000, ended=START + 103_000),
    ]
    clock = Clock(starts, trials)
    assert clock.elapsed(START + 5_000) == 5.0
    assert clock.elapsed(START + 50_000) == 5.0
    assert clock.elapsed(START + 103_000) == clock.total == 8.0


def test_executions_at_the_same_time_count_once():
    starts = [execution(start=START), execution(start=START + 2_000)]
    trials = [
        trial(0, 0.5, started=START + 1_000, ended=START + 9_000),
        trial(1, 0.5, started=START + 3_000, ended=START + 7_000),
        trial(2, 0.5, started=START + 3_000, ended=math.nan, state="running"),
    ]
    assert Clock(starts, trials).total == 9.0


def test_a_trial_that_was_written_later_counts_at_the_time_it_ran():
    late = trial(0, 0.5, started=START - 10_000, ended=START - 4_000)
    clock = Clock([execution(start=START)], [late, trial(1, 0.5)])
    assert clock.elapsed(START - 4_000) == 6.0
    assert clock.total == 6.0 + 2.0
    assert math.isnan(clock.elapsed(math.nan))
    assert Clock([], []).total == 0.0


@pytest.mark.parametrize(
    ("seconds", "unit", "words"),
    [
        (0.0, "seconds", "0.0 seconds"),
        (119, "seconds", "119 seconds"),
        (120, "minutes", "2.0 minutes"),
        (7199, "minutes", "120 minutes"),
        (7200, "hours", "2.0 hours"),
        (3 * 86_400, "days", "3.0 days"),
    ],
)
def test_a_duration_has_a_suitable_unit(seconds, unit, words):
    assert (unit_of(seconds)[1], in_words(seconds)) == (unit, words)
