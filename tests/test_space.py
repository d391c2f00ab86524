"""The space: what it draws, resolves, and refuses."""

from __future__ import annotations

import itertools
import json
import math
import pickle

import numpy as np
import optuna
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


def test_an_empty_tuple_stands_only_where_all_conditions_hold():
    flag = tk.Categorical([False, True])
    units = tk.Int(8, 16).per("layers").when(dense=True, wide=True)
    space = tk.Space(layers=tk.Int(0, 2), dense=flag, wide=flag, units=units)
    narrow = {"layers": 0, "dense": True, "wide": False}
    assert space.resolve(narrow) == narrow
    assert space.resolve({**narrow, "wide": True}) == {**narrow, "wide": True, "units": ()}


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
    assert repr(space) == (
        'Space(n=Int(1, 4), x=Float(0.1, 1.0, log=True).per("n").when(n=[1, 2]))'
    )
    assert len(space) == 2
    assert eval(repr(space), {"Space": tk.Space, "Int": tk.Int, "Float": tk.Float}) == space


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
        (lambda: {"x": 3}, "no parameter given, so nothing to tune"),
        (lambda: {"x": object()}, "x must be a Float, an Int, a Categorical or a constant"),
        (lambda: {"x": tk.Float}, "a constant must be a value, not a class"),
        (lambda: {"a b": tk.Int(0, 1)}, "a name must be one that Python takes .*, got 'a b'"),
        (lambda: {"1st": tk.Int(0, 1)}, "a name must be one that Python takes .*, got '1st'"),
        (lambda: {"n": tk.Int(0, 9, step=2)}, "step must divide high - low, got .* high=8"),
        (lambda: {"n": tk.Int(0, 4, step=5)}, "write for example step=4"),
        (lambda: {"n": tk.Int(0, 4, step=0)}, "step must be a whole number of at least 1"),
        (lambda: {"n": tk.Int(0, 4, step=0.5)}, "step must be a whole number .*got step=0.5"),
        (lambda: {"n": tk.Int(1, 4, step=3, log=True)}, "a logarithmic scale has no step"),
        (lambda: {"x": tk.Float(0, 1, step=0.3)}, "write for example high=0.9"),
        (lambda: {"x": tk.Float(0, 1, step=0)}, "finite number above 0, got step=0.0"),
        (lambda: {"x": tk.Float(0, 1, step=-0.5)}, "finite number above 0, got step=-0.5"),
        (lambda: {"x": tk.Float(0, 1, step=math.nan)}, "finite number above 0, got step=nan"),
        (lambda: {"x": tk.Float(0, 1, step="a")}, "finite number above 0, got step='a'"),
        (lambda: {"x": tk.Float(0.5, 1, step=0.5, log=True)}, "a logarithmic scale has no step"),
        (lambda: {"c": tk.Categorical([1, math.nan])}, "a choice must be finite, got nan"),
        (lambda: {"c": tk.Categorical([{1, 2}])}, "a choice must be a text"),
        (
            lambda: {"c": tk.Categorical([None, {0: 1}])},
            "in which names are texts, got 0 in {0: 1}",
        ),
        (lambda: {"n": tk.Int(1, 2), "u": tk.Int(1, 2).per(["n"])}, "needs the name of an Int"),
        (lambda: {"c": tk.Categorical([[1], (1,)])}, r"each choice must stand once, got \(1,\)"),
        (lambda: {"n": 2.5, "u": tk.Int(0, 1).per("n")}, "needs the name of an Int"),
        (lambda: {"n": True, "u": tk.Int(0, 1).per("n")}, "needs the name of an Int"),
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
            "its conditions on 'a' never hold together",
        ),
        (lambda: {"x": tk.Float(0, 1, log="no")}, "logarithmic scale needs low above 0"),
        (lambda: {"x": tk.Float(1, 2, log="no")}, "log must be True or False, got 'no'"),
        (lambda: {"n": tk.Int(1, 2, log=1)}, "log must be True or False, got 1"),
        (lambda: {"c": tk.Categorical([1], ordered="y")}, "ordered must be True or False, got 'y'"),
        (lambda: {"x": tk.Float(0, 1).per("layers")}, "needs the name of an Int"),
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
        ({"layers": 1, "units": 16}, "'units' has one value for each of 'layers': give a tuple"),
        ({"layers": 1.0, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got 1.0"),
        ({"layers": True, "units": (16,)}, r"'layers' must lie in Int\(1, 3\), got True"),
        ({"layers": 1, "units": (16,), "momentum": 0.5}, "'momentum' is not active where"),
        ({"layers": 1, "unit": 16}, "'unit' is no parameter of the space. Did you mean 'units'"),
    ],
)
def test_a_configuration_outside_the_space_is_refused(config, message):
    with pytest.raises(tk.SpaceError, match=message):
        digits_space().validate({**config, "optimizer": "adam"})
    assert {**config, "optimizer": "adam"} not in digits_space()


def test_what_is_no_mapping_is_no_configuration():
    assert [1, 2] not in digits_space()
    with pytest.raises(tk.SpaceError, match=r"must map names to values, got \[1, 2\]"):
        digits_space().validate([1, 2])


def test_values_may_come_from_numpy():
    space = tk.Space(
        n=tk.Int(np.int64(1), np.int32(4)), c=tk.Categorical(np.array(["a", "b"])), k=np.float32(2)
    )
    assert {"n": np.int64(3), "c": np.str_("a"), "k": 2.0} in space
    assert repr(space) == "Space(n=Int(1, 4), c=Categorical(['a', 'b']), k=2.0)"


def test_a_step_gives_the_values_that_one_would_write():
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


def test_whole_numbers_beyond_the_precision_of_floats_are_exact():
    space = tk.Space(n=tk.Int(0, 2**60))
    assert {"n": 2**60 - 1} in space
    assert {"n": 2**60 + 1} not in space


def test_a_space_of_many_independent_switches_is_counted_at_once():
    parts = {}
    for i in range(30):
        parts[f"on_{i}"] = tk.Categorical([True, False])
        parts[f"x_{i}"] = tk.Int(1, 3).when(**{f"on_{i}": True})
    assert tk.Space(**parts).size == 4**30
    tied = {f"u{i}": tk.Categorical([0, 1]) for i in range(20)}
    tied["x"] = tk.Int(1, 2).when(**dict.fromkeys(tied, 1))
    assert tk.Space(**tied).size == math.inf


def test_a_constant_count_spreads_one_value_over_all():
    space = tk.Space(layers=2, units=tk.Int(8, 64).per("layers"))
    assert space.flatten_partial({"units": 32}) == {"units[0]": 32, "units[1]": 32}


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
def test_a_wrong_count_is_refused(make, message):
    with pytest.raises(tk.SpaceError, match=message):
        make(tk.Space(n=tk.Int(1, 3)))


def test_seeds_and_resolutions_may_come_from_numpy():
    space = tk.Space(n=tk.Int(1, 9))
    assert space.sample(3, np.int64(4)) == space.sample(3, 4)
    assert space.grid(np.int64(3)) == space.grid(3)


def test_a_parameter_may_have_any_name_that_an_argument_may_have():
    space = tk.Space(self=tk.Int(0, 1), name=tk.Int(0, 1).when(self=1))
    assert {"self": 1, "name": 0} in space


def test_constants_are_in_every_configuration_and_can_be_depended_on():
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


def test_a_grid_holds_every_configuration_once_and_nothing_else():
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


def test_a_grid_that_is_too_large_is_refused():
    space = tk.Space(layers=tk.Int(1, 9), units=tk.Int(1, 99).per("layers"))
    with pytest.raises(tk.SpaceError, match=r"more than 100,000 .*: lower resolution=5"):
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


@given(spaces())
@settings(max_examples=60, deadline=None)
def test_a_space_comes_back_from_json(space):
    assert tk.Space.from_dict(json.loads(json.dumps(space.to_dict()))) == space


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ([1], r"needs a mapping of names to parameters, got \[1\]"),
        ({"x": {"type": "Floot", "low": 0, "high": 1}}, "got 'Floot'. Did you mean 'Float'"),
        ({"x": {"type": ["Int"]}}, "type must name a kind of parameter"),
        ({"x": {"low": 0, "high": 1}}, "'x': type must name a kind of parameter, got None"),
        ({"x": {"type": "Float", "low": 0}}, r'Float\("x"\): needs low and high'),
        ({"x": {"type": "Int", "low": 0, "high": 1, "stpe": 2}}, "Did you mean 'step'"),
        ({"x": {"type": "Int", "low": 0, "high": 1, "when": ["a"]}}, "when must map names"),
        ({"x": {"type": "Categorical"}}, r'Categorical\("x"\): needs choices'),
        ({"x": {"type": "Int", "low": "1", "high": 2}}, "must be whole numbers, got low='1'"),
    ],
)
def test_a_form_that_stands_for_no_space_is_refused(form, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space.from_dict(form)
    assert "\n" not in str(caught.value)


def test_conditions_in_any_order_make_the_same_space():
    parts = {"a": tk.Int(0, 3), "b": tk.Int(0, 3)}
    one = tk.Space(**parts, c=tk.Float(0, 1).when(a=[1, 2], b=3))
    two = tk.Space(c=tk.Float(0.0, 1.0).when(b=[3]).when(a=(2, 1)), **parts)
    assert one == two
    assert hash(one) == hash(two)
    assert one != tk.Space(**parts, c=tk.Float(0, 1).when(a=[1, 2], b=2))


def test_a_notebook_shows_a_table_with_nothing_unescaped():
    space = tk.Space(
        c=tk.Categorical(["<b>", "a"]),
        n=tk.Int(2, 8, step=2).when(c="<b>"),
        u=tk.Float(0.1, 1, log=True).per("n"),
        k="<i>",
    )
    html = space._repr_html_()
    assert html.count("<tr>") == 5
    assert "<b>" not in html
    assert "<i>" not in html
    for words in ("2 to 8", "step 2", "logarithmic", "one for each of n", "where c is", "constant"):
        assert words in html


def test_a_partial_configuration_is_spread_over_the_leaves():
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


def test_a_choice_that_is_a_dictionary_cannot_be_changed_from_outside():
    given = {"depth": [1, 2]}
    space = tk.Space(c=tk.Categorical([given, None]))
    given["depth"].append(3)
    drawn = next(config for config in space.sample(9, 0) if config["c"])
    drawn["c"]["depth"] = "changed"
    assert {"c": {"depth": (1, 2)}} in space
    assert drawn not in space
