"""Runs ``build`` and ``fit`` of a KerasTuner ``HyperModel`` without training anything."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import numpy as np

from tunekit.core.runtime import load_keras
from tunekit.exceptions import SpaceError

_ROWS = 2


def run_of(hypermodel: Any, library: Any, place: str) -> Any:
    """Return a function that requests all hyperparameters of a model from a HyperParameters.

    A ``HyperModel`` can declare hyperparameters of training in ``fit(hp, model, ...)``.

    Parameters
    ----------
    hypermodel : callable or keras_tuner.HyperModel
        A callable takes the HyperParameters.
    library : module
        KerasTuner.
    place : str
        For messages.

    Returns
    -------
    callable or None
        None if ``hypermodel`` is neither.

    Examples
    --------
    >>> run_of(3, None, "Space") is None
    True
    """
    if callable(hypermodel):
        return hypermodel
    build = getattr(hypermodel, "build", None)
    if not callable(build):
        return None
    own_fit = getattr(type(hypermodel), "fit", None)
    if own_fit in (None, library.HyperModel.fit):
        return build

    def build_and_fit(hp: Any) -> None:
        _pretend_to_fit(hypermodel, hp, build(hp), place)

    return build_and_fit


def _pretend_to_fit(hypermodel: Any, hp: Any, model: Any, place: str) -> None:
    """Call ``fit`` of a HyperModel with a model that does not train, and a few zeros.

    Raises
    ------
    SpaceError
        If it fails, since hyperparameters might be missing.
    """
    x, y = (_zeros(getattr(model, name, None)) for name in ("input_shape", "output_shape"))
    keywords: dict[str, Any] = {"callbacks": [], "validation_data": (x, y)}
    accepted = inspect.signature(hypermodel.fit).parameters
    if not any(each.kind is each.VAR_KEYWORD for each in accepted.values()):
        keywords = {name: value for name, value in keywords.items() if name in accepted}
    try:
        hypermodel.fit(hp, _untrained(model), x, y, **keywords)
    except Exception as error:  # user code may raise anything
        raise SpaceError(
            f"{place}: fit of {type(hypermodel).__name__} declares hyperparameters, but fails for "
            f"zeros as data ({type(error).__name__}: {error}); declare them in build, or write the "
            f"space by hand."
        ) from error


def _untrained(model: Any) -> Any:
    """Return a model whose ``fit`` returns a history of one epoch at once."""
    history = load_keras().callbacks.History()

    def fit(*_args: Any, **_settings: Any) -> Any:
        history.history = {"loss": [0.0], "val_loss": [0.0]}
        return history

    if model is None:
        return SimpleNamespace(fit=fit)
    model.fit = fit
    return model


def _zeros(shape: Any) -> Any:
    """Return two rows of zeros of the shape of a model's inputs or outputs."""
    if isinstance(shape, list):
        return [_zeros(each) for each in shape]
    if isinstance(shape, dict):
        return {name: _zeros(each) for name, each in shape.items()}
    return np.zeros((_ROWS, *(each or 1 for each in (shape or (None,))[1:])), dtype=np.float32)
