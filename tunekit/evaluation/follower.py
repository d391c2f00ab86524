"""Follows the networks that are fitted inside a candidate.

A network may be the candidate, the last step of a pipeline, or inside an estimator that fits one
or several copies of it. Wherever it is, the validation rows reach it as the training rows do:
transformed by the steps that were fitted on the training rows.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor

from tunekit.core.epoch_hooks import EpochHooks
from tunekit.core.estimators import is_pipeline, last_step
from tunekit.core.predictions import Curve
from tunekit.evaluation.describe import shape_of
from tunekit.evaluation.split_data import SplitData
from tunekit.evaluation.wrappers import ENCODING, WRAPPERS

#: Scores an estimator after an epoch: takes it, validation rows X and y, and the epoch from 0.
ScoreEpoch = Callable[[Any, Any, Any, int], None]


class Follower:
    """Gives each network inside a candidate its validation rows, and collects the curves.

    Parameters
    ----------
    candidate : estimator
        Its fit is about to start.
    data : SplitData
    score : callable or None, default=None
        Called after each epoch, of the first network if the candidate fits several.
    watch : callable or None, default=None
        Called with the number of an epoch and its metrics, if the candidate fits one network.

    Attributes
    ----------
    candidate : estimator
    data : SplitData
    seconds : float
        Time that the calls of ``score`` and ``watch`` and the preparation of rows took.
    """

    def __init__(
        self,
        candidate: Any,
        data: SplitData,
        *,
        score: ScoreEpoch | None = None,
        watch: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> None:
        self.candidate = candidate
        self.data = data
        self._score = score
        self._watch = watch
        self._networks: list[Any] = []
        self.seconds = 0.0

    def __call__(self, network: Any, X: Any, y: Any, weighted: bool) -> EpochHooks:  # noqa: FBT001 - see Follow
        """Return the hooks for the fit of a network; empty if it cannot be followed."""
        start = time.perf_counter()
        path = _fits_in_progress(self.candidate)
        if not _leads_to(network, path):
            return EpochHooks()
        self._networks.append(network)
        several = any(isinstance(each, WRAPPERS) for each in path)
        rows = self._rows(path, X, y, weighted=weighted)
        if not several:
            scored, at = self.candidate, (self.data.X_test, self.data.y_test)
        elif rows is not None and len(self._networks) == 1:
            scored, at = network, rows[:2]
        else:
            scored = None
        self.seconds += time.perf_counter() - start
        score, watch = self._score, None if several else self._watch
        if score is not None:
            score = None if scored is None else functools.partial(score, scored, *at)
        return EpochHooks(rows, self._timed(score), self._timed(watch))

    def curve(self) -> Curve:
        """Return the metrics by epoch, the mean over all networks that were trained so long."""
        curves = [curve for each in self._networks if (curve := curve_of(each))]
        if not curves:
            return curve_of(last_step(self.candidate))
        if len(curves) == 1:
            return curves[0]
        names = [name for name in curves[0] if all(name in each for each in curves)]
        return {name: _mean([each[name] for each in curves]) for name in names}

    def _timed(self, call: Callable[..., None] | None) -> Callable[..., None] | None:
        if call is None:
            return None

        def timed(*arguments: Any) -> None:
            start = time.perf_counter()
            try:
                call(*arguments)
            finally:
                self.seconds += time.perf_counter() - start

        return timed

    def _rows(
        self, path: Sequence[Any], X: Any, y: Any, *, weighted: bool
    ) -> tuple[Any, ...] | None:
        """Return the validation rows as the network takes them; None if that is unknown."""
        inputs, targets, own = self.data.X_test, self.data.y_test, self.data.y
        for outer in path[:-1]:
            if is_pipeline(outer):
                for _, step in outer.steps[:-1]:
                    # A step that resamples, as of imbalanced-learn, leaves validation rows alone.
                    inputs = step.transform(inputs) if hasattr(step, "transform") else inputs
            elif isinstance(outer, TransformedTargetRegressor):
                targets, own = _transformed(outer, targets), _transformed(outer, own)
        if any(isinstance(each, ENCODING) for each in path):
            targets = _as_encoded(targets, own, y)
        known = targets is not None and shape_of(inputs)[1:] == shape_of(X)[1:]
        weight = self.data.metadata_test.get("sample_weight") if weighted else None
        rows = (inputs, targets) if weight is None else (inputs, targets, weight)
        return rows if known else None


def curve_of(estimator: Any) -> Curve:
    """Return metrics by epoch of an estimator; empty if it has none.

    Metrics that start with ``val_`` are for the validation rows of the split, not for those that
    ``fit`` splits off for early stopping.
    """
    history = getattr(estimator, "history_", None)
    if history is None:
        return {}
    return {name: tuple(map(float, column)) for name, column in in_curve(history).items()}


def in_curve(metrics: Any) -> dict[str, Any]:
    """Return metrics by their name in a curve, without those that a curve omits.

    Parameters
    ----------
    metrics : mapping or DataFrame
        Values or columns by their name in ``history_``.
    """
    named = {_curve_name(str(name)): value for name, value in metrics.items()}
    return {name: value for name, value in named.items() if name}


def _curve_name(column: str) -> str:
    """Return the name in a curve of a column of a history; empty if it is omitted."""
    if column.startswith("held_out_"):
        return f"val_{column.removeprefix('held_out_')}"
    return "" if column.startswith("val_") else column


def _fits_in_progress(candidate: Any) -> list[Any]:
    """Return the estimators that are being fitted, from a candidate inwards; empty without it.

    Estimators such as CalibratedClassifierCV fit copies of a pipeline that only the frames of
    their functions refer to.
    """
    found: list[Any] = []
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name == "fit" else None
        if owner is not None and not (found and found[-1] is owner):
            found.append(owner)
        if owner is candidate:
            return found[::-1]
        frame = frame.f_back
    return []


def _leads_to(network: Any, path: Sequence[Any]) -> bool:
    """Return whether a network is what each estimator of a path fits with the training rows."""
    if not path or path[-1] is not network:
        return False
    for outer, inner in pairwise(path):
        if is_pipeline(outer):
            followed = outer.steps[-1][1] is inner
        elif isinstance(outer, TransformedTargetRegressor):
            followed = outer.regressor_ is inner
        else:
            followed = isinstance(outer, WRAPPERS)
        if not followed:
            return False
    return True


def _transformed(outer: TransformedTargetRegressor, y: Any) -> Any:
    """Return targets as a TransformedTargetRegressor passes them to its regressor."""
    targets = np.asarray(y)
    columns = targets.reshape(-1, 1) if targets.ndim == 1 else targets
    columns = outer.transformer_.transform(columns)
    return columns.ravel() if targets.ndim == 1 and columns.shape[1] == 1 else columns


def _as_encoded(targets: Any, own: Any, encoded: Any) -> Any:
    """Return targets in the encoding in which a network received its training targets.

    Parameters
    ----------
    targets : array-like
        Targets of the validation rows.
    own : array-like
        Targets of the training rows.
    encoded : array-like
        Targets that the network received: a column of the targets, or a label for each.

    Returns
    -------
    ndarray or None
        None if the network received other rows, or its targets do not depend on these alone.
    """
    own, targets, encoded = np.asarray(own), np.asarray(targets), np.asarray(encoded)
    if len(own) != len(encoded):
        return None
    if own.ndim > 1:
        same = [k for k in range(own.shape[1]) if np.array_equal(own[:, k], encoded)]
        return targets[:, same[0]] if same else None
    labels, first = np.unique(own, return_index=True)
    known = np.isin(targets, labels)
    if not known.all() or encoded.ndim > 1:
        return None
    if not np.array_equal(encoded[first][np.searchsorted(labels, own)], encoded):
        return None
    return encoded[first][np.searchsorted(labels, targets)]


def _mean(columns: Sequence[Sequence[float]]) -> tuple[float, ...]:
    longest = max(map(len, columns))
    return tuple(
        float(np.mean([each[epoch] for each in columns if epoch < len(each)]))
        for epoch in range(longest)
    )
