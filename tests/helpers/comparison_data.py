"""Data of comparisons with given scores."""

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


def data_of(comparison, best=None):
    """Return the report data of a comparison that was not tracked."""
    best = best or str(comparison.ranking().index[0])
    return ComparisonData(None, comparison, best, {}, {}, None, None)


def folds_and_test(folds, n_correct, times=None, kinds=None):
    """Return a fake comparison on folds, by scores, and on a test split of 400 rows, by hits."""
    names = list(folds)
    comparison = tk.compare(
        {name: ScriptedEstimator() for name in names}, X, y, tracking=False, cv=len(folds[names[0]])
    )
    template, kinds = comparison.fits[0], kinds or {}
    described = [
        dataclasses.replace(each, kind=kinds.get(each.name, each.kind))
        for each in comparison.info.candidates
    ]
    info = dataclasses.replace(comparison.info, candidates=tuple(described), n_test=400)
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
        predicted = np.where(np.arange(400) < n_correct[name], truth, 1 - truth)
        predictions = Predictions(
            np.arange(400), np.zeros(400, int), truth, predicted, None, np.array([0, 1])
        )
        facts = {
            "n_test": 400,
            "scores": {"accuracy": n_correct[name] / 400},
            "predictions": predictions,
        }
        fits.append(dataclasses.replace(template, candidate=name, split=TEST_SPLIT, **facts))
    return data_of(Comparison(info, fits), names[0])
