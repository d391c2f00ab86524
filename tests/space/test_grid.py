"""The grid of a space, and its size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from strategies import spaces

import tunekit as tk


@pytest.mark.slow
def test_many_independent_parameters_are_counted_fast():
    parts = {}
    for i in range(30):
        parts[f"on_{i}"] = tk.Categorical([True, False])
        parts[f"x_{i}"] = tk.Int(1, 3).when(**{f"on_{i}": True})
    assert tk.Space(**parts).size == 4**30
    tied = {f"u{i}": tk.Categorical([0, 1]) for i in range(20)}
    tied["x"] = tk.Int(1, 2).when(**dict.fromkeys(tied, 1))
    assert tk.Space(**tied).size == math.inf


def test_a_grid_contains_every_configuration_exactly_once():
    space = tk.Space(
        layers=tk.Int(1, 2),
        units=tk.Int(16, 64, log=True).per("layers"),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.8, step=0.4).when(optimizer="sgd"),
        rate=tk.Float(1e-4, 1e-2, log=True),
        fixed=None,
    )
    grid = space.grid(3)
    # units is 16, 32 or 64; momentum one of three; rate 1e-4, 1e-3 or 1e-2.
    assert len(grid) == (3 + 9) * (1 + 3) * 3
    assert len({repr(config) for config in grid}) == len(grid)
    assert all(config in space for config in grid)
    assert sorted({config["rate"] for config in grid}) == pytest.approx([1e-4, 1e-3, 1e-2])
    assert {units for config in grid for units in config["units"]} == {16, 32, 64}
    assert space.grid(1)[0]["rate"] == pytest.approx(1e-3)


@pytest.mark.slow
def test_a_grid_that_is_too_large_is_rejected():
    space = tk.Space(layers=tk.Int(1, 9), units=tk.Int(1, 99).per("layers"))
    with pytest.raises(tk.SpaceError, match=r"more than 100,000 .*; lower resolution=5"):
        space.grid()
    with pytest.raises(tk.SpaceError, match="resolution must be a whole number .* got 0"):
        space.grid(0)


@given(spaces())
@settings(max_examples=40, deadline=None)
def test_the_size_of_a_space_is_the_number_of_its_configurations(space):
    if space.size <= 500:
        assert len(space.grid(500)) == space.size
    elif any(math.isinf(leaf.domain.size) for leaf in space.leaves):
        assert space.size == math.inf
