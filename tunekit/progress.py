"""A live line for people at a terminal: trials done, best value, time gone and time left."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tunekit.records import TrialRecord


class Progress:
    """Shows how far a study is. It is a context, and silent when it is not shown.

    Parameters
    ----------
    name : str
        Name of the study.
    engine : str
        Name of the engine.
    n_trials : int
        How many trials will be run.
    shown : bool or None
        None shows it when the standard error is a terminal.
    """

    def __init__(self, name: str, engine: str, n_trials: int, *, shown: bool | None) -> None:
        self._best = -float("inf")
        self._failed = 0
        self._display: Any = None
        if sys.stderr.isatty() if shown is None else shown:
            self._display = _display()
            self._task = self._display.add_task(
                f"{name} · {engine}", total=n_trials, best="…", failed=""
            )

    def __enter__(self) -> Self:
        if self._display:
            self._display.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._display:
            self._display.stop()

    def start_trial(self, number: int, params: Mapping[str, Any]) -> None:
        """Take note that a trial begins; the line changes when one ends."""

    def end_trial(self, record: TrialRecord) -> None:
        """Move the line on."""
        if record.state == "failed":
            self._failed += 1
        elif record.evaluation.score > self._best:
            self._best = record.evaluation.score
        if self._display:
            best = f"{self._best:.4f}" if self._best > -float("inf") else "…"
            failed = f", {self._failed} failed" if self._failed else ""
            self._display.update(self._task, advance=1, best=best, failed=failed)


def _display() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("trials, best [bold]{task.fields[best]}[/]{task.fields[failed]},"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    )
