"""Checks of the best model against a baseline that ignores the inputs."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from tunekit.analysis.checks.finding import Issue, Subject, check
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import listed, score_of, scorer_in_words, significant
from tunekit.core.predictions import Predictions
from tunekit.evaluation.pooling import is_pooled, pool
from tunekit.evaluation.predict import probabilities
from tunekit.evaluation.rescoring import rescored

_FEW = 10  # rows of a fold
_SHOWN = 3  # predictions


@check(
    "TK401",
    severity="high",
    title="The best model is no better than chance",
    of=(StudyData, ComparisonData),
)
def check_baseline(data: Subject) -> Issue | None:
    """Report a best model that is no better than one that ignores its inputs."""
    if isinstance(data, ComparisonData):
        if data.best_is_dummy:
            return _dummy_is_best(data)
        if data.comparison.info.scoring[data.scoring] != "maximize":
            return None
        score = float(data.comparison.ranking()["score"].iloc[0])
    else:
        score = math.nan if data.best is None else data.best.score
    if data.validation is None or math.isnan(score):
        return None
    baseline = baseline_score(data.validation, data.scoring)
    if math.isnan(baseline) or score > baseline:
        return None
    classes = data.validation.classes is not None
    known = "the class proportions" if classes else "the mean of the targets"
    return Issue(
        evidence=(
            f"Its {scorer_in_words(data.scoring)} is {score_of(data.scoring, score)}; a dummy that "
            f"knows only {known} has {score_of(data.scoring, baseline)} on the same rows."
        ),
        remedy=(
            "Before you continue the search, check that rows and targets match, that the inputs "
            "are scaled, and that the space contains values that can work."
        ),
    )


def _dummy_is_best(data: ComparisonData) -> Issue:
    others = len(data.comparison.ranking().dropna(subset=["score"])) - 1
    if others > 1:
        rest = f"none of the {others:,} other candidates with a score is better"
    else:
        rest = "the other candidate is not better" if others else "no other candidate has a score"
    return Issue(
        title="No candidate is better than chance",
        evidence=(
            f"{listed([data.best])} ranks first. It is a {data.best_kind}, which ignores the "
            f"inputs: {rest}."
        ),
        remedy=(
            "Check that rows and targets match, and that the inputs are scaled. Otherwise, these "
            "inputs may contain little information about the targets."
        ),
    )


@check(
    "TK402",
    severity="high",
    title="The best model predicts the same value for every row",
    of=(StudyData, ComparisonData),
)
def check_constant(data: Subject) -> Issue | None:
    """Report a best model, other than a dummy, that predicts the same value for every row."""
    predictions = data.validation
    if predictions is None or not len(predictions.rows):
        return None
    if isinstance(data, ComparisonData) and data.best_is_dummy:
        return None  # expected of a dummy
    by_fold = _distinct_predictions(predictions)
    constant = [len(values) == 1 or _is_flat(values, predictions) for values in by_fold]
    if not all(constant) or len(np.unique(predictions.y_true, axis=0)) == 1:
        return None
    shown = list(dict.fromkeys(_in_short(values[0]) for values in by_fold))
    more = f" and {len(shown) - _SHOWN} other values" if len(shown) > _SHOWN else ""
    return Issue(
        evidence=f"For all validation rows, it predicts {', '.join(shown[:_SHOWN])}{more}.",
        remedy=(
            "It has not learned from the inputs: check their scale, the learning rate and the "
            "regularization, and whether one class is so frequent that always predicting it "
            "scores best."
        ),
    )


def _distinct_predictions(predictions: Predictions) -> list[NDArray[Any]]:
    """Return the distinct predictions for each fold, or for all rows if folds are small."""
    folds, sizes = np.unique(predictions.fold, return_counts=True)
    if sizes.min() < _FEW:  # a good model may predict the same for a few rows
        return [np.unique(predictions.y_pred, axis=0)]
    return [np.unique(predictions.y_pred[predictions.fold == each], axis=0) for each in folds]


def _in_short(value: Any) -> str:
    return significant(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def baseline_score(predictions: Predictions, scoring: str) -> float:
    """Return the score of a model that ignores the inputs on the validation rows.

    The model is scikit-learn's ``DummyClassifier(strategy="prior")`` or ``DummyRegressor()``. For
    each split, it is fitted on the validation rows of the other splits; a single split uses its
    own.

    Parameters
    ----------
    predictions : Predictions
        Predictions of the best trial.
    scoring : str
        Name of a scikit-learn scorer.

    Returns
    -------
    float
        Mean over the splits, or pooled if the trial's score is; NaN if scikit-learn has no such
        scorer, or if the scorer does not apply to these targets.
    """
    if scoring not in get_scorer_names():
        return math.nan
    scores, dummy_predictions = [], []
    for fold in np.unique(predictions.fold):
        in_fold = predictions.fold == fold
        others = ~np.isin(predictions.rows, predictions.rows[in_fold])
        dummy = _fit_dummy(predictions, others if others.any() else in_fold)
        try:
            scores.append(_dummy_score(dummy, predictions, scoring, in_fold))
        except (ValueError, TypeError, AttributeError):  # a scorer for another kind of target
            return math.nan
        dummy_predictions.append(_dummy_predictions(dummy, predictions, in_fold))
    if not scores:
        return math.nan
    pooled = None
    sizes = [len(part.rows) for part in dummy_predictions]
    # Same as the trial's score, which is a mean if its predictions do not reproduce it.
    if is_pooled(scoring, sizes, scores) and rescored(scoring, predictions) is not None:
        pooled = pool(scoring, [dummy_predictions], [scores])
    return float(np.mean(scores)) if pooled is None else pooled.value


def _fit_dummy(predictions: Predictions, known: NDArray[np.bool_]) -> Any:
    """Return a model fitted to the targets of some rows, without inputs."""
    is_regression = predictions.classes is None
    dummy = DummyRegressor() if is_regression else DummyClassifier(strategy="prior")
    return dummy.fit(np.zeros((int(known.sum()), 1)), predictions.y_true[known])


def _dummy_score(
    dummy: Any, predictions: Predictions, scoring: str, rows: NDArray[np.bool_]
) -> float:
    inputs = np.zeros((int(rows.sum()), 1))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # for example of a class that is never predicted
        return float(get_scorer(scoring)(dummy, inputs, predictions.y_true[rows]))


def _dummy_predictions(
    dummy: Any, predictions: Predictions, rows: NDArray[np.bool_]
) -> Predictions:
    inputs = np.zeros((int(rows.sum()), 1))
    return Predictions(
        rows=predictions.rows[rows],
        fold=predictions.fold[rows],
        y_true=predictions.y_true[rows],
        y_pred=np.asarray(dummy.predict(inputs)),
        y_score=probabilities(dummy, inputs, predictions.classes),
        classes=predictions.classes,
    )


def _is_flat(values: NDArray[np.generic], predictions: Predictions) -> bool:
    """Return whether predicted numbers differ only by rounding."""
    if predictions.classes is not None or values.dtype.kind != "f":
        return False
    spread = float(np.max(np.ptp(values, axis=0)))
    return spread < 1e-6 * float(np.max(np.ptp(predictions.y_true, axis=0)))
