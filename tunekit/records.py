"""What one stage hands to the next: frozen records that hold facts and do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

State = Literal["complete", "failed"]

#: A metric's name and its value at each epoch.
Curve = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Predictions:
    """What a model said of rows that it was not trained on.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the data that the model was judged on.
    fold : ndarray of shape (n_rows,)
        The split (from 0) in which each row was held out.
    y_true : ndarray of shape (n_rows,)
        Targets.
    y_pred : ndarray of shape (n_rows,)
        Predicted labels or values.
    y_score : ndarray of shape (n_rows, n_classes) or None
        Probability of each class (0 to 1), in the order of ``classes``; None where the
        estimator gives none.
    classes : ndarray of shape (n_classes,) or None
        Labels; None for a regression.
    """

    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    y_score: NDArray[np.float64] | None
    classes: NDArray[Any] | None


@dataclass(frozen=True)
class Evaluation:
    """One candidate, fitted and judged on each split.

    Attributes
    ----------
    scores, fit_times, score_times : tuple of float
        One value a split; times in seconds.
    curves : tuple of Curve
        Metrics by epoch, one mapping a split; empty where the estimator records none.
    predictions : Predictions or None
        Of the held-out rows of all splits; None when a split failed.
    error : str or None
        Why the candidate has no score, in one line.
    """

    scores: tuple[float, ...]
    fit_times: tuple[float, ...]
    score_times: tuple[float, ...]
    curves: tuple[Curve, ...] = ()
    predictions: Predictions | None = None
    error: str | None = None

    @property
    def score(self) -> float:
        """Mean score of the splits, NaN when there is none."""
        return float(np.mean(self.scores)) if self.scores and not self.error else float("nan")

    @property
    def spread(self) -> float:
        """Standard deviation of the scores over the splits."""
        return float(np.std(self.scores)) if self.scores and not self.error else float("nan")


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
    """

    number: int
    params: Mapping[str, Any]
    evaluation: Evaluation
    engine: str
    duration: float

    @property
    def state(self) -> State:
        """Whether the trial has a score."""
        return "failed" if self.evaluation.error else "complete"


@dataclass(frozen=True)
class StudyInfo:
    """What a study is about: all that a tracker or a worker has to know of it.

    Attributes
    ----------
    name : str
        Name of the study.
    ledger : str
        Identity of the Optuna study behind it, equal for all executions that go on with it.
    engine, estimator, scoring, cv : str
        Names, for people.
    task : {"classification", "regression"}
        What is predicted.
    n_trials, n_splits, n_rows, n_features : int
        Sizes.
    random_state : int or None
        Seed.
    space : Mapping
        The space in its JSON form.
    """

    name: str
    ledger: str
    engine: str
    estimator: str
    scoring: str
    cv: str
    task: Literal["classification", "regression"]
    n_trials: int
    n_splits: int
    n_rows: int
    n_features: int
    random_state: int | None
    space: Mapping[str, Any] = field(default_factory=dict)
