"""Displays of the progress of a study or a comparison: terminal, notebook, or lines of a log."""

from __future__ import annotations

import html
import importlib
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_WIDE = 100  # columns of a terminal that is wide enough for a bar
_MINUTE = 60.0  # seconds
_LEAST = 10.0  # seconds between two lines of a log that nobody has asked for
_PARTS = 10  # lines of a log, unless they are more than a minute apart
_UPDATE = 0.2  # seconds between two updates of a notebook


@dataclass(frozen=True)
class Status:
    """What a display shows.

    Attributes
    ----------
    title : str
        What is running.
    done : int
        Number of finished units.
    best : str
        The best score so far; empty for a comparison.
    others : str
        Numbers of failed, pruned and reused trials; empty if there are none.
    """

    title: str
    done: int = 0
    best: str = ""
    others: str = ""


class Display(ABC):
    """Shows the progress of a run.

    Parameters
    ----------
    unit : {"trials", "fits"}
    total : int
        Number of units to run.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self, unit: str, total: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.unit = unit
        self.total = total
        self._clock = clock
        self._start = clock()

    @abstractmethod
    def show(self, status: Status) -> None:
        """Show a status."""

    @abstractmethod
    def end(self) -> None:
        """End the display."""

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._clock() - self._start

    def line(self, status: Status) -> str:
        """Return a status as one line of text."""
        best = f", best {status.best}" if status.best else ""
        seconds = self.elapsed()
        text = f"{status.title}: {status.done}/{self.total} {self.unit}{best}, "
        text += f"{_clock_text(seconds)} elapsed"
        if 0 < status.done < self.total:
            text += f", {_clock_text(seconds / status.done * (self.total - status.done))} remaining"
        return f"{text}; {status.others}" if status.others else text


class Log(Display):
    """Lines on standard error: one for every tenth of the run, and at least every minute.

    Parameters
    ----------
    unit, total, clock
        See :class:`Display`.
    pause : float
        Minimum seconds between two lines, and before the first one.
    """

    def __init__(
        self,
        unit: str,
        total: int,
        *,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(unit, total, clock=clock)
        self._pause = pause
        self._last = (0, 0.0)  # units and seconds at the last line
        self._has_lines = False

    def show(self, status: Status) -> None:
        """Print a line if it is time."""
        units, seconds = self._last
        waited = self.elapsed() - seconds
        is_tenth = (status.done - units) * _PARTS >= self.total and waited >= self._pause
        is_last = status.done == self.total and (self._has_lines or not self._pause)
        if status.done and (is_tenth or is_last or waited >= _MINUTE):
            self._last, self._has_lines = (status.done, self.elapsed()), True
            print(self.line(status), file=sys.stderr, flush=True)  # noqa: T201 - a log

    def end(self) -> None:
        """Do nothing: each line is complete."""


class Notebook(Display):
    """An HTML display that is updated; it needs no widgets."""

    _handle: Any = None
    _last = -_UPDATE

    def show(self, status: Status) -> None:
        """Update the display, at most a few times per second."""
        if self.elapsed() - self._last >= _UPDATE or status.done == self.total:
            self._last = self.elapsed()
            if self._handle is None:
                self._handle = _ipython("display").display(self._html(status), display_id=True)
            else:
                self._handle.update(self._html(status))

    def end(self) -> None:
        """Do nothing: the last status stays in the notebook."""

    def _html(self, status: Status) -> Any:
        bar = f'<progress value="{status.done}" max="{max(1, self.total)}"></progress>'
        return _ipython("display").HTML(f"<div>{bar} {html.escape(self.line(status))}</div>")


class Terminal(Display):
    """A live line of a terminal, and a second one for failed, pruned and reused trials."""

    def __init__(self, unit: str, total: int) -> None:
        super().__init__(unit, total)
        self._bar = _bar(unit)
        self._task = self._bar.add_task("", total=total, best="", others="")
        self._bar.start()

    def show(self, status: Status) -> None:
        """Update the line."""
        self._bar.update(
            self._task,
            completed=status.done,
            description=status.title,
            best=f", best [bold]{status.best}[/]" if status.best else "",
            others=status.others,
        )

    def end(self) -> None:
        """Leave the last status in the terminal."""
        self._bar.stop()


def make_display(unit: str, total: int, *, shown: bool | None) -> Display | None:
    """Return the display for the place where the program runs.

    Parameters
    ----------
    unit : {"trials", "fits"}
    total : int
    shown : bool or None
        None shows lines in a log only if the run takes longer than a few seconds.

    Returns
    -------
    Display or None
        None with ``shown=False``.
    """
    if shown is False:
        return None
    if _is_notebook():
        return Notebook(unit, total)
    if sys.stderr.isatty():
        return Terminal(unit, total)
    return Log(unit, total, pause=0.0 if shown else _LEAST)


def _is_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    return "IPython" in sys.modules and hasattr(_ipython().get_ipython(), "kernel")


def _ipython(module: str = "") -> Any:
    """Return a module of IPython, which a notebook has loaded."""
    return importlib.import_module(f"IPython.{module}".rstrip("."))


def _clock_text(seconds: float) -> str:
    """Return seconds as minutes and seconds, or hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar(unit: str) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Bar(Progress):
        """Progress with a second line."""

        def get_renderables(self) -> Any:
            yield self.make_tasks_table(self.tasks)
            for task in self.tasks:
                if task.fields["others"]:
                    yield Text(f"  {task.fields['others']}", style="dim")

    console = Console(stderr=True)
    bar = [BarColumn(bar_width=20)] if console.width >= _WIDE else []
    return Bar(
        TextColumn("{task.description}", markup=False),
        *bar,
        MofNCompleteColumn(),
        TextColumn(unit + "{task.fields[best]},"),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("remaining"),
        console=console,
    )
