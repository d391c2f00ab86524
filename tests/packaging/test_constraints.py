"""The pinned versions."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_constraints_name_versions_and_no_place():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert len(pinned) > 100
    for line in pinned:
        name, _, version = line.partition("==")
        assert name, line
        assert version, line
        assert not set("/:@ ") & set(line), line
