"""What a study is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class StudyInfo:
    """What a study is about: all that a tracker or a worker has to know of it.

    Attributes
    ----------
    name : str
        Name of the study.
    ledger : str
        Identity of the Optuna study behind it, equal for all executions that go on with it.
    engine, algorithm, pruner, estimator, scoring, cv : str
        Names, for people.
    objectives : Mapping of str to {"maximize", "minimize"}
        Where there are several, their names and directions.
    task : {"classification", "regression"}
        What is predicted.
    n_trials, n_splits, n_rows, n_features : int
        Sizes.
    split_ratio : float
        How many rows are judged on for each one that is fitted on; the mean over splits.
    random_state : int or None
        Seed.
    space : Mapping
        The space in its JSON form.
    shape : tuple of int
        Of the inputs.
    digest : str
        Of the inputs and targets; empty where they cannot be hashed.
    storage : str
        Where the Optuna study is kept, without a password; empty where it is in memory.
    """

    name: str
    ledger: str
    engine: str
    algorithm: str
    pruner: str
    estimator: str
    scoring: str
    cv: str
    task: Literal["classification", "regression"]
    n_trials: int
    n_splits: int
    n_rows: int
    n_features: int
    split_ratio: float
    random_state: int | None
    objectives: Mapping[str, Direction] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    digest: str = ""
    storage: str = ""
