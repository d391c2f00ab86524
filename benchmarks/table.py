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
HERE = Path(__file__).parent


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
    lines = [
        "# What `make bench` printed last",
        "",
        *_surroundings(PACKAGES),
        "Each pair took turns in one run, each time in a fresh process whose libraries were loaded",
        "and had trained something else; medians. The machines are noisy: read the ratios.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *("| " + " | ".join(row.cells) + " |" for row in rows),
        "",
        *_spaced(remarks),
    ]
    (HERE / "RESULTS.md").write_text("\n".join(lines), encoding="utf-8")


def keep_tracking(remarks: Sequence[str]) -> None:
    """Write what tracking costs, with versions and date, to TRACKING.md."""
    lines = [
        "# What `python benchmarks/tracking.py` printed last",
        "",
        *_surroundings(["tunekit", "mlflow", "sqlalchemy", "psycopg", "optuna", "tensorflow"]),
        "It is a part of `make bench`. Pairs of studies took turns, compared trial by trial.",
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
