"""ROC curves of several classes, with their averages.

References
----------
T. Fawcett: An introduction to ROC analysis. Pattern Recognition Letters 27, 2006.
scikit-learn's example "Multiclass Receiver Operating Characteristic (ROC)".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from tunekit.records import Predictions

_POINTS = 200  # points of a drawn curve
_BINARY = 2


@dataclass(frozen=True)
class RocCurve:
    """One curve.

    Attributes
    ----------
    label : str
        A class, ``"macro average"`` or ``"micro average"``.
    fpr, tpr : ndarray of shape (n_points,)
        False- and true-positive rate, from 0 to 1.
    auc : float
        Area under the curve: the mean over the folds that hold both kinds of rows; of all rows
        together where none does.
    is_average : bool
        Whether the curve is of all classes.
    """

    label: str
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    auc: float
    is_average: bool = False


def roc_curves(predictions: Predictions) -> list[RocCurve]:
    """Return the ROC curve of each class against the rest, and for several classes the averages.

    The rows of all folds are drawn as one curve, but areas are computed fold by fold and then
    averaged: scores of two models are not on one scale. The macro average is the mean of the
    one-vs-rest rates, its area the mean of the one-vs-rest areas; the micro average counts every
    (row, class) pair once.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier, with probabilities.

    Returns
    -------
    list of RocCurve
        Averages first. A class that is absent, or the only one, has no curve. For two classes
        there is one curve, that of ``classes[1]``.
    """
    assert predictions.classes is not None  # noqa: S101 - the caller looked
    assert predictions.y_score is not None  # noqa: S101
    classes, scores = predictions.classes, predictions.y_score
    truth = predictions.y_true[:, None] == classes[None, :]
    shown = [1] if len(classes) == _BINARY else list(range(len(classes)))
    shown = [i for i in shown if 0 < truth[:, i].sum() < len(truth)]
    curves = [_curve(str(classes[i]), truth[:, i], scores[:, i], predictions.fold) for i in shown]
    if len(classes) == _BINARY or not curves:
        return curves
    repeated = np.repeat(predictions.fold, len(classes))
    micro = _curve("micro average", truth.ravel(), scores.ravel(), repeated)
    micro = replace(micro, is_average=True)
    return [_macro(curves), micro, *curves]


def _curve(
    label: str, truth: NDArray[np.bool_], score: NDArray[np.float64], fold: NDArray[np.int64]
) -> RocCurve:
    fpr, tpr, _ = roc_curve(truth, score)
    areas = [
        float(roc_auc_score(truth[fold == i], score[fold == i]))
        for i in np.unique(fold)
        if 0 < truth[fold == i].sum() < (fold == i).sum()
    ]
    kept = np.unique(np.linspace(0, len(fpr) - 1, _POINTS).astype(int))
    auc = float(np.mean(areas)) if areas else float(roc_auc_score(truth, score))
    return RocCurve(label, fpr[kept], tpr[kept], auc)


def _macro(curves: list[RocCurve]) -> RocCurve:
    grid = np.unique(np.concatenate([[0.0], np.geomspace(1e-4, 1, _POINTS)]))
    rates = [np.interp(grid, curve.fpr, curve.tpr) for curve in curves]
    tpr = np.concatenate([[0.0], np.mean(rates, axis=0)])
    auc = float(np.mean([curve.auc for curve in curves]))
    return RocCurve("macro average", np.concatenate([[0.0], grid]), tpr, auc, is_average=True)
