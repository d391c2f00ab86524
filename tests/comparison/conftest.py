"""Fixtures: a comparison that several files use."""

from __future__ import annotations

import pytest
from compared_trees import compare


@pytest.fixture(scope="session")
def trees():
    return compare(scoring=["accuracy", "roc_auc_ovr", "fit_time"])
