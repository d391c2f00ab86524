"""What one stage hands to the next: frozen records that hold facts and do nothing."""

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
    """One candidate, fitted and judged on each split.

    Attributes
    ----------
    scores, fit_times, score_times : tuple of float
        One value for each split that was finished; times in seconds.
    objectives : Mapping of str to tuple of float
        Where there are several objectives, the values of each, one a split.
    curves : tuple of Curve
        Metrics by epoch, one mapping a split; empty where the estimator records none.
    predictions : Predictions or None
        Of the held-out rows of all splits; None when a split failed.
    error : str or None
        Why the candidate has no score, in one line.
    circumstantial : bool
        Whether it failed for want of time or memory, of which there may be more another time.
    reports : tuple of float
        Mean of the scores so far at each step that a pruner was told of; empty without one.
    pruned : bool
        Whether the pruner stopped it.
    epochs_saved, fits_saved : int
        Epochs that were not trained and splits that were not fitted because it was stopped.
    n_params : int or None
        Weights of the model; None where it has none to count.
    traceback : str
        Where in the code it failed, for people; empty where it did not.
    predict_times : tuple of float
        Seconds that predicting the held-out rows of each split took.
    n_test : tuple of int
        How many rows each split held out.
    pooled_score : tuple of float
        The score of the rows of all splits together, where it is not the mean over splits, see
        :mod:`tunekit.evaluation.pooling`; else empty.
    pooled : Mapping of str to float
        Where there are several objectives, those that are of the rows of all splits together.
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
        """Whether there is a score, and if not, why."""
        if self.error:
            return "failed"
        return "pruned" if self.pruned else "complete"

    @property
    def has_score(self) -> bool:
        """Whether all splits were judged."""
        return self.state == "complete"

    @property
    def score(self) -> float:
        """Mean score of the splits, or that of all their rows; NaN when there is none."""
        return float(np.mean(self.pooled_score or self.scores)) if self.has_score else _NAN

    @property
    def spread(self) -> float:
        """Standard deviation of the scores over the splits; NaN where the score is pooled."""
        return float(np.std(self.scores)) if self.has_score and not self.pooled_score else _NAN

    @property
    def predict_time(self) -> float:
        """Mean seconds to predict a row, of all rows held out; NaN where it was not measured."""
        n_rows = sum(self.n_test)
        return sum(self.predict_times) / n_rows if n_rows else float("nan")

    @property
    def values(self) -> tuple[float, ...]:
        """Value of each objective, the mean over the splits; the score alone where there is one."""
        if not self.objectives:
            return (self.score,)
        return tuple(self.value(name) for name in self.objectives)

    def value(self, objective: str) -> float:
        """Return the value of one of several objectives; of one alone that is the score."""
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
        Place in the study, from 0.
    params : Mapping
        The active parameters, resolved: ``{"units": (128, 64), …}``.
    evaluation : Evaluation
        What was measured.
    engine : str
        The engine that suggested it.
    duration : float
        Seconds from the suggestion to the score.
    reused : int or None
        The earlier trial of the same configuration whose result this is; None where it was
        evaluated itself.
    """

    number: int
    params: Mapping[str, Any]
    evaluation: Evaluation
    engine: str
    duration: float
    reused: int | None = None

    @property
    def state(self) -> State:
        """Whether the trial has a score, and if not, why."""
        return self.evaluation.state


@dataclass(frozen=True)
class History:
    """Whose a finished trial was, and when it ran.

    Attributes
    ----------
    owner : str
        The process, see :mod:`tunekit.core.processes`; empty where it is not known.
    start, end : int
        Milliseconds since 1970.
    """

    owner: str
    start: int
    end: int
