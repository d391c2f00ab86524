"""Whether the best model is better than one that looks at no input."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from tunekit.analysis.checks.finding import Found, Subject, check
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import listed, significant
from tunekit.core.predictions import Predictions
from tunekit.evaluation.pooling import is_pooled, pool
from tunekit.evaluation.predict import probabilities
from tunekit.evaluation.rescoring import rescored


@check(
    "TK401",
    severity="high",
    title="The best model is no better than a guess",
    of=(StudyData, ComparisonData),
)
def check_baseline(data: Subject) -> Found | None:
    """Find that the best model is no better than one that ignores its inputs."""
    if isinstance(data, ComparisonData):
        if data.best_is_dummy:
            return _dummy_is_best(data)
        if data.found.info.scoring[data.scoring] != "maximize":
            return None
        score = float(data.found.ranking()["score"].iloc[0])
    else:
        score = math.nan if data.best is None else data.best.score
    if data.validation is None or math.isnan(score):
        return None
    baseline = baseline_score(data.validation, data.scoring)
    if math.isnan(baseline) or score > baseline:
        return None
    classes = data.validation.classes is not None
    what = "the share of each class" if classes else "the mean of the targets"
    return Found(
        evidence=(
            f"Its {data.scoring} is {significant(score, 4)}; a model that knows nothing but "
            f"{what} has {significant(baseline, 4)} on the same rows."
        ),
        remedy=(
            "Check that rows and targets belong together, that inputs are scaled, and that the "
            "space holds values that can work, before searching on."
        ),
    )


def _dummy_is_best(data: ComparisonData) -> Found:
    others = len(data.found.ranking().dropna(subset=["score"])) - 1
    beats = f"none of the {others:,} others with a score beats it" if others > 1 else ""
    beats = beats or ("the other one does not beat it" if others else "no other one has a score")
    return Found(
        title="No candidate is better than a guess",
        evidence=(
            f"{listed([data.best])} ranks first, a {data.best_kind}, which looks at no input: "
            f"{beats}."
        ),
        remedy=(
            "Check that rows and targets belong together, and that inputs are scaled; or there is "
            "little in these inputs that tells the targets."
        ),
    )


@check(
    "TK402",
    severity="high",
    title="The best model says the same of every row",
    of=(StudyData, ComparisonData),
)
def check_constant(data: Subject) -> Found | None:
    """Find that the best model, unless it is a dummy, predicts the same value for every row."""
    held = data.validation
    if held is None or not len(held.rows):
        return None
    if isinstance(data, ComparisonData) and data.best_is_dummy:
        return None  # it is meant to
    said = [np.unique(held.y_pred[held.fold == fold], axis=0) for fold in np.unique(held.fold)]
    alike = [len(values) == 1 or _is_flat(values, held) for values in said]
    if not all(alike) or len(np.unique(held.y_true, axis=0)) == 1:
        return None
    shown = ", ".join(dict.fromkeys(str(values[0]) for values in said))
    return Found(
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
