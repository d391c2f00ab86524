"""The space: what it draws, resolves, and refuses."""

from __future__ import annotations

import itertools
import json
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import spaces

import tunekit as tk


def digits_space():
    return tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(16, 128, log=True).per("layers"),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
        nesterov=tk.Categorical([True, False]).when(optimizer="sgd", layers=[1, 2]),
    )


def test_a_configuration_holds_active_parameters_and_no_other():
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


def test_zero_layers_give_an_empty_tuple():
    space = tk.Space(layers=tk.Int(0, 2), units=tk.Int(8, 16).per("layers"))
    assert space.resolve({"layers": 0}) == {"layers": 0, "units": ()}


def test_a_parameter_may_stand_before_the_one_it_depends_on():
    space = tk.Space(b=tk.Float(0, 1).when(a=True), a=tk.Categorical([True, False]))
    assert [leaf.name for leaf in space.leaves] == ["a", "b"]


def test_true_and_one_are_different_choices():
    space = tk.Space(a=tk.Categorical([1, True]), b=tk.Float(0, 1).when(a=True))
    assert space.resolve({"a": 1}) == {"a": 1}
    assert space.resolve({"a": True, "b": 0.5}) == {"a": True, "b": 0.5}


@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_every_sample_lies_in_the_space(space, seed):
    for config in space.sample(5, random_state=seed):
        values = space.flatten(config)
        assert space.resolve(values) == config
        for leaf in space.leaves:
            assert (leaf.name in values) == leaf.is_active(values)


@given(spaces())
@settings(max_examples=40, deadline=None)
def test_a_space_survives_pickling_and_has_a_json_form(space):
    assert pickle.loads(pickle.dumps(space)) == space
    json.dumps(space.to_dict())


def test_the_same_seed_gives_the_same_samples():
    space = digits_space()
    assert space.sample(9, random_state=3) == space.sample(9, random_state=3)
    assert space.sample(9, random_state=3) != space.sample(9, random_state=4)


def test_both_ends_of_a_range_are_drawn_in_full_share():
    drawn = [c["n"] for c in tk.Space(n=tk.Int(1, 4)).sample(4000, random_state=0)]
    shares = [drawn.count(n) / 4000 for n in (1, 2, 3, 4)]
    assert all(abs(share - 0.25) < 0.03 for share in shares), shares


def test_a_logarithmic_range_is_drawn_evenly_on_its_scale():
    space = tk.Space(x=tk.Float(1e-4, 1.0, log=True))
    drawn = [math.log10(c["x"]) for c in space.sample(4000, random_state=0)]
    shares = [sum(-k - 1 <= x < -k for x in drawn) / 4000 for k in range(4)]
    assert all(abs(share - 0.25) < 0.03 for share in shares), shares


def test_equal_spaces_have_equal_fingerprints_whatever_the_order():
    parts = {"a": tk.Float(0, 1), "b": tk.Int(1, 2), "c": tk.Categorical(["x", "y"])}
    prints = {tk.Space(**dict(p)).fingerprint for p in itertools.permutations(parts.items())}
    assert len(prints) == 1
    assert tk.Space(**parts | {"a": tk.Float(0, 2)}).fingerprint not in prints


def test_a_space_reads_as_it_was_written():
    space = tk.Space(n=tk.Int(1, 4), x=tk.Float(0.1, 1, log=True).per("n").when(n=[1, 2]))
    assert repr(space) == ('Space(n=Int(1, 4), x=Float(0.1, 1, log=True).per("n").when(n=[1, 2]))')
    assert len(space) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (dict, "no parameter given"),
        (lambda: {"lr": tk.Float(0.1, 0.01)}, r'Float\("lr"\): low must be below high, got low=0'),
        (lambda: {"n": tk.Int(4, 4)}, r'Int\("n"\): low must be below high, got low=4, high=4'),
        (lambda: {"n": tk.Int(1.5, 4)}, "whole numbers, got low=1.5"),
        (lambda: {"n": tk.Int(True, 4)}, "whole numbers, got low=True"),
        (lambda: {"x": tk.Float("a", 4)}, "must be numbers, got low='a'"),
        (lambda: {"x": tk.Float(0, math.inf)}, "must be finite"),
        (lambda: {"x": tk.Float(math.nan, 1)}, "must be finite"),
        (lambda: {"x": tk.Float(0, 1, log=True)}, "logarithmic scale needs low above 0, got low=0"),
        (lambda: {"c": tk.Categorical([])}, "choices must not be empty"),
        (lambda: {"c": tk.Categorical("relu")}, "must be a list, got 'relu'"),
        (lambda: {"c": tk.Categorical(5)}, "must be a list, got 5"),
        (lambda: {"c": tk.Categorical([1, 2, 1])}, "got 1 twice"),
        (lambda: {"c": tk.Categorical([object])}, "a choice must be a text"),
        (lambda: {"x": 3}, "x must be a Float, an Int or a Categorical, got 3"),
        (lambda: {"x": tk.Float(0, 1).per("layers")}, "needs the name of an Int"),
        (lambda: {"a": tk.Float(0, 1), "x": tk.Float(0, 1).per("a")}, "needs the name of an Int"),
        (lambda: {"opt": tk.Int(0, 1), "x": tk.Float(0, 1).when(opr=1)}, "Did you mean 'opt'"),
        (lambda: {"o": tk.Int(0, 1), "x": tk.Float(0, 1).when(o=2)}, "values that 'o' can take"),
        (lambda: {"o": tk.Int(0, 1), "x": tk.Float(0, 1).when(o=[])}, "values that 'o' can take"),
        (
            lambda: {
                "a": tk.Int(0, 1).when(b=1),
                "b": tk.Int(0, 1).when(a=1),
            },
            "in a circle: a → b → a",
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
def test_a_bad_space_is_refused_in_one_sentence(make, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space(**make())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"layers": 9, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got 9"),
        ({"layers": 2, "units": (16,)}, r"'units\[1\]' has no value"),
        ({"layers": 1, "units": (16, 16)}, r"'units\[1\]' is not active"),
        ({"layers": 1, "unit": 16}, "'unit' is no parameter of the space. Did you mean 'units'"),
    ],
)
def test_a_configuration_outside_the_space_is_refused(config, message):
    with pytest.raises(tk.SpaceError, match=message):
        digits_space().flatten({**config, "optimizer": "adam"})
