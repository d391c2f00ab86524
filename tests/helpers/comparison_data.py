"""Comparisons as a report gets them, with scores that a test chooses."""

from __future__ import annotations

import dataclasses

import numpy as np
from dummy_estimators import ScriptedEstimator
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.analysis.comparison import ComparisonData
from tunekit.comparison.result import Comparison
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.core.predictions import Predictions

X, y = load_iris(return_X_y=True)
NOISY = {"best": (0.95, 0.7, 0.9, 0.75), "other": (0.7, 0.9, 0.72, 0.88)}


def data_of(found, best=None):
    """What a report shows of a comparison that nobody tracked."""
    best = best or str(found.ranking().index[0])
    return ComparisonData(None, found, best, {}, {}, None, None)


def folds_and_test(folds, right, times=None, kinds=None):
    """A made-up comparison on folds and a test split of 400 rows: scores, and right answers."""
    names = list(folds)
    found = tk.compare(
        {name: ScriptedEstimator() for name in names}, X, y, tracking=False, cv=len(folds[names[0]])
    )
    template, kinds = found.fits[0], kinds or {}
    described = [
        dataclasses.replace(each, kind=kinds.get(each.name, each.kind))
        for each in found.info.candidates
    ]
    info = dataclasses.replace(found.info, candidates=tuple(described), n_test=400)
    truth = np.arange(400) % 2
    fits = []
    for name in names:
        cost = (times or {}).get(name, 1.0)
        for split, score in enumerate(folds[name]):
            fits.append(
                dataclasses.replace(
                    template, candidate=name, split=split, scores={"accuracy": score}, fit_time=cost
                )
            )
        said = np.where(np.arange(400) < right[name], truth, 1 - truth)
        judged = Predictions(
            np.arange(400), np.zeros(400, int), truth, said, None, np.array([0, 1])
        )
        facts = {"n_test": 400, "scores": {"accuracy": right[name] / 400}, "predictions": judged}
        fits.append(dataclasses.replace(template, candidate=name, split=TEST_SPLIT, **facts))
    return data_of(Comparison(info, fits), names[0])
