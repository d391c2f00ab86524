"""What a network learns to give for each row, and what its outputs mean."""

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
    """Labels as a network knows them.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted; for several labels a row, their numbers.
    task : {"binary", "multiclass", "multilabel"}
    """

    classes: NDArray[Any]
    task: Task

    @classmethod
    def of(cls, y: NDArray[Any], classes: Any = None) -> Labels:
        """Find the labels.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels of any kind, or an indicator matrix of 0 and 1.
        classes : array-like or None, default=None
            All labels there are, where ``y`` may not show them all.

        Raises
        ------
        DataError
            When there is only one label, or ``y`` has one that is not among ``classes``.
        """
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise DataError(
                "y has several columns with several classes each (multiclass-multioutput), which "
                "is not supported: fit one model a column (sklearn.multioutput)."
            )
        if kind == "multilabel-indicator":
            if (y.sum(axis=1) == 1).all():
                warnings.warn(
                    "every row of y has exactly one label, but y is read as labels of which a "
                    "row may have several: for one class a row give y.argmax(axis=1).",
                    stacklevel=6,
                )
            return cls(np.arange(y.shape[1]), "multilabel")
        found = unique_labels(y) if classes is None else np.unique(np.asarray(classes))
        labels = cls(found, "binary" if len(found) == _BINARY else "multiclass")
        labels.check_known(y)
        if len(found) < _BINARY:
            raise DataError(
                f"y has only one class, {found.tolist()[0]!r}; a classifier needs at least two."
            )
        return labels

    def check_known(self, y: NDArray[Any]) -> None:
        """Raise :exc:`DataError` for a label that is not among the classes."""
        if self.task == "multilabel":
            if y.ndim != 2 or y.shape[1] != len(self.classes):  # noqa: PLR2004 - rows and labels
                raise DataError(f"y must have {len(self.classes)} columns, got shape {y.shape}.")
            return
        if new := set(np.unique(y).tolist()) - set(self.classes.tolist()):
            raise DataError(
                f"y has labels that are not among the classes {self.classes.tolist()}: "
                f"{sorted(new, key=str)}. Give the first partial_fit all of them, "
                f"classes=[...], or fit anew."
            )

    def check_same(self, classes: Any) -> None:
        """Raise :exc:`DataError` where these, if any, are other classes."""
        if classes is None or self.task == "multilabel":
            return
        found = np.unique(np.asarray(classes))
        if not np.array_equal(found, self.classes):
            raise DataError(
                f"classes={found.tolist()} are not those of the first call, "
                f"{self.classes.tolist()}."
            )

    def known(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which rows have a label that is among the classes."""
        if self.task == "multilabel":
            self.check_known(y)
            return np.ones(len(y), dtype=bool)
        if y.ndim > 1:
            raise DataError(f"y must have the shape (n_samples,), got {y.shape}.")
        return np.isin(y, self.classes)

    def encode(self, y: NDArray[Any], *, units: int, one_hot: bool, dtype: str) -> NDArray[Any]:
        """Return what the network should give.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        units : int
            Outputs of the network.
        one_hot : bool
            Whether several classes are one-hot, else their numbers.
        dtype : str
            Of targets that are not numbers of classes.

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
        """Return logits in float64: one column for two classes or labels, else one for each.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, units)
            What the network gave.
        probabilities : bool
            Whether these are probabilities.
        """
        about = np.finfo(outputs.dtype)  # nothing is known beyond what this dtype can hold
        outputs = outputs.astype(np.float64)
        if probabilities:
            if outputs.shape[1] == 1 or self.task == "multilabel":
                outputs = logit(np.clip(outputs, about.tiny, 1 - float(about.epsneg)))
            else:
                outputs = np.log(np.maximum(outputs, about.tiny))
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
        """Return the most probable label of each row, or which labels each row has."""
        if self.task == "binary":
            return np.asarray(self.classes[(scores > 0).astype(int)])
        if self.task == "multilabel":
            return (scores > 0).astype(int)
        return np.asarray(self.classes[scores.argmax(axis=1)])
