"""Whether the best model is better than one that looks at no input."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from tunekit.analysis.checks.finding import Finding
from tunekit.analysis.evidence import Evidence
from tunekit.analysis.text import significant
from tunekit.core.predictions import Predictions
from tunekit.evaluation.pooling import is_pooled, pool
from tunekit.evaluation.predict import probabilities
from tunekit.evaluation.rescoring import rescored


def check_baseline(evidence: Evidence) -> Finding | None:
    """TK401: the best model is no better than one that looks at no input."""
    if evidence.best is None or evidence.held_out is None:
        return None
    return guess(evidence.held_out, evidence.scoring, evidence.best.score)


def check_constant(evidence: Evidence) -> Finding | None:
    """TK402: the best model says the same of every row."""
    return None if evidence.held_out is None else constant(evidence.held_out)


def guess(held: Predictions, scoring: str, score: float) -> Finding | None:
    """Return TK401 if a score is no better than that of a model that looks at no input.

    Parameters
    ----------
    held : Predictions
        Of the best model, on rows held out.
    scoring : str
        Name of the scorer.
    score : float
    """
    baseline = baseline_score(held, scoring)
    if math.isnan(baseline) or score > baseline:
        return None
    what = "the share of each class" if held.classes is not None else "the mean of the targets"
    return Finding(
        code="TK401",
        severity="high",
        title="The best model is no better than a guess",
        evidence=(
            f"Its {scoring} is {significant(score, 4)}; a model that knows nothing but {what} has "
            f"{significant(baseline, 4)} on the same rows."
        ),
        remedy=(
            "Check that rows and targets belong together, that inputs are scaled, and that the "
            "space holds values that can work, before searching on."
        ),
    )


def constant(held: Predictions) -> Finding | None:
    """Return TK402 if a model says the same of every row.

    Parameters
    ----------
    held : Predictions
        Of the best model, on rows held out.
    """
    if not len(held.rows):
        return None
    said = [np.unique(held.y_pred[held.fold == fold], axis=0) for fold in np.unique(held.fold)]
    alike = [len(values) == 1 or _is_flat(values, held) for values in said]
    if not all(alike) or len(np.unique(held.y_true, axis=0)) == 1:
        return None
    shown = ", ".join(dict.fromkeys(str(values[0]) for values in said))
    return Finding(
        code="TK402",
        severity="high",
        title="The best model says the same of every row",
        evidence=f"On the rows held out it predicts nothing but {shown}.",
        remedy=(
            "It has not learned from the inputs: check their scale, the learning rate and the "
            "regularisation, and whether a class is so frequent that naming it is best."
        ),
    )


def baseline_score(held: Predictions, scoring: str) -> float:
    """Return what a model that looks at no input scores on the rows held out.

    It is scikit-learn's DummyClassifier with the prior of the classes, or DummyRegressor with
    the mean, learned from the rows that the other splits held out; of one split from its own.

    Parameters
    ----------
    held : Predictions
        Of the best trial.
    scoring : str
        Name of a scikit-learn scorer.

    Returns
    -------
    float
        Mean over the splits, or pooled as the trial's own; NaN where the scorer is not one of
        scikit-learn's, or cannot judge.
    """
    if scoring not in get_scorer_names():
        return math.nan
    scores, said = [], []
    for fold in np.unique(held.fold):
        own = held.fold == fold
        others = ~np.isin(held.rows, held.rows[own])
        model = _guesser(held, others if others.any() else own)
        try:
            scores.append(_judged(model, held, scoring, own))
        except (ValueError, TypeError, AttributeError):  # a scorer of another kind of target
            return math.nan
        said.append(_said(model, held, own))
    if not scores:
        return math.nan
    pooled = None
    sizes = [len(part.rows) for part in said]
    # As the trial's own score, which is a mean where its predictions do not give it again.
    if is_pooled(scoring, sizes, scores) and rescored(scoring, held) is not None:
        pooled = pool(scoring, [said], [scores])
    return float(np.mean(scores)) if pooled is None else pooled.value


def _guesser(held: Predictions, known: NDArray[np.bool_]) -> Any:
    """Return a model that knows the targets of some rows and looks at no input."""
    guess = DummyRegressor() if held.classes is None else DummyClassifier(strategy="prior")
    return guess.fit(np.zeros((int(known.sum()), 1)), held.y_true[known])


def _judged(model: Any, held: Predictions, scoring: str, judged: NDArray[np.bool_]) -> float:
    inputs = np.zeros((int(judged.sum()), 1))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # such as of a class that is never predicted
        return float(get_scorer(scoring)(model, inputs, held.y_true[judged]))


def _said(model: Any, held: Predictions, judged: NDArray[np.bool_]) -> Predictions:
    inputs = np.zeros((int(judged.sum()), 1))
    return Predictions(
        rows=held.rows[judged],
        fold=held.fold[judged],
        y_true=held.y_true[judged],
        y_pred=np.asarray(model.predict(inputs)),
        y_score=probabilities(model, inputs, held.classes),
        classes=held.classes,
    )


def _is_flat(values: NDArray[np.generic], held: Predictions) -> bool:
    """Tell whether numbers differ by rounding alone."""
    if held.classes is not None or values.dtype.kind != "f":
        return False
    spread = float(np.max(np.ptp(values, axis=0)))
    return spread < 1e-6 * float(np.max(np.ptp(held.y_true, axis=0)))
