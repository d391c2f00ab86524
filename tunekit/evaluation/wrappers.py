"""Estimators that fit another one with the rows that they receive."""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.utils.validation import has_fit_parameter

from tunekit.core.estimators import is_pipeline

#: Fit copies for one label or one output each, with targets of their own.
ENCODING = (
    *(OneVsRestClassifier, OneVsOneClassifier, OutputCodeClassifier),
    *(MultiOutputClassifier, MultiOutputRegressor),
)

#: Fit one or several copies with the inputs that they receive.
WRAPPERS = (
    *(CalibratedClassifierCV, FixedThresholdClassifier, TunedThresholdClassifierCV),
    *ENCODING,
)


def inner_of(estimator: Any) -> Any:
    """Return the estimator that a wrapper or a pipeline fits last; None for others."""
    if is_pipeline(estimator):
        return estimator.steps[-1][1]
    if isinstance(estimator, TransformedTargetRegressor):
        return estimator.regressor
    return estimator.estimator if isinstance(estimator, WRAPPERS) else None


def network_in(estimator: Any) -> Any:
    """Return the network inside an estimator whose epochs can be followed, or None.

    Parameters
    ----------
    estimator : estimator
        Not necessarily fitted.
    """
    while (inner := inner_of(estimator)) is not None:
        estimator = inner
    return estimator if has_fit_parameter(estimator, "on_epoch") else None
