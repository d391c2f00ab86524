"""Figures and tables of unusual predictions, shared by several test modules."""

from __future__ import annotations

import pytest
from fake_predictions import HOSTILE

from tunekit.reporting.sections.evaluation import evaluation


@pytest.fixture(scope="session")
def shown():
    """The evaluation of each of the hostile predictions, made on demand."""
    cache = {}

    def show(case):
        if case not in cache:
            cache[case] = evaluation(HOSTILE[case], "held-out", rows="validation rows")
        return cache[case]

    return show
