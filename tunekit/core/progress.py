"""Progress of a study or a comparison, for a display."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from tunekit.core.callbacks import Listener
from tunekit.core.displays import Status, make_display
from tunekit.core.trial import TrialRecord


class Progress(Listener):
    """Context manager that displays the progress of a study.

    Parameters
    ----------
    name : str
        Name of the study.
    engine : str
        Name of the engine.
    n_trials : int
        Number of trials to run.
    best : float or None
        The best score of earlier trials; None if there is none.
    shown : bool or None
        See :func:`~tunekit.core.displays.make_display`.
    """

    def __init__(
        self, name: str, engine: str, n_trials: int, *, best: float | None, shown: bool | None
    ) -> None:
        self._title = f"{name} · {engine}"
        self._best = -float("inf") if best is None else best
        self._done = 0
        self._counts: Counter[str] = Counter()
        self._display = make_display("trials", n_trials, shown=shown)

    def __enter__(self) -> Self:
        if self._display:
            self._display.show(self._status())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._display:
            self._display.end()

    def trial_finished(self, record: TrialRecord) -> None:
        """Update the display."""
        evaluation = record.evaluation
        self._done += 1
        self._counts[record.state] += 1
        self._counts["reused"] += record.reused is not None
        if record.reused is None:
            self._counts["epochs"] += evaluation.epochs_saved
        if record.state == "complete":
            self._best = max(self._best, evaluation.score)
        if self._display:
            self._display.show(self._status())

    def _status(self) -> Status:
        best = f"{self._best:.4f}" if self._best > -float("inf") else "…"
        return Status(self._title, self._done, best, self._others())

    def _others(self) -> str:
        counts = self._counts
        parts = [
            f"{counts[name]} {name}" for name in ("failed", "pruned", "reused") if counts[name]
        ]
        if counts["epochs"]:
            parts.append(f"{counts['epochs']} epochs saved")
        return ", ".join(parts)


@contextlib.contextmanager
def shown_fits(name: str, n_fits: int, *, shown: bool | None) -> Iterator[Callable[[str], None]]:
    """Display the progress of a comparison.

    Parameters
    ----------
    name : str
        Name of the comparison.
    n_fits : int
        Number of fits to run.
    shown : bool or None
        See :func:`~tunekit.core.displays.make_display`.

    Yields
    ------
    callable
        Takes the name of a candidate after each of its fits.
    """
    display, done = make_display("fits", n_fits, shown=shown), 0
    if display is None:
        yield lambda _candidate: None
        return

    def advance(candidate: str) -> None:
        nonlocal done
        done += 1
        display.show(Status(f"{name} · {candidate}", done))

    display.show(Status(name))
    try:
        yield advance
    finally:
        display.end()
