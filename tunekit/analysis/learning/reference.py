"""Reference values for the learning curves of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunekit.analysis.learning.diagnosis import Diagnosis, diagnose
from tunekit.core.predictions import Curve, Predictions

_SQUARED_ERROR = ("mse", "mean_squared_error", "MeanSquaredError")
_NAN = float("nan")


@dataclass(frozen=True)
class Reference:
    """Reference values for the learning curves of a network.

    Attributes
    ----------
    chance : float
        Accuracy of always predicting the most frequent class (0 to 1); NaN if unknown.
    baseline : float
        Loss of always predicting the mean; NaN if the loss is not the squared error.
    restored : bool
        Whether early stopping restored the weights of the best epoch.
    """

    chance: float = _NAN
    baseline: float = _NAN
    restored: bool = False


def reference_of(
    predictions: Predictions | None, architecture: Mapping[str, Any], params: Mapping[str, Any]
) -> Reference:
    """Return the reference values for the learning curves of a network.

    Parameters
    ----------
    predictions : Predictions or None
        Predictions for the validation rows.
    architecture : mapping
        Tracked description of the estimator; empty if unknown.
    params : mapping
        Parameters of the trial, which have priority.
    """
    training = training_of(architecture, params)
    return Reference(
        chance=_chance(predictions),
        baseline=_baseline(predictions, architecture, params),
        restored=bool(training.get("early_stopping", False)),
    )


def diagnosed(curves: Sequence[Curve], reference: Reference) -> Diagnosis | None:
    """Diagnose curves, see :func:`tunekit.analysis.learning.diagnosis.diagnose`."""
    return diagnose(
        curves,
        chance=reference.chance,
        baseline=reference.baseline,
        restored=reference.restored,
    )


def training_of(architecture: Mapping[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return epochs and early_stopping of the training of a network; empty without a network."""
    searched = {name: params[name] for name in ("epochs", "early_stopping") if name in params}
    return {**architecture.get("network", {}).get("training", {}), **searched}


def _chance(predictions: Predictions | None) -> float:
    if predictions is None or predictions.classes is None or not len(predictions.y_true):
        return _NAN
    counts = np.unique(predictions.y_true, return_counts=True)[1]
    return float(counts.max() / counts.sum())


def _baseline(
    predictions: Predictions | None, architecture: Mapping[str, Any], params: Mapping[str, Any]
) -> float:
    steps = architecture.get("steps", [])
    if predictions is None or predictions.classes is not None or not steps:
        return _NAN
    settings = {**steps[-1]["params"], **params}
    other_loss = settings.get("loss", "mse") not in _SQUARED_ERROR or "architecture" in settings
    if steps[-1]["kind"] != "KerasRegressor" or other_loss:
        return _NAN
    return float(np.var(np.asarray(predictions.y_true, dtype=np.float64), axis=0).mean())
