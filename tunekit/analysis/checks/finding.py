"""Checks and their findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData

#: The input of a check.
Subject = StudyData | ComparisonData

#: Severities of a finding, the highest first.
Severity = Literal["high", "medium", "low"]

_ORDER: tuple[Severity, ...] = ("high", "medium", "low")
_LOOKS = {"high": "problem", "medium": "warning", "low": "advice"}


@dataclass(frozen=True)
class Finding:
    """A problem that a check reports.

    Attributes
    ----------
    code : str
        Code of the check, such as ``"TK101"``.
    severity : {"high", "medium", "low"}
        Whether the result may be wrong, could be better, or should be read with care.
    title : str
        The problem, without a full stop.
    evidence : str
        The numbers that show it, in one or two sentences.
    remedy : str
        What to do about it.
    code_to_paste : str
        Python code of the remedy; empty if there is none.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    remedy: str
    code_to_paste: str = ""

    @property
    def look(self) -> str:
        """Style of the finding on the page: ``"problem"``, ``"warning"`` or ``"advice"``."""
        return _LOOKS[self.severity]

    @property
    def rank(self) -> tuple[int, str]:
        """Sort key: the most severe findings first, then by code."""
        return _ORDER.index(self.severity), self.code


@dataclass(frozen=True)
class Issue:
    """A problem as the function of a check returns it, without code and defaults.

    Attributes
    ----------
    evidence, remedy, code_to_paste : str
        As in :class:`Finding`.
    severity, title : str or None
        None if they are those of the check.
    """

    evidence: str
    remedy: str
    code_to_paste: str = ""
    severity: Severity | None = None
    title: str | None = None


@dataclass(frozen=True)
class Check:
    """A check: a function with its code, severity and title.

    Attributes
    ----------
    code : str
    severity : {"high", "medium", "low"}
        Default severity of its findings.
    title : str
        Default title of its findings.
    subjects : tuple of type
        Types that it applies to: studies, comparisons, or both.
    function : callable
        Takes a study or a comparison, and returns an :class:`Issue`, or None if there is none.
    """

    code: str
    severity: Severity
    title: str
    subjects: tuple[type, ...]
    function: Callable[[Any], Issue | None]

    def __call__(self, data: Subject) -> Finding | None:
        """Return the finding for a study or a comparison; None if there is no problem."""
        issue = self.function(data)
        if issue is None:
            return None
        return Finding(
            self.code,
            issue.severity or self.severity,
            issue.title or self.title,
            issue.evidence,
            issue.remedy,
            issue.code_to_paste,
        )


def check(
    code: str, *, severity: Severity, title: str, of: tuple[type, ...] = (StudyData,)
) -> Callable[[Callable[[Any], Issue | None]], Check]:
    """Turn a function into a check; see :class:`Check` for the parameters."""
    return lambda function: Check(code, severity, title, of, function)
