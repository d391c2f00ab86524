"""Configurations of a space: validation, conversion to leaves, and completion."""

from __future__ import annotations

import pytest
from spaces import digits_space

import tunekit as tk


def test_zero_layers_give_an_empty_tuple():
    space = tk.Space(layers=tk.Int(0, 2), units=tk.Int(8, 16).per("layers"))
    assert space.resolve({"layers": 0}) == {"layers": 0, "units": ()}


def test_an_empty_tuple_requires_that_all_conditions_hold():
    flag = tk.Categorical([False, True])
    units = tk.Int(8, 16).per("layers").when(dense=True, wide=True)
    space = tk.Space(layers=tk.Int(0, 2), dense=flag, wide=flag, units=units)
    narrow = {"layers": 0, "dense": True, "wide": False}
    assert space.resolve(narrow) == narrow
    assert space.resolve({**narrow, "wide": True}) == {**narrow, "wide": True, "units": ()}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"layers": 9, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got 9"),
        ({"layers": 2, "units": (16,)}, r"'units\[1\]' is active but has no value"),
        ({"layers": 1, "units": (16, 16)}, r"'units\[1\]' is not active"),
        ({"layers": 1, "units": 16}, "'units' must be a tuple of length 'layers', got 16"),
        ({"layers": 1.0, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got 1.0"),
        ({"layers": True, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got True"),
        ({"layers": 1, "units": (16,), "momentum": 0.5}, "'momentum' is not active when"),
        ({"layers": 1, "unit": 16}, "'unit' is not a parameter of the space. Did you mean 'units'"),
    ],
)
def test_a_configuration_outside_the_space_is_rejected(config, message):
    with pytest.raises(tk.SpaceError, match=message):
        digits_space().validate({**config, "optimizer": "adam"})
    assert {**config, "optimizer": "adam"} not in digits_space()


def test_only_mappings_are_configurations():
    assert [1, 2] not in digits_space()
    with pytest.raises(tk.SpaceError, match=r"must map names to values, got \[1, 2\]"):
        digits_space().validate([1, 2])


def test_with_a_constant_count_a_single_value_is_repeated():
    space = tk.Space(layers=2, units=tk.Int(8, 64).per("layers"))
    assert space.flatten_partial({"units": 32}) == {"units[0]": 32, "units[1]": 32}


def test_a_partial_configuration_is_converted_to_leaves():
    space = digits_space()
    assert space.flatten_partial({"units": (32, 64)}) == {
        "layers": 2,
        "units[0]": 32,
        "units[1]": 64,
    }
    assert space.flatten_partial({"units": 32, "layers": 1}) == {"layers": 1, "units[0]": 32}
    assert space.flatten_partial({"momentum": 0.5}) == {"momentum": 0.5}
    assert space.flatten_partial({}) == {}
    for wrong in ({"layers": 9}, {"momentum": 0.5, "optimizer": "adam"}, {"unit": 3}):
        with pytest.raises(tk.SpaceError):
            space.flatten_partial(wrong)
