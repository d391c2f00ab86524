"""What scikit-learn estimators and pipelines have in common."""

from __future__ import annotations

from typing import Any


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline; any other estimator itself."""
    return estimator[-1] if hasattr(estimator, "named_steps") else estimator


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
