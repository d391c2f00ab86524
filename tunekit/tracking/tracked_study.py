"""A study in MLflow: its executions and trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tunekit.core.study_info import StudyInfo


@dataclass(frozen=True)
class TrackedTrial:
    """A trial in MLflow.

    Attributes
    ----------
    run_id : str
    number : int
        Number in its study, from 0.
    engine : str
    state : {"running", "complete", "failed", "pruned", "killed"}
    params : mapping
        Active parameters with their final values.
    score, spread : float
        Mean and standard deviation over the splits; NaN if the trial has none.
    duration, fit_time : float
        Seconds; NaN if unknown.
    error : str
        Reason of a failure; empty if there was none.
    has_predictions : bool
    reused : bool
        Whether the result is that of an earlier trial.
    epochs_saved, fits_saved : int
        Epochs and fits that pruning saved.
    objectives : mapping of str to float
        With several objectives, the mean of each over the splits; else empty.
    n_params : float
        Number of parameters of the model; NaN if it has none.
    started, ended : float
        Milliseconds since 1970; ``ended`` is NaN while it runs.
    predict_time : float
        Mean seconds to predict a row; NaN if it was not measured.
    fold_scores : tuple of float
        Score of each split; empty if unknown.
    """

    run_id: str
    number: int
    engine: str
    state: str
    params: Mapping[str, Any]
    score: float
    spread: float
    duration: float
    fit_time: float
    error: str
    has_predictions: bool
    reused: bool
    epochs_saved: int
    fits_saved: int
    objectives: Mapping[str, float]
    n_params: float
    started: float = float("nan")
    ended: float = float("nan")
    predict_time: float = float("nan")
    fold_scores: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """Name of its run, and of the candidate if the trial is a finalist."""
        return f"{self.engine} trial {self.number}"

    @property
    def is_pooled(self) -> bool:
        """Whether the score is pooled over all splits, so that it has no spread."""
        return len(self.fold_scores) > 1 and not np.isnan(self.score) and np.isnan(self.spread)

    @property
    def fold_spread(self) -> float:
        """Spread over the splits; 0 for one split, infinite if fewer than two have a score."""
        if not self.is_pooled:
            return 0.0 if np.isnan(self.spread) else self.spread
        defined = [score for score in self.fold_scores if not np.isnan(score)]
        return float(np.std(defined)) if len(defined) > 1 else float("inf")


@dataclass(frozen=True)
class Execution:
    """One execution of a study, which is a parent run.

    Attributes
    ----------
    run_id : str
    ledger : str
        ID of the search, equal for all executions that resume it.
    engine : str
    status : str
        MLflow's run status: RUNNING, FINISHED, FAILED or KILLED.
    started : datetime
        Start time in UTC.
    info : StudyInfo
        Description of the study. The space is empty unless it is read for a report.
    test_score : float
        Score on the test split; NaN if none was used.
    tested : int
        Number of times that a test split was used.
    stopped : str
        Why the search ended; empty while it runs, or if it was interrupted.
    command, program, commit : str
        Command line and script of the process, and the git commit of its working directory; empty
        if unknown.
    changed : bool
        Whether there were uncommitted changes.
    """

    run_id: str
    ledger: str
    engine: str
    status: str
    started: datetime
    info: StudyInfo
    test_score: float
    tested: int
    stopped: str
    command: str = ""
    program: str = ""
    commit: str = ""
    changed: bool = False


@dataclass(frozen=True)
class TrackedStudy:
    """A study in MLflow.

    Attributes
    ----------
    name : str
    uri : str
        The store.
    experiment_id : str
    executions : tuple of Execution
        Newest first.
    trials : tuple of TrackedTrial
        Trials of these executions, best first; trials without a score come last.
    earlier : tuple of Execution
        Executions of other searches with this name on the same data, which may have used the same
        test split.
    """

    name: str
    uri: str
    experiment_id: str
    executions: tuple[Execution, ...]
    trials: tuple[TrackedTrial, ...]
    earlier: tuple[Execution, ...] = ()

    def tests(self, engine: str) -> int:
        """Return how often a test split was used with an engine, including earlier searches."""
        executions = (*self.executions, *self.earlier)
        return sum(each.tested for each in executions if each.engine == engine)
