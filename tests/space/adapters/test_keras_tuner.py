"""Conversion of the space that a KerasTuner ``build(hp)`` function declares."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tunekit as tk
from tunekit.space.adapters.keras_tuner import read_keras_tuner


def flat(hp):
    hp.Int("units", 32, 512, step=32, default=100)
    hp.Float("dropout", 0.0, 0.5, step=0.1)
    hp.Float("rate", 1e-4, 1e-1, sampling="log", default=1e-3)
    hp.Choice("kernel", [3, 5, 7])
    hp.Boolean("bias")
    hp.Fixed("epochs", 20)


def loop(hp):
    for i in range(hp.Int("layers", 1, 4)):
        hp.Int(f"units_{i}", 8, 64, step=8)
        if hp.Boolean(f"drop_{i}"):
            hp.Float(f"rate_{i}", 0.1, 0.5)
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")


def long_loop(hp):
    for i in range(hp.Int("layers", 2, 12, step=2)):
        hp.Choice(f"activation_{i}", ["relu", "tanh"])


def loop_from_none(hp):
    for i in range(hp.Int("hidden", 0, 2)):
        hp.Int(f"units_{i}", 8, 64)


def nested(hp):
    optimizer = hp.Choice("optimizer", ["adam", "sgd", "rmsprop"])
    if optimizer == "sgd":
        if hp.Boolean("use_momentum"):
            hp.Float("momentum", 0.0, 0.99)
            hp.Boolean("nesterov")
    elif optimizer == "adam":
        hp.Boolean("amsgrad")
    if optimizer != "adam":
        hp.Fixed("clip", 1.0)


def met(hp):
    """The rate exists only if both are on, and both are off by default."""
    layers = hp.Int("layers", 1, 4)
    dropout = hp.Boolean("dropout")
    hp.Choice("activation", ["relu", "tanh", "elu"])
    if layers > 2 and dropout:
        hp.Float("rate", 0.1, 0.5)


def scoped(hp):
    hp.Choice("model", ["mlp", "cnn", "rnn"])
    with hp.conditional_scope("model", ["mlp"]):
        hp.Int("depth", 1, 3)
        with hp.conditional_scope("depth", [2, 3]):
            hp.Int("second", 8, 64)
    with hp.conditional_scope("model", ["cnn", "rnn"]):
        hp.Choice("filters", [16, 32, 64])
    with hp.conditional_scope("model", ["cnn"]):
        hp.Boolean("norm")
        hp.Float("epsilon", 1e-6, 1e-3, sampling="log", parent_name="norm", parent_values=[True])


def scoped_twice(hp):
    """Declare one name under two conditions."""
    hp.Choice("model", ["mlp", "cnn", "none"])
    for model in ("mlp", "cnn"):
        with hp.conditional_scope("model", [model]):
            hp.Int("units", 8, 64)


def stepped_parent(hp):
    if hp.Float("dropout", 0.0, 0.5, step=0.125) > 0:
        hp.Boolean("spatial")


def does_not_always_build(hp):
    layers = hp.Int("layers", 1, 4)
    kernel = hp.Choice("kernel", [3, 5, 7])
    if layers * kernel > 14:
        raise ValueError("nothing is left of the picture")
    for i in range(layers):
        hp.Int(f"filters_{i}", 8, 64)


BUILDS = [
    flat,
    loop,
    long_loop,
    loop_from_none,
    nested,
    met,
    scoped,
    scoped_twice,
    stepped_parent,
]


def active(kt, build, values):
    hp = kt.HyperParameters()
    hp.values = dict(values)
    build(hp)
    return [each for each in hp.space if hp.is_active(each)]


def drawn_by_keras_tuner(kt, build, seed):
    values = {}
    while True:
        found = {each.name: each for each in active(kt, build, values)}
        new = found.keys() - values.keys()
        if not new:
            return values
        # Sorted by position: parameters that depend on a new one are requested in the next run.
        first = next(name for name in found if name in new)
        values[first] = found[first].random_sample(seed=seed * 100 + len(values))


@pytest.mark.parametrize("build", BUILDS)
def test_every_sample_contains_exactly_what_is_active_in_keras_tuner(kt, build):
    for config in tk.Space.from_keras_tuner(build).sample(50, 0):
        assert {each.name for each in active(kt, build, config)} == set(config)


@pytest.mark.parametrize("build", BUILDS)
def test_every_sample_of_keras_tuner_lies_in_the_space(kt, build):
    space = tk.Space.from_keras_tuner(build)
    for seed in range(50):
        space.validate(drawn_by_keras_tuner(kt, build, seed))


@pytest.mark.parametrize(
    ("declare", "expected"),
    [
        (lambda hp: hp.Int("x", 1, 9), tk.Int(1, 9)),
        (lambda hp: hp.Int("x", 3, 12, step=4), tk.Int(3, 11, step=4)),
        (lambda hp: hp.Int("x", 8, 512, sampling="log"), tk.Int(8, 512, log=True)),
        (
            lambda hp: hp.Int("x", 2, 40, step=2, sampling="log"),
            tk.Categorical([2, 4, 8, 16, 32], ordered=True),
        ),
        (
            lambda hp: hp.Int("x", 2, 32, step=2, sampling="reverse_log"),
            tk.Categorical([2, 18, 26, 30, 32], ordered=True),
        ),
        (lambda hp: hp.Float("x", 0, 1), tk.Float(0, 1)),
        (lambda hp: hp.Float("x", 0, 1, step=0.1), tk.Float(0, 1, step=0.1)),
        (lambda hp: hp.Float("x", 0.1, 1, step=0.2), tk.Float(0.1, 0.9, step=0.2)),
        (lambda hp: hp.Float("x", 1e-4, 1, sampling="LOG"), tk.Float(1e-4, 1, log=True)),
        (
            lambda hp: hp.Float("x", 0.001, 1, step=10, sampling="log"),
            tk.Categorical([0.001, 0.01, 0.1, 1.0], ordered=True),
        ),
        (lambda hp: hp.Choice("x", [16, 32, 16]), tk.Categorical([16, 32], ordered=True)),
        (lambda hp: hp.Choice("x", [0.1, 0.5], ordered=False), tk.Categorical([0.1, 0.5])),
        (lambda hp: hp.Choice("x", ["relu", "tanh"]), tk.Categorical(["relu", "tanh"])),
        (lambda hp: hp.Boolean("x"), tk.Categorical([True, False])),
        (lambda hp: hp.Fixed("x", "relu"), "relu"),
        (lambda hp: hp.Int("x", 4, 4), 4),
        (lambda hp: hp.Int("x", 4, 6, step=3), 4),
        (lambda hp: hp.Float("x", 2, 2, sampling="log"), 2.0),
        (lambda hp: hp.Choice("x", ["only"]), "only"),
    ],
)
def test_every_kind_of_hyperparameter_is_converted(declare, expected):
    assert read_keras_tuner(declare) == {"x": expected}


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            nested,
            {
                "use_momentum": (("optimizer", ("sgd",)),),
                "momentum": (("use_momentum", (True,)),),
                "nesterov": (("use_momentum", (True,)),),
                "amsgrad": (("optimizer", ("adam",)),),
                "clip": (("optimizer", ("sgd", "rmsprop")),),
            },
        ),
        (met, {"rate": (("layers", (3, 4)), ("dropout", (True,)))}),
        (
            scoped,
            {
                "depth": (("model", ("mlp",)),),
                "second": (("depth", (2, 3)),),
                "filters": (("model", ("cnn", "rnn")),),
                "norm": (("model", ("cnn",)),),
                "epsilon": (("norm", (True,)),),
            },
        ),
        (scoped_twice, {"units": (("model", ("mlp", "cnn")),)}),
        (
            does_not_always_build,
            {f"filters_{i}": (("layers", tuple(range(i + 1, 5))),) for i in (1, 2, 3)},
        ),
    ],
)
def test_a_condition_names_the_direct_parents_only(build, expected):
    read = read_keras_tuner(build)
    found = {name: each.conditions for name, each in read.items() if isinstance(each, tk.Int)}
    found |= {
        name: each.conditions
        for name, each in read.items()
        if isinstance(each, (tk.Float, tk.Categorical))
    }
    assert {name: each for name, each in found.items() if each} == expected


def test_parameters_keep_the_order_in_which_build_requests_them():
    order = ["layers"]
    for i in range(4):
        order += [f"units_{i}", f"drop_{i}", f"rate_{i}"]
    assert list(read_keras_tuner(loop)) == [*order, "learning_rate"]


def test_a_constant_that_does_not_always_exist_is_a_single_choice():
    assert read_keras_tuner(nested)["clip"].choices == (1.0,)


@pytest.mark.slow
def test_spaces_of_real_keras_models_are_converted():
    from tunekit.core.runtime import load_keras

    keras = load_keras()

    def build(hp):
        model = keras.Sequential([keras.Input((4,))])
        for i in range(hp.Int("num_layers", 1, 3)):
            model.add(keras.layers.Dense(hp.Int(f"units_{i}", 4, 16, step=4)))
        if hp.Boolean("dropout"):
            model.add(keras.layers.Dropout(hp.Float("rate", 0.1, 0.5)))
        model.add(keras.layers.Dense(1))
        model.compile(hp.Choice("optimizer", ["adam", "sgd"]), "mse")
        return model

    units = tk.Int(4, 16, step=4)
    assert tk.Space.from_keras_tuner(build) == tk.Space(
        num_layers=tk.Int(1, 3),
        units_0=units,
        units_1=units.when(num_layers=[2, 3]),
        units_2=units.when(num_layers=3),
        dropout=tk.Categorical([True, False]),
        rate=tk.Float(0.1, 0.5).when(dropout=True),
        optimizer=tk.Categorical(["adam", "sgd"]),
    )


def test_the_build_method_of_a_hypermodel_is_used(kt):
    class Model(kt.HyperModel):
        def build(self, hp):
            nested(hp)

    assert tk.Space.from_keras_tuner(Model()) == tk.Space.from_keras_tuner(nested)


def test_a_wide_range_without_dependants_needs_few_builds():
    builds = []

    def build(hp):
        builds.append(hp)
        for name in "abcdef":
            hp.Int(name, 1, 4096)
        hp.Float("rate", 1e-4, 1e-1, sampling="log")

    read_keras_tuner(build)
    assert len(builds) < 40


def test_names_become_identifiers_and_conditions_follow():
    def build(hp):
        with hp.name_scope("top"):
            if hp.Boolean("use it?"):
                hp.Float("learning rate", 0, 1)
        hp.Int("1st-conv", 1, 9)

    assert read_keras_tuner(build) == {
        "top_use_it_": tk.Categorical([True, False]),
        "top_learning_rate": tk.Float(0, 1).when(top_use_it_=True),
        "p_1st_conv": tk.Int(1, 9),
    }


def same_name(hp):
    hp.Int("conv-1", 1, 2)
    hp.Int("conv_1", 1, 2)


def one_name_for_two_ranges(hp):
    hp.Int("units", 8, 16 if hp.Boolean("small") else 64)


def either(hp):
    first, second = hp.Boolean("first"), hp.Boolean("second")
    if first or second:
        hp.Int("units", 8, 64)


def not_both(hp):
    first, second = hp.Boolean("first"), hp.Boolean("second")
    if not (first and second):
        hp.Int("units", 8, 64)


def continuous_parent(hp):
    if hp.Float("dropout", 0, 0.5) > 0:
        hp.Boolean("spatial")


def wide_parent(hp):
    for i in range(hp.Int("layers", 1, 2000)):
        if i < 3:
            hp.Boolean(f"bias_{i}")


def too_much(hp):
    for i in range(30):
        hp.Choice(f"choice_{i}", list("abcdefghijklmnopqrst"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda _: None, "build declares no hyperparameter"),
        (3, r"build must be a function or a HyperModel, got 3"),
        (same_name, "'conv-1' and 'conv_1' would both become 'conv_1'"),
        (
            lambda hp: hp.Int("units", 1, 9, sampling="reverse_log"),
            "'units' has sampling='reverse_log', which tunekit does not support",
        ),
        (
            one_name_for_two_ranges,
            r"'units' is Int\(8, 64\) in one place of build and Int\(8, 16\) in another",
        ),
        (either, "'units' depends on others in a way that .when cannot represent"),
        (not_both, "for example, it is missing when first=True, second=True"),
        (continuous_parent, r"'spatial' depends on 'dropout', which is Float\(0.0, 0.5\)"),
        (wide_parent, r"'bias_1' depends on 'layers', which is Int\(1, 2000\)"),
        (too_much, "build has too many conditions to explore in 500 runs"),
        (lambda hp: hp.Float("x", 0, float("inf")), "'x': low and high must be finite"),
    ],
)
def test_a_space_that_cannot_be_represented_is_rejected_in_one_sentence(build, message):
    with pytest.raises(tk.SpaceError, match=message) as caught:
        read_keras_tuner(build)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("Space.from_keras_tuner: ")


def test_an_error_of_build_for_its_defaults_is_raised():
    with pytest.raises(ZeroDivisionError):
        read_keras_tuner(lambda hp: 1 / hp.Int("x", 0, 9))


def test_an_error_of_build_that_depends_on_one_value_is_raised():
    def build(hp):
        hp.Boolean("bias")
        if hp.Choice("optimizer", ["adam", "sgd"]) == "sgd":
            raise ImportError("no sgd here")

    with pytest.raises(ImportError, match="no sgd here") as caught:
        read_keras_tuner(build)
    assert "whenever 'optimizer' is 'sgd'" in caught.value.__notes__[0]


@pytest.mark.interpreter
def test_a_missing_package_is_reported_with_the_install_command():
    code = (
        "import sys; sys.modules['keras_tuner'] = None\n"
        "import tunekit\n"
        "try: tunekit.Space.from_keras_tuner(print)\n"
        "except tunekit.ParameterError as error: print(error)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert completed.stdout.strip() == (
        "Space.from_keras_tuner requires the package keras-tuner: "
        "pip install 'tunekit-hpo[keras-tuner]'."
    )
