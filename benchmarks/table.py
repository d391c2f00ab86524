"""The rows of the table, and how they are printed and kept."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

PACKAGES = [
    "tunekit", "keras", "tensorflow", "scikit-learn", "numpy", "optuna", "hyperopt", "mlflow",
    "keras-tuner", "scikeras",
]  # fmt: skip
RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Row:
    """Two pieces of work, measured in turns.

    Attributes
    ----------
    work, peer : str
    theirs, ours : float
        Median seconds.
    at_least : float or None
        The ratio that is asked for.
    """

    work: str
    peer: str
    theirs: float
    ours: float
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as long the peer takes."""
        return self.theirs / self.ours

    @property
    def cells(self) -> list[str]:
        """The row as it is printed."""
        asked = "" if self.at_least is None else f"{self.at_least:g}"
        short = self.at_least is not None and self.ratio < self.at_least
        missed = " (missed)" if short else ""
        times = [f"{1e3 * value:,.0f}" for value in (self.theirs, self.ours)]
        return [self.work, self.peer, *times, f"{self.ratio:.2f}{missed}", asked]


COLUMNS = ["work", "peer", "peer, ms", "tunekit, ms", "peer / tunekit", "at least"]


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in ("work", "peer") else "right")
    for row in rows:
        table.add_row(*row.cells)
    Console(width=140).print(table)


def keep(rows: Sequence[Row], remarks: Sequence[str]) -> None:
    """Write the table, with versions and date, to RESULTS.md."""
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    lines = [
        "# What `make bench` printed last",
        "",
        (
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, Python {platform.python_version()}, "
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU."
        ),
        "",
        f"{packages}.",
        "",
        "Each pair took turns in one run, each time in a fresh process whose libraries were loaded",
        "and had trained something else; medians. The machines are noisy: read the ratios.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *("| " + " | ".join(row.cells) + " |" for row in rows),
        "",
        *(line for remark in remarks for line in (remark, "")),
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
