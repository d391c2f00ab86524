"""What is computed of a search, before it is drawn."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from searches import SPACE, START, drawn, execution, search, trial
from stand_ins import QUALITY

import tunekit as tk
from tunekit.analysis.search.axes import axis_of
from tunekit.analysis.search.clock import Clock, in_words, unit_of
from tunekit.analysis.search.contour import pair_map
from tunekit.analysis.search.data import collect_search
from tunekit.analysis.search.optimization_history import courses, lowest_shown
from tunekit.analysis.search.parallel_coordinates import parallel_coordinates
from tunekit.analysis.search.param_importances import Share, Shares, shares_of
from tunekit.analysis.search.slice import slices
from tunekit.analysis.search.timeline import lanes, saved_by_pruning, thinned
from tunekit.reporting.sections.search import search_section
from tunekit.study.importances import importances
from tunekit.tracking.study_reader import read_study

NOTHING = Shares((), 0)


def ranked(*labels):
    """Importances in an order."""
    return Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in labels), 100)


@pytest.fixture(scope="module")
def section(tuners, store):
    return search_section(read_study(f"sqlite:///{store}", "three digits"))


# Time.


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


def test_a_trial_that_was_written_later_counts_where_it_ran():
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
def test_a_duration_is_told_in_a_unit_that_reads_well(seconds, unit, words):
    assert (unit_of(seconds)[1], in_words(seconds)) == (unit, words)


# Best so far.


def test_the_best_so_far_is_that_of_the_search(section, tuners):
    for course in courses(section.data):
        scores = tuners[course.engine].trials_["score"].to_numpy()
        assert [step.score for step in course.by_trial] == pytest.approx(scores)
        best = np.maximum.accumulate(scores)
        assert [step.best for step in course.by_trial] == pytest.approx(best)
        assert course.winner.number == tuners[course.engine].best_index_
        ended = [step.seconds for step in course.by_time]
        assert ended == sorted(ended)
        assert ended[-1] == section.data.clocks[course.engine].total


def test_by_time_the_trial_that_ended_first_comes_first():
    slow = trial(0, 0.9, started=START, ended=START + 9_000)
    fast = trial(1, 0.8, started=START + 1, ended=START + 2_000)
    failed = trial(2, started=START + 2, ended=START + 3_000)
    (course,) = courses(search([slow, fast, failed]))
    assert [step.number for step in course.by_time] == [1, 2, 0]
    assert [step.best for step in course.by_time] == [0.8, 0.8, 0.9]
    assert [step.best for step in course.by_trial] == [0.9, 0.9, 0.9]
    assert [step.improves for step in course.by_time] == [True, False, True]
    assert course.winner.number == 0


def test_of_equal_trials_the_first_is_the_best():
    (course,) = courses(search([trial(0, 0.5), trial(1, 0.7), trial(2, 0.7)]))
    assert course.winner.number == 1
    assert [step.improves for step in course.by_trial] == [True, True, False]


def test_bad_trials_do_not_flatten_the_good_ones():
    scores = [0.9, 0.91, 0.92, -50.0, -60.0]
    assert lowest_shown(scores) == pytest.approx(0.9 - 3 * 0.02)
    assert lowest_shown([0.9, 0.91, 0.92]) == 0.9
    assert lowest_shown([0.9, 0.9, 0.9, 0.1]) == 0.1


def test_trials_that_run_are_not_in_it():
    (course,) = courses(search([trial(0, 0.5), trial(1, state="running", ended=math.nan)]))
    assert [step.number for step in course.by_trial] == [0]


# Parallel coordinates.


def test_a_line_is_a_trial_and_an_inactive_parameter_is_nothing():
    params = {"layers": 2, "units": [16, 32], "rate": 0.01, "optimizer": "adam", "dropout": 0.25}
    found = parallel_coordinates(search([trial(0, 0.75, params=params)]), NOTHING)
    assert [axis["label"] for axis in found["axes"]] == [
        *("layers", "units[0]", "units[1]", "rate", "optimizer", "dropout")
    ]
    assert found["lines"] == [[2.0, 16.0, 32.0, 0.01, "adam", 0.25, 0.75]]
    assert found["axes"][1] == {
        "label": "units[0]",
        "short": "units[0]",
        "kind": "log",
        "low": 8.0,
        "high": 512.0,
        "categories": [],
    }
    assert found["axes"][4]["kind"] == "category"
    assert found["axes"][4]["categories"] == ["adam", "sgd"]
    assert found["score"] == {"label": "accuracy", "low": 0.75, "high": 0.75}
    other = {**params, "layers": 1, "units": [16], "optimizer": "sgd", "momentum": 0.5}
    both = parallel_coordinates(
        search([trial(0, 0.75, params=params), trial(1, 0.8, params=other)]), NOTHING
    )
    labels = [axis["label"] for axis in both["axes"]]
    best, second = (dict(zip([*labels, "score"], line, strict=True)) for line in both["lines"])
    assert (best["units[1]"], best["momentum"], best["score"]) == (None, 0.5, 0.8)
    assert (second["units[1]"], second["momentum"], second["score"]) == (32.0, None, 0.75)


def test_of_many_axes_the_important_ones_are_drawn_in_the_order_of_the_space():
    space = tk.Space(**{f"p{i:02}": tk.Float(0, 1) for i in range(20)})
    data = search(drawn(12, space, score=lambda p: p["p00"]), space)
    few = parallel_coordinates(data, ranked("p19", "p07"))
    labels = [axis["label"] for axis in few["axes"]]
    assert labels == sorted(labels)
    assert len(labels) == 12
    assert {"p19", "p07", "p00", "p10"} <= set(labels)
    assert "p11" not in labels


def test_what_all_names_begin_with_is_left_out_of_the_short_ones():
    space = tk.Space(net__rate=tk.Float(0, 1), net__body__rate=tk.Float(0, 1))
    data = search(drawn(3, space, score=lambda p: p["net__rate"]), space)
    axes = parallel_coordinates(data, NOTHING)["axes"]
    assert [axis["short"] for axis in axes] == ["rate", "body__rate"]
    assert [axis["label"] for axis in axes] == ["net__rate", "net__body__rate"]


def test_a_thousand_trials_are_small():
    data = search(drawn(1_000))
    assert len(json.dumps(parallel_coordinates(data, NOTHING))) < 100_000


def test_choices_that_read_alike_are_told_apart():
    space = tk.Space(a=tk.Categorical([1, "1", None, (8, 8), {"<b>": True}]))
    axis = axis_of(space.leaves[0])
    assert len(set(axis.categories)) == 5
    assert [axis.number(each) for each in (1, "1", None, [8, 8], {"<b>": True})] == [0, 1, 2, 3, 4]
    plain = axis_of(tk.Space(a=tk.Categorical(["relu", True, 2])).leaves[0])
    assert plain.categories == ("relu", "true", "2")


# Importances.


def test_shares_are_those_of_the_optuna_study_itself(tuners):
    study_ = read_study(tuners["optuna"].tracking_uri_, "three digits")
    alone = replace(
        study_,
        executions=tuple(each for each in study_.executions if each.engine == "optuna"),
        trials=tuple(each for each in study_.trials if each.engine == "optuna"),
    )
    found = {each.label: each.share for each in shares_of(collect_search(alone)).shares}
    expected = importances(tuners["optuna"].study_)
    assert found == pytest.approx(expected, abs=1e-6)


def test_what_decides_the_score_has_the_greatest_share_and_its_spread_holds_it():
    found = shares_of(search(drawn(200)))
    assert (found.labels[0], found.n_trials, found.reason) == ("rate", 200, "")
    assert sum(each.share for each in found.shares) == pytest.approx(1.0, abs=1e-4)
    for each in found.shares:
        assert 0 <= each.low <= each.high <= 1
    first = found.shares[0]
    assert first.low < first.share < first.high
    assert first.low > found.shares[2].high
    assert shares_of(search(drawn(200))) == found


def test_shares_of_few_trials_are_less_stable():
    few, many = (shares_of(search(drawn(n))).shares[0] for n in (20, 400))
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ([], "need 10 trials with a score; there are 0"),
        (drawn(1), "need 10 trials with a score; there is 1"),
        (drawn(9), "need 10 trials with a score; there are 9"),
        ([replace(each, score=0.5) for each in drawn(12)], "the same score"),
    ],
)
def test_where_importances_say_nothing_a_sentence_does(trials, reason):
    found = shares_of(search(trials))
    assert found.shares == ()
    assert reason in found.reason


# Slices and the map of two.


def test_slices_are_of_the_six_most_important():
    data = search(drawn(60))
    found = slices(data, ranked("dropout", "momentum"))
    assert [each.axis.label for each in found[:2]] == ["dropout", "momentum"]
    assert len(found) == 6
    momentum = found[1]
    assert len(momentum.points) == sum("momentum" in each.params for each in data.study.trials)
    assert 0 < len(momentum.points) < 60


def test_few_whole_numbers_are_drawn_like_categories():
    layers, units = (axis_of(leaf).in_steps() for leaf in SPACE.leaves[:2])
    assert (layers.kind, layers.categories, layers.number(3)) == ("category", ("1", "2", "3"), 2.0)
    assert units.kind == "log"
    tenths = axis_of(tk.Space(a=tk.Float(0, 0.5, step=0.1)).leaves[0]).in_steps()
    assert tenths.categories == ("0", "0.1", "0.2", "0.3", "0.4", "0.5")
    assert tenths.number(0.30000000000000004) == 3.0


PLANE = tk.Space(a=tk.Float(0.0, 1.0), b=tk.Float(1.0, 100.0, log=True))


def on_plane(*places):
    params = [{"a": a, "b": b} for a, b, _ in places]
    trials = [trial(i, places[i][2], params=params[i]) for i in range(len(places))]
    return search(trials, PLANE)


def test_a_place_has_the_mean_of_trials_nearby_weighted_by_their_distance():
    corner, other = [(0.0, 1.0, 0.2)] * 9, [(0.08, 1.0, 0.8)]
    found = pair_map(on_plane(*corner, *other), NOTHING)
    weight = math.exp(-0.5)  # of a trial one width away
    expected = (9 * 0.2 + weight * 0.8) / (9 + weight)
    assert found.mean[0, 0] == pytest.approx(expected)
    assert (found.x.label, found.y.label) == ("a", "b")


def test_far_from_every_trial_nothing_is_said():
    found = pair_map(on_plane(*[(0.0, 1.0, 0.1 * i) for i in range(10)]), NOTHING)
    shown = np.isfinite(found.mean)
    assert shown[0, 0]
    assert not shown[-1, -1]
    far = np.hypot(found.across[None, :], found.up[:, None])
    assert far[shown].max() <= 2 * 0.08 < far[~shown].min()


def test_the_scale_of_the_map_is_that_of_the_range():
    found = pair_map(on_plane(*[(0.5, 10.0, 0.1 * i) for i in range(10)]), NOTHING)
    row, column = np.argwhere(np.isfinite(found.mean)).mean(axis=0)
    assert found.across[round(column)] == pytest.approx(0.5, abs=0.02)
    assert found.up[round(row)] == pytest.approx(0.5, abs=0.02)


def test_categories_do_not_mix():
    space = tk.Space(a=tk.Categorical(["x", "y", "z"]), b=tk.Float(0.0, 1.0))
    trials = [
        trial(i, score, params={"a": a, "b": 0.5})
        for i, (a, score) in enumerate([("x", 0.1), ("y", 0.9)] * 5)
    ]
    found = pair_map(search(trials, space), NOTHING)
    middle = found.mean[len(found.up) // 2]
    assert middle[:2] == pytest.approx([0.1, 0.9])
    assert np.isnan(found.mean[:, 2]).all()


def test_the_map_is_of_the_first_two_that_trials_have_together():
    space = tk.Space(
        kind=tk.Categorical(["p", "q"]),
        p=tk.Float(0, 1).when(kind="p"),
        q=tk.Float(0, 1).when(kind="q"),
        c=tk.Float(0, 1),
    )
    data = search(drawn(80, space, score=lambda each: each["c"]), space)
    found = pair_map(data, ranked("p", "q", "c"))
    assert (found.x.label, found.y.label) == ("p", "c")
    assert max(found.mean.shape) <= 50


@pytest.mark.parametrize(
    "data",
    [
        search([]),
        search(drawn(9)),
        search([replace(each, score=0.5) for each in drawn(30)]),
        search(drawn(30, QUALITY, score=lambda p: p["quality"]), QUALITY),
    ],
    ids=["nothing", "nine", "constant", "one parameter"],
)
def test_without_a_map_there_is_none(data):
    assert pair_map(data, NOTHING) is None


# The time line.


def test_lanes_are_as_many_as_trials_ran_at_once_and_no_two_overlap():
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


def test_a_running_trial_lasts_until_the_last_that_is_known():
    trials = [
        trial(0, 0.5, started=START, ended=START + 8_000),
        trial(1, state="running", started=START + 2_000, ended=math.nan),
    ]
    (line,) = lanes(search(trials))
    running = next(bar for bar in line.bars if bar.state == "running")
    assert (running.start, running.end, running.lane) == (2.0, 8.0, 1)


def test_bars_too_narrow_to_be_seen_join_those_that_ended_alike():
    trials = [trial(i, 0.5) for i in range(1000)]
    trials[500] = trial(500, state="pruned")
    (line,) = lanes(search(trials))
    joined = thinned(line, 1 / 300)
    assert len(joined) < 10
    assert sorted(n for bar in joined for n in bar.numbers) == list(range(1000))
    assert [bar.numbers for bar in joined if bar.state == "pruned"] == [(500,)]
    assert thinned(line, 0.0) == line.bars


def test_what_pruning_saved_is_said_and_counts_once():
    pruned = [
        trial(1, state="pruned", fits_saved=1, epochs_saved=20),
        trial(2, state="pruned", fits_saved=2, epochs_saved=1_000),
        trial(3, state="pruned", fits_saved=2, epochs_saved=1_000, reused=True),
    ]
    sentence = saved_by_pruning(search([trial(0, 0.5), *pruned, trial(4)]))
    assert sentence == (
        "Pruning stopped 3 of 5 trials before their end, which saved 3 fits with 1,020 epochs."
    )
    assert saved_by_pruning(search([trial(0, 0.5)])) == ""
    one = saved_by_pruning(search([trial(0, state="pruned", epochs_saved=1)]))
    assert one == "Pruning stopped 1 of 1 trials before their end, which saved 1 epoch."
