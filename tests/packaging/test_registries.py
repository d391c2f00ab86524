"""Engines, architectures and checks are described once; the documentation agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tunekit as tk
from tunekit.analysis.checks.registry import CHECKS
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData
from tunekit.engines.base import Algorithm
from tunekit.engines.registry import ENGINES
from tunekit.models.architectures.registry import ARCHITECTURES, DEFAULT

ROOT = Path(__file__).parents[2]
SPACE = tk.Space(x=tk.Int(1, 3))
EVERY = [(name, each) for name, engine in ENGINES.items() for each in engine.algorithms]


@pytest.mark.parametrize(
    ("engine", "info"), EVERY, ids=[f"{name}-{each.name}" for name, each in EVERY]
)
def test_an_algorithm_is_what_its_engine_says(engine, info):
    algorithm = info.make(SPACE, 0)
    assert isinstance(algorithm, Algorithm)
    assert (type(algorithm).is_exhausted is not Algorithm.is_exhausted) == info.finite
    assert ENGINES[engine].algorithm(info.name) is info


def test_the_page_on_engines_and_the_tuner_name_every_algorithm():
    page = (ROOT / "docs" / "how-to" / "choose-an-engine.md").read_text()
    for engine, info in EVERY:
        assert f'`"{engine}"`' in page
        assert f'`"{info.name}"`' in page
        assert f'``"{info.name}"``' in tk.Tuner.__doc__
        assert f'"{engine}"' in tk.Tuner.__doc__


def test_nothing_but_the_registry_names_an_architecture():
    for path in (ROOT / "tunekit").rglob("*.py"):
        if path.parent.name != "architectures":
            code = re.sub(r'""".*?"""|#.*', "", path.read_text(), flags=re.DOTALL)
            for name in ARCHITECTURES:
                assert f'"{name}"' not in code, path
    assert tk.KerasClassifier().architecture == DEFAULT
    assert DEFAULT in ARCHITECTURES


def test_the_page_on_checks_lists_them_all():
    page = (ROOT / "docs" / "reference" / "checks.md").read_text()
    for check in CHECKS:
        assert set(check.subjects) <= {StudyData, ComparisonData}
        assert check.code in page
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
