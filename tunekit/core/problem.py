"""Frozen record of what prevents a candidate from being fitted or scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Why a candidate cannot be fitted, or its score not be computed.

    Attributes
    ----------
    kind : str
        Class of the estimator, or of a pipeline's last step.
    where : str
        The split, such as ``"split 0"``.
    scorer : str
        Name of the scorer; empty if fitting failed.
    reason : str
        In one line.
    step : str
        What to do about it; empty if unknown.
    """

    kind: str
    where: str
    scorer: str
    reason: str
    step: str = ""

    def described(self, step: str) -> str:
        """Return the problem as a sentence, and what to do about it: ``step`` if it is unknown."""
        return str(self) if self.step else f"{self} {step}"

    def __str__(self) -> str:
        """Return the problem as a sentence, and what to do about it."""
        what = (
            f"scoring {self.scorer!r} of {self.kind} fails" if self.scorer else f"{self.kind} fails"
        )
        reason = self.reason if self.reason.endswith((".", "!", "?")) else f"{self.reason}."
        return f"{what} on {self.where}: {reason} {self.step}".rstrip()


#: Returns why no trial can succeed; None if one probably can.
FindProblem = Callable[[], Problem | None]
