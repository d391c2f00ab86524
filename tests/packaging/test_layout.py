"""Files are short, and the folders of tests mirror those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
OTHERS = {"browser", "helpers", "packaging"}  # they are about no package alone


@pytest.mark.parametrize("folder", ["tunekit", "tests"])
def test_no_file_has_more_than_400_lines(folder):
    for path in (ROOT / folder).rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, path


def test_every_folder_of_tests_mirrors_a_package():
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    for folder in sorted(folders):
        if folder.parts[0] not in OTHERS:
            place = ROOT / "tunekit" / folder
            assert (place / "__init__.py").exists() or place.with_suffix(".py").exists(), folder
