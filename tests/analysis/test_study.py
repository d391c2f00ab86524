"""Data of a study for the report."""

from __future__ import annotations

import pytest
from fake_studies import execution, tracked, trial

from tunekit.analysis.study import summaries_of


@pytest.mark.parametrize("newest", ["optuna", "hyperopt"])
def test_the_first_of_tied_best_trials_determines_the_best_engine(newest):
    trials = [trial(0, 0.9, "hyperopt"), trial(0, 0.9), trial(1, 0.9), trial(2, 0.5)]
    engines = sorted(("optuna", "hyperopt"), key=lambda each: each != newest)
    found = summaries_of(tracked(trials, [execution(each) for each in engines]))
    assert [each.best.name for each in found] == ["hyperopt trial 0", "optuna trial 0"]
