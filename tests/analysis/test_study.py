"""What a report collects of a study."""

from __future__ import annotations

import pytest
from fake_studies import execution, tracked, trial

from tunekit.analysis.study import summaries_of


@pytest.mark.parametrize("newest", ["optuna", "hyperopt"])
def test_of_equal_winners_the_first_of_all_trials_is_the_verdicts(newest):
    trials = [trial(0, 0.9, "hyperopt"), trial(0, 0.9), trial(1, 0.9), trial(2, 0.5)]
    engines = sorted(("optuna", "hyperopt"), key=lambda each: each != newest)
    found = summaries_of(tracked(trials, [execution(each) for each in engines]))
    assert [each.best.name for each in found] == ["hyperopt trial 0", "optuna trial 0"]
