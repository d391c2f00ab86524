"""A live line for people at a terminal: trials done, best value, time gone and time left."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from tunekit.core.callbacks import Listener
from tunekit.core.trial import TrialRecord

_WIDE = 100  # columns of a terminal that has room for a bar


class Progress(Listener):
    """Shows how far a study is. It is a context, and silent when it is not shown.

    Parameters
    ----------
    name : str
        Name of the study.
    engine : str
        Name of the engine.
    n_trials : int
        How many trials will be run.
    best : float or None
        The best score before; None where there is none.
    shown : bool or None
        None shows it when the standard error is a terminal.
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
        """Move the line on."""
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
        words = [
            f"{counts[name]} {name}" for name in ("failed", "pruned", "reused") if counts[name]
        ]
        if counts["epochs"]:
            words.append(f"{counts['epochs']} epochs saved")
        return ", ".join(words)


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
        """A line for the study, and one below it for what did not go the usual way."""

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
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
    )


@contextlib.contextmanager
def shown_fits(name: str, n_fits: int, *, shown: bool | None) -> Iterator[Callable[[str], None]]:
    """Show how far a comparison is.

    Parameters
    ----------
    name : str
        Of the comparison.
    n_fits : int
        How many there are to do.
    shown : bool or None
        None shows it when the standard error is a terminal.

    Yields
    ------
    callable
        Takes the name of the candidate that was fitted once more.
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
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        task = display.add_task(name, total=n_fits)
        yield lambda candidate: display.update(task, advance=1, description=f"{name} · {candidate}")
