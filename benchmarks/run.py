"""Compare tunekit with equivalent hand-written code. Run the comparison with ``make bench``.

The two sides of a row are measured alternately, each time in a separate process. The row shows the
ratio of their medians, because a busy machine slows both sides. Without ``TUNEKIT_DATA``, MNIST and
Adult are downloaded.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import suggestions
import tracking
from rich.console import Console
from table import Row, keep, show

WORK = Path(__file__).with_name("work.py")
REPEATS = 3
SEARCH = "digits, 20 random trials, 1-3 layers, 20 epochs, hold-out, MLflow on"


def measure(name: str) -> dict[str, float]:
    """Run a benchmark in a new process and return the measurements that it prints."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(WORK), name], check=True, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def in_turns(names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the median measurements of several benchmarks that run alternately."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(REPEATS):
        for name in names:
            found[name].append(measure(name))
    return {
        name: {key: statistics.median(each[key] for each in results) for key in results[0]}
        for name, results in found.items()
    }


def training() -> list[Row]:
    """Measure searches, folds and single fits."""
    search = in_turns(["search tunekit", "search keras-tuner", "search optuna", "search hyperopt"])
    ours = search["search tunekit"]["seconds"]
    rows = [
        Row(SEARCH, peer, search[f"search {name}"]["seconds"], ours, at_least)
        for name, peer, at_least in (
            ("keras-tuner", "KerasTuner RandomSearch", 6),
            ("optuna", "Optuna + model.fit", 5),
            ("hyperopt", "Hyperopt + model.fit", None),
        )
    ]
    for what, theirs, mine, peer, at_least in (
        ("digits, 5 folds", "folds wrapper", "folds tunekit", "cross_val_score, model.fit", 9),
        ("digits, 5 folds", "folds scikeras", "folds tunekit", "cross_val_score, scikeras", None),
        (
            "digits, 5 folds x 3 seeds",
            "seeds wrapper",
            "seeds tunekit",
            "cross_val_score, model.fit",
            11,
        ),
        (
            "MNIST 60,000, 512-128, batch 128, 3 epochs",
            "mnist keras",
            "mnist tunekit",
            "model.fit",
            1.5,
        ),
        ("Adult, 128-64, batch 256, 10 epochs", "adult keras", "adult tunekit", "model.fit", 2.5),
    ):
        found = in_turns([theirs, mine])
        rows.append(Row(what, peer, found[theirs]["seconds"], found[mine]["seconds"], at_least))
    return rows


def workers() -> list[Row]:
    """Compare two workers with one."""
    found = in_turns(["one worker", "two workers"])
    return [
        Row(f"digits, 40 trials, 2 workers, start-up {how}", "1 worker",
            found["one worker"][key], found["two workers"][key], at_least)
        for how, key, at_least in (("included", "seconds", 1.3), ("excluded", "trials", 1.7))
    ]  # fmt: skip


def accuracy() -> list[str]:
    """Compare the test accuracy of both training methods over ten seeds."""
    found = measure("accuracy")
    return [
        (
            f"Test accuracy on digits over 10 seeds and splits, 128-64, 20 epochs: tunekit "
            f"{found['tunekit']:.4f} (standard deviation {found['tunekit_std']:.4f}), `model.fit` "
            f"{found['keras']:.4f} ({found['keras_std']:.4f}); the means differ by "
            f"{abs(found['tunekit'] - found['keras']):.4f} (required: less than 0.005)."
        ),
    ]


def memory() -> list[str]:
    """Measure the resident memory in a study of 300 different models."""
    found = measure("memory")
    more = found["after 300"] - found["after 30"]
    return [
        (
            f"Resident memory in a study of {found['models']:.0f} different models: "
            f"{found['after 30']:.0f} MB after the 30th model and {found['after 300']:.0f} MB "
            f"after the 300th, an increase of {more:.0f} MB (required: less than 150 MB)."
        ),
    ]


def main() -> None:
    """Measure all rows, print the table and save it."""
    rows = [*training(), *workers(), *suggestions.rows()]
    remarks = [*accuracy(), *memory()]
    show(rows)
    Console(width=140).print(*remarks)
    keep(rows, remarks)
    tracking.main()


if __name__ == "__main__":
    main()
