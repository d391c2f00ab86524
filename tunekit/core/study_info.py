"""Frozen record that describes a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class StudyInfo:
    """Description of a study, as trackers and workers need it.

    Attributes
    ----------
    name : str
        Name of the study.
    ledger : str
        Identifier of the Optuna study, equal for all runs that resume it.
    engine, algorithm, pruner, estimator, scoring, cv : str
        Names for display.
    objectives : Mapping of str to {"maximize", "minimize"}
        Names and directions if there are several objectives; empty otherwise.
    task : {"classification", "regression"}
        Kind of prediction.
    n_trials, n_splits, n_rows, n_features : int
        Sizes.
    split_ratio : float
        Number of validation rows per training row; the mean over splits.
    random_state : int or None
        Seed.
    space : Mapping
        The space as JSON.
    shape : tuple of int
        Shape of the inputs.
    digest : str
        Hash of the inputs and targets; empty if they cannot be hashed.
    storage : str
        Address of the Optuna storage, without a password; empty if it is in memory.
    metadata : tuple of str
        Names of the metadata of the rows, such as ``"sample_weight"``.
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
    metadata: tuple[str, ...] = ()
