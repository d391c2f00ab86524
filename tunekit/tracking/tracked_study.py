"""A study as MLflow holds it: its executions and trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tunekit.core.study_info import StudyInfo


@dataclass(frozen=True)
class TrackedTrial:
    """A trial as MLflow holds it.

    Attributes
    ----------
    run_id : str
    number : int
        Place in its study, from 0.
    engine : str
    state : {"running", "complete", "failed", "pruned", "killed"}
    params : mapping
        Active parameters, resolved.
    score, spread : float
        Mean over the splits and its standard deviation; NaN where there is none.
    duration, fit_time : float
        Seconds; NaN where there is none.
    error : str
        Why there is no score; empty where there is one.
    has_predictions : bool
    reused : bool
        Whether the result is that of an earlier trial.
    epochs_saved, fits_saved : int
        What pruning saved.
    objectives : mapping of str to float
        Where there are several, the mean of each over the splits.
    n_params : float
        Weights of the model; NaN where it has none.
    started, ended : float
        Milliseconds since 1970; NaN where it runs.
    predict_time : float
        Mean seconds to predict a row; NaN where it was not measured.
    fold_scores : tuple of float
        The score of each split; empty where they are not known.
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
        """What its run is called, and its candidate among finalists."""
        return f"{self.engine} trial {self.number}"

    @property
    def is_pooled(self) -> bool:
        """Whether its score is of the rows of all splits together: then it has no spread."""
        return len(self.fold_scores) > 1 and not np.isnan(self.score) and np.isnan(self.spread)

    @property
    def fold_spread(self) -> float:
        """Spread over splits: 0 for one, infinite for a pooled score of fewer than two defined."""
        if not self.is_pooled:
            return 0.0 if np.isnan(self.spread) else self.spread
        defined = [score for score in self.fold_scores if not np.isnan(score)]
        return float(np.std(defined)) if len(defined) > 1 else float("inf")


@dataclass(frozen=True)
class Execution:
    """One execution of a study: a parent run.

    Attributes
    ----------
    run_id : str
    ledger : str
        Identity of the Optuna study behind it.
    engine : str
    status : str
        MLflow's: RUNNING, FINISHED, FAILED or KILLED.
    started : datetime
        In UTC.
    info : StudyInfo
        Its space is empty in a list of studies.
    test_score : float
        Score on the test split; NaN where none was used.
    tested : int
        How often a test split was used.
    stopped : str
        Why the search ended, in words; empty while it runs or where it did not end in order.
    command, program, commit : str
        What the process was started with, its file, and the git commit of the folder it ran in;
        empty where they are not known.
    changed : bool
        Whether files differed from that commit.
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
    """A study as MLflow holds it.

    Attributes
    ----------
    name : str
    uri : str
        The store.
    experiment_id : str
    executions : tuple of Execution
        Newest first.
    trials : tuple of TrackedTrial
        Of these executions, best first, those without a score last.
    earlier : tuple of Execution
        Of other searches of this name on the same data, which may have used the same test split.
    """

    name: str
    uri: str
    experiment_id: str
    executions: tuple[Execution, ...]
    trials: tuple[TrackedTrial, ...]
    earlier: tuple[Execution, ...] = ()

    def tests(self, engine: str) -> int:
        """Return how often a test split was used with an engine, by earlier searches, too."""
        every = (*self.executions, *self.earlier)
        return sum(each.tested for each in every if each.engine == engine)
