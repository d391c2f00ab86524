"""Frozen records of a comparison, its candidates and their fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tunekit.core.predictions import Curve, Predictions
from tunekit.core.study_info import Direction

#: Split number of a fit on all rows outside the test split, evaluated on the test split.
TEST_SPLIT = -1


@dataclass(frozen=True)
class Fit:
    """One fit of a candidate, evaluated on rows outside the training rows.

    Attributes
    ----------
    candidate : str
    split : int
        From 0; :data:`TEST_SPLIT` for the test split.
    seed : int
        Value of every ``random_state`` of the candidate that was set.
    n_train, n_test : int
        Number of training rows and of evaluated rows.
    scores : Mapping of str to float
        By scorer; empty if the fit failed.
    fit_time, predict_time : float
        Seconds for all training rows and all evaluated rows; NaN if the fit failed.
    n_params : int or None
        Number of parameters of the model; None if they cannot be counted.
    n_bytes : int or None
        Size of the pickled candidate; None if it cannot be pickled, or was not measured: only
        the first fit of a candidate is.
    params : Mapping
        Best parameters if the candidate is a tuner; empty otherwise.
    curve : Curve
        Metrics by epoch; empty if the candidate records none.
    predictions : Predictions or None
        Predictions for the evaluated rows; None if the fit failed.
    error : str
        Why there is no score, in one line; empty if there is a score.
    """

    candidate: str
    split: int
    seed: int
    n_train: int
    n_test: int
    scores: Mapping[str, float]
    fit_time: float
    predict_time: float
    n_params: int | None = None
    n_bytes: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    curve: Curve = field(default_factory=dict)
    predictions: Predictions | None = None
    error: str = ""


@dataclass(frozen=True)
class Candidate:
    """Description of a candidate.

    Attributes
    ----------
    name : str
    kind : str
        Class of the estimator, or of a pipeline's last step.
    described : str
        The ``repr`` of the estimator.
    nested : bool
        Whether it is a tuner, which searches within the training rows of each split.
    search_score : float or None
        For a finalist of a search, the score by which it was chosen.
    params : Mapping
        For a finalist, its configuration.
    """

    name: str
    kind: str
    described: str
    nested: bool = False
    search_score: float | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ComparisonInfo:
    """Description of a comparison, as needed to interpret its fits.

    Attributes
    ----------
    name : str
    kind : {"comparison", "finalists"}
        Whether the user gave the candidates, or they are the best trials of a search.
    identity : str
        Equal for two comparisons of the same candidates on the same data, splits and seeds.
    candidates : tuple of Candidate
    scoring : Mapping of str to {"maximize", "minimize"}
        Names of the scorers; the first one ranks.
    task : {"classification", "regression"}
    cv : str
        Description of the splits.
    n_splits : int
        Number of splits, without the test split.
    overlapping : bool
        Whether the splits share training rows, as folds do; a single hold-out split does not.
    ordered : bool
        Whether training rows come before validation rows, as in a time series.
    seeds : tuple of int
    n_test : int
        Number of rows of the test split; 0 if there is none.
    n_rows, n_features : int
    shape : tuple of int
        Shape of the inputs.
    grouped : bool
        Whether groups of rows were kept together.
    digest : str
        Hash of the inputs and targets; empty if they cannot be hashed.
    baseline : str or None
        The candidate that the others are compared with; None compares all pairs.
    level : float
        Confidence level of the intervals, between 0 and 1.
    rope : float or None
        Half the width of the region of practical equivalence; None uses a default per scorer.
    source : str
        For finalists, the MLflow run of their search; empty otherwise.
    engine : str
        For finalists, the engine of their search; empty otherwise.
    same_splits : bool
        Whether finalists use the splits of their search, because it does not shuffle.
    metadata : tuple of str
        Names of the metadata of the rows, such as ``"sample_weight"``.
    aliases : Mapping of str to str
        Scikit-learn's name of each of its scorers to which the user gave another name.
    """

    name: str
    kind: Literal["comparison", "finalists"]
    identity: str
    candidates: tuple[Candidate, ...]
    scoring: Mapping[str, Direction]
    task: Literal["classification", "regression"]
    cv: str
    n_splits: int
    overlapping: bool
    ordered: bool
    seeds: tuple[int, ...]
    n_test: int
    n_rows: int
    n_features: int
    shape: tuple[int, ...]
    grouped: bool
    digest: str
    baseline: str | None
    level: float
    rope: float | None
    source: str = ""
    engine: str = ""
    same_splits: bool = False
    metadata: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the candidates, in the order given."""
        return [each.name for each in self.candidates]

    @property
    def scorer(self) -> str:
        """The scorer used for ranking."""
        return next(iter(self.scoring))

    def known_as(self, scorer: str) -> str:
        """Return scikit-learn's name of a scorer, or the scorer's own name if it has none."""
        return self.aliases.get(scorer, scorer)
