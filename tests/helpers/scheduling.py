"""Marks tests by the fixtures they use, and orders them for the workers of pytest-xdist."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

# Fixtures, used directly or indirectly, and the marker of their tests.
MARKED_BY_FIXTURE = {
    "server": {"server", "postgres", "addresses"},
    "interpreter": {"forks", "started"},
    "browser": {"browser"},
}


def mark(items: Sequence[pytest.Item]) -> None:
    """Add the markers that follow from fixtures; pages of the documentation are slow."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for marker, fixtures in MARKED_BY_FIXTURE.items():
            if used & fixtures:
                item.add_marker(marker)
        if isinstance(item, pytest.DoctestItem) and item.path.suffix == ".md":
            item.add_marker("slow")


def dealt(items: Sequence[pytest.Item], n_workers: int) -> list[pytest.Item]:
    """Return the tests in an order that suits ``--dist worksteal``.

    Each worker gets an equal, contiguous part of the tests; later, idle workers steal from the end
    of a part. Each part therefore begins with slow tests, so that none runs alone at the end. All
    tests with a server go to one worker, so that it is started only once, and so do those with a
    browser, and those with other Python processes.
    """
    lanes: dict[str, list[pytest.Item]] = {name: [] for name in MARKED_BY_FIXTURE}
    slow, quick = [], []
    for item in items:
        lane = next((name for name in lanes if item.get_closest_marker(name)), None)
        if lane:
            lanes[lane].append(item)
        else:
            (slow if item.get_closest_marker("slow") else quick).append(item)
    parts: list[list[pytest.Item]] = [[] for _ in range(n_workers)]
    for number, lane_items in enumerate(lanes.values()):
        parts[number % n_workers] += lane_items
    # The same division as in worksteal.
    sizes = [(len(items) + number) // n_workers for number in range(n_workers)]
    for rest in (slow, quick):
        start = 0
        for number, part in enumerate(parts):
            share = len(rest) * (number + 1) // n_workers
            part.extend(rest[start:share])
            start = share
    return _of_sizes(parts, sizes)


def _of_sizes(parts: list[list[pytest.Item]], sizes: Sequence[int]) -> list[pytest.Item]:
    """Concatenate the parts, after moving tests from parts that are too long to shorter ones."""
    spare = [item for part, size in zip(parts, sizes, strict=True) for item in part[size:]]
    ordered = []
    for part, size in zip(parts, sizes, strict=True):
        missing = max(0, size - len(part))
        ordered += [*part[:size], *spare[:missing]]
        spare = spare[missing:]
    return ordered


def number_of_workers() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
