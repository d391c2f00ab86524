"""Update rules of common optimizers as single TensorFlow operations.

Keras writes an update as a dozen small operations per weight matrix, which take one third of the
tracing time and one sixth of the training time of a small network. TensorFlow computes the same
formulas, in the same order, in one operation each; for Adam, see ``tf.raw_ops.ResourceApplyAdam``
and *Kingma and Ba, 2015*, section 2, last paragraph.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tunekit.core.runtime import load_tensorflow

Update = Callable[[Any, Any, Any], None]


def use_single_operations(optimizer: Any, *, small: bool) -> None:
    """Make a built optimizer update each weight matrix in one operation, if there is one.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Optimizer of a template, which is trained only by a program. Types of optimizers without
        such an operation are not changed.
    small : bool
        Whether waking another thread takes longer than updating a weight matrix.
    """
    make = _RULES.get(type(optimizer).__name__)
    update = make(optimizer, small) if make else None
    if update is None:
        return
    tf, keras_update = load_tensorflow(), optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if isinstance(gradient, tf.IndexedSlices):  # of an embedding: only some rows
            keras_update(gradient, variable, learning_rate)
            return
        dtype = variable.dtype
        update(tf.cast(gradient, dtype), variable, tf.cast(learning_rate, dtype))

    optimizer.update_step = update_step


def _number(value: Any, dtype: Any) -> Any:
    """Return a setting in the given dtype; ``tf.cast`` would round it to float32 first."""
    return load_tensorflow().convert_to_tensor(value, dtype)


class _Scratch:
    """Variables that an operation requires but whose values are irrelevant: 0 before each step."""

    def __init__(self, optimizer: Any) -> None:
        tf = load_tensorflow()
        self._variables = [
            tf.Variable(
                tf.zeros([0] * len(slot.shape), slot.dtype),
                trainable=False,
                shape=tf.TensorShape([None] * len(slot.shape)),
            )
            for slot in optimizer._velocities  # noqa: SLF001
        ]

    def zeros(self, place: int, gradient: Any) -> Any:
        variable = self._variables[place]
        variable.assign(load_tensorflow().zeros_like(gradient))
        return variable.handle


def _adam(optimizer: Any, small: bool) -> Update | None:  # noqa: FBT001 - see _RULES
    if optimizer.amsgrad:
        return None
    tf = load_tensorflow()
    latest: dict[str, Any] = {}
    # ResourceApplyAdam wakes every thread even for a small weight matrix. The AMSGrad operation
    # does not, and is equivalent if its maximum is reset before each step.
    maxima = _Scratch(optimizer) if small else None

    def powers(gradient: Any) -> Any:
        """Return the betas and their powers, which are the same for all weights of a step."""
        if latest.get("graph") is not gradient.graph or latest["dtype"] != gradient.dtype:
            dtype = gradient.dtype
            step = tf.cast(optimizer.iterations.value + 1, dtype)
            betas = optimizer.beta_1, optimizer.beta_2
            exact = [_number(beta, dtype) for beta in betas]
            # Keras computes the powers from the betas rounded to float32.
            latest["values"] = exact, [tf.pow(tf.cast(beta, dtype), step) for beta in betas]
            latest["graph"], latest["dtype"] = gradient.graph, dtype
        return latest["values"]

    def update(gradient: Any, variable: Any, rate: Any) -> None:
        i, dtype = optimizer._get_variable_index(variable), gradient.dtype  # noqa: SLF001
        (beta_1, beta_2), (beta_1_power, beta_2_power) = powers(gradient)
        apply = tf.raw_ops.ResourceApplyAdam
        if maxima:
            vhat = maxima.zeros(i, gradient)
            apply = functools.partial(tf.raw_ops.ResourceApplyAdamWithAmsgrad, vhat=vhat)
        apply(
            var=variable.handle,
            m=optimizer._momentums[i].value.handle,  # noqa: SLF001
            v=optimizer._velocities[i].value.handle,  # noqa: SLF001
            beta1_power=beta_1_power,
            beta2_power=beta_2_power,
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=_number(optimizer.epsilon, dtype),
            grad=gradient,
        )

    return update


def _sgd(optimizer: Any, _small: bool) -> Update | None:  # noqa: FBT001 - see _RULES
    tf = load_tensorflow()
    if not optimizer.momentum:

        def descend(gradient: Any, variable: Any, rate: Any) -> None:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)

        return descend

    def update(gradient: Any, variable: Any, rate: Any) -> None:
        i = optimizer._get_variable_index(variable)  # noqa: SLF001
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=optimizer.momentums[i].value.handle,
            lr=rate,
            grad=gradient,
            momentum=_number(optimizer.momentum, gradient.dtype),
            use_nesterov=optimizer.nesterov,
        )

    return update


def _rmsprop(optimizer: Any, _small: bool) -> Update | None:  # noqa: FBT001 - see _RULES
    if optimizer.centered:
        return None
    tf = load_tensorflow()
    change = None if optimizer.momentum else _Scratch(optimizer)

    def update(gradient: Any, variable: Any, rate: Any) -> None:
        i, dtype = optimizer._get_variable_index(variable), gradient.dtype  # noqa: SLF001
        tf.raw_ops.ResourceApplyRMSProp(
            var=variable.handle,
            ms=optimizer._velocities[i].value.handle,  # noqa: SLF001
            mom=change.zeros(i, gradient) if change else optimizer._momentums[i].value.handle,  # noqa: SLF001
            lr=rate,
            rho=_number(optimizer.rho, dtype),
            momentum=_number(optimizer.momentum, dtype),
            epsilon=_number(optimizer.epsilon, dtype),
            grad=gradient,
        )

    return update


_RULES: dict[str, Callable[[Any, bool], Update | None]] = {
    "Adam": _adam,
    "AdamW": _adam,
    "RMSprop": _rmsprop,
    "SGD": _sgd,
}
