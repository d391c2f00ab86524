"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData

#: What a check looks at.
Subject = StudyData | ComparisonData

#: How much a finding puts the result in doubt, from the most.
Severity = Literal["high", "medium", "low"]

_ORDER: tuple[Severity, ...] = ("high", "medium", "low")
_LOOKS = {"high": "problem", "medium": "warning", "low": "advice"}


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    code : str
        Of the check, such as ``"TK101"``.
    severity : {"high", "medium", "low"}
        Whether the result may be wrong, could be better, or should be read with care.
    title : str
        What it is, without a full stop.
    evidence : str
        With what numbers, in one sentence or two.
    remedy : str
        What to do.
    code_to_paste : str
        Python that does it; empty where there is none.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    remedy: str
    code_to_paste: str = ""

    @property
    def look(self) -> str:
        """How the page marks it: ``"problem"``, ``"warning"`` or ``"advice"``."""
        return _LOOKS[self.severity]

    @property
    def rank(self) -> tuple[int, str]:
        """What findings are sorted by: the severe ones first, then by code."""
        return _ORDER.index(self.severity), self.code


@dataclass(frozen=True)
class Found:
    """What the function of a check returns when it finds something.

    Attributes
    ----------
    evidence, remedy, code_to_paste : str
        As in :class:`Finding`.
    severity, title : str or None
        Where they differ from those of the check.
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
        The usual one.
    title : str
        The usual one.
    subjects : tuple of type
        What it looks at: studies, comparisons, or both.
    look : callable
        Takes a subject and returns a :class:`Found`, or None where nothing is wrong.
    """

    code: str
    severity: Severity
    title: str
    subjects: tuple[type, ...]
    look: Callable[[Any], Found | None]

    def __call__(self, data: Subject) -> Finding | None:
        """Return what the check finds in a study or a comparison; None where nothing is wrong."""
        found = self.look(data)
        if found is None:
            return None
        return Finding(
            self.code,
            found.severity or self.severity,
            found.title or self.title,
            found.evidence,
            found.remedy,
            found.code_to_paste,
        )


def check(
    code: str, *, severity: Severity, title: str, of: tuple[type, ...] = (StudyData,)
) -> Callable[[Callable[[Any], Found | None]], Check]:
    """Make a check of a function; see :class:`Check` for the parameters."""
    return lambda look: Check(code, severity, title, of, look)
