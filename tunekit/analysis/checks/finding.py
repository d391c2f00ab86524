"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
