"""The update rules of the usual optimizers, as TensorFlow's own single operations.

Keras writes an update in a dozen small operations for each weight, which take a third of the time
that tracing a small network takes, and a sixth of the time that training it takes. TensorFlow
has the same formulas in one operation each, in the same order of operations; for Adam see
``tf.raw_ops.ResourceApplyAdam``, *Kingma and Ba, 2015*, section 2, last paragraph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tunekit.runtime import load_tensorflow

Update = Callable[[Any, Any, Any], None]


def use_single_operations(optimizer: Any) -> None:
    """Let a built optimizer update each weight in one operation, where there is one.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Of a model that only a program trains; others are left as they are.
    """
    make = _RULES.get(type(optimizer).__name__)
    update = make(optimizer) if make else None
    if update is None:
        return
    tf, one_by_one = load_tensorflow(), optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if isinstance(gradient, tf.IndexedSlices):  # of an embedding: some rows only
            one_by_one(gradient, variable, learning_rate)
            return
        dtype = variable.dtype
        update(tf.cast(gradient, dtype), variable, tf.cast(learning_rate, dtype))

    optimizer.update_step = update_step


def _adam(optimizer: Any) -> Update | None:
    if optimizer.amsgrad:
        return None
    tf = load_tensorflow()
    latest: dict[str, Any] = {}

    def powers(gradient: Any) -> Any:
        """Return the betas and their powers, which all weights of a step have in common."""
        if latest.get("graph") is not gradient.graph or latest["dtype"] != gradient.dtype:
            dtype = gradient.dtype
            step = tf.cast(optimizer.iterations.value + 1, dtype)
            betas = tf.cast(optimizer.beta_1, dtype), tf.cast(optimizer.beta_2, dtype)
            latest["values"] = betas, [tf.pow(beta, step) for beta in betas]
            latest["graph"], latest["dtype"] = gradient.graph, dtype
        return latest["values"]

    def update(gradient: Any, variable: Any, rate: Any) -> None:
        i, dtype = optimizer._get_variable_index(variable), gradient.dtype  # noqa: SLF001
        (beta_1, beta_2), (beta_1_power, beta_2_power) = powers(gradient)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=optimizer._momentums[i].value.handle,  # noqa: SLF001
            v=optimizer._velocities[i].value.handle,  # noqa: SLF001
            beta1_power=beta_1_power,
            beta2_power=beta_2_power,
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(optimizer.epsilon, dtype),
            grad=gradient,
        )

    return update


def _sgd(optimizer: Any) -> Update | None:
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
            momentum=tf.cast(optimizer.momentum, gradient.dtype),
            use_nesterov=optimizer.nesterov,
        )

    return update


def _rmsprop(optimizer: Any) -> Update | None:
    if optimizer.centered or not optimizer.momentum:
        return None  # without momentum TensorFlow's needs a variable that Keras does not have
    tf = load_tensorflow()

    def update(gradient: Any, variable: Any, rate: Any) -> None:
        i, dtype = optimizer._get_variable_index(variable), gradient.dtype  # noqa: SLF001
        tf.raw_ops.ResourceApplyRMSProp(
            var=variable.handle,
            ms=optimizer._velocities[i].value.handle,  # noqa: SLF001
            mom=optimizer._momentums[i].value.handle,  # noqa: SLF001
            lr=rate,
            rho=tf.cast(optimizer.rho, dtype),
            momentum=tf.cast(optimizer.momentum, dtype),
            epsilon=tf.cast(optimizer.epsilon, dtype),
            grad=gradient,
        )

    return update


_RULES: dict[str, Callable[[Any], Update | None]] = {
    "Adam": _adam,
    "AdamW": _adam,
    "RMSprop": _rmsprop,
    "SGD": _sgd,
}


class FlatAdam:
    """Adam's update of all weights at once, in one long vector.

    TensorFlow's operation wakes another thread for each weight, however small it is. Where the
    network is small that costs more than a handful of operations on one vector. While an epoch
    runs, the averages are tensors that are handed from batch to batch.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam
        Built, without ``amsgrad``; its updates are taken over.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._carried: tuple[Any, Any] = (None, None)
        self._updated = False
        optimizer._backend_update_step = self._update  # noqa: SLF001 - all weights at once

    @staticmethod
    def fits(optimizer: Any) -> bool:
        """Tell whether an optimizer is Adam, with weights of one dtype."""
        return (
            type(optimizer).__name__ in ("Adam", "AdamW")
            and not optimizer.amsgrad
            and hasattr(optimizer, "_backend_update_step")
            and len({variable.dtype for variable in optimizer._momentums}) == 1  # noqa: SLF001
        )

    def averages(self) -> tuple[Any, Any]:
        """Return the averages of the gradients and of their squares as vectors."""
        tf, optimizer = load_tensorflow(), self._optimizer
        first, second = (
            tf.concat([tf.reshape(slot.value, [-1]) for slot in slots], 0)
            for slots in (optimizer._momentums, optimizer._velocities)  # noqa: SLF001
        )
        return first, second

    def keep(self, averages: tuple[Any, Any]) -> None:
        """Put the averages back into the optimizer's variables."""
        tf, optimizer = load_tensorflow(), self._optimizer
        both = (optimizer._momentums, optimizer._velocities)  # noqa: SLF001
        for slots, vector in zip(both, averages, strict=True):
            parts = tf.split(vector, [tf.size(slot.value) for slot in slots])
            for slot, part in zip(slots, parts, strict=True):
                slot.value.assign(tf.reshape(part, tf.shape(slot.value)))

    def step(self, step: Callable[[], Any], averages: tuple[Any, Any]) -> tuple[Any, Any]:
        """Do a step of training and return the new averages."""
        self._carried, self._updated = averages, False
        step()
        assert self._updated, "Keras no longer updates all weights in one call"  # noqa: S101
        return self._carried

    def _update(self, gradients: Any, variables: Any, learning_rate: Any) -> None:
        tf, optimizer = load_tensorflow(), self._optimizer
        first, second = self._carried
        dtype = first.dtype
        gradient = tf.concat([tf.cast(tf.reshape(each, [-1]), dtype) for each in gradients], 0)
        step = tf.cast(optimizer.iterations.value + 1, dtype)
        powers = [1 - tf.pow(tf.cast(b, dtype), step) for b in (optimizer.beta_1, optimizer.beta_2)]
        rate = tf.cast(learning_rate, dtype) * tf.sqrt(powers[1]) / powers[0]
        first += (gradient - first) * (1 - optimizer.beta_1)
        second += (tf.square(gradient) - second) * (1 - optimizer.beta_2)
        change = first * rate / (tf.sqrt(second) + optimizer.epsilon)
        parts = tf.split(change, [tf.size(each) for each in gradients])
        for variable, part, each in zip(variables, parts, gradients, strict=True):
            value = variable if isinstance(variable, tf.Variable) else variable.value
            value.assign_sub(tf.reshape(part, tf.shape(each)))
        self._carried = (first, second)
        self._updated = True
