"""Residuals of a regression with several targets, and names of targets and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.residuals import Residuals, residuals
from tunekit.analysis.metrics.rows import Undefined
from tunekit.core.predictions import Predictions

_POINTS, _FEWEST_POINTS = 2_000, 100  # of all targets together, of each

Task = Literal["classification", "regression"]

#: What each row of the data has.
Kind = Literal["class", "labels", "target", "targets"]


def kind_of(predictions: Predictions, task: Task) -> Kind:
    """Return what each row has: a class, several labels, a target, or several targets.

    Parameters
    ----------
    predictions : Predictions
    task : {"classification", "regression"}
    """
    if predictions.classes is not None:
        return "class"
    if task == "classification":
        return "labels"
    return (
        "targets" if predictions.y_true.ndim > 1 and predictions.y_true.shape[1] > 1 else "target"
    )


def names_of(predictions: Predictions, described: Mapping[str, Any], noun: str) -> tuple[str, ...]:
    """Return the names of several targets or labels: the columns of y, or numbers from 0.

    Parameters
    ----------
    predictions : Predictions
    described : mapping
        Description of the data, see :func:`tunekit.evaluation.describe.describe_data`.
    noun : {"label", "target"}
        Precedes the numbers.

    Examples
    --------
    >>> y = np.zeros((5, 2))
    >>> predictions = Predictions(np.arange(5), np.zeros(5), y, y, None, None)
    >>> names_of(predictions, {"target_names": ["height", "weight"]}, "target")
    ('height', 'weight')
    >>> names_of(predictions, {}, "label")
    ('label 0', 'label 1')
    """
    n = predictions.y_true.shape[1] if predictions.y_true.ndim > 1 else 1
    return numbered_names(described, n, noun)


def numbered_names(described: Mapping[str, Any], n: int, noun: str) -> tuple[str, ...]:
    """Return the names of ``n`` targets or labels, see :func:`names_of`."""
    names = described.get("target_names") or []
    return readable_names(names if len(names) == n else [f"{noun} {i}" for i in range(n)])


@dataclass(frozen=True)
class TargetResiduals:
    """Residuals of one of several targets.

    Attributes
    ----------
    name : str
    residuals : Residuals
    """

    name: str
    residuals: Residuals


def residuals_by_target(
    predictions: Predictions, names: Sequence[str], *, level: float = 0.95
) -> tuple[TargetResiduals, ...] | Undefined:
    """Return the residuals of each target of a regression.

    Parameters
    ----------
    predictions : Predictions
        Of a regressor with several targets.
    names : sequence of str
        One per target.
    level : float, default=0.95
        As for :func:`tunekit.analysis.metrics.residuals.residuals`.

    Returns
    -------
    tuple of TargetResiduals or Undefined
        Without the targets that have no finite prediction; undefined if all are.
    """
    points = max(_POINTS // len(names), _FEWEST_POINTS)
    by_target = []
    reason = Undefined("there are no targets")
    for column, name in enumerate(names):
        of_target = replace(
            predictions,
            y_true=np.asarray(predictions.y_true)[:, column],
            y_pred=np.asarray(predictions.y_pred)[:, column],
        )
        found = residuals(of_target, level=level, points=points)
        if isinstance(found, Undefined):
            reason = found
        else:
            by_target.append(TargetResiduals(name, found))
    return tuple(by_target) or reason
