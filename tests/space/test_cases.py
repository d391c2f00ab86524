"""A parameter with different ranges under different conditions."""

from __future__ import annotations

import json

import hyperopt
import numpy as np
import optuna
import pytest
from engine_runs import run

import tunekit as tk
from tunekit.analysis.checks.wider_space import code_of, widened
from tunekit.space.leaves import columns

RATES = [
    tk.Float(1e-4, 1e-2, log=True).when(optimizer="adam"),
    tk.Float(1e-2, 1.0, log=True).when(optimizer="sgd"),
]


def rate_space(**more):
    return tk.Space(optimizer=tk.Categorical(["adam", "sgd", "none"]), learning_rate=RATES, **more)


def test_the_range_of_a_parameter_depends_on_another():
    space = rate_space()
    low, high = {"adam": 1e-4, "sgd": 1e-2}, {"adam": 1e-2, "sgd": 1.0}
    for config in space.sample(200, 0):
        optimizer = config["optimizer"]
        assert ("learning_rate" in config) == (optimizer != "none")
        if optimizer != "none":
            assert low[optimizer] <= config["learning_rate"] <= high[optimizer]
        assert config in space
        assert space.resolve(space.flatten(config)) == config
    assert {"optimizer": "adam", "learning_rate": 0.5} not in space
    assert {"optimizer": "none", "learning_rate": 0.5} not in space
    assert {"optimizer": "sgd"} not in space
    with pytest.raises(tk.SpaceError, match=r"'learning_rate' must lie in Float\(0.0001, 0.01, lo"):
        space.validate({"optimizer": "adam", "learning_rate": 0.5})
    assert len(space) == 2


def test_the_leaves_of_each_range_have_the_name_of_its_condition():
    space = rate_space(
        layers=tk.Int(1, 2),
        units=[
            tk.Int(8, 16).per("layers").when(optimizer=["adam", "sgd"]),
            tk.Int(64, 128).per("layers").when(optimizer="none"),
        ],
    )
    assert [leaf.name for leaf in space.leaves] == [
        "optimizer",
        "learning_rate[optimizer=adam]",
        "learning_rate[optimizer=sgd]",
        "layers",
        "units[optimizer=adam|sgd][0]",
        "units[optimizer=adam|sgd][1]",
        "units[optimizer=none][0]",
        "units[optimizer=none][1]",
    ]
    for config in space.sample(50, 0):
        wide = config["optimizer"] == "none"
        assert len(config["units"]) == config["layers"]
        assert all((unit >= 64) == wide for unit in config["units"])
        assert config in space


def test_the_grid_and_the_size_count_each_range_once():
    space = rate_space()
    assert [(c["optimizer"], round(c.get("learning_rate", 0), 6)) for c in space.grid(3)] == [
        ("adam", 0.0001),
        ("adam", 0.001),
        ("adam", 0.01),
        ("sgd", 0.01),
        ("sgd", 0.1),
        ("sgd", 1.0),
        ("none", 0),
    ]
    steps = [tk.Int(1, 3).when(a=0), tk.Int(1, 5).when(a=1)]
    assert tk.Space(a=tk.Categorical([0, 1, 2]), n=steps).size == 3 + 5 + 1


def test_a_space_with_ranges_by_condition_is_restored_from_code_and_from_json():
    space = rate_space()
    assert tk.Space.from_dict(json.loads(json.dumps(space.to_dict()))) == space
    assert eval(repr(space), vars(tk)) == space
    assert space != tk.Space(optimizer=space.parameters["optimizer"], learning_rate=RATES[0])
    assert space.to_dict()["learning_rate"] == [
        {"type": "Float", "low": 1e-4, "high": 1e-2, "log": True, "when": {"optimizer": ["adam"]}},
        {"type": "Float", "low": 1e-2, "high": 1.0, "log": True, "when": {"optimizer": ["sgd"]}},
    ]
    html = space._repr_html_()
    assert html.count("<td>learning_rate</td>") == 2
    marked = tk.Space(x=tk.Int(1, 2), c=({"type": "Float", "low": 0, "high": 1}, 1))
    assert tk.Space.from_dict(json.loads(json.dumps(marked.to_dict()))) == marked


def test_one_range_with_a_condition_is_a_parameter():
    one = tk.Space(optimizer=tk.Categorical(["adam", "sgd"]), learning_rate=RATES[:1])
    assert one.parameters["learning_rate"] == RATES[0]


@pytest.mark.parametrize("algorithm", ["tpe", "random"])
def test_both_engines_learn_each_range(engine, algorithm):
    def loss(config):
        best = {"adam": 1e-3, "sgd": 0.3, "none": None}[config["optimizer"]]
        return 1.0 if best is None else abs(np.log10(config["learning_rate"] / best))

    study, drawn = run(engine, rate_space(), loss, 40, algorithm=algorithm, seed=1)
    assert all(config in rate_space() for config in drawn)
    assert study.best_value < 0.2
    names = {name for trial in study.trials for name in trial.params}
    assert names == {leaf.name for leaf in rate_space().leaves}


def test_optuna_and_hyperopt_take_ranges_by_condition():
    space = rate_space()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: float(space.suggest(trial) in space), 20)
    assert study.best_value == 1.0
    best = hyperopt.fmin(
        lambda config: config.get("learning_rate", 2.0),
        space.to_hyperopt(),
        algo=hyperopt.tpe.suggest,
        max_evals=20,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    assert hyperopt.space_eval(space.to_hyperopt(), best)["optimizer"] == "adam"


def test_a_value_of_a_partial_configuration_belongs_to_each_range_that_can_take_it():
    space = rate_space()
    adam, sgd = "learning_rate[optimizer=adam]", "learning_rate[optimizer=sgd]"
    assert space.flatten_partial({"learning_rate": 0.5}) == {sgd: 0.5}
    assert space.flatten_partial({"learning_rate": 0.01}) == {adam: 0.01, sgd: 0.01}
    with_adam = {"optimizer": "adam", "learning_rate": 0.01}
    assert space.flatten_partial(with_adam) == {"optimizer": "adam", adam: 0.01}
    for config, message in [
        ({"learning_rate": 5.0}, r"lie in Float\(0.0001, 0.01, .*\) or Float\(0.01, 1.0, .*5.0"),
        ({"learning_rate": 0.5, "optimizer": "adam"}, r"lie in Float\(0.0001, .* got 0.5"),
        ({"learning_rate": 0.5, "optimizer": "none"}, "not active when 'optimizer' is 'none'"),
    ]:
        with pytest.raises(tk.SpaceError, match=message):
            space.flatten_partial(config)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ([tk.Int(1, 2), tk.Int(3, 4).when(a=1)], r"two ranges of 'x' apply at once, Int\(1, 2\)"),
        (
            [tk.Int(1, 2).when(a=[0, 1]), tk.Int(3, 4).when(a=[1, 2])],
            r"apply at once, Int\(1, 2\).when\(a=\[0, 1\]\) and Int\(3, 4\).* that exclude each",
        ),
        ([tk.Int(1, 2).when(a=0), tk.Int(3, 4).when(b=0)], "'x' apply at once"),
        ([tk.Int(1, 2).when(f=1), tk.Int(3, 4).when(f=1.0)], "'x' apply at once"),
        ([tk.Int(1, 2).when(a=0), 3], r"x lists ranges, so 3 .* Categorical\(\[3\]\)\.when"),
        ([tk.Int(1, 2).when(a=0), tk.Int(4, 3).when(a=1)], r'Int\("x"\): low must be below high'),
        ([tk.Int(1, 2).when(a=0), tk.Int(3, 4).when(a=7)], "values that 'a' can take, got 7"),
        (
            [tk.Int(1, 2).when(a=0), tk.Int(3, 4).per("n").when(a=1)],
            "ranges of 'x' must all be repeated by the same count",
        ),
    ],
)
def test_ranges_that_do_not_exclude_each_other_are_refused(ranges, message):
    parts = {"a": tk.Categorical([0, 1, 2]), "b": tk.Categorical([0, 1]), "n": 2}
    parts["f"] = tk.Float(0, 2, step=1)
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space(**parts, x=ranges)
    assert "\n" not in str(caught.value)


def test_conditions_that_depend_on_others_may_exclude_each_other():
    space = tk.Space(
        a=tk.Categorical([0, 1]),
        b=tk.Categorical([0, 1]).when(a=1),
        x=[tk.Int(1, 2).when(a=0), tk.Int(3, 4).when(b=0)],
    )
    assert {"a": 1, "b": 0, "x": 3} in space
    assert {"a": 1, "b": 1} in space
    with pytest.raises(tk.SpaceError, match="cannot depend on 'x', which has several ranges"):
        tk.Space(**space.parameters, y=tk.Int(1, 2).when(x=1))
    with pytest.raises(tk.SpaceError, match=r"requires the name of an Int .* It is \[Int\(1, 2\)"):
        tk.Space(**space.parameters, y=tk.Int(1, 2).per("x"))


def test_figures_have_one_column_for_all_ranges_of_one_kind():
    kinds = tk.Categorical(["a", "b"])
    space = tk.Space(
        kind=kinds,
        rate=[tk.Float(1e-4, 1e-2, log=True).when(kind="a"), tk.Float(0.1, 1.0).when(kind="b")],
        size=[tk.Int(1, 3).when(kind="a"), tk.Int(2, 9, step=7).when(kind="b")],
        name=[tk.Categorical(["x", "y"]).when(kind="a"), tk.Categorical(["y", 1]).when(kind="b")],
        gamma=[tk.Float(0, 1).when(kind="a"), tk.Categorical(["scale"]).when(kind="b")],
    )
    found = {leaf.name: leaf.domain for leaf in columns(space.parameters, space.leaves)}
    assert found == {
        "kind": kinds,
        "rate": tk.Float(1e-4, 1.0),
        "size": tk.Int(1, 9),
        "name": tk.Categorical(["x", "y", 1]),
        "gamma[kind=a]": tk.Float(0, 1),
        "gamma[kind=b]": tk.Categorical(["scale"]),
    }


def test_one_range_of_several_is_widened():
    wider = widened(rate_space(), {"learning_rate[optimizer=adam]": {"low"}})
    assert wider.parameters["learning_rate"].cases == (
        tk.Float(1e-5, 1e-2, log=True).when(optimizer="adam"),
        RATES[1],
    )
    scope = {}
    exec(code_of(wider), scope)  # noqa: S102 - our own code
    assert scope["space"] == wider
