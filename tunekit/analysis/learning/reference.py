"""What the learning curves of a network are measured against."""

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
    """What the learning curves of a network are measured against.

    Attributes
    ----------
    chance : float
        Accuracy of the most frequent label alone (0 to 1); NaN where it is not known.
    baseline : float
        Loss of always predicting the mean; NaN where the loss is not the squared error.
    restored : bool
        Whether the weights of the best epoch were restored, by early stopping.
    """

    chance: float = _NAN
    baseline: float = _NAN
    restored: bool = False


def reference_of(
    held: Predictions | None, architecture: Mapping[str, Any], params: Mapping[str, Any]
) -> Reference:
    """Return what the learning curves of a network are measured against.

    Parameters
    ----------
    held : Predictions or None
        Predictions for the held-out rows.
    architecture : mapping
        What was tracked of the estimator; empty where that is not known.
    params : mapping
        Parameters of the trial, which have priority.
    """
    training = training_of(architecture, params)
    return Reference(
        chance=_chance(held),
        baseline=_baseline(held, architecture, params),
        restored=bool(training.get("early_stopping", False)),
    )


def diagnosed(curves: Sequence[Curve], reference: Reference) -> Diagnosis | None:
    """Return what curves say, see :func:`tunekit.analysis.learning.diagnosis.diagnose`."""
    return diagnose(
        curves,
        chance=reference.chance,
        baseline=reference.baseline,
        restored=reference.restored,
    )


def training_of(architecture: Mapping[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how a network was trained: epochs, early_stopping; empty where there is none."""
    own = {name: params[name] for name in ("epochs", "early_stopping") if name in params}
    return {**architecture.get("network", {}).get("training", {}), **own}


def _chance(held: Predictions | None) -> float:
    if held is None or held.classes is None or not len(held.y_true):
        return _NAN
    counts = np.unique(held.y_true, return_counts=True)[1]
    return float(counts.max() / counts.sum())


def _baseline(
    held: Predictions | None, architecture: Mapping[str, Any], params: Mapping[str, Any]
) -> float:
    steps = architecture.get("steps", [])
    if held is None or held.classes is not None or not steps:
        return _NAN
    given = {**steps[-1]["params"], **params}
    other = given.get("loss", "mse") not in _SQUARED_ERROR or "architecture" in given
    if steps[-1]["kind"] != "KerasRegressor" or other:
        return _NAN
    return float(np.var(np.asarray(held.y_true, dtype=np.float64), axis=0).mean())
