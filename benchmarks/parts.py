"""Where the time of the digits search goes: ``python benchmarks/parts.py`` prints a table.

Each part is timed by itself, what it calls and is timed, too, not included.
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
from tunekit.tracking.study_tracker import Tracker

PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "running traced epochs": ((Program, "_run"),),
    "tracing them": ((Program, "_trace"),),
    "opening MLflow's store, once": ((Tracker, "__init__"),),
    "tracking trials": (
        (Tracker, "trial_started"),
        (Tracker, "trial_measured"),
        (Tracker, "note_end"),
    ),
    "building and compiling networks": ((network, "make_network"),),
    "templates, their variables and optimizers": (
        (programs, "_program"),
        (programs, "_traced_optimizer"),
    ),
    "weights into a program and back": ((Program, "load"), (Program, "store")),
    "predictions": ((network.Network, "outputs"),),
    "the rest of the estimator": ((KerasEstimator, "_fit"),),
}


class Clock:
    """Seconds and calls of each part, without those of the parts that it calls."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.calls = dict.fromkeys(PARTS, 0)
        self._inner = [0.0]

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and is timed."""

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
    print(f"| the rest: the tuner, Optuna, scores | | {rest / total:.1%} |")


if __name__ == "__main__":
    main()
