"""A network that an estimator has built: how it is compiled, asked, and put into a pickle."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from tunekit.core.runtime import load_keras
from tunekit.exceptions import ParameterError
from tunekit.models import serialization
from tunekit.models.architectures.base import (
    Architecture,
    Meta,
    Task,
    build,
    name_of,
    output_shape,
    plain_dtype,
)
from tunekit.models.compiling import make_goal, make_optimizer, takes_numbers
from tunekit.models.epoch_metrics import separate
from tunekit.models.logits import Ask, before_sigmoid
from tunekit.models.param_validation import same
from tunekit.models.pickling import pack, renewed, unpack

_ROWS = 8192  # predicted at a time
_SIGMOIDS = ("sigmoid", "softmax")
_TRAINED = "_tunekit_trained"  # attribute of the variables of a network that was fitted


@dataclass(frozen=True)
class Recipe:
    """What a network is made from; the same recipe makes the same layers.

    Attributes
    ----------
    architecture : callable
    meta : Meta
    hyperparameters : mapping
        What the architecture is called with.
    compiling : mapping
        ``optimizer``, ``learning_rate``, ``momentum``, ``clipnorm``, ``loss`` and ``metrics``.
    """

    architecture: Architecture
    meta: Meta
    hyperparameters: Mapping[str, Any]
    compiling: Mapping[str, Any]

    def layers(self) -> dict[str, Any]:
        """Return what the layers follow from."""
        return {
            "architecture": name_of(self.architecture),
            "dtype": self.meta.dtype,
            "rows of the shape": self.meta.input_shape,
            **self.hyperparameters,
        }

    def each(self, change: Callable[[Any], Any]) -> Recipe:
        """Return the same with a function called on all that it was made from."""
        return replace(
            self,
            architecture=change(self.architecture),
            hyperparameters={name: change(each) for name, each in self.hyperparameters.items()},
            compiling={name: change(each) for name, each in self.compiling.items()},
        )


@dataclass
class Network:
    """A compiled network and what its outputs mean.

    Attributes
    ----------
    model : keras.Model
    recipe : Recipe or None
        None where the network was loaded from a file.
    input_shape : tuple of int
        Shape of one row.
    units : int
        Outputs for each row.
    probabilities : bool
        Whether it ends in probabilities, else in logits or numbers.
    one_hot : bool
        Whether it learns several classes one-hot.
    compiled_by_user : bool
        Whether the architecture has compiled it.
    """

    model: Any
    recipe: Recipe | None
    input_shape: tuple[int, ...]
    units: int
    probabilities: bool
    one_hot: bool
    compiled_by_user: bool = False

    def outputs(self, X: Any) -> NDArray[Any]:
        """Return what the network gives, in float32 or float64.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, ...)
        """
        return _asked(functools.partial(self.model, training=False), X)

    def scores(self, X: Any, *, alone: bool) -> tuple[NDArray[Any], bool]:
        """Return logits, or probabilities where the network gives no logits.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, ...)
        alone : bool
            Whether each output is the probability of one class or label by itself.

        Returns
        -------
        ndarray of shape (n_samples, units)
            In float32 or float64.
        bool
            Whether they are probabilities.
        """
        if self.probabilities and alone and self._logits is not None:
            return _asked(self._logits, X), False
        return self.outputs(X), self.probabilities

    @functools.cached_property
    def _logits(self) -> Ask | None:
        return before_sigmoid(self.model)

    def after(self, recipe: Recipe) -> Network:
        """Return the same network, compiled anew where hyperparameters say so.

        Parameters
        ----------
        recipe : Recipe
            What a new network would be made from.

        Raises
        ------
        ParameterError
            When a new network would have other layers.
        """
        before = self.recipe
        if before is None:
            return self
        built, wanted = before.layers(), recipe.layers()
        for name in {**built, **wanted}:
            value = wanted.get(name)
            if not same(built.get(name), value):
                raise ParameterError(
                    f"the network was built with {name}={built.get(name)!r} and cannot "
                    f"go on with {value!r}: fit anew, with warm_start=False, or fit a clone."
                )
        compiled, how = before.compiling, recipe.compiling
        if self.compiled_by_user or all(same(compiled[name], how[name]) for name in how):
            return self
        # The layers are those of the first fit, also where that had other steps.
        return compile_network(self.model, replace(recipe, meta=before.meta), self.units)

    def __getstate__(self) -> dict[str, Any]:
        if self.recipe is None:
            kept = {name: value for name, value in self.__dict__.items() if name != "_logits"}
            return {**kept, "model": None, "file": serialization.as_file(self.model)}
        meta = replace(self.recipe.meta, seed=_no_seed)
        recipe = replace(self.recipe.each(pack), meta=meta)
        return {
            "recipe": recipe,
            "variables": _values(self.model.variables),
            "optimizer": _values(self.model.optimizer.variables)
            if self.model.optimizer.built
            else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "file" in state:
            self.__dict__.update(state)
            self.model = serialization.from_file(self.__dict__.pop("file"))
            return
        packed: Recipe = state["recipe"]
        made = make_network(packed.each(unpack), np.random.RandomState(0))
        self.__dict__.update(made.__dict__)
        _set_values(self.model.variables, state["variables"])
        for layer in self.model._flatten_layers():  # noqa: SLF001 - models within models, too
            if hasattr(layer, "finalize_state"):  # what it has adapted to follows from them
                layer.finalize_state()
        optimizer = self.model.optimizer
        if state["optimizer"] is not None:
            if not optimizer.built:  # the architecture may have built it
                optimizer.build(self.model.trainable_variables)
            _set_values(optimizer.variables, state["optimizer"])


def _asked(ask: Ask, X: Any) -> NDArray[Any]:
    to_numpy = load_keras().ops.convert_to_numpy
    parts = [
        to_numpy(ask(dense(X[start : start + _ROWS]))) for start in range(0, X.shape[0], _ROWS)
    ]
    outputs = np.concatenate(parts)
    return outputs if outputs.dtype == np.float64 else outputs.astype(np.float32)


def _no_seed() -> int:
    return 0


def _values(variables: Any) -> list[NDArray[Any]]:
    return [load_keras().ops.convert_to_numpy(variable.value) for variable in variables]


def _set_values(variables: Any, values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def dense(X: Any) -> Any:
    """Return rows as an ordinary array."""
    return X.toarray() if issparse(X) else X


def new_network(recipe: Recipe, rng: np.random.RandomState) -> Network:
    """Build and compile a network for a fit that starts from new weights.

    Parameters
    ----------
    recipe, rng
        As for :func:`make_network`.

    Raises
    ------
    ParameterError
        As :func:`make_network`, and when the architecture returns layers that an earlier fit has
        trained: they would carry what it learned into this one.
    """
    network = make_network(recipe, rng)
    for variable in network.model.trainable_variables:
        if getattr(variable, _TRAINED, False):
            raise ParameterError(
                f"architecture {name_of(recipe.architecture)} returns layers that an earlier fit "
                f"has trained, such as {variable.path!r}: make every layer inside the function "
                f"(a copy of a network is keras.models.clone_model(base) with "
                f"set_weights(base.get_weights())), or freeze them with trainable=False."
            )
        setattr(variable, _TRAINED, True)
    return network


def make_network(recipe: Recipe, rng: np.random.RandomState) -> Network:
    """Build and compile a network.

    Parameters
    ----------
    recipe : Recipe
    rng : numpy.random.RandomState
        Where the seeds of layers come from.

    Returns
    -------
    Network

    Raises
    ------
    ParameterError
        When the architecture or what it is compiled with does not fit the data.
    """
    meta = replace(recipe.meta, seed=lambda: int(rng.randint(2**31 - 1)))
    hyperparameters = {name: renewed(each) for name, each in recipe.hyperparameters.items()}
    model = build(recipe.architecture, meta, hyperparameters, rng)
    units = int(output_shape(model, meta)[-1] or 0)
    if model.compiled:
        ends, one_hot = _ends_in_probabilities(model), _learns_one_hot(model)
        shape = meta.input_shape
        return Network(model, recipe, shape, units, ends, one_hot, compiled_by_user=True)
    return compile_network(model, recipe, units)


def compile_network(model: Any, recipe: Recipe, units: int) -> Network:
    """Compile a model with so many outputs by a recipe, with a new optimizer."""
    how, meta = recipe.compiling, recipe.meta
    ends = _ends_in_probabilities(model)
    # Two classes with two units are learned as several.
    task: Task = "multiclass" if meta.task == "binary" and units > 1 else meta.task
    of_keras, scored = separate(how["metrics"], meta)
    goal = make_goal(
        task,
        how["loss"],
        of_keras,
        units=units,
        dtype=plain_dtype(meta.dtype),
        probabilities=True if ends else None,
        taken=[each.name for each in scored],
    )
    if goal.probabilities and not ends:
        model = _with_probabilities(model, task, meta)
    optimizer = make_optimizer(
        how["optimizer"],
        learning_rate=how["learning_rate"],
        momentum=how["momentum"],
        clipnorm=how["clipnorm"],
    )
    model.compile(
        optimizer=optimizer,
        loss=goal.loss,
        weighted_metrics=list(goal.metrics) or None,
        jit_compile=False,  # compiling would take longer than training a small model
    )
    return Network(model, recipe, meta.input_shape, units, goal.probabilities, goal.one_hot)


def _ends_in_probabilities(model: Any) -> bool:
    last = model.layers[-1] if model.layers else None
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    return activation in _SIGMOIDS or type(last).__name__ == "Softmax"


def _with_probabilities(model: Any, task: Task, meta: Meta) -> Any:
    keras = load_keras()
    kind = "softmax" if task == "multiclass" else "sigmoid"
    last = keras.layers.Activation(kind, dtype=plain_dtype(meta.dtype), name="probabilities")
    if not hasattr(model, "outputs"):  # of a class of one's own
        inputs = keras.Input(meta.input_shape)
        return keras.Model(inputs, last(model(inputs)), name=model.name)
    return keras.Model(model.input, last(model.outputs[0]), name=model.name)


def _learns_one_hot(model: Any) -> bool:
    """Tell whether a loss that the user compiled with takes one-hot targets."""
    loss = model.loss
    if isinstance(loss, (list, tuple, dict)):
        raise ParameterError(f"the network has one output, so it must have one loss, got {loss!r}.")
    return not takes_numbers(loss)
