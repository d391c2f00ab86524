"""Each finding is in the table, and the code that works around a finding names its script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FINDINGS = ROOT / "findings"
SCRIPTS = sorted(path.name for path in FINDINGS.glob("*.sh"))


def test_the_table_lists_every_script_once():
    rows = re.findall(
        r"^\| \[[\w-]+\]\(([\w-]+\.sh)\) \|", (FINDINGS / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(rows) == SCRIPTS


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_states_versions_and_the_date(name):
    text = (FINDINGS / name).read_text()
    assert re.search(r"20\d\d-\d\d-\d\d", text)
    assert re.search(r"[\w-]+==\d", text), "packages are pinned"
    assert "tunekit" not in text.split("<<'PROGRAM'")[-1]


def test_a_finding_that_the_code_names_exists():
    named = {
        name
        for path in (ROOT / "tunekit").rglob("*.py")
        for name in re.findall(r"findings/([\w-]+\.sh)", path.read_text())
    }
    assert named <= set(SCRIPTS)
    assert len(named) > 20
