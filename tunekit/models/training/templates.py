"""Makes a traced program serve models of other widths and other strengths of regularisation.

A program is traced once for a *template*: a copy of the first model in which hidden widths are
left open, and in which the numbers that a search tunes (dropout rates, L1 and L2, the norm's
limit, momentum) are variables. Everything else is Keras's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunekit.core.keras_objects import compile_config_of, config_of, copy_of
from tunekit.core.runtime import load_keras, load_tensorflow
from tunekit.models.architectures.base import policy, seeded
from tunekit.models.training.data_loss import measure_alike
from tunekit.models.training.signatures import LIFTED, lifted_in, treatment, untold


@dataclass(frozen=True)
class LiftedScalar:
    """A number of a template that is a variable.

    Attributes
    ----------
    variable : tf.Variable
        What the program reads.
    read : callable
        Takes another model with the same signature and returns its number.
    """

    variable: Any
    read: Callable[[Any], float]


class _Number:
    """A variable that passes for the number which Keras expects; never 0."""

    shape = ()

    def __init__(self, variable: Any, dtype: str) -> None:
        self._variable = variable
        self.dtype = dtype

    def __gt__(self, other: float) -> bool:
        return other <= 0

    def __rsub__(self, other: float) -> Any:
        return load_tensorflow().cast(other - self._variable, self.dtype)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        tf = load_tensorflow()
        return tf.cast(self._variable, dtype or self.dtype, name=name)


def make_template(model: Any, *, any_width: bool) -> tuple[Any, list[LiftedScalar]] | None:
    """Return a copy of a model that a program can be traced for, and its lifted numbers.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with a signature.
    any_width : bool
        Whether to leave the widths of hidden layers open.

    Returns
    -------
    keras.Model
        Compiled, with an optimizer of no account.
    list of Lift

    Or None where the model is otherwise than its configuration says.
    """
    # The policy is not in the configuration of functional models; the seed does not matter.
    with seeded(np.random.RandomState(0)), policy(model.dtype_policy.name):
        try:
            template = type(model).from_config(config_of(model))
        except (NotImplementedError, TypeError, ValueError):  # of a layer that Keras cannot copy
            return None
        if not template.built:
            template.build(model.input_shape)
    how = load_keras().saving.deserialize_keras_object(compile_config_of(model))
    # A loss has no state to be shared.
    template.compile(**{**how, "loss": model.loss, "optimizer": "sgd"})
    if treatment(template) != treatment(model) or _untold(template) != _untold(model):
        return None
    if any_width:
        ends = {id(variable) for variable in template.layers[-1].variables}
        _open(template.variables, but_last=ends)
        for layer in template.layers:
            if type(layer).__name__ == "Dense" and layer.use_bias:
                _add_bias_at_once(layer)
    measure_alike(template, model)
    return template, _lift(template)


def _untold(model: Any) -> Any:
    return untold(model, model.get_config())


def make_rule(model: Any, template: Any, *, any_width: bool) -> tuple[Any, list[LiftedScalar]]:
    """Return a copy of a model's optimizer for a template, and its lifted numbers.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with a signature.
    template : keras.Model
        Of a model with the same network.
    any_width : bool
        Whether the template's widths are open.

    Returns
    -------
    keras.optimizers.Optimizer
        Its variables are created.
    list of Lift
    """
    optimizer = copy_of(model.optimizer, "optimizer")
    optimizer.build(template.trainable_variables)
    if any_width:
        _open(optimizer.variables)
    dtype = template.layers[-1].variable_dtype
    return optimizer, _lift_numbers(optimizer, lambda model: model.optimizer, dtype)


def _open(variables: Iterable[Any], *, but_last: Iterable[int] = ()) -> None:
    """Let variables hold arrays of other shapes."""
    tf = load_tensorflow()
    for variable in variables:
        if variable.shape and "float" in variable.dtype:
            dims: list[int | None] = [None] * len(variable.shape)
            if id(variable) in but_last:
                dims[-1] = variable.shape[-1]
            variable._value = tf.Variable(  # noqa: SLF001 - Keras has no open shapes
                variable.value,
                trainable=variable.trainable,
                shape=tf.TensorShape(dims),
                name=variable.name,
            )


def _add_bias_at_once(layer: Any) -> None:
    """Let a dense layer add its bias in one operation; Keras does so only for a known width.

    Else its gradient is eight operations.
    """
    tf, keras = load_tensorflow(), load_keras()

    def call(inputs: Any, training: bool | None = None) -> Any:  # noqa: ARG001, FBT001 - Keras's own
        outputs = tf.nn.bias_add(keras.ops.matmul(inputs, layer.kernel), layer.bias)
        return outputs if layer.activation is None else layer.activation(outputs)

    layer.call = call


def _lift(template: Any) -> list[LiftedScalar]:
    """Replace numbers by variables, wherever a template's parts have some that can be."""
    lifts = []
    for i, layer in enumerate(template.layers):
        for name in lifted_in(layer, layer.get_config()):
            if name == "rate":
                lifts.append(_lift_rate(layer, i))
            elif name in LIFTED.get(type(layer).__name__, ()):
                lifts += _lift_numbers(layer, _layer(i), layer.variable_dtype)
            else:
                find = _part_of_layer(i, name)
                lifts += _lift_numbers(getattr(layer, name), find, layer.variable_dtype)
    return lifts


def _layer(place: int) -> Callable[[Any], Any]:
    return lambda model: model.layers[place]


def _part_of_layer(place: int, name: str) -> Callable[[Any], Any]:
    return lambda model: getattr(model.layers[place], name)


def _lift_numbers(part: Any, find: Callable[[Any], Any], dtype: str) -> list[LiftedScalar]:
    lifts = []
    for name in LIFTED.get(type(part).__name__, ()):
        if getattr(part, name):
            variable = _variable(getattr(part, name))
            setattr(part, name, _Number(variable, dtype))
            lifts.append(LiftedScalar(variable, _reader(find, name)))
    return lifts


def _reader(find: Callable[[Any], Any], name: str) -> Callable[[Any], float]:
    return lambda model: float(getattr(find(model), name))


def _lift_rate(layer: Any, place: int) -> LiftedScalar:
    """Let a dropout layer read its rate; Keras's own checks that it is a Python number."""
    tf, keras = load_tensorflow(), load_keras()
    variable = _variable(layer.rate)

    def call(inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 - Keras's own
        if not training:
            return inputs
        rate = tf.cast(variable, inputs.dtype)
        drawn = keras.random.uniform(
            tf.shape(inputs), dtype=inputs.dtype, seed=layer.seed_generator
        )
        return tf.where(drawn >= rate, inputs / (1 - rate), tf.zeros_like(inputs))

    layer.call = call
    return LiftedScalar(variable, lambda model: float(model.layers[place].rate))


def _variable(value: float) -> Any:
    tf = load_tensorflow()
    return tf.Variable(float(value), trainable=False, dtype=tf.float64)
