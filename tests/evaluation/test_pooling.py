"""Which scores are means over rows, and which are pooled over small folds."""

from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from tunekit.evaluation.pooling import may_be_pooled


def test_every_scorer_is_classified_as_a_mean_over_rows_or_not():
    """With two equal folds, mean and pooled score are equal only for means over rows."""
    rng = np.random.default_rng(0)
    means = {name for name in get_scorer_names() if not may_be_pooled(name, [10, 10])}
    truth, said = rng.random((2, 40)) + 0.1
    halves = (slice(0, 20), slice(20, 40))
    numeric = ("neg_mean", "neg_root", "neg_max", "neg_median", "r2", "d2_absolute", "explained")
    for name in [each for each in get_scorer_names() if each.startswith(numeric)]:
        metric = get_scorer(name)._score_func
        parts = [metric(truth[half], said[half]) for half in halves]
        adds = math.isclose(np.mean(parts), metric(truth, said), rel_tol=1e-9)
        assert adds is (name in means), name
