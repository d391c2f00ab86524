"""Rows of the results table, and functions that print and save them."""

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
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """Measurements of tunekit and a peer on the same work.

    Attributes
    ----------
    work, peer : str
    theirs, ours : float
        Median seconds.
    at_least : float or None
        The required ratio.
    """

    work: str
    peer: str
    theirs: float
    ours: float
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """Time of the peer divided by the time of tunekit."""
        return self.theirs / self.ours

    @property
    def cells(self) -> list[str]:
        """Cells of the printed row."""
        asked = "" if self.at_least is None else f"{self.at_least:g}"
        short = self.at_least is not None and self.ratio < self.at_least
        missed = " (missed)" if short else ""
        times = [f"{1e3 * value:,.0f}" for value in (self.theirs, self.ours)]
        return [self.work, self.peer, *times, f"{self.ratio:.2f}{missed}", asked]


COLUMNS = ["work", "peer", "peer, ms", "tunekit, ms", "peer / tunekit", "required"]


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
    lines = [
        "# Latest results of `make bench`",
        "",
        *_surroundings(PACKAGES),
        "The two sides of each row were measured alternately in the same run, each time in a new",
        "process that had already loaded the libraries and trained another network. Times are",
        "medians. They vary with the load of the machine, so compare the ratios.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *("| " + " | ".join(row.cells) + " |" for row in rows),
        "",
        *_spaced(remarks),
    ]
    (HERE / "RESULTS.md").write_text("\n".join(lines), encoding="utf-8")


def keep_tracking(remarks: Sequence[str]) -> None:
    """Write the measurements of tracking, with versions and date, to TRACKING.md."""
    lines = [
        "# Latest results of `python benchmarks/tracking.py`",
        "",
        *_surroundings(["tunekit", "mlflow", "sqlalchemy", "psycopg", "optuna", "tensorflow"]),
        "`make bench` runs these measurements, too. Studies with and without tracking alternated,",
        "and were compared trial by trial.",
        "",
        *_spaced(remarks),
    ]
    (HERE / "TRACKING.md").write_text("\n".join(lines), encoding="utf-8")


def _surroundings(packages: Sequence[str]) -> list[str]:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return [
        (
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, Python {platform.python_version()}, "
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU."
        ),
        "",
        f"{versions}.",
        "",
    ]


def _spaced(remarks: Sequence[str]) -> list[str]:
    return [line for remark in remarks for line in (remark, "")]
