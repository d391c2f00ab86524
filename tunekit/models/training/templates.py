"""Templates, with which a traced program trains models of other widths and regularization.

A program is traced once for a *template*: a copy of the first model in which hidden widths are
open and the numbers that a study tunes (dropout rates, L1 and L2, maximum norm, momentum) are
variables. All other code is that of Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunekit.core.keras_objects import compile_config_of, config_of, copy_of
from tunekit.core.runtime import load_keras, load_tensorflow
from tunekit.models.architectures.base import policy, seeded
from tunekit.models.training.data_loss import separate_like
from tunekit.models.training.signatures import (
    LIFTED,
    lifted_in,
    omitted_attributes,
    variable_settings,
)


@dataclass(frozen=True)
class LiftedScalar:
    """A number that is a variable in a template.

    Attributes
    ----------
    variable : tf.Variable
        The variable that the program reads.
    read : callable
        Takes a model with the same signature and returns its number.
    """

    variable: Any
    read: Callable[[Any], float]


class _Number:
    """A variable that behaves like the number that Keras expects; never 0."""

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
    """Return a copy of a model to trace a program for, and its lifted numbers.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with a signature.
    any_width : bool
        Whether to leave the widths of hidden layers open.

    Returns
    -------
    tuple of (keras.Model, list of LiftedScalar), or None
        The model is compiled with a placeholder optimizer. None if the model differs from its
        configuration.
    """
    # The configuration of a functional model omits the dtype policy. The seed is irrelevant.
    with seeded(np.random.RandomState(0)), policy(model.dtype_policy.name):
        try:
            template = type(model).from_config(config_of(model))
        except (NotImplementedError, TypeError, ValueError):  # a layer that Keras cannot copy
            return None
        if not template.built:
            template.build(model.input_shape)
    settings = load_keras().saving.deserialize_keras_object(compile_config_of(model))
    # The loss can be the same object, because it has no state.
    template.compile(**{**settings, "loss": model.loss, "optimizer": "sgd"})
    if variable_settings(template) != variable_settings(model):
        return None
    if _omitted(template) != _omitted(model):
        return None
    if any_width:
        outputs = {id(variable) for variable in template.layers[-1].variables}
        _open_shapes(template.variables, fixed_last=outputs)
        for layer in template.layers:
            if type(layer).__name__ == "Dense" and layer.use_bias:
                _use_bias_add(layer)
    separate_like(template, model)
    return template, _lift(template)


def _omitted(model: Any) -> Any:
    return omitted_attributes(model, model.get_config())


def make_template_optimizer(
    model: Any, template: Any, *, any_width: bool
) -> tuple[Any, list[LiftedScalar]]:
    """Return a copy of a model's optimizer for a template, and its lifted numbers.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with a signature.
    template : keras.Model
        Template of a model with the same network signature.
    any_width : bool
        Whether the template's widths are open.

    Returns
    -------
    keras.optimizers.Optimizer
        Built, with its variables.
    list of LiftedScalar
    """
    optimizer = copy_of(model.optimizer, "optimizer")
    optimizer.build(template.trainable_variables)
    if any_width:
        _open_shapes(optimizer.variables)
    dtype = template.layers[-1].variable_dtype
    return optimizer, _lift_numbers(optimizer, lambda model: model.optimizer, dtype)


def _open_shapes(variables: Iterable[Any], *, fixed_last: Iterable[int] = ()) -> None:
    """Allow variables to hold arrays of other shapes; some keep the size of their last axis."""
    tf = load_tensorflow()
    for variable in variables:
        if variable.shape and "float" in variable.dtype:
            dims: list[int | None] = [None] * len(variable.shape)
            if id(variable) in fixed_last:
                dims[-1] = variable.shape[-1]
            variable._value = tf.Variable(  # noqa: SLF001 - Keras does not support open shapes
                variable.value,
                trainable=variable.trainable,
                shape=tf.TensorShape(dims),
                name=variable.name,
            )


def _use_bias_add(layer: Any) -> None:
    """Make a dense layer add its bias in one operation, as Keras does only for a known width.

    Otherwise its gradient takes eight operations.
    """
    tf, keras = load_tensorflow(), load_keras()

    def call(inputs: Any, training: bool | None = None) -> Any:  # noqa: ARG001, FBT001 - Keras API
        outputs = tf.nn.bias_add(keras.ops.matmul(inputs, layer.kernel), layer.bias)
        return outputs if layer.activation is None else layer.activation(outputs)

    layer.call = call


def _lift(template: Any) -> list[LiftedScalar]:
    """Replace all numbers of a template that can be variables by variables."""
    lifts = []
    for i, layer in enumerate(template.layers):
        for name in lifted_in(layer, layer.get_config()):
            if name == "rate":
                lifts.append(_lift_rate(layer, i))
            elif name in LIFTED.get(type(layer).__name__, ()):
                lifts += _lift_numbers(layer, _layer_at(i), layer.variable_dtype)
            else:
                find = _attribute_of_layer(i, name)
                lifts += _lift_numbers(getattr(layer, name), find, layer.variable_dtype)
    return lifts


def _layer_at(index: int) -> Callable[[Any], Any]:
    return lambda model: model.layers[index]


def _attribute_of_layer(index: int, name: str) -> Callable[[Any], Any]:
    return lambda model: getattr(model.layers[index], name)


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


def _lift_rate(layer: Any, index: int) -> LiftedScalar:
    """Make a dropout layer read its rate from a variable; Keras requires a Python number."""
    tf, keras = load_tensorflow(), load_keras()
    variable = _variable(layer.rate)

    def call(inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 - Keras API
        if not training:
            return inputs
        rate = tf.cast(variable, inputs.dtype)
        drawn = keras.random.uniform(
            tf.shape(inputs), dtype=inputs.dtype, seed=layer.seed_generator
        )
        return tf.where(drawn >= rate, inputs / (1 - rate), tf.zeros_like(inputs))

    layer.call = call
    return LiftedScalar(variable, lambda model: float(model.layers[index].rate))


def _variable(value: float) -> Any:
    tf = load_tensorflow()
    return tf.Variable(float(value), trainable=False, dtype=tf.float64)
