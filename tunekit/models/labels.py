"""Class labels: how they are encoded for a network and decoded from its outputs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from tunekit.exceptions import DataError
from tunekit.models.architectures.base import Task

_BINARY = 2


@dataclass(frozen=True)
class Labels:
    """The labels of a classification task.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted; for multilabel targets, the column numbers.
    task : {"binary", "multiclass", "multilabel"}
    """

    classes: NDArray[Any]
    task: Task

    @classmethod
    def of(cls, y: NDArray[Any], classes: Any = None) -> Labels:
        """Infer the labels and the task from targets.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels of any type, or an indicator matrix of 0 and 1.
        classes : array-like or None, default=None
            All labels; needed if ``y`` does not contain them all.

        Raises
        ------
        DataError
            When there is only one label, ``y`` has one that is not among ``classes``, or several
            labels per row are not given as 0 and 1.
        """
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise DataError(
                "y has several columns with several classes each (multiclass-multioutput), which "
                "is not supported: fit one model per column (sklearn.multioutput)."
            )
        if kind == "multilabel-indicator":
            check_indicator(y)
            if (y.sum(axis=1) == 1).all():
                warnings.warn(
                    "every row of y has exactly one label, but y is read as multilabel targets: "
                    "for one class per row, pass y.argmax(axis=1).",
                    stacklevel=6,
                )
            return cls(np.arange(y.shape[1]), "multilabel")
        values = unique_labels(y) if classes is None else np.unique(np.asarray(classes))
        labels = cls(values, "binary" if len(values) == _BINARY else "multiclass")
        labels.check_known(y)
        if len(values) < _BINARY:
            raise DataError(
                f"y has only one class, {values.tolist()[0]!r}; a classifier needs at least two."
            )
        return labels

    def check_known(self, y: NDArray[Any]) -> None:
        """Raise :exc:`DataError` for a label that is not among the classes."""
        if self.task == "multilabel":
            if y.ndim != 2 or y.shape[1] != len(self.classes):  # noqa: PLR2004 - rows and labels
                raise DataError(f"y must have {len(self.classes)} columns, got shape {y.shape}.")
            check_indicator(y)
            return
        if unknown := set(np.unique(y).tolist()) - set(self.classes.tolist()):
            raise DataError(
                f"y has labels that are not among the classes {self.classes.tolist()}: "
                f"{sorted(unknown, key=str)}. Pass all classes to the first partial_fit, "
                f"classes=[...], or fit again from scratch."
            )

    def check_same(self, classes: Any) -> None:
        """Raise :exc:`DataError` if ``classes`` is given and differs from the classes."""
        if classes is None or self.task == "multilabel":
            return
        values = np.unique(np.asarray(classes))
        if not np.array_equal(values, self.classes):
            raise DataError(
                f"classes={values.tolist()} differ from those of the first call, "
                f"{self.classes.tolist()}."
            )

    def known(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which rows have a label that is among the classes."""
        if self.task == "multilabel":
            self.check_known(y)
            return np.ones(len(y), dtype=bool)
        if y.ndim > 1:
            raise DataError(f"y must have shape (n_samples,), got {y.shape}.")
        return np.isin(y, self.classes)

    # See findings/keras-metric-function-compares-all-pairs-of-rows.sh.
    def encode(self, y: NDArray[Any], *, units: int, one_hot: bool, dtype: str) -> NDArray[Any]:
        """Return the targets as the network's loss takes them.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        units : int
            Number of outputs of the network.
        one_hot : bool
            Whether multiclass targets are one-hot; otherwise they are class indices.
        dtype : str
            Dtype of targets other than class indices.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, units)
        """
        if self.task == "multilabel":
            return np.asarray(y, dtype=dtype)
        codes = np.searchsorted(self.classes, y)
        if units == 1:
            return np.asarray(codes, dtype=dtype)[:, None]
        if one_hot:
            return np.eye(units, dtype=dtype)[codes]
        return np.asarray(codes, dtype=np.int32)

    def scores(self, outputs: NDArray[Any], *, probabilities: bool) -> NDArray[np.float64]:
        """Return logits as float64: one value per row for two classes, else one per class or label.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, units)
            Outputs of the network.
        probabilities : bool
            Whether the outputs are probabilities.
        """
        limits = np.finfo(outputs.dtype)  # probabilities of 0 and 1 are rounded in this dtype
        outputs = outputs.astype(np.float64)
        if probabilities:
            if outputs.shape[1] == 1 or self.task == "multilabel":
                outputs = logit(np.clip(outputs, limits.tiny, 1 - float(limits.epsneg)))
            else:
                outputs = np.log(np.maximum(outputs, limits.tiny))
        if self.task == "binary":
            return outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
        return outputs

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each class, from 0 to 1.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logits, see :meth:`scores`.
        """
        if self.task == "binary":
            return np.column_stack([expit(-scores), expit(scores)])
        if self.task == "multilabel":
            return np.asarray(expit(scores))
        return np.asarray(softmax(scores, axis=1))

    def decode(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Return the most probable label of each row, or an indicator matrix of its labels."""
        if self.task == "binary":
            return np.asarray(self.classes[(scores > 0).astype(int)])
        if self.task == "multilabel":
            return (scores > 0).astype(int)
        return np.asarray(self.classes[scores.argmax(axis=1)])


def check_indicator(y: NDArray[Any]) -> None:
    """Check that several labels per row are given as 0 and 1.

    Metrics of scikit-learn count every other number as a label that is present.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_labels)

    Raises
    ------
    DataError
        If two other values occur.

    Examples
    --------
    >>> check_indicator(np.array([[-1, 1], [1, 1]]))
    Traceback (most recent call last):
    ...
    tunekit.exceptions.DataError: y has several columns with the values -1 and 1: ...
    """
    if y.shape[1] < _BINARY or type_of_target(y) != "multilabel-indicator":
        return
    values = np.unique(y).tolist()
    if not set(values) <= {0, 1}:
        shown = " and ".join(map(repr, values))
        raise DataError(
            f"y has several columns with the values {shown}: mark the labels of each row with 1 "
            f"and all others with 0, such as (y == {values[-1]!r}).astype(int)."
        )
