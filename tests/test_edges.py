"""The check for best values at the edge of their range, and the wider space."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from searches import drawn, evidence, trial

import tunekit as tk
from tunekit.analysis.checks.search_edges import check_edges
from tunekit.analysis.checks.wider_space import code_of, widened

RATE = tk.Space(rate=tk.Float(1e-4, 1e-1, log=True), depth=tk.Int(1, 4))


def at_rates(rates, depth=2):
    return [
        trial(i, 1.0 - 0.01 * i, params={"rate": rate, "depth": depth})
        for i, rate in enumerate(rates)
    ]


def test_the_best_at_the_upper_end_are_found_with_a_wider_space():
    rates = [0.09, 0.08, 0.1, 0.07, 0.02, *np.geomspace(1e-4, 0.01, 25)]
    found = check_edges(evidence(at_rates(rates), RATE))
    assert (found.code, found.severity) == ("TK101", "medium")
    assert "rate: 4 of the best 5 trials lie at the upper end, 0.1" in found.evidence
    assert "depth" not in found.evidence
    names = {}
    exec(found.code_to_paste, names)  # noqa: S102 - it is made to be pasted
    assert names["space"] == tk.Space(rate=tk.Float(1e-4, 1.0, log=True), depth=tk.Int(1, 4))


def test_on_a_logarithmic_scale_the_edge_is_a_tenth_of_the_logarithms():
    low = [1e-4 * 1000**0.09] * 5  # nine percent of three decades
    rest = [0.01] * 25
    assert "lower end, 0.0001" in check_edges(evidence(at_rates(low + rest), RATE)).evidence
    inside = [1e-4 * 1000**0.11] * 5
    assert check_edges(evidence(at_rates(inside + rest), RATE)) is None


@pytest.mark.parametrize(
    ("best", "found"),
    [
        ([0.1, 0.1, 0.1, 0.01, 0.01], True),
        ([0.1, 0.1, 0.01, 0.01, 0.01], False),
        ([0.01, 0.1, 0.1, 0.1, 0.1], False),
    ],
    ids=["most", "too few", "not the very best"],
)
def test_most_of_the_best_and_the_very_best_must_lie_there(best, found):
    trials = at_rates([*best, *[0.01] * 25])
    assert (check_edges(evidence(trials, RATE)) is not None) == found


def test_few_trials_say_nothing_of_an_edge():
    assert check_edges(evidence(at_rates([0.1] * 19), RATE)) is None
    assert check_edges(evidence(at_rates([0.1] * 20), RATE)) is not None
    assert check_edges(evidence([])) is None


def test_of_few_whole_numbers_all_of_the_best_must_be_the_last():
    trials = [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 4}) for i in range(5)]
    trials += [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 2}) for i in range(5, 30)]
    found = check_edges(evidence(trials, RATE))
    assert "depth: 5 of the best 5 trials lie at the upper end, 4" in found.evidence
    assert "depth=Int(1, 6)" in found.code_to_paste
    two = tk.Space(depth=tk.Int(1, 2))
    trials = [trial(i, 1 - 0.01 * i, params={"depth": 2}) for i in range(30)]
    assert check_edges(evidence(trials, two)) is None, "five of five by chance: 1 of 32"


def test_on_a_plateau_the_edge_is_no_news():
    rates = [*[0.1] * 5, *[0.01] * 5, *[0.001] * 20]
    trials = [replace(each, score=0.9 if each.number < 10 else 0.5) for each in at_rates(rates)]
    assert check_edges(evidence(trials, RATE)) is None
    better = [replace(each, score=0.95) if each.number < 5 else each for each in trials]
    assert check_edges(evidence(better, RATE)) is not None
    hardly = [replace(each, score=0.905) if each.number < 5 else each for each in trials]
    no_spread = [replace(each, spread=0.0) for each in hardly]
    assert check_edges(evidence(no_spread, RATE)) is None, "of 0.4 above the median one"
    for folds in ((0.0, 1.2, 0.0, 1.2), (math.nan,) * 4):
        pooled = [replace(each, spread=math.nan, fold_scores=folds) for each in better]
        assert check_edges(evidence(pooled, RATE)) is None
    apart = [replace(each, spread=0.6) for each in better]  # so do the folds
    assert check_edges(evidence(apart, RATE)) is None


def test_ends_that_nothing_lies_beyond_are_none():
    space = tk.Space(dropout=tk.Float(0.0, 0.5), layers=tk.Int(1, 9), share=tk.Float(0.1, 1.0))
    params = {"dropout": 0.0, "layers": 1, "share": 1.0}
    trials = [trial(i, 1 - 0.01 * i, params=params) for i in range(30)]
    assert check_edges(evidence(trials, space)) is None


def test_a_random_search_of_parameters_that_do_not_matter_seldom_has_edges():
    space = tk.Space(**{f"p{i}": tk.Float(2.0, 3.0) for i in range(10)})
    wrong = sum(
        check_edges(evidence(drawn(60, space, seed=seed, score=lambda p: 0.0), space)) is not None
        for seed in range(20)
    )
    assert wrong <= 3  # of 200 parameters


@pytest.mark.parametrize(
    ("parameter", "ends", "wider"),
    [
        (tk.Float(0.001, 0.1, log=True), ("low", "high"), tk.Float(1e-4, 1.0, log=True)),
        (tk.Float(1.0, 100.0, log=True), ("high",), tk.Float(1.0, 1000.0, log=True)),
        (tk.Float(0.0, 0.9), ("high",), tk.Float(0.0, 0.95)),
        (tk.Float(0.2, 0.6), ("low",), tk.Float(0.0, 0.6)),
        (tk.Float(-1.0, 3.0), ("low", "high"), tk.Float(-3.0, 5.0)),
        (tk.Float(0.0, 0.4, step=0.1), ("high",), tk.Float(0.0, 0.6, step=0.1)),
        (tk.Float(0.1, 0.5, step=0.1), ("low",), tk.Float(0.0, 0.5, step=0.1)),
        (tk.Int(8, 32, log=True), ("low", "high"), tk.Int(4, 64, log=True)),
        (tk.Int(2, 6), ("low", "high"), tk.Int(1, 8)),
        (tk.Int(32, 128, step=32), ("high",), tk.Int(32, 192, step=32)),
        (tk.Int(1, 4), ("low",), None),
        (tk.Categorical(["a", "b"]), ("low",), None),
    ],
    ids=str,
)
def test_a_range_grows_by_half_on_its_own_scale(parameter, ends, wider):
    found = widened(tk.Space(x=parameter, y=tk.Int(0, 1)), {"x": set(ends)})
    assert found == (None if wider is None else tk.Space(x=wider, y=tk.Int(0, 1)))


def test_a_wider_space_keeps_conditions_constants_and_repeats():
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(8, 64, log=True).per("layers"),
        kind=tk.Categorical(["a", "b"]),
        rate=tk.Float(0.1, 0.2).when(kind="a"),
        epochs=9,
        extra={"deep": [1, 2]},
    )
    found = widened(space, {"layers": {"high"}, "rate": {"high"}})
    names = {}
    exec(code_of(found), names)  # noqa: S102 - it is made to be pasted
    assert names["space"] == found
    assert [leaf.name for leaf in found.leaves][:4] == [
        "layers",
        *(f"units[{i}]" for i in range(3)),
    ]
    assert found.parameters["rate"].conditions == (("kind", ("a",)),)
    assert found.constants == space.constants
