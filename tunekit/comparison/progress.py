"""A live line for people at a terminal: which candidate is fitted, and how many fits are left."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


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
