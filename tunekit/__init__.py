"""Hyperparameter tuning and honest model comparison for Keras and scikit-learn."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from tunekit.core.version import VERSION
from tunekit.exceptions import (
    DataError,
    NotFoundError,
    ParameterError,
    SpaceError,
    StudyError,
    TrackingError,
    TrackingWarning,
    TrainingDiverged,
    TunekitError,
)
from tunekit.space.categorical import Categorical
from tunekit.space.parameters import Float, Int
from tunekit.space.space import Space

if TYPE_CHECKING:
    from tunekit.comparison.compare import compare
    from tunekit.comparison.datasets import across_datasets
    from tunekit.comparison.result import Comparison
    from tunekit.models.architectures.base import Meta
    from tunekit.models.classifier import KerasClassifier
    from tunekit.models.regressor import KerasRegressor
    from tunekit.reporting.page import report
    from tunekit.study.loading import load_comparison, load_study
    from tunekit.study.tuner import Tuner

__version__ = VERSION

__all__ = [
    "Categorical",
    "Comparison",
    "DataError",
    "Float",
    "Int",
    "KerasClassifier",
    "KerasRegressor",
    "Meta",
    "NotFoundError",
    "ParameterError",
    "Space",
    "SpaceError",
    "StudyError",
    "TrackingError",
    "TrackingWarning",
    "TrainingDiverged",
    "TunekitError",
    "Tuner",
    "across_datasets",
    "compare",
    "load_comparison",
    "load_study",
    "report",
]

# Names whose modules load scikit-learn, Optuna or MLflow. They are imported on first access.
_LAZY = {
    "Comparison": "tunekit.comparison.result",
    "KerasClassifier": "tunekit.models.classifier",
    "KerasRegressor": "tunekit.models.regressor",
    "Meta": "tunekit.models.architectures.base",
    "Tuner": "tunekit.study.tuner",
    "across_datasets": "tunekit.comparison.datasets",
    "compare": "tunekit.comparison.compare",
    "load_comparison": "tunekit.study.loading",
    "load_study": "tunekit.study.loading",
    "report": "tunekit.reporting.page",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        with warnings.catch_warnings():
            # Of tqdm in a notebook without ipywidgets; tunekit needs neither.
            warnings.filterwarnings("ignore", "IProgress not found")
            return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'tunekit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
