"""The network of an estimator: how it is built, compiled, evaluated and pickled."""

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
from tunekit.models.compiling import (
    make_compiled_loss,
    make_optimizer,
    predicts_counts,
    takes_class_indices,
)
from tunekit.models.epoch_metrics import separate
from tunekit.models.logits import Forward, before_sigmoid
from tunekit.models.param_validation import is_same
from tunekit.models.pickling import copied_part, pack, unpack
from tunekit.models.probabilities import add_activation, with_probabilities, without_probabilities
from tunekit.models.variables import values_of

_ROWS_PER_CALL = 8192  # in prediction
_PROBABILITY_ACTIVATIONS = ("sigmoid", "softmax")
_TRAINED = "_tunekit_trained"  # attribute that marks the variables of a fitted network


@dataclass(frozen=True)
class Recipe:
    """Everything that a network is built and compiled from.

    Attributes
    ----------
    architecture : callable
    meta : Meta
    hyperparameters : mapping
        Arguments of the architecture.
    compiling : mapping
        ``optimizer``, ``learning_rate``, ``momentum``, ``clipnorm``, ``loss`` and ``metrics``.
    """

    architecture: Architecture
    meta: Meta
    hyperparameters: Mapping[str, Any]
    compiling: Mapping[str, Any]

    def layers(self) -> dict[str, Any]:
        """Return the settings that determine the layers."""
        return {
            "architecture": name_of(self.architecture),
            "dtype": self.meta.dtype,
            "row shape": self.meta.input_shape,
            **self.hyperparameters,
        }

    def map(self, change: Callable[[Any], Any]) -> Recipe:
        """Return a recipe with a function applied to each of its values."""
        return replace(
            self,
            architecture=change(self.architecture),
            hyperparameters={name: change(each) for name, each in self.hyperparameters.items()},
            compiling={name: change(each) for name, each in self.compiling.items()},
        )


@dataclass
class Network:
    """A compiled network, with the meaning of its outputs.

    Attributes
    ----------
    model : keras.Model
    recipe : Recipe or None
        None if the network was loaded from a file without its architecture function.
    input_shape : tuple of int
        Shape of one row.
    units : int
        Number of outputs per row.
    probabilities : bool
        Whether it returns probabilities; otherwise it returns logits or numbers.
    one_hot : bool
        Whether its loss takes multiclass targets as one-hot.
    compiled_by_user : bool
        Whether the architecture has compiled it.
    loaded : keras.Model or None
        The network as it was loaded from a file, with probabilities instead of logits.
    """

    model: Any
    recipe: Recipe | None
    input_shape: tuple[int, ...]
    units: int
    probabilities: bool
    one_hot: bool
    compiled_by_user: bool = False
    loaded: Any = None

    @functools.cached_property
    def final(self) -> Any:
        """The network for users and files, whose outputs are probabilities instead of logits.

        It shares all variables. A network that its architecture compiled is unchanged.
        """
        model, recipe = self.loaded or self.model, self.recipe
        if recipe and not (self.loaded or self.probabilities or self.compiled_by_user):
            meta, settings = recipe.meta, recipe.compiling
            task = _task(meta, self.units)
            if task != "regression":
                keras_metrics, _ = separate(settings["metrics"], meta)
                model = with_probabilities(
                    model, meta, task, settings["loss"], keras_metrics, units=self.units
                )
        # Keras exports a model only after a call; training does not always call it.
        model(np.zeros((1, *self.input_shape), model.compute_dtype), training=False)
        return model

    def outputs(self, X: Any) -> NDArray[Any]:
        """Return the outputs of the network, as float32 or float64.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, ...)
        """
        return _in_batches(functools.partial(self.model, training=False), X)

    def scores(self, X: Any, *, independent: bool) -> tuple[NDArray[Any], bool]:
        """Return logits, or probabilities if the network has no logits.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, ...)
        independent : bool
            Whether each output is the probability of one class or label by itself.

        Returns
        -------
        ndarray of shape (n_samples, units)
            As float32 or float64.
        bool
            Whether the values are probabilities.
        """
        if self.probabilities and independent and self._logits is not None:
            return _in_batches(self._logits, X), False
        return self.outputs(X), self.probabilities

    @functools.cached_property
    def _logits(self) -> Forward | None:
        return before_sigmoid(self.model)

    def resumed(self, recipe: Recipe) -> Network:
        """Return the network for further training, compiled again if its compile settings changed.

        Parameters
        ----------
        recipe : Recipe
            Recipe of a new network with the current hyperparameters.

        Raises
        ------
        ParameterError
            When a new network would have different layers.
        """
        before = self.recipe
        if before is None:
            return self
        built, current = before.layers(), recipe.layers()
        for name in {**built, **current}:
            value = current.get(name)
            if not is_same(built.get(name), value):
                raise ParameterError(
                    f"the network was built with {name}={built.get(name)!r} and cannot continue "
                    f"with {value!r}: fit from scratch with warm_start=False, or fit a clone."
                )
        compiled, settings = before.compiling, recipe.compiling
        if self.compiled_by_user or all(
            is_same(compiled[name], settings[name]) for name in settings
        ):
            return self
        # The layers depend on the number of steps of the first fit, not of this one.
        return compile_network(self.model, replace(recipe, meta=before.meta), self.units)

    def __getstate__(self) -> dict[str, Any]:
        if self.recipe is None:
            derived = ("_logits", "final", "model", "loaded")
            state = {name: value for name, value in self.__dict__.items() if name not in derived}
            return {**state, "file": serialization.as_file(self.loaded or self.model)}
        meta = replace(self.recipe.meta, seed=_no_seed)
        recipe = replace(self.recipe.map(pack), meta=meta)
        return {
            "recipe": recipe,
            "variables": values_of(self.model.variables),
            "optimizer": values_of(self.model.optimizer.variables)
            if self.model.optimizer.built
            else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "file" in state:
            self.__dict__.update(state)
            loaded = serialization.from_file(self.__dict__.pop("file"))
            self.__dict__.update(_loaded_models(loaded, probabilities=self.probabilities))
            return
        packed: Recipe = state["recipe"]
        network = make_network(packed.map(unpack), np.random.RandomState(0))
        self.__dict__.update(network.__dict__)
        _set_values(self.model.variables, state["variables"])
        for layer in self.model._flatten_layers():  # noqa: SLF001 - nested models, too
            if hasattr(layer, "finalize_state"):  # adapted state follows from the variables
                layer.finalize_state()
        optimizer = self.model.optimizer
        if state["optimizer"] is not None:
            if not optimizer.built:  # the architecture may have built it
                optimizer.build(self.model.trainable_variables)
            _set_values(optimizer.variables, state["optimizer"])


def load_network(model: Any, described: Mapping[str, Any]) -> Network:
    """Return a network without a recipe from a loaded model.

    Parameters
    ----------
    model : keras.Model
        The :attr:`Network.final` of the network that was saved.
    described : mapping
        The other attributes of this network.
    """
    models = _loaded_models(model, probabilities=described["probabilities"])
    return Network(recipe=None, **models, **described)


def _loaded_models(loaded: Any, *, probabilities: bool) -> dict[str, Any]:
    trained = loaded if probabilities else without_probabilities(loaded)
    return {"model": trained, "loaded": None if trained is loaded else loaded}


def _in_batches(forward: Forward, X: Any) -> NDArray[Any]:
    keras, size = load_keras(), _ROWS_PER_CALL
    parts = []
    for start in range(0, X.shape[0], size):
        outputs = forward(dense(X[start : start + size]))
        if keras.backend.standardize_dtype(outputs.dtype) != "float64":
            outputs = keras.ops.cast(outputs, "float32")  # NumPy has no bfloat16
        parts.append(keras.ops.convert_to_numpy(outputs))
    return np.concatenate(parts)


def _no_seed() -> int:
    return 0


def _set_values(variables: Any, values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def dense(X: Any) -> Any:
    """Return a sparse matrix as an array, and an array unchanged."""
    return X.toarray() if issparse(X) else X


def new_network(recipe: Recipe, rng: np.random.RandomState) -> Network:
    """Build and compile a network with new weights for a fit.

    Parameters
    ----------
    recipe, rng
        As for :func:`make_network`.

    Raises
    ------
    ParameterError
        As :func:`make_network`, and when the architecture returns layers that an earlier fit has
        trained, because their weights would leak into this fit.
    """
    network = make_network(recipe, rng)
    for variable in network.model.trainable_variables:
        if getattr(variable, _TRAINED, False):
            raise ParameterError(
                f"architecture {name_of(recipe.architecture)} returns layers that an earlier fit "
                f"has trained, such as {variable.path!r}: create every layer inside the function "
                f"(to copy a network, use keras.models.clone_model(base) and "
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
        Source of the seeds of the layers.

    Returns
    -------
    Network

    Raises
    ------
    ParameterError
        When the architecture or the compile settings do not suit the data.
    """
    meta = replace(recipe.meta, seed=lambda: int(rng.randint(2**31 - 1)))
    hyperparameters = {name: copied_part(each) for name, each in recipe.hyperparameters.items()}
    model = build(recipe.architecture, meta, hyperparameters, rng)
    units = int(output_shape(model, meta)[-1] or 0)
    if model.compiled:
        probabilities, one_hot = _returns_probabilities(model), _takes_one_hot(model)
        shape = meta.input_shape
        return Network(model, recipe, shape, units, probabilities, one_hot, compiled_by_user=True)
    return compile_network(model, recipe, units)


def _task(meta: Meta, units: int) -> Task:
    # Two classes with two units are a multiclass task for Keras.
    return "multiclass" if meta.task == "binary" and units > 1 else meta.task


def compile_network(model: Any, recipe: Recipe, units: int, optimizer: Any = None) -> Network:
    """Compile a model with ``units`` outputs by a recipe.

    ``optimizer`` may continue with its state; with None, the optimizer is new.
    """
    settings, meta = recipe.compiling, recipe.meta
    has_probabilities = _returns_probabilities(model)
    task = _task(meta, units)
    keras_metrics, epoch_metrics = separate(settings["metrics"], meta)
    compiled = make_compiled_loss(
        task,
        settings["loss"],
        keras_metrics,
        units=units,
        dtype=plain_dtype(meta.dtype),
        probabilities=True if has_probabilities else None,
        taken=[each.name for each in epoch_metrics],
    )
    if compiled.probabilities and not has_probabilities:
        kind = "softmax" if task == "multiclass" else "sigmoid"
        model = add_activation(model, kind, "probabilities", meta)
    if predicts_counts(settings["loss"]) and _is_linear(model):
        model = add_activation(model, "exponential", "counts", meta)
    optimizer = optimizer or make_optimizer(
        settings["optimizer"],
        learning_rate=settings["learning_rate"],
        momentum=settings["momentum"],
        clipnorm=settings["clipnorm"],
    )
    model.compile(
        optimizer=optimizer,
        loss=compiled.loss,
        weighted_metrics=list(compiled.metrics) or None,
        jit_compile=False,  # compiling would take longer than training a small model
    )
    return Network(model, recipe, meta.input_shape, units, compiled.probabilities, compiled.one_hot)


def _returns_probabilities(model: Any) -> bool:
    last = model.layers[-1] if model.layers else None
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    return activation in _PROBABILITY_ACTIVATIONS or type(last).__name__ == "Softmax"


def _is_linear(model: Any) -> bool:
    """Return whether the outputs of a model can be negative because its last layer is linear."""
    last = model.layers[-1] if model.layers else None
    return getattr(getattr(last, "activation", None), "__name__", "linear") == "linear"


def _takes_one_hot(model: Any) -> bool:
    """Return whether the loss of a model that the user compiled takes one-hot targets."""
    loss = model.loss
    if isinstance(loss, (list, tuple, dict)):
        raise ParameterError(f"the network has one output, so it must have one loss, got {loss!r}.")
    return not takes_class_indices(loss)
