"""Frozen records of intervals, and of differences between two models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SURE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval.

    Attributes
    ----------
    value : float
    low, high : float
        Bounds of the interval; NaN if it is undefined.
    level : float
        Confidence level, between 0 and 1.
    method : str
        Name of the method for display.
    note : str
        Why the interval is undefined, or a caveat; may be empty.
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
        First minus second; if it is above 0, the first is better.
    low, high : float
        Bounds of the confidence interval; NaN if it is undefined.
    p_value : float
        Two-sided p-value of no difference, uncorrected; NaN if it is undefined.
    better, same, worse : float
        Probabilities that the first is better by more than ``rope``, that the two are practically
        equivalent, and that the first is worse by more than ``rope``; they sum to 1, or are NaN.
    rope : float
        Half the width of the region of practical equivalence, in units of the score.
    test : str
        Name of the test for display.
    note : str
        A caveat; may be empty.
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
        """The outcome with a probability of at least 95%; otherwise ``"undecided"``."""
        if self.better >= _SURE:
            return "better"
        if self.worse >= _SURE:
            return "worse"
        return "equivalent" if self.same >= _SURE else "undecided"
