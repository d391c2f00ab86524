"""What scikit-learn estimators and pipelines have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tunekit.core.named import Named, real

# Attributes of fitted estimators with the estimators that they fitted. Ensembles also have an
# unfitted ``estimator_``.
_FITTED = (
    *("best_estimator_", "calibrated_classifiers_", "estimators_"),
    *("estimator_", "regressor_"),
)


def is_pipeline(estimator: Any) -> bool:
    """Return whether an estimator is a pipeline, of scikit-learn or with the same attributes."""
    return hasattr(estimator, "named_steps")


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline; any other estimator itself."""
    return estimator[-1] if is_pipeline(estimator) else estimator


def fitted_models(estimator: Any) -> list[Any]:
    """Return the models that a fitted estimator predicts with; itself if it contains none.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.multiclass import OneVsRestClassifier
    >>> one_by_one = OneVsRestClassifier(LogisticRegression()).fit([[0], [1], [2]], [0, 1, 2])
    >>> fitted_models(one_by_one)
    [LogisticRegression(), LogisticRegression(), LogisticRegression()]
    """
    estimator = last_step(estimator)
    fitted = (getattr(estimator, name, None) for name in _FITTED)
    inner = next((each for each in fitted if each is not None), None)
    if inner is None:
        return [estimator]
    if isinstance(inner, np.ndarray):
        inner = inner.ravel().tolist()
    parts = [*(inner if isinstance(inner, list) else [inner])]
    if hasattr(estimator, "calibrated_classifiers_"):
        parts = [each.estimator for each in parts]
    if hasattr(estimator, "final_estimator_"):
        parts.append(estimator.final_estimator_)
    return [model for part in parts for model in fitted_models(part)]


def random_states(estimator: Any) -> dict[str, Any]:
    """Return every ``random_state`` of an estimator and its parts, by parameter name.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> random_states(make_pipeline(DecisionTreeClassifier(random_state=1)))
    {'decisiontreeclassifier__random_state': 1}
    """
    return {
        name: value
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state"
    }


def configured(estimator: Any, params: Mapping[str, Any], random_state: int | None = None) -> Any:
    """Return a copy of an estimator with the parameters of a trial.

    Parameters
    ----------
    estimator : estimator
    params : mapping
        Objects are copied.
    random_state : int or None, default=None
        Replaces each ``random_state`` that is None in these objects.
    """
    from sklearn.base import clone

    copy = clone(estimator).set_params(**real(dict(params)))
    if random_state is not None and any(isinstance(each, Named) for each in params.values()):
        states = random_states(copy).items()
        unset = [name for name, value in states if value is None and name not in params]
        copy.set_params(**dict.fromkeys(unset, random_state))
    return copy


def is_tuner(estimator: Any) -> bool:
    """Return whether an estimator is a tuner."""
    return {"space", "n_trials", "tracking"} <= set(estimator.get_params(deep=False))


def is_estimator(value: Any) -> bool:
    """Return whether a value has the methods that every estimator and every transformer has."""
    return all(callable(getattr(value, name, None)) for name in ("fit", "get_params", "set_params"))


def parts_of(estimator: Any) -> dict[str, Any]:
    """Return the estimators among the parameters of an estimator, such as steps of a pipeline."""
    params = estimator.get_params(deep=True)
    return {
        name: value
        for name, value in params.items()
        if is_estimator(value) and not isinstance(value, type)
    }
