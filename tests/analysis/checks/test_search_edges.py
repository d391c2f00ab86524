"""Check of whether the best values lie at the edge of their range: TK101."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_studies import drawn, study_data, trial

import tunekit as tk
from tunekit.analysis.checks.search_edges import check_edges

RATE = tk.Space(rate=tk.Float(1e-4, 1e-1, log=True), depth=tk.Int(1, 4))


def at_rates(rates, depth=2):
    return [
        trial(i, 1.0 - 0.01 * i, params={"rate": rate, "depth": depth})
        for i, rate in enumerate(rates)
    ]


def test_best_values_at_the_upper_end_are_reported_with_a_wider_space():
    rates = [0.09, 0.08, 0.1, 0.07, 0.02, *np.geomspace(1e-4, 0.01, 25)]
    finding = check_edges(study_data(at_rates(rates), RATE))
    assert (finding.code, finding.severity) == ("TK101", "medium")
    assert "rate: 4 of the best 5 trials lie at the upper end, 0.1" in finding.evidence
    assert "depth" not in finding.evidence
    names = {}
    exec(finding.code_to_paste, names)  # noqa: S102 - code of the report
    assert names["space"] == tk.Space(rate=tk.Float(1e-4, 1.0, log=True), depth=tk.Int(1, 4))


def test_the_edge_of_a_logarithmic_range_is_a_tenth_of_its_logarithms():
    low = [1e-4 * 1000**0.09] * 5  # nine percent of three decades
    rest = [0.01] * 25
    assert "lower end, 0.0001" in check_edges(study_data(at_rates(low + rest), RATE)).evidence
    inside = [1e-4 * 1000**0.11] * 5
    assert check_edges(study_data(at_rates(inside + rest), RATE)) is None


@pytest.mark.parametrize(
    ("best", "reported"),
    [
        ([0.1, 0.1, 0.1, 0.01, 0.01], True),
        ([0.1, 0.1, 0.01, 0.01, 0.01], False),
        ([0.01, 0.1, 0.1, 0.1, 0.1], False),
    ],
    ids=["most", "too few", "not the best"],
)
def test_most_of_the_best_trials_and_the_best_one_must_lie_at_the_edge(best, reported):
    trials = at_rates([*best, *[0.01] * 25])
    assert (check_edges(study_data(trials, RATE)) is not None) == reported


def test_few_trials_are_not_checked():
    assert check_edges(study_data(at_rates([0.1] * 19), RATE)) is None
    assert check_edges(study_data(at_rates([0.1] * 20), RATE)) is not None
    assert check_edges(study_data([])) is None


def test_the_edge_of_a_small_range_is_its_last_value():
    trials = [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 4}) for i in range(5)]
    trials += [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 2}) for i in range(5, 30)]
    finding = check_edges(study_data(trials, RATE))
    assert "depth: 5 of the best 5 trials lie at the upper end, 4" in finding.evidence
    assert "depth=Int(1, 6)" in finding.code_to_paste
    two = tk.Space(depth=tk.Int(1, 2))
    trials = [trial(i, 1 - 0.01 * i, params={"depth": 2}) for i in range(30)]
    assert check_edges(study_data(trials, two)) is None, "the probability of five of five is 1 / 32"


def test_the_edge_of_a_plateau_is_not_reported():
    rates = [*[0.1] * 5, *[0.01] * 5, *[0.001] * 20]
    trials = [replace(each, score=0.9 if each.number < 10 else 0.5) for each in at_rates(rates)]
    assert check_edges(study_data(trials, RATE)) is None
    better = [replace(each, score=0.95) if each.number < 5 else each for each in trials]
    assert check_edges(study_data(better, RATE)) is not None
    hardly = [replace(each, score=0.905) if each.number < 5 else each for each in trials]
    no_spread = [replace(each, spread=0.0) for each in hardly]
    assert check_edges(study_data(no_spread, RATE)) is None, "0.005 of 0.4 above the median"
    for folds in ((0.0, 1.2, 0.0, 1.2), (math.nan,) * 4):
        pooled = [replace(each, spread=math.nan, fold_scores=folds) for each in better]
        assert check_edges(study_data(pooled, RATE)) is None
    noisy = [replace(each, spread=0.6) for each in better]  # over the folds
    assert check_edges(study_data(noisy, RATE)) is None


def test_natural_limits_are_not_reported():
    space = tk.Space(dropout=tk.Float(0.0, 0.5), layers=tk.Int(1, 9), share=tk.Float(0.1, 1.0))
    params = {"dropout": 0.0, "layers": 1, "share": 1.0}
    trials = [trial(i, 1 - 0.01 * i, params=params) for i in range(30)]
    assert check_edges(study_data(trials, space)) is None


def test_irrelevant_parameters_of_a_random_search_are_rarely_reported():
    space = tk.Space(**{f"p{i}": tk.Float(2.0, 3.0) for i in range(10)})
    n_reported = sum(
        check_edges(study_data(drawn(60, space, seed=seed, score=lambda p: 0.0), space)) is not None
        for seed in range(20)
    )
    assert n_reported <= 3  # of 200 parameters
