"""Timeline of trials, and the work that pruning saved."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from fake_studies import START, search, trial

from tunekit.analysis.search.timeline import lanes, saved_by_pruning, thinned


def test_lanes_are_minimal_and_bars_do_not_overlap():
    rng = np.random.default_rng(0)
    starts = np.sort(rng.uniform(0, 60, 80))
    ends = starts + rng.exponential(4, 80)
    trials = [
        trial(i, 0.5, started=START + 1000 * s, ended=START + 1000 * e)
        for i, (s, e) in enumerate(zip(starts, ends, strict=True))
    ]
    (line,) = lanes(search(trials))
    at_once = max(((starts <= start) & (ends > start)).sum() for start in starts)
    assert line.n_lanes == at_once > 3
    for one, other in itertools.combinations(line.bars, 2):
        if one.lane == other.lane:
            assert one.end <= other.start or other.end <= one.start
    busy = (ends - starts).sum() / (line.n_lanes * line.seconds)
    assert line.busy == pytest.approx(busy)


def test_a_running_trial_extends_to_the_last_known_time():
    trials = [
        trial(0, 0.5, started=START, ended=START + 8_000),
        trial(1, state="running", started=START + 2_000, ended=math.nan),
    ]
    (line,) = lanes(search(trials))
    running = next(bar for bar in line.bars if bar.state == "running")
    assert (running.start, running.end, running.lane) == (2.0, 8.0, 1)


def test_narrow_bars_are_merged_with_those_of_the_same_state():
    trials = [trial(i, 0.5) for i in range(1000)]
    trials[500] = trial(500, state="pruned")
    (line,) = lanes(search(trials))
    joined = thinned(line, 1 / 300)
    assert len(joined) < 10
    assert sorted(n for bar in joined for n in bar.numbers) == list(range(1000))
    assert [bar.numbers for bar in joined if bar.state == "pruned"] == [(500,)]
    assert thinned(line, 0.0) == line.bars


def test_the_work_that_pruning_saved_is_counted_once():
    pruned = [
        trial(1, state="pruned", fits_saved=1, epochs_saved=20),
        trial(2, state="pruned", fits_saved=2, epochs_saved=1_000),
        trial(3, state="pruned", fits_saved=2, epochs_saved=1_000, reused=True),
    ]
    sentence = saved_by_pruning(search([trial(0, 0.5), *pruned, trial(4)]))
    assert sentence == (
        "Pruning stopped 3 of 5 trials early, which saved 3 fits with 1,020 epochs."
    )
    assert saved_by_pruning(search([trial(0, 0.5)])) == ""
    one = saved_by_pruning(search([trial(0, state="pruned", epochs_saved=1)]))
    assert one == "Pruning stopped 1 of 1 trials early, which saved 1 epoch."
