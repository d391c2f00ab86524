"""Figures and tables of odd predictions, which several files look at."""

from __future__ import annotations

import pytest
from fake_predictions import HOSTILE

from tunekit.reporting.sections.best import evaluation


@pytest.fixture(scope="session")
def shown():
    """What is drawn of each of the hostile predictions, made when asked for."""
    made = {}

    def show(case):
        if case not in made:
            made[case] = evaluation(HOSTILE[case], "held-out", rows="held-out rows")
        return made[case]

    return show
