"""Both engines draw each kind of parameter from the same distribution."""

from __future__ import annotations

import hyperopt
import numpy as np
import optuna
import pytest
from engine_runs import run
from scipy.stats import chisquare, ks_2samp, kstest

import tunekit as tk


def draws(engine, space, n):
    return run(engine, space, lambda _config: 0.0, n, algorithm="random", seed=5)[1]


@pytest.mark.slow
def test_both_engines_random_samplers_draw_from_the_same_distribution():
    space = tk.Space(
        x=tk.Float(-1.0, 3.0),
        log=tk.Float(1e-4, 1.0, log=True),
        whole=tk.Int(1, 30),
        wide=tk.Int(4, 300, log=True),
        step=tk.Float(0.0, 1.0, step=0.25),
        choice=tk.Categorical(["a", "b", "c"]),
        size=tk.Categorical([1, 10, 100], ordered=True),
        child=tk.Float(0.0, 1.0).when(choice=["a", "c"]),
    )
    theirs, ours = (draws(engine, space, 700) for engine in ("optuna", "hyperopt"))
    ideal = space.sample(700, random_state=5)
    for name in space.parameters:
        columns = [
            [
                space.parameters[name].choices.index(c[name])
                if name in ("choice", "size")
                else c[name]
                for c in drawn
                if name in c
            ]
            for drawn in (theirs, ours, ideal)
        ]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            same = ks_2samp(columns[one], columns[other])
            assert same.pvalue > 1e-3, (name, one, other, same)


@pytest.mark.parametrize(
    "domain",
    [
        tk.Int(1, 4),
        tk.Int(2, 10, step=4),
        tk.Float(0.1, 0.5, step=0.1),
        tk.Categorical(["s", "m", "l"], ordered=True),
        tk.Categorical([None, True, 1, (1, 2), "1"]),
    ],
)
def test_every_value_is_drawn_equally_often(engine, domain):
    drawn = [config["p"] for config in draws(engine, tk.Space(p=domain), 400)]
    values = [domain.value_at(i) for i in range(int(domain.size))]
    counts = [sum(repr(each) == repr(value) for each in drawn) for value in values]
    assert sum(counts) == 400
    assert chisquare(counts).pvalue > 1e-3, counts


def test_both_ends_of_a_logarithmic_integer_are_not_less_likely(engine):
    drawn = [config["p"] for config in draws(engine, tk.Space(p=tk.Int(1, 3, log=True)), 400)]
    widths = np.log([1.5 / 0.5, 2.5 / 1.5, 3.5 / 2.5])
    counts = [drawn.count(value) for value in (1, 2, 3)]
    assert chisquare(counts, 400 * widths / widths.sum()).pvalue > 1e-3, counts


def test_both_engines_treat_ordered_choices_as_numbers():
    space = tk.Space(
        size=tk.Categorical(["s", "m", "l"], ordered=True), kind=tk.Categorical(["a", "b", "c"])
    )
    trial = optuna.create_study().ask()
    space.suggest(trial)
    kinds = {name: type(each).__name__ for name, each in trial.distributions.items()}
    assert kinds == {"size": "IntDistribution", "kind": "CategoricalDistribution"}
    domain = hyperopt.base.Domain(len, space.to_hyperopt(), pass_expr_memo_ctrl=False)
    drawn = {name: node.name for name, node in domain.params.items()}
    assert drawn == {"size": "uniform", "kind": "randint"}


@pytest.mark.parametrize("log", [False, True])
def test_both_ends_of_a_continuous_range_are_reached(engine, log):
    drawn = [c["p"] for c in draws(engine, tk.Space(p=tk.Float(0.01, 1.0, log=log)), 400)]
    scale = np.log(drawn) if log else np.array(drawn)
    low, high = np.log([0.01, 1.0]) if log else np.array([0.01, 1.0])
    assert scale.min() < low + 0.02 * (high - low)
    assert scale.max() > high - 0.02 * (high - low)
    assert kstest((scale - low) / (high - low), "uniform").pvalue > 1e-3
