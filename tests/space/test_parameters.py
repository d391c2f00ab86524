"""The values of parameters: ranges, steps and choices."""

from __future__ import annotations

import math

import numpy as np
import optuna
import pytest

import tunekit as tk


def test_true_and_one_are_different_choices():
    space = tk.Space(a=tk.Categorical([1, True]), b=tk.Float(0, 1).when(a=True))
    assert space.resolve({"a": 1}) == {"a": 1}
    assert space.resolve({"a": True, "b": 0.5}) == {"a": True, "b": 0.5}


def test_both_ends_of_a_range_are_as_likely_as_other_values():
    drawn = [c["n"] for c in tk.Space(n=tk.Int(1, 4)).sample(4000, random_state=0)]
    shares = [drawn.count(n) / 4000 for n in (1, 2, 3, 4)]
    assert all(abs(share - 0.25) < 0.03 for share in shares), shares


def test_a_logarithmic_range_is_drawn_evenly_on_its_scale():
    space = tk.Space(x=tk.Float(1e-4, 1.0, log=True))
    drawn = [math.log10(c["x"]) for c in space.sample(4000, random_state=0)]
    shares = [sum(-k - 1 <= x < -k for x in drawn) / 4000 for k in range(4)]
    assert all(abs(share - 0.25) < 0.03 for share in shares), shares


def test_values_may_come_from_numpy():
    space = tk.Space(
        n=tk.Int(np.int64(1), np.int32(4)), c=tk.Categorical(np.array(["a", "b"])), k=np.float32(2)
    )
    assert {"n": np.int64(3), "c": np.str_("a"), "k": 2.0} in space
    assert repr(space) == "Space(n=Int(1, 4), c=Categorical(['a', 'b']), k=2.0)"


def test_values_on_steps_have_short_decimal_forms():
    space = tk.Space(x=tk.Float(0.1, 0.7, step=0.2), n=tk.Int(-3, 5, step=4))
    assert [config["x"] for config in space.grid()][::3] == [0.1, 0.3, 0.5, 0.7]
    assert {config["n"] for config in space.sample(60, 0)} == {-3, 1, 5}
    assert {"x": 0.30000000000000004, "n": 1} in space
    child = tk.Space(x=tk.Float(0.0, 0.5, step=0.1), y=tk.Int(0, 1).when(x=[0.3]))
    assert {"x": 0.1 * 3, "y": 1} in child
    assert {"x": 0.2, "n": 1} not in space
    assert {"x": 0.3, "n": 2} not in space


def test_conditions_on_steps_may_be_written_in_any_form():
    space = tk.Space(
        x=tk.Float(0, 2, step=1),
        y=tk.Float(0, 1, step=0.1),
        a=tk.Int(0, 1).when(x=1),
        b=tk.Int(0, 1).when(y=[0.1 * i for i in range(3, 6)]),
    )
    for config in space.sample(100, 0):
        assert ("a" in config) == (config["x"] == 1)
        assert ("b" in config) == (config["y"] in (0.3, 0.4, 0.5))


@pytest.mark.parametrize("n", [3, 7, 49, 93])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.1, 0.9), (-3.0, 5.0)])
def test_an_awkward_step_stays_in_its_range_on_both_engines(n, low, high):
    space = tk.Space(x=tk.Float(low, high, step=(high - low) / n))
    grid = space.grid(200)
    assert len(grid) == n + 1
    assert all(config in space for config in grid)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: float(space.suggest(trial) in space), 5)
    assert study.best_value == 1.0


def test_integers_beyond_the_precision_of_floats_are_exact():
    space = tk.Space(n=tk.Int(0, 2**60))
    assert {"n": 2**60 - 1} in space
    assert {"n": 2**60 + 1} not in space


def test_a_choice_that_is_a_dictionary_is_copied():
    given = {"depth": [1, 2]}
    space = tk.Space(c=tk.Categorical([given, None]))
    given["depth"].append(3)
    drawn = next(config for config in space.sample(9, 0) if config["c"])
    drawn["c"]["depth"] = "changed"
    assert {"c": {"depth": (1, 2)}} in space
    assert drawn not in space
