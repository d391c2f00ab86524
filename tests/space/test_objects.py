"""Choices and constants that are Python objects."""

from __future__ import annotations

import json
import math
import threading

import hyperopt
import numpy as np
import optuna
import pytest
import scipy.stats
from engine_runs import run
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

import tunekit as tk
from tunekit.core.named import Named
from tunekit.space.files import read_space, write_space
from tunekit.space.objects import with_objects


def doubled(x):
    return 2 * x


def object_space():
    return tk.Space(
        scaler=tk.Categorical([StandardScaler(), MinMaxScaler((0, 2)), None]),
        kind=tk.Categorical([SVC, doubled, lambda x: x, lambda x: -x]),
        class_weight=tk.Categorical([{0: 1, 1: 5}, {0: 1, 1: 1}, "balanced"]),
        missing=tk.Categorical([math.nan, 0, [1, 2], (3, 4), {"a": [1]}]),
        size=tk.Int(1, 3).when(scaler=[StandardScaler(), None], class_weight=[{0: 1, 1: 5}]),
        function=np.log1p,
        steps=(("a", MinMaxScaler()), None),
    )


def test_a_sample_contains_copies_of_the_objects_that_were_given():
    given = StandardScaler()
    space = tk.Space(scaler=tk.Categorical([given]), steps=(("a", given),), x=tk.Int(1, 2))
    one, other = space.sample(2, 0)
    for config in (one, other):
        assert type(config["scaler"]) is StandardScaler
        assert config in space
        config["scaler"].fit([[1.0], [2.0]])
        config["steps"][0][1].set_params(with_mean=False)
    assert one["scaler"] is not other["scaler"] is not given
    assert not hasattr(given, "mean_")
    given.set_params(with_mean=False)
    assert space.sample(1, 0)[0]["scaler"].with_mean  # the space has its own copy
    assert space.sample(1, 0)[0]["steps"][0][1].with_mean


def test_lists_dictionaries_and_tuples_reach_the_estimator_as_they_were_given():
    choices = [[1, 2], (3, 4), {"a": [1]}, {0: [1]}, [["low", "high"]]]
    space = tk.Space(c=tk.Categorical(choices))
    assert [config["c"] for config in space.grid()] == choices
    space.grid()[2]["c"]["a"].append(2)
    space.grid()[3]["c"][0].append(2)
    assert [config["c"] for config in space.grid()] == choices
    assert {"c": (1, 2)} in space  # JSON has one kind of sequence


def test_numpy_numbers_in_choices_become_those_of_python():
    weights = dict(zip(np.unique([0, 1]), np.array([0.5, 1.0]), strict=True))
    space = tk.Space(w=tk.Categorical([weights, None]), n=tk.Categorical(np.array([1, 2])))
    assert repr(space) == "Space(w=Categorical([{0: 0.5, 1: 1.0}, None]), n=Categorical([1, 2]))"
    assert {"w": weights, "n": np.int64(2)} in space


def test_conditions_may_name_objects():
    space = object_space()
    for config in space.sample(200, 0):
        scaler, weight = config["scaler"], config["class_weight"]
        active = (scaler is None or isinstance(scaler, StandardScaler)) and weight == {0: 1, 1: 5}
        assert ("size" in config) == active
        assert config in space
        assert config["function"] is np.log1p
    with pytest.raises(tk.SpaceError, match=r"'s' can take, got MinMaxScaler\(\); 's' is Cat"):
        tk.Space(
            s=tk.Categorical([StandardScaler(), None]),
            x=tk.Int(1, 2).when(s=MinMaxScaler()),
        )


def test_equal_objects_make_equal_spaces_and_different_ones_do_not():
    def scaled(*scalers):
        return tk.Space(s=tk.Categorical([*scalers, None]))

    assert object_space() == object_space()
    assert scaled(StandardScaler()) == scaled(StandardScaler())
    assert scaled(StandardScaler()) != scaled(StandardScaler(with_mean=False))
    assert scaled(FunctionTransformer(doubled)) != scaled(FunctionTransformer(np.exp))
    assert tk.Space(x=tk.Int(1, 2), f=np.exp) != tk.Space(x=tk.Int(1, 2), f=np.log)
    assert tk.Space(x=tk.Int(1, 2), f=np.exp) == tk.Space(f=np.exp, x=tk.Int(1, 2))


def test_a_space_with_objects_is_restored_from_json_by_name():
    space = object_space()
    form = json.loads(json.dumps(space.to_dict()))
    restored = tk.Space.from_dict(form)
    assert restored == space
    assert restored.lines()[:3] == space.lines()[:3]
    assert restored.parameters["missing"].choices[2] == (1, 2)  # JSON has one kind of sequence
    assert form["class_weight"]["choices"][0] == {"__python__": "{0: 1, 1: 5}"}
    assert form["scaler"]["choices"][0]["__python__"] == "StandardScaler()"
    # Literals are values again; of other objects, only the name is known.
    assert restored.parameters["class_weight"].choices[0].value == {0: 1, 1: 5}
    drawn = restored.sample(1, 0)[0]
    assert isinstance(drawn["function"], Named)
    assert drawn in space
    assert isinstance(space.resolve(space.flatten(drawn))["function"], np.ufunc)


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_file_of_a_space_gets_its_objects_from_the_space_of_the_study(tmp_path, suffix):
    path = tmp_path / f"space{suffix}"
    write_space(object_space(), path)
    restored = with_objects(read_space(path), object_space())
    assert restored == object_space()
    assert [type(each) for each in restored.sample(1, 3)[0].values()] == [
        type(each) for each in object_space().sample(1, 3)[0].values()
    ]


def test_choices_with_the_same_name_are_told_apart():
    named = object_space().parameters["kind"].choices
    assert [each.name.partition(" ")[0] for each in named] == ["SVC", "doubled", "lambda", "lambda"]
    assert len({each.name for each in named}) == 4


@pytest.mark.parametrize("algorithm", ["tpe", "random"])
def test_both_engines_draw_objects_and_store_their_names(engine, algorithm):
    space = object_space()

    def score(config):
        return float(isinstance(config["scaler"], MinMaxScaler)) - (config["kind"] is SVC)

    study, drawn = run(engine, space, score, 40, algorithm=algorithm, seed=0)
    assert all(config in space for config in drawn)
    names = {trial.params["scaler"] for trial in study.trials}
    assert names == {"StandardScaler()", "MinMaxScaler(feature_range=(0, 2))", None}
    weights = {trial.params["class_weight"] for trial in study.trials}
    assert weights == {"{0: 1, 1: 5}", "{0: 1, 1: 1}", "balanced"}


def test_an_objective_of_optuna_or_hyperopt_gets_the_objects():
    space = tk.Space(scaler=tk.Categorical([StandardScaler(), MinMaxScaler()]), x=tk.Float(0, 1))
    trial = optuna.create_study().ask()
    assert space.suggest(trial) in space
    assert trial.params["scaler"] in ("StandardScaler()", "MinMaxScaler()")
    best = hyperopt.fmin(
        lambda config: config["x"] + isinstance(config["scaler"], StandardScaler),
        space.to_hyperopt(),
        algo=hyperopt.tpe.suggest,
        max_evals=10,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    assert isinstance(hyperopt.space_eval(space.to_hyperopt(), best)["scaler"], MinMaxScaler)


def test_a_name_that_equals_a_string_is_stored_apart():
    space = tk.Space(c=tk.Categorical(["doubled", doubled]))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [(study.ask(), space)[1].suggest(study.ask())["c"] for _ in range(8)]
    assert {repr(each) for each in drawn} == {"'doubled'", repr(doubled)}


def test_a_partial_configuration_may_contain_objects():
    space = object_space()
    assert repr(space.flatten_partial({"scaler": StandardScaler()})) == (
        "{'scaler': StandardScaler()}"
    )
    with pytest.raises(tk.SpaceError, match=r"'scaler' must lie in .* got StandardScaler\(copy="):
        space.flatten_partial({"scaler": StandardScaler(copy=False)})
    with pytest.raises(tk.SpaceError, match="'size' is not active when 'scaler' is MinMaxSc"):
        space.flatten_partial({"scaler": MinMaxScaler((0, 2)), "size": 1})
    assert {**space.sample(1, 0)[0], "function": np.exp} not in space
    assert {**space.sample(1, 0)[0], "scaler": threading.Lock()} not in space


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: {"c": tk.Categorical([threading.Lock(), 1])},
            r'"c"\): a choice must be a value, but lock cannot be .* class a __repr__ without an',
        ),
        (
            lambda: {"c": tk.Categorical([{1: [tk.Float(0, 1)]}, None])},
            r"but Float is a range: for different ranges under different conditions, write a list",
        ),
        (
            lambda: {"c": tk.Categorical([StandardScaler(), StandardScaler()])},
            r"unique, got StandardScaler\(\) twice; their parameters or their code are the same",
        ),
        (lambda: {"c": tk.Categorical([math.nan, math.nan])}, "must be unique, got nan twice"),
        (lambda: {"x": threading.Lock()}, "Space: x must be a Float, .* but lock cannot be rec"),
        (
            lambda: {"x": scipy.stats.loguniform(1e-4, 1e-1)},
            "x is a range of SciPy, rv_continuous_frozen: write a Float, an Int or a Categorical",
        ),
        (lambda: {"x": optuna.distributions.IntDistribution(1, 3)}, "x is a range of Optuna, Int"),
        (lambda: {"x": hyperopt.hp.uniform("x", 0, 1)}, "x is a range of Hyperopt, Apply"),
    ],
)
def test_what_cannot_be_a_value_is_refused(make, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        tk.Space(n=tk.Int(1, 2), **make())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            [64, 32],
            r"units is a list, .* two things: write Categorical\(\[64, 32\]\) .* tuple \(64, 32\)",
        ),
        (np.array([0.1, 1.0]), r"a ndarray, which .* Categorical\(\[0\.1, 1\.0\]\) .*\(0\.1, 1"),
        ({"adam"}, r"is a set, .* Categorical\(\['adam'\]\) .* tuple \('adam',\) for one"),
        (range(10**9), r"is a range, which .* write Categorical\(\[…\]\)"),
    ],
)
def test_several_values_are_refused_with_the_two_things_that_they_can_mean(given, message):
    with pytest.raises(tk.SpaceError, match=message):
        tk.Space(n=tk.Int(1, 2), units=given)


def test_sequences_that_have_one_meaning_are_taken():
    space = tk.Space(n=tk.Int(1, 2), units=(64, 32), callbacks=[])
    assert space.sample(1, 0)[0].keys() == {"n", "units", "callbacks"}
    units = tk.Space(units=tk.Categorical([[64, 32], [16]]))
    assert [config["units"] for config in units.grid()] == [[64, 32], [16]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: tk.Float([1e-3, 1e-1]),
            r"write Float\(0\.001, 0\.1\) for a range, or Categorical\(\[0\.001, 0\.1\]\) for one",
        ),
        (lambda: tk.Int((16, 32, 64)), r"write Int\(16, 64\) .* Categorical\(\[16, 32, 64\]\)"),
        (lambda: tk.Categorical("relu", "tanh"), r"one list, Categorical\(\['relu', 'tanh'\]\)"),
    ],
)
def test_bounds_and_choices_in_the_wrong_form_are_explained(make, message):
    with pytest.raises(tk.SpaceError, match=message):
        make()
