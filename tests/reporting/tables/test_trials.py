"""The table of trials."""

from __future__ import annotations

import pytest
from collected import collected
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
)

import tunekit as tk
from tunekit.reporting.tables.trials import score_interval
from tunekit.statistics.corrected_ttest import mean_interval

X_REAL, Y_REAL = load_diabetes(return_X_y=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cv", "ratio"),
    [
        (KFold(5), 0.25),
        (RepeatedKFold(n_splits=4, n_repeats=3, random_state=0), 1 / 3),
        (ShuffleSplit(6, test_size=0.5, random_state=0), 1.0),
        (TimeSeriesSplit(4), (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4),
    ],
    ids=["folds", "repeats", "shuffled", "time"],
)
def test_interval_of_a_trial_accounts_for_its_splits(folder, cv, ratio):
    tuner = tk.Tuner(Ridge(), tk.Space(alpha=tk.Float(0.1, 1)), n_trials=1, cv=cv, name="ridge")
    tuner.fit(X_REAL[:440], Y_REAL[:440])
    data = collected(tuner.tracking_uri_, "ridge")
    scores = cross_val_score(Ridge(**tuner.best_params_), X_REAL[:440], Y_REAL[:440], cv=cv)
    expected = mean_interval(scores, ratio)
    interval = score_interval(data, data.study.trials[0])
    assert interval == pytest.approx((expected.value, expected.low, min(1.0, expected.high)))
