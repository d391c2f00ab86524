"""Progress display in a terminal: finished trials, best score, elapsed and remaining time."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from tunekit.core.callbacks import Listener
from tunekit.core.trial import TrialRecord

_WIDE = 100  # columns of a terminal that is wide enough for a bar


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
        Whether to display the progress. None displays it if standard error is a terminal.
    """

    def __init__(
        self, name: str, engine: str, n_trials: int, *, best: float | None, shown: bool | None
    ) -> None:
        self._best = -float("inf") if best is None else best
        self._counts: Counter[str] = Counter()
        self._display: Any = None
        if sys.stderr.isatty() if shown is None else shown:
            self._display = _display()
            self._task = self._display.add_task(
                f"{name} · {engine}", total=n_trials, best=self._shown_best(), others=""
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

    def trial_finished(self, record: TrialRecord) -> None:
        """Update the display."""
        evaluation = record.evaluation
        self._counts[record.state] += 1
        self._counts["reused"] += record.reused is not None
        if record.reused is None:
            self._counts["epochs"] += evaluation.epochs_saved
        if record.state == "complete":
            self._best = max(self._best, evaluation.score)
        if self._display:
            best, others = self._shown_best(), self._others()
            self._display.update(self._task, advance=1, best=best, others=others)

    def _shown_best(self) -> str:
        return f"{self._best:.4f}" if self._best > -float("inf") else "…"

    def _others(self) -> str:
        counts = self._counts
        parts = [
            f"{counts[name]} {name}" for name in ("failed", "pruned", "reused") if counts[name]
        ]
        if counts["epochs"]:
            parts.append(f"{counts['epochs']} epochs saved")
        return ", ".join(parts)


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
    from rich.text import Text

    class Display(Bar):
        """A line for the study, and a second one for failed, pruned and reused trials."""

        def get_renderables(self) -> Iterator[Any]:
            yield self.make_tasks_table(self.tasks)
            for task in self.tasks:
                if task.fields["others"]:
                    yield Text(f"  {task.fields['others']}", style="dim")

    console = Console(stderr=True)
    bar = [BarColumn(bar_width=20)] if console.width >= _WIDE else []
    return Display(
        TextColumn("{task.description}", markup=False),
        *bar,
        MofNCompleteColumn(),
        TextColumn("trials, best [bold]{task.fields[best]}[/],"),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("remaining"),
        console=console,
    )


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
        Whether to display the progress. None displays it if standard error is a terminal.

    Yields
    ------
    callable
        Takes the name of a candidate after each of its fits.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda _candidate: None
        return
    from rich.console import Console
    from rich.progress import (
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        MofNCompleteColumn(),
        TextColumn("fits,"),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("remaining"),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        task = display.add_task(name, total=n_fits)
        yield lambda candidate: display.update(task, advance=1, description=f"{name} · {candidate}")
