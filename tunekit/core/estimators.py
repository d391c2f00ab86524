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
