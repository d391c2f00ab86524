"""What the statistics say of one model or of two, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SURE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and between what it may lie.

    Attributes
    ----------
    value : float
    low, high : float
        Ends of the interval; NaN where it is undefined.
    level : float
        Share of such intervals that hold the truth, between 0 and 1.
    method : str
        Name, for people.
    note : str
        Why it is undefined, or what to mind; empty where there is nothing to say.
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    note: str = ""


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another, measured on the same rows or folds.

    Attributes
    ----------
    value : float
        First minus second; above 0 the first is better.
    low, high : float
        Ends of its interval; NaN where they are undefined.
    p_value : float
        Of no difference, two-sided and not corrected; NaN where it is undefined.
    better, same, worse : float
        Probabilities that the first is better by more than ``rope``, that the two are equivalent
        in practice, and that it is worse by more; together 1, or NaN.
    rope : float
        Half the width of the region of practical equivalence, in units of the score.
    test : str
        Name of the test behind ``p_value``, for people.
    note : str
        What to mind; empty where there is nothing to say.
    """

    value: float
    low: float
    high: float
    p_value: float
    better: float
    same: float
    worse: float
    rope: float
    test: str
    note: str = ""

    @property
    def verdict(self) -> Literal["better", "equivalent", "worse", "undecided"]:
        """What is at least 95% probable; else ``"undecided"``."""
        if self.better >= _SURE:
            return "better"
        if self.worse >= _SURE:
            return "worse"
        return "equivalent" if self.same >= _SURE else "undecided"
