"""A space as code, as JSON and in a notebook."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given, settings
from strategies import spaces

import tunekit as tk


@given(spaces())
@settings(max_examples=40, deadline=None)
def test_a_space_survives_pickling_and_has_a_json_form(space):
    assert pickle.loads(pickle.dumps(space)) == space
    json.dumps(space.to_dict())


def test_the_repr_of_a_space_recreates_it():
    space = tk.Space(n=tk.Int(1, 4), x=tk.Float(0.1, 1, log=True).per("n").when(n=[1, 2]))
    assert repr(space) == (
        'Space(n=Int(1, 4), x=Float(0.1, 1.0, log=True).per("n").when(n=[1, 2]))'
    )
    assert len(space) == 2
    assert eval(repr(space), {"Space": tk.Space, "Int": tk.Int, "Float": tk.Float}) == space


def test_names_of_steps_may_have_blanks_and_hyphens():
    layers, units = "neural-net__layers", "neural-net__units"
    space = tk.Space(
        **{
            layers: tk.Int(1, 2),
            units: tk.Int(8, 64).per(layers).when(**{"my scaler": None}),
            "my scaler": tk.Categorical([None, "passthrough"]),
            "class": 1,  # a keyword of Python
        }
    )
    assert repr(space) == (
        'Space(**{"neural-net__layers": Int(1, 2), '
        '"neural-net__units": Int(8, 64).per("neural-net__layers").when(**{"my scaler": None}), '
        '"my scaler": Categorical([None, \'passthrough\']), "class": 1})'
    )
    assert eval(repr(space), vars(tk)) == space
    assert space.lines()[3] == '"class": 1'
    assert tk.Space.from_dict(json.loads(json.dumps(space.to_dict()))) == space
    config = {layers: 2, units: (8, 16), "my scaler": None, "class": 1}
    assert space.flatten(config) == {
        layers: 2,
        "my scaler": None,
        f"{units}[0]": 8,
        f"{units}[1]": 16,
    }
    assert space.resolve(space.flatten(config)) == config
    for drawn in space.sample(20, 0):
        assert (units in drawn) == (drawn["my scaler"] is None)


@given(spaces())
@settings(max_examples=60, deadline=None)
def test_a_space_is_restored_from_json(space):
    assert tk.Space.from_dict(json.loads(json.dumps(space.to_dict()))) == space


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ([1], r"must be a mapping of names to parameters, got \[1\]"),
        ({"x": {"type": "Floot", "low": 0, "high": 1}}, "got 'Floot'. Did you mean 'Float'"),
        ({"x": {"type": ["Int"]}}, "type must be a kind of parameter"),
        ({"x": {"low": 0, "high": 1}}, "'x': type must be a kind of parameter, got None"),
        ({"x": {"type": "Float", "low": 0}}, r'Float\("x"\): requires low and high'),
        ({"x": {"type": "Int", "low": 0, "high": 1, "stpe": 2}}, "Did you mean 'step'"),
        ({"x": {"type": "Int", "low": 0, "high": 1, "when": ["a"]}}, "when must map names"),
        ({"x": {"type": "Categorical"}}, r'Categorical\("x"\): requires choices'),
        ({"x": {"type": "Int", "low": "1", "high": 2}}, "must be whole numbers, got low='1'"),
    ],
)
def test_data_that_does_not_describe_a_space_is_rejected(form, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space.from_dict(form)
    assert "\n" not in str(caught.value)


def test_the_table_in_a_notebook_is_escaped():
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
    for words in ("2 to 8", "step 2", "logarithmic", "repeated n times", "if c is", "constant"):
        assert words in html
