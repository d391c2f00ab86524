"""The space: samples, resolved configurations, and errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces import digits_space
from strategies import spaces

import tunekit as tk


def test_a_configuration_contains_active_parameters_only():
    space = digits_space()
    drawn = {"layers": 2, "units[0]": 64, "units[1]": 32, "units[2]": 16}
    assert space.resolve({**drawn, "optimizer": "adam", "momentum": 0.5}) == {
        "layers": 2,
        "units": (64, 32),
        "optimizer": "adam",
    }
    sgd = {**drawn, "optimizer": "sgd", "momentum": 0.5, "nesterov": True}
    assert space.resolve(sgd)["nesterov"] is True
    assert "nesterov" not in space.resolve({**sgd, "layers": 3})


def test_all_of_several_conditions_must_hold_and_chains_are_followed():
    space = tk.Space(
        a=tk.Categorical([0, 1]),
        b=tk.Categorical([0, 1]).when(a=1),
        c=tk.Categorical([0, 1]).when(b=1),
    )
    assert space.resolve({"a": 0, "b": 1, "c": 1}) == {"a": 0}
    assert space.resolve({"a": 1, "b": 1, "c": 0}) == {"a": 1, "b": 1, "c": 0}


def test_a_parameter_may_precede_the_one_it_depends_on():
    space = tk.Space(b=tk.Float(0, 1).when(a=True), a=tk.Categorical([True, False]))
    assert [leaf.name for leaf in space.leaves] == ["a", "b"]


@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_every_sample_lies_in_the_space(space, seed):
    for config in space.sample(5, random_state=seed):
        values = space.flatten(config)
        assert space.resolve(values) == config
        for leaf in space.leaves:
            assert (leaf.name in values) == leaf.is_active(values)


def test_the_same_seed_gives_the_same_samples():
    space = digits_space()
    assert space.sample(9, random_state=3) == space.sample(9, random_state=3)
    assert space.sample(9, random_state=3) != space.sample(9, random_state=4)


def test_equal_spaces_have_equal_fingerprints_in_any_order():
    parts = {"a": tk.Float(0, 1), "b": tk.Int(1, 2), "c": tk.Categorical(["x", "y"])}
    prints = {tk.Space(**dict(p)).fingerprint for p in itertools.permutations(parts.items())}
    assert len(prints) == 1
    assert tk.Space(**parts | {"a": tk.Float(0, 2)}).fingerprint not in prints


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (dict, "give at least one parameter"),
        (lambda: {"lr": tk.Float(0.1, 0.01)}, r'Float\("lr"\): low must be below high, got low=0'),
        (lambda: {"n": tk.Int(4, 4)}, r'Int\("n"\): low must be below high, got low=4, high=4'),
        (lambda: {"n": tk.Int(1.5, 4)}, "whole numbers, got low=1.5"),
        (lambda: {"n": tk.Int(True, 4)}, "whole numbers, got low=True"),
        (lambda: {"x": tk.Float("a", 4)}, "must be numbers, got low='a'"),
        (lambda: {"x": tk.Float(0, math.inf)}, "must be finite"),
        (lambda: {"x": tk.Float(math.nan, 1)}, "must be finite"),
        (
            lambda: {"x": tk.Float(0, 1, log=True)},
            "logarithmic scale requires low above 0, got low=0",
        ),
        (lambda: {"c": tk.Categorical([])}, "choices must not be empty"),
        (lambda: {"c": tk.Categorical("relu")}, "must be a list, got 'relu'"),
        (lambda: {"c": tk.Categorical(5)}, "must be a list, got 5"),
        (lambda: {"c": tk.Categorical([1, 2, 1])}, "got 1 twice"),
        (lambda: {"x": 3}, "give at least one parameter, for example"),
        (lambda: {"x": tk.Float}, "Space: x must be .* a constant, but Float is a range"),
        (lambda: {"x": tk.Categorical([0, tk.Int(1, 2)])}, "but Int is a range: for different"),
        (lambda: {" ": tk.Int(0, 1)}, "a name must be that of a parameter, .* got ' '"),
        (lambda: {"a\nb": tk.Int(0, 1)}, r"a name must be .* got 'a\\nb'"),
        (lambda: {"a[0]": tk.Int(0, 1)}, r"printable and without brackets, got 'a\[0\]'"),
        (lambda: {"n": tk.Int(0, 9, step=2)}, "step must divide high - low, got .* high=8"),
        (lambda: {"n": tk.Int(0, 4, step=5)}, "for example, use step=4"),
        (lambda: {"n": tk.Int(0, 4, step=0)}, "step must be a whole number of at least 1"),
        (lambda: {"n": tk.Int(0, 4, step=0.5)}, "step must be a whole number .*got step=0.5"),
        (lambda: {"n": tk.Int(1, 4, step=3, log=True)}, "log and step cannot be combined"),
        (lambda: {"x": tk.Float(0, 1, step=0.3)}, "for example, use high=0.9"),
        (lambda: {"x": tk.Float(0, 1, step=0)}, "finite number above 0, got step=0.0"),
        (lambda: {"x": tk.Float(0, 1, step=-0.5)}, "finite number above 0, got step=-0.5"),
        (lambda: {"x": tk.Float(0, 1, step=math.nan)}, "finite number above 0, got step=nan"),
        (lambda: {"x": tk.Float(0, 1, step="a")}, "finite number above 0, got step='a'"),
        (lambda: {"x": tk.Float(0.5, 1, step=0.5, log=True)}, "log and step cannot be combined"),
        (lambda: {"n": tk.Int(1, 2), "u": tk.Int(1, 2).per(["n"])}, "requires the name of an Int"),
        (lambda: {"c": tk.Categorical([[1], (1,)])}, r"choices must be unique, got \[1\] twice"),
        (lambda: {"n": 2.5, "u": tk.Int(0, 1).per("n")}, "requires the name of an Int"),
        (lambda: {"n": True, "u": tk.Int(0, 1).per("n")}, "requires the name of an Int"),
        (
            lambda: {"o": "adam", "x": tk.Float(0, 1).when(o="sgd")},
            "values that 'o' can take, got 'sgd'; 'o' is the constant 'adam'",
        ),
        (
            lambda: {"n": tk.Int(1, 3), "x": tk.Float(0, 1).when(n=range(2, 5))},
            r"values that 'n' can take, got 4; 'n' is Int\(1, 3\)",
        ),
        (
            lambda: {"a": tk.Float(0, 1), "x": tk.Float(0, 1).when(a=0.5)},
            "cannot depend on 'a', which is a Float without a step",
        ),
        (
            lambda: {"a": tk.Int(0, 3), "x": tk.Float(0, 1).when(a=1).when(a=2)},
            "its conditions on 'a' exclude each other",
        ),
        (lambda: {"x": tk.Float(0, 1, log="no")}, "logarithmic scale requires low above 0"),
        (lambda: {"x": tk.Float(1, 2, log="no")}, "log must be True or False, got 'no'"),
        (lambda: {"n": tk.Int(1, 2, log=1)}, "log must be True or False, got 1"),
        (lambda: {"c": tk.Categorical([1], ordered="y")}, "ordered must be True or False, got 'y'"),
        (lambda: {"x": tk.Float(0, 1).per("layers")}, "requires the name of an Int"),
        (lambda: {"a": tk.Float(0, 1), "x": tk.Float(0, 1).per("a")}, r"It is Float\(0.0, 1.0\)"),
        (lambda: {"n": tk.Int(-1, 2), "x": tk.Float(0, 1).per("n")}, r"It is Int\(-1, 2\)"),
        (lambda: {"nn": tk.Int(1, 2), "x": tk.Float(0, 1).per("n")}, "Did you mean 'nn'"),
        (
            lambda: {"m": tk.Int(1, 2), "n": tk.Int(1, 2).per("m"), "x": tk.Int(0, 1).per("n")},
            r"not repeated itself, got 'n'. It is Int\(1, 2\).per\(\"m\"\)",
        ),
        (lambda: {"opt": tk.Int(0, 1), "x": tk.Float(0, 1).when(opr=1)}, "Did you mean 'opt'"),
        (lambda: {"o": tk.Int(0, 1), "x": tk.Float(0, 1).when(o=2)}, "values that 'o' can take"),
        (
            lambda: {"o": tk.Int(0, 1), "x": tk.Float(0, 1).when(o=[])},
            "values that 'o' can take, got no value",
        ),
        (
            lambda: {
                "a": tk.Int(0, 1).when(b=1),
                "b": tk.Int(0, 1).when(a=1),
            },
            "circular dependencies, got a → b → a",
        ),
        (
            lambda: {
                "n": tk.Int(1, 2),
                "u": tk.Int(0, 1).per("n"),
                "x": tk.Float(0, 1).when(u=1),
            },
            "cannot depend on 'u', which is repeated",
        ),
    ],
)
def test_an_invalid_space_is_rejected_in_one_sentence(make, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space(**make())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda space: space.sample(-1), "n must be a whole number of at least 0, got -1"),
        (lambda space: space.sample("3"), "n must be a whole number of at least 0, got '3'"),
        (lambda space: space.sample(1, "x"), "random_state must be a whole number .* got 'x'"),
        (lambda space: space.grid(2.5), "resolution must be a whole number .* got 2.5"),
        (lambda space: space.grid(0), "resolution must be a whole number of at least 1, got 0"),
    ],
)
def test_an_invalid_count_is_rejected(make, message):
    with pytest.raises(tk.SpaceError, match=message):
        make(tk.Space(n=tk.Int(1, 3)))


def test_seeds_and_resolutions_may_come_from_numpy():
    space = tk.Space(n=tk.Int(1, 9))
    assert space.sample(3, np.int64(4)) == space.sample(3, 4)
    assert space.grid(np.int64(3)) == space.grid(3)


def test_a_parameter_may_have_any_valid_argument_name():
    space = tk.Space(self=tk.Int(0, 1), name=tk.Int(0, 1).when(self=1))
    assert {"self": 1, "name": 0} in space


def test_constants_are_in_every_configuration_and_conditions_may_use_them():
    space = tk.Space(
        layers=2,
        units=tk.Int(8, 16).per("layers"),
        optimizer="sgd",
        momentum=tk.Float(0.0, 0.9).when(optimizer=["sgd", "rmsprop"]),
        shape=(3, 4),
    )
    for config in space.sample(5, 0):
        assert (config["layers"], config["optimizer"], config["shape"]) == (2, "sgd", (3, 4))
        assert len(config["units"]) == 2
        assert "momentum" in config
        assert config in space
        assert {**config, "layers": 1} not in space
    assert [leaf.name for leaf in space.leaves] == ["units[0]", "units[1]", "momentum"]
    assert len(space) == 5


def test_conditions_take_one_value_a_list_a_range_a_set_and_several_names():
    space = tk.Space(
        layers=tk.Int(1, 4),
        optimizer=tk.Categorical(["adam", "sgd", "rmsprop", None]),
        a=tk.Float(0, 1).when(optimizer=None),
        b=tk.Float(0, 1).when(optimizer={"sgd", "rmsprop"}),
        c=tk.Float(0, 1).when(layers=range(2, 4), optimizer=["adam"]),
        d=tk.Int(0, 1).when(layers=4),
        e=tk.Float(0, 1).when(d=1),
    )
    for config in space.sample(300, 0):
        layers, optimizer = config["layers"], config["optimizer"]
        assert ("a" in config) == (optimizer is None)
        assert ("b" in config) == (optimizer in ("sgd", "rmsprop"))
        assert ("c" in config) == (layers in (2, 3) and optimizer == "adam")
        assert ("d" in config) == (layers == 4)
        assert ("e" in config) == (config.get("d") == 1)


def test_conditions_in_any_order_make_the_same_space():
    parts = {"a": tk.Int(0, 3), "b": tk.Int(0, 3)}
    one = tk.Space(**parts, c=tk.Float(0, 1).when(a=[1, 2], b=3))
    two = tk.Space(c=tk.Float(0.0, 1.0).when(b=[3]).when(a=(2, 1)), **parts)
    assert one == two
    assert hash(one) == hash(two)
    assert one != tk.Space(**parts, c=tk.Float(0, 1).when(a=[1, 2], b=2))
