"""Fits one candidate on every split and scores it on the validation rows."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from tunekit.core.callbacks import Report, Watch
from tunekit.core.estimators import configured
from tunekit.core.secrets import without_secrets
from tunekit.core.trial import Evaluation
from tunekit.evaluation.error_text import reason_of
from tunekit.evaluation.fold import (
    Fold,
    ScoringError,
    fit_fold,
)
from tunekit.evaluation.follower import Follower, in_curve
from tunekit.evaluation.metadata import Metadata, routed
from tunekit.evaluation.objectives import Objective
from tunekit.evaluation.pooling import is_pooled, names_to_pool, pool
from tunekit.evaluation.predict import joined
from tunekit.evaluation.split_data import split_data
from tunekit.evaluation.splits import Split
from tunekit.evaluation.wrappers import network_in
from tunekit.models.warmup import warm_up


class _PrunedError(Exception):
    """Stops a fit that the pruner has ended."""


class _ReportError(Exception):
    """Passes an error of a report callback out of a fit: it is not the candidate's failure."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def evaluate(  # noqa: PLR0913 - callbacks in addition to the inputs
    estimator: BaseEstimator,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    splits: Sequence[Split],
    objectives: Sequence[Objective],
    main: int = 0,
    report: Report | None = None,
    watch: Watch | None = None,
    groups: Any = None,
    metadata: Metadata | None = None,
    look: Callable[[Any], None] | None = None,
    undefined: Collection[str] = (),
    random_state: int | None = None,
) -> Evaluation:
    """Fit a copy of an estimator on each split and score it on the validation rows.

    Parameters
    ----------
    estimator : estimator
        It is not changed.
    params : mapping
        Parameters to set on the copies.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    splits : sequence of (ndarray, ndarray)
        See :func:`make_splits`.
    objectives : sequence of Objective
        Objectives to measure on the validation rows.
    main : int, default=0
        Index of the objective that is the score.
    report : callable or None, default=None
        Called after each step at which pruning would save time; see :data:`Report`.
    watch : callable or None, default=None
        Called with the metrics of each epoch of a network, wherever it is in the estimator.
    groups : array-like of shape (n_samples,) or None, default=None
        Groups of the rows. Those of the training rows are passed to estimators whose ``fit``
        takes ``groups``, also as the last step of a pipeline.
    metadata : mapping of str to object or None, default=None
        Such as sample weights, for the fits and scorers that request them.
    look : callable or None, default=None
        Called with each fitted copy after it was scored.
    undefined : collection of str, default=()
        Objectives that may be NaN on a split, since the caller pools them over several. With
        several splits they are pooled here, see :mod:`tunekit.evaluation.pooling`.
    random_state : int or None, default=None
        Seed of the estimators among the parameters that have none.

    Returns
    -------
    Evaluation
        With ``error`` set if fitting or scoring raised an error, or a value is not finite.
    """
    warm_up(estimator)
    pooled = names_to_pool(objectives, splits)
    run = _Run(
        objectives,
        main,
        len(splits),
        report,
        watch,
        groups,
        metadata or {},
        {*undefined, *pooled},
    )
    with routed(run.metadata):
        for number, split in enumerate(splits):
            try:
                candidate = configured(estimator, params, random_state)
                run.folds.append(run.fit_fold(candidate, X, y, number, split))
                values = run.folds[-1].values
                if not run.is_valid(values):
                    return run.failed(_not_finite(objectives, values, number))
                if look:
                    look(candidate)
                run.after_split()
            except _PrunedError:
                return run.pruned()
            except _ReportError as error:
                raise error.error from None
            except ScoringError as failure:
                reason = f"scoring {failure.name!r}: {reason_of(failure.error)} (split {number})"
                return run.failed(reason, "".join(traceback.format_exception(failure.error)))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - an error is a result
                return run.failed(f"{reason_of(error)} (split {number})", traceback.format_exc())
    return run.complete()


class _Run:
    """Evaluation of one candidate in progress."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        main: int,
        n_splits: int,
        report: Report | None,
        watch: Watch | None,
        groups: Any,
        metadata: Metadata,
        undefined: Collection[str],
    ) -> None:
        self._objectives = objectives
        self._main = main
        self._n_splits = n_splits
        self._report = report
        self._watch = watch
        self._groups = groups
        self.metadata = metadata
        self._undefined = undefined
        self._epochs = 0
        self._reports: list[float] = []
        self._follower: Follower  # of the current split
        self._n_params: int | None = None
        self.folds: list[Fold] = []

    def fit_fold(self, candidate: Any, X: Any, y: Any, number: int, split: Split) -> Fold:
        network = network_in(candidate)
        self._epochs = int(getattr(network, "epochs", 0) or 0)
        self._follower = Follower(
            candidate,
            split_data(X, y, self._groups, self.metadata, split),
            score=self._score_epoch if self._report and self._n_splits == 1 else None,
            watch=functools.partial(self._watch_epoch, number) if self._watch else None,
        )
        fold = fit_fold(
            self._follower,
            y,
            number=number,
            objectives=self._objectives,
            undefined=self._undefined,
        )
        self._n_params = fold.n_params
        return fold

    def is_valid(self, values: Sequence[float]) -> bool:
        """Return whether all values are finite, except undefined values of pooled scores."""
        return all(
            np.isfinite(value) or (np.isnan(value) and each.name in self._undefined)
            for each, value in zip(self._objectives, values, strict=True)
        )

    def _watch_epoch(self, split: int, epoch: int, metrics: Mapping[str, float]) -> None:
        assert self._watch is not None  # noqa: S101 - for the type checker
        try:
            self._watch(split, epoch, in_curve(metrics))
        except Exception as error:
            raise _ReportError(error) from error

    def _score_epoch(self, estimator: Any, X: Any, y: Any, epoch: int) -> None:
        metadata = self._follower.data.metadata_test
        score = self._objectives[self._main].measure(estimator, X, y, 0.0, metadata)
        self._report_step(epoch, [score], last=epoch + 1 == self._epochs)

    def after_split(self) -> None:
        """Report the scores so far, if there are several splits."""
        if self._report and self._n_splits > 1:
            scores = [fold.values[self._main] for fold in self.folds]
            done = len(scores)
            if not np.isnan(scores[-1]):  # a pooled score is undefined on some splits
                defined = [score for score in scores if not np.isnan(score)]
                self._report_step(done - 1, defined, last=done == self._n_splits)

    def _report_step(self, step: int, scores: list[float], *, last: bool) -> None:
        assert self._report is not None  # noqa: S101 - for the type checker
        if not np.isfinite(scores[-1]):
            return  # the trial will fail because of it
        self._reports.append(float(np.mean(scores)))
        try:
            stop = self._report(step, scores)
        except Exception as error:
            raise _ReportError(error) from error
        if stop and not last:
            raise _PrunedError

    def complete(self) -> Evaluation:
        parts = [fold.predictions for fold in self.folds]
        evaluation = replace(self._so_far(), predictions=joined(parts))
        if self._n_splits == 1:
            return evaluation
        pooled: dict[str, float] = {}
        for place, each in enumerate(self._objectives):
            values = [fold.values[place] for fold in self.folds]
            if not is_pooled(each.known_as, evaluation.n_test, values):
                continue
            score = pool(each.known_as, [parts], [values], certain=each.is_scikit_learns)
            if score is not None and np.isfinite(score.value):
                pooled[each.name] = score.value
            elif np.isnan(values).any():
                return self.failed(_undefined(each.name, values))
        main = self._objectives[self._main].name
        return replace(
            evaluation,
            pooled_score=(pooled[main],) if main in pooled else (),
            pooled=pooled if evaluation.objectives else {},
        )

    # See findings/optuna-searchcv-leaves-failed-folds-out-of-the-mean.sh.
    def failed(self, error: str, stack: str = "") -> Evaluation:
        error = without_secrets(" ".join(error.split()))
        return replace(self._so_far(), error=error, traceback=without_secrets(stack))

    def pruned(self) -> Evaluation:
        if self._n_splits == 1:
            curve, trained = self._follower.curve(), len(self._reports)
            return replace(
                self._so_far(),
                curves=(curve,) if curve else (),
                pruned=True,
                epochs_saved=max(0, self._epochs - trained),
            )
        n_left = self._n_splits - len(self.folds)
        return replace(
            self._so_far(), pruned=True, fits_saved=n_left, epochs_saved=n_left * self._epochs
        )

    def _so_far(self) -> Evaluation:
        columns = list(zip(*(fold.values for fold in self.folds), strict=True))
        columns = columns or [() for _ in self._objectives]
        names = [each.name for each in self._objectives]
        return Evaluation(
            scores=columns[self._main],
            fit_times=tuple(fold.fit_time for fold in self.folds),
            score_times=tuple(fold.score_time for fold in self.folds),
            predict_times=tuple(fold.predict_time for fold in self.folds),
            n_test=tuple(len(fold.predictions.rows) for fold in self.folds),
            objectives=dict(zip(names, columns, strict=True)) if len(names) > 1 else {},
            curves=tuple(fold.curve for fold in self.folds if fold.curve),
            reports=tuple(self._reports),
            n_params=self._n_params,
        )


def reports_steps(estimator: Any, n_splits: int) -> bool:
    """Return whether intermediate scores are reported before a trial ends."""
    return n_splits > 1 or network_in(estimator) is not None


def _undefined(name: str, values: Sequence[float]) -> str:
    split = int(np.flatnonzero(np.isnan(values))[0])
    return f"{name} is undefined for the rows of split {split}"


def _not_finite(objectives: Sequence[Objective], values: Sequence[float], split: int) -> str:
    """Return a message about the first value that is NaN or infinite."""
    if len(values) == 1:
        return f"the score of split {split} is {values[0]}"
    first = next(i for i, value in enumerate(values) if not np.isfinite(value))
    return f"{objectives[first].name} of split {split} is {values[first]}"
