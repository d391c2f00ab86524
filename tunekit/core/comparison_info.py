"""What a comparison is about, and what each fit of a candidate found: frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tunekit.core.predictions import Curve, Predictions
from tunekit.core.study_info import Direction

#: The split of a fit on all rows but the test split, judged on that.
TEST_SPLIT = -1


@dataclass(frozen=True)
class Fit:
    """One candidate, fitted once and judged on rows that it was not fitted on.

    Attributes
    ----------
    candidate : str
    split : int
        From 0; :data:`TEST_SPLIT` for the test split.
    seed : int
        What every ``random_state`` of the candidate was set to, where it was.
    n_train, n_test : int
        Rows fitted on and judged on.
    scores : Mapping of str to float
        By scorer; empty where the fit failed.
    fit_time, predict_time : float
        Seconds, for all rows of each kind; NaN where the fit failed.
    n_params : int or None
        Weights of the model; None where it has none to count.
    n_bytes : int or None
        Size of the fitted candidate when it is pickled; None where it cannot be, and where it was
        not measured: only the first fit of a candidate is.
    params : Mapping
        What a tuner among the candidates chose; empty for others.
    curve : Curve
        Metrics by epoch; empty where the candidate records none.
    predictions : Predictions or None
        Of the rows judged on; None where the fit failed.
    error : str
        Why there is no score, in one line; empty where there is one.
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
    """What one candidate is, for people.

    Attributes
    ----------
    name : str
    kind : str
        Class of the estimator, or of a pipeline's last step.
    described : str
        The estimator as it prints itself.
    nested : bool
        Whether it is a tuner, which searches inside each training part.
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
    """What a comparison is about: all that is needed to read its fits.

    Attributes
    ----------
    name : str
    kind : {"comparison", "finalists"}
        Whether the candidates are the user's, or the best of a search.
    identity : str
        Equal for two comparisons of the same candidates on the same data, splits and seeds.
    candidates : tuple of Candidate
    scoring : Mapping of str to {"maximize", "minimize"}
        Names of the scorers; the first one ranks.
    task : {"classification", "regression"}
    cv : str
        What the splits are, for people.
    n_splits : int
        Without the test split.
    overlapping : bool
        Whether the splits share training rows, as folds do; those of one hold-out do not.
    ordered : bool
        Whether rows are fitted on that come before those judged on, as in a time series.
    seeds : tuple of int
    n_test : int
        Rows of the test split; 0 where there is none.
    n_rows, n_features : int
    shape : tuple of int
        Of the inputs.
    grouped : bool
        Whether groups of rows were kept together.
    digest : str
        Of the inputs and targets; empty where they cannot be hashed.
    baseline : str or None
        The candidate that the others are compared with; None compares all pairs.
    level : float
        Of the intervals, between 0 and 1.
    rope : float or None
        Half the width of the region of practical equivalence; None has a default for each scorer.
    source : str
        For finalists, the run in MLflow of the search that they are of; empty for others.
    engine : str
        For finalists, the engine of that search; empty for others.
    same_splits : bool
        Whether finalists were fitted on the splits of their search, which does not shuffle.
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

    @property
    def names(self) -> list[str]:
        """Names of the candidates, in the order given."""
        return [each.name for each in self.candidates]

    @property
    def scorer(self) -> str:
        """The scorer that ranks."""
        return next(iter(self.scoring))
