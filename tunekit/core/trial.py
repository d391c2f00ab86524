"""Frozen records of a trial and its evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tunekit.core.predictions import Curve, Predictions

State = Literal["complete", "failed", "pruned"]


_NAN = float("nan")


@dataclass(frozen=True)
class Evaluation:
    """Result of fitting and scoring a candidate on each split.

    Attributes
    ----------
    scores, fit_times, score_times : tuple of float
        One value per finished split; times in seconds.
    objectives : Mapping of str to tuple of float
        Values of each objective, one per split, if there are several objectives.
    curves : tuple of Curve
        Metrics by epoch, one mapping per split; empty if the estimator records none.
    predictions : Predictions or None
        Predictions for the validation rows of all splits; None if a split failed.
    error : str or None
        Why the candidate has no score, in one line.
    circumstantial : bool
        Whether it failed for lack of time or memory, so that it may succeed when repeated.
    reports : tuple of float
        Mean of the scores so far at each step reported to the pruner; empty without a pruner.
    pruned : bool
        Whether the pruner stopped it.
    epochs_saved, fits_saved : int
        Epochs and fits that were skipped because it was pruned.
    n_params : int or None
        Number of parameters of the model; None if they cannot be counted.
    traceback : str
        Traceback of the failure; empty if it did not fail.
    predict_times : tuple of float
        Seconds to predict the validation rows of each split.
    n_test : tuple of int
        Number of validation rows of each split.
    pooled_score : tuple of float
        The score of the rows of all splits together if the score is pooled, see
        :mod:`tunekit.evaluation.pooling`; empty if it is the mean over splits.
    pooled : Mapping of str to float
        The values of pooled objectives, if there are several objectives.
    """

    scores: tuple[float, ...]
    fit_times: tuple[float, ...]
    score_times: tuple[float, ...]
    objectives: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    predictions: Predictions | None = None
    error: str | None = None
    circumstantial: bool = False
    reports: tuple[float, ...] = ()
    pruned: bool = False
    epochs_saved: int = 0
    fits_saved: int = 0
    n_params: int | None = None
    traceback: str = ""
    predict_times: tuple[float, ...] = ()
    n_test: tuple[int, ...] = ()
    pooled_score: tuple[float, ...] = ()
    pooled: Mapping[str, float] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """``"failed"``, ``"pruned"`` or ``"complete"``."""
        if self.error:
            return "failed"
        return "pruned" if self.pruned else "complete"

    @property
    def has_score(self) -> bool:
        """Whether all splits were scored."""
        return self.state == "complete"

    @property
    def score(self) -> float:
        """Mean score over the splits, or the pooled score; NaN if there is none."""
        return float(np.mean(self.pooled_score or self.scores)) if self.has_score else _NAN

    @property
    def spread(self) -> float:
        """Standard deviation of the scores over the splits; NaN if the score is pooled."""
        return float(np.std(self.scores)) if self.has_score and not self.pooled_score else _NAN

    @property
    def predict_time(self) -> float:
        """Mean seconds to predict one validation row; NaN if it was not measured."""
        n_rows = sum(self.n_test)
        return sum(self.predict_times) / n_rows if n_rows else float("nan")

    @property
    def values(self) -> tuple[float, ...]:
        """Value of each objective, mean over the splits; the score if there is one objective."""
        if not self.objectives:
            return (self.score,)
        return tuple(self.value(name) for name in self.objectives)

    def value(self, objective: str) -> float:
        """Return the value of an objective, or the score if there is only one objective."""
        if objective not in self.objectives or not self.has_score:
            return self.score
        pooled = self.pooled.get(objective)
        return float(np.mean(self.objectives[objective])) if pooled is None else pooled


@dataclass(frozen=True)
class TrialRecord:
    """One finished trial of a study.

    Attributes
    ----------
    number : int
        Number within the study, from 0.
    params : Mapping
        The resolved active parameters: ``{"units": (128, 64), …}``.
    evaluation : Evaluation
        Scores and times.
    engine : str
        The engine that suggested the configuration.
    duration : float
        Seconds from the suggestion to the score.
    reused : int or None
        The earlier trial with the same configuration whose result was reused; None if this trial
        was evaluated.
    """

    number: int
    params: Mapping[str, Any]
    evaluation: Evaluation
    engine: str
    duration: float
    reused: int | None = None

    @property
    def state(self) -> State:
        """``"failed"``, ``"pruned"`` or ``"complete"``."""
        return self.evaluation.state


@dataclass(frozen=True)
class History:
    """Process and times of a finished trial.

    Attributes
    ----------
    owner : str
        The process, see :mod:`tunekit.core.processes`; empty if unknown.
    start, end : int
        Milliseconds since 1970.
    """

    owner: str
    start: int
    end: int
