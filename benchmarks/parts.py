"""Profile the digits search: ``python benchmarks/parts.py`` prints a table.

The time of a part excludes the time of other parts that it calls.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import work

from tunekit.models import network
from tunekit.models.estimator import KerasEstimator
from tunekit.models.training import programs
from tunekit.models.training.programs import Program
from tunekit.tracking.study_tracker import StudyTracker

PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "running traced epochs": ((Program, "_run"),),
    "tracing epochs": ((Program, "_trace"),),
    "opening the MLflow store (once)": ((StudyTracker, "__init__"),),
    "tracking trials": (
        (StudyTracker, "trial_started"),
        (StudyTracker, "trial_measured"),
        (StudyTracker, "note_end"),
    ),
    "building and compiling networks": ((network, "make_network"),),
    "program templates, their variables and optimizers": (
        (programs, "_program"),
        (programs, "_traced_optimizer"),
    ),
    "copying weights into a program and back": ((Program, "load"), (Program, "store")),
    "predictions": ((network.Network, "outputs"),),
    "other work of the estimator": ((KerasEstimator, "_fit"),),
}


class Clock:
    """Number of calls and seconds of each part, excluding the time of parts that it calls."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.calls = dict.fromkeys(PARTS, 0)
        self._inner = [0.0]

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that calls the given one and measures its time."""

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            self._inner.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                took = time.perf_counter() - start
                self.seconds[part] += took - self._inner.pop()
                self.calls[part] += 1
                self._inner[-1] += took

        return run


def main() -> None:
    """Run the search and print the table."""
    clock = Clock()
    for part, places in PARTS.items():
        for owner, name in places:
            setattr(owner, name, clock.timed(part, getattr(owner, name)))
    work.warm_up()
    clock.seconds, clock.calls = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0)
    start = time.perf_counter()
    work.tunekit_search()
    total = time.perf_counter() - start
    rest = total - sum(clock.seconds.values())
    print("| part | calls | share of the time |\n| --- | ---: | ---: |")
    for part, seconds in sorted(clock.seconds.items(), key=lambda each: -each[1]):
        print(f"| {part} | {clock.calls[part]:,} | {seconds / total:.1%} |")
    print(f"| other work: tuner, Optuna, scores | | {rest / total:.1%} |")


if __name__ == "__main__":
    main()
