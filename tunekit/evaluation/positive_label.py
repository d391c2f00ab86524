"""The positive label of two classes, for scorers and reports."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    brier_score_loss,
    class_likelihood_ratios,
    d2_brier_score,
    get_scorer,
    make_scorer,
)
from sklearn.utils.multiclass import type_of_target

from tunekit.evaluation.objectives import Objective, Scorer, make_objectives
from tunekit.evaluation.splits import has_classes
from tunekit.exceptions import ParameterError

_TWO = 2  # classes

#: Functions with the same value for either label; scikit-learn still requires one for text.
_SYMMETRIC = (brier_score_loss, d2_brier_score)


#: Scorers that take both labels, in order: place among the likelihood ratios.
_OF_BOTH = {"positive_likelihood_ratio": 0, "neg_negative_likelihood_ratio": 1}


def _likelihood_ratio(y_true: Any, y_pred: Any, *, labels: Sequence[Any], place: int) -> float:
    return float(class_likelihood_ratios(y_true, y_pred, labels=labels)[place])


#: Scorers for two classes only.
_BINARY = ("f1", "jaccard", "precision", "recall", "roc_auc", *_OF_BOTH)


def with_positive_label(
    objectives: Sequence[Objective], estimator: Any, y: Any, positive: Any
) -> tuple[Objective, ...]:
    """Return objectives that are measured with the chosen positive label.

    Parameters
    ----------
    objectives : sequence of Objective
    estimator : estimator
    y : array-like of shape (n_samples,)
    positive : label or None
        One of two labels. None uses the ``pos_label`` of a scorer that has one, or else 1,
        provided that it is the larger label.

    Returns
    -------
    tuple of Objective
        :attr:`Objective.positive` is set if a label was chosen.

    Raises
    ------
    ParameterError
        If ``positive`` is not one of two labels, a scorer depends on it and it is not given, or a
        scorer is not defined for these targets.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from tunekit.evaluation.objectives import make_objectives
    >>> (objective,) = make_objectives(GaussianNB(), "f1")
    >>> with_positive_label([objective], GaussianNB(), ["no", "yes"], "no")[0].positive
    'no'
    """
    labels = np.unique(np.asarray(y)) if has_classes(estimator, y) else np.empty(0)
    if len(labels) != _TWO:
        if positive is not None:
            raise ParameterError(
                f"positive must be None, since y does not have two classes, got {positive!r}."
            )
        _check_not_binary(objectives, y, n_classes=len(labels))
        return tuple(objectives)
    chosen = _of_scorers(objectives) if positive is None else positive
    if chosen is None:
        _check_clear(objectives, labels)
        return tuple(_measured_with(each, labels, only_symmetric=True) for each in objectives)
    ordered = ordered_labels(labels, chosen)
    if ordered is None:
        first, second = labels.tolist()
        raise ParameterError(
            f"positive must be one of the labels of y, {first!r} or {second!r}, got {chosen!r}."
        )
    return tuple(
        replace(_measured_with(each, ordered), positive=ordered.tolist()[1]) for each in objectives
    )


def objectives_for(estimator: Any, scoring: Any, y: Any, positive: Any) -> tuple[Objective, ...]:
    """Return the objectives for the ``scoring`` of a tuner, with the positive label for its data.

    See :func:`~tunekit.evaluation.objectives.make_objectives` and :func:`with_positive_label`.
    """
    return with_positive_label(make_objectives(estimator, scoring), estimator, y, positive)


def positive_of(objectives: Sequence[Objective]) -> Any:
    """Return the positive label that was chosen; None if none was."""
    return objectives[0].positive


def ordered_labels(labels: NDArray[Any], positive: Any) -> NDArray[Any] | None:
    """Return two sorted labels with the positive one last; None if it is neither.

    Examples
    --------
    >>> ordered_labels(np.array(["no", "yes"]), "no").tolist()
    ['yes', 'no']
    """
    found = [place for place, label in enumerate(labels.tolist()) if label == positive]
    if not found:
        return None
    return labels if found == [1] else labels[::-1]


def scorer_of_labels(name: str, labels: NDArray[Any] | None) -> Scorer:
    """Return scikit-learn's scorer with a name, for two labels of which the second is positive.

    Parameters
    ----------
    name : str
    labels : ndarray of shape (n_classes,) or None
        With another number of labels, and without any, the scorer is unchanged.
    """
    scorer: Scorer = get_scorer(name)
    if labels is None or len(labels) != _TWO:
        return scorer
    return _measured_with(Objective(name, "maximize", scorer), labels).scorer or scorer


def _measured_with(
    objective: Objective, labels: NDArray[Any], *, only_symmetric: bool = False
) -> Objective:
    """Return an objective whose scorer takes the second of two labels as positive."""
    scorer: Any = objective.scorer
    if _takes_both(objective):
        if only_symmetric:
            return objective
        place = _OF_BOTH[objective.known_as]
        both = make_scorer(
            _likelihood_ratio, greater_is_better=place == 0, labels=labels.tolist(), place=place
        )
        return replace(objective, scorer=both, given=scorer)
    if not _takes_label(scorer):
        return objective
    if only_symmetric and scorer._score_func not in _SYMMETRIC:  # noqa: SLF001 - it has no other
        return objective
    chosen = copy.copy(scorer)
    chosen._kwargs = {**scorer._kwargs, "pos_label": labels.tolist()[1]}  # noqa: SLF001 - as above
    return replace(objective, scorer=chosen, given=scorer)


def _takes_both(objective: Objective) -> bool:
    """Return whether the scorer is one of scikit-learn that takes both labels."""
    return objective.known_as in _OF_BOTH and objective.is_scikit_learns


def _takes_label(scorer: Any) -> bool:
    """Return whether a scorer of scikit-learn has a positive label, and it is not set."""
    if not hasattr(scorer, "_score_func") or "pos_label" in scorer._kwargs:  # noqa: SLF001
        return False
    parameters = inspect.signature(scorer._score_func).parameters  # noqa: SLF001
    return "pos_label" in parameters and scorer._kwargs.get("average", "binary") == "binary"  # noqa: SLF001


def _of_scorers(objectives: Sequence[Objective]) -> Any:
    """Return the ``pos_label`` of the first scorer that has one; None if none has."""
    labels = [getattr(each.scorer, "_kwargs", {}).get("pos_label") for each in objectives]
    return next((each for each in labels if each is not None), None)


def _check_clear(objectives: Sequence[Objective], labels: NDArray[Any]) -> None:
    """Check that 1 is the larger of two labels if a scorer depends on the positive label."""
    if labels.dtype.kind in "biuf" and labels[1] == 1:
        return
    for each in objectives:
        scorer: Any = each.scorer
        depends = _takes_label(scorer) and scorer._score_func not in _SYMMETRIC  # noqa: SLF001
        if depends or _takes_both(each):
            negative, positive = labels.tolist()
            raise ParameterError(
                f"scoring {each.name!r} depends on which label is positive, and y has the labels "
                f"{negative!r} and {positive!r}: set positive={positive!r} or "
                f"positive={negative!r}."
            )


def _check_not_binary(objectives: Sequence[Objective], y: Any, *, n_classes: int) -> None:
    """Reject scorers for two classes if there are more, or several labels per row."""
    multilabel = not n_classes and type_of_target(y) == "multilabel-indicator"
    if not n_classes and not multilabel:
        return
    for each in objectives:
        if each.known_as not in _BINARY or not each.is_scikit_learns:
            continue
        if each.known_as == "roc_auc":
            alternative = None if multilabel else "roc_auc_ovr"
        elif each.known_as in _OF_BOTH:
            alternative = "f1_samples" if multilabel else "balanced_accuracy"
        else:
            alternative = f"{each.known_as}_{'samples' if multilabel else 'macro'}"
        if alternative:
            what = "several labels per row" if multilabel else f"{n_classes} classes"
            raise ParameterError(
                f"scoring {each.name!r} is for two classes, and y has {what}: use {alternative!r}."
            )
