"""Training and validation rows of one split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sklearn.utils import _safe_indexing

from tunekit.evaluation.metadata import Metadata, rows_of
from tunekit.evaluation.splits import Split


@dataclass(frozen=True)
class SplitData:
    """Training and validation rows of one split.

    Attributes
    ----------
    X, y, groups : array-like
        Of the training rows; ``groups`` is None if there are none.
    X_test, y_test : array-like
        Of the validation rows.
    rows : ndarray of shape (n_validation_rows,)
        Positions of the validation rows.
    metadata, metadata_test : mapping of str to object
        Of the training and of the validation rows.
    """

    X: Any
    y: Any
    groups: Any
    X_test: Any
    y_test: Any
    rows: Any
    metadata: Metadata = field(default_factory=dict)
    metadata_test: Metadata = field(default_factory=dict)


def split_data(X: Any, y: Any, groups: Any, metadata: Metadata, split: Split) -> SplitData:
    """Return the rows of a split."""
    train, test = split
    return SplitData(
        X=_safe_indexing(X, train),
        y=_safe_indexing(y, train),
        groups=None if groups is None else _safe_indexing(groups, train),
        X_test=_safe_indexing(X, test),
        y_test=_safe_indexing(y, test),
        rows=test,
        metadata=rows_of(metadata, X, train),
        metadata_test=rows_of(metadata, X, test),
    )
