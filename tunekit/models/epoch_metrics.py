"""Metrics that are not means over rows, computed after each epoch as by scikit-learn's scorers.

Keras accumulates metrics batch by batch, in float32, which is correct for means over rows. Other
metrics change their meaning: AUC becomes an area under 200 thresholds, a correlation is computed
along each row, and the R² of large targets is a difference of large sums. These metrics are
computed after each epoch instead, from the float64 predictions of all rows.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names, r2_score

from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.models.architectures.base import Meta, Task
from tunekit.models.compiling import ACCURACY, column_of, metric_kind, names
from tunekit.models.labels import Labels
from tunekit.models.training.programs import Arrays

#: Takes rows and returns the outputs of a network, and whether they are probabilities.
NetworkOutputs = Callable[[NDArray[Any]], tuple[NDArray[Any], bool]]

_Weight = NDArray[np.float64] | None
#: Takes an estimator with fixed predictions, targets and weights.
_Measure = Callable[[Any, NDArray[Any], _Weight], float]

# See findings/keras-auc-ranks-models-by-the-spread-of-their-scores.sh,
# findings/keras-precision-and-f1-ignore-the-predicted-class.sh and
# findings/keras-rmse-of-several-targets.sh.
# The scorers that compute Keras metrics given by name.
_SCORERS = {
    "AUC": "roc_auc",
    "BinaryIoU": "jaccard_macro",
    "F1Score": "f1",
    "FBetaScore": "f1",
    "Precision": "precision",
    "R2Score": "r2",
    "Recall": "recall",
}
# Prefixes of the names of scorers for regression.
_REGRESSION_SCORERS = (
    *("d2_absolute", "explained_variance", "neg_max", "neg_mean", "neg_median", "neg_root", "r2"),
)
_TOP_K = 2  # default of scikit-learn's top_k_accuracy
_AGGREGATIONS = {
    "uniform_average": "uniform_average",
    "variance_weighted_average": "variance_weighted",
}


@dataclass(frozen=True)
class EpochMetric:
    """A metric that is computed after each epoch.

    Attributes
    ----------
    name : str
        Name of its column in ``history_``.
    measure : callable
        Takes an estimator with fixed predictions, targets and weights.
    """

    name: str
    measure: _Measure


class EpochScorer:
    """Computes metrics of a network after an epoch.

    Parameters
    ----------
    metrics : sequence of EpochMetric
    meta : Meta
        Description of the data.
    outputs : callable
        See :data:`NetworkOutputs`.
    """

    def __init__(self, metrics: Sequence[EpochMetric], meta: Meta, outputs: NetworkOutputs) -> None:
        self._metrics = metrics
        self._meta = meta
        self._outputs = outputs

    def __call__(self, rows: Arrays) -> dict[str, float]:
        """Return each metric on the given rows, by name; NaN if it is undefined on them."""
        outputs, probabilities = self._outputs(rows.x)
        task, n_classes = self._meta.task, len(self._meta.classes)
        predictor = _predictor(task, n_classes, outputs, probabilities=probabilities)
        y = _targets(rows.y, task)
        weight = None if rows.weight is None else rows.weight.astype(np.float64)
        return {each.name: _measured(each, predictor, y, weight) for each in self._metrics}


def separate(metrics: Sequence[Any], meta: Meta) -> tuple[list[Any], list[EpochMetric]]:
    """Separate the metrics that Keras computes from those that are computed after each epoch.

    Parameters
    ----------
    metrics : sequence of str, keras.metrics.Metric or callable
    meta : Meta
        Description of the data.

    Returns
    -------
    list
        The metrics that Keras computes.
    list of EpochMetric

    Raises
    ------
    ParameterError
        When a name is unknown, or a metric is for other tasks.
    """
    keras_metrics, epoch_metrics = [], []
    for metric in metrics:
        epoch_metric = _epoch_metric(metric, meta)
        if epoch_metric is None:
            keras_metrics.append(metric)
        else:
            epoch_metrics.append(epoch_metric)
    return keras_metrics, epoch_metrics


def _epoch_metric(metric: Any, meta: Meta) -> EpochMetric | None:
    """Return the epoch metric for a metric; None if Keras computes it."""
    if metric in ACCURACY:
        return None
    if isinstance(metric, str) and metric not in names("metrics"):
        if metric in get_scorer_names():
            return _by_scorer(metric, metric, meta)
        known = {*map(column_of, names("metrics").values()), *get_scorer_names()}
        raise ParameterError(f"metrics: {metric!r} is not known.{did_you_mean(metric, known)}")
    kind = metric_kind(metric)
    if not inspect.isclass(kind):
        return None
    if not isinstance(metric, kind):
        return _by_name(kind.__name__, meta)
    # Keras computes the metrics that are given as objects.
    return _r2(metric) if kind.__name__ == "R2Score" and meta.task == "regression" else None


def _by_name(kind: str, meta: Meta) -> EpochMetric | None:
    """Return the epoch metric for the name of a Keras metric; None if Keras computes it."""
    name = column_of(kind)
    if kind in _WITHOUT_SCORER:
        measure, tasks = _WITHOUT_SCORER[kind]
        if meta.task not in tasks:
            raise _wrong_task(name, " and ".join(tasks), meta.task)
        return EpochMetric(name, measure)
    if kind == "RootMeanSquaredError" and meta.task == "regression" and meta.n_outputs > 1:
        negative = _by_scorer(name, "neg_root_mean_squared_error", meta)
        return EpochMetric(name, lambda *args: -negative.measure(*args))
    if kind not in _SCORERS:
        return None
    if kind == "BinaryIoU" and meta.task != "binary":
        raise _wrong_task(name, "binary", meta.task)
    scorer = _SCORERS[kind]
    several = meta.task in ("multiclass", "multilabel")
    return _by_scorer(name, "f1_macro" if scorer == "f1" and several else scorer, meta)


def _wrong_task(name: str, tasks: str, task: Task) -> ParameterError:
    other = "mae" if task == "regression" else "accuracy"
    return ParameterError(
        f"metrics: {name!r} is for {tasks} targets, these are {task}: use another metric, such as "
        f"{other!r}."
    )


def _by_scorer(name: str, scorer: str, meta: Meta) -> EpochMetric:
    """Return the epoch metric of a scorer, if the scorer supports the task."""
    for_regression = scorer.startswith(_REGRESSION_SCORERS)
    if for_regression is not (meta.task == "regression"):
        tasks = "regression" if for_regression else "binary, multiclass or multilabel"
        raise _wrong_task(name, tasks, meta.task)
    if not _supports(scorer, meta):
        others = [f"{scorer}_{way}" for way in ("macro", "ovr")] + ["accuracy"]
        other = next(each for each in others if each in get_scorer_names())
        raise ParameterError(
            f"metrics: {name!r} does not support {meta.task} targets: use another metric, such as "
            f"{other!r}."
        )
    return EpochMetric(name, _measure_of(scorer))


def _measure_of(scorer: str) -> _Measure:
    score = get_scorer(scorer)

    def measure(predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
        weights = {} if weight is None else {"sample_weight": weight}
        return float(score(predictor, np.arange(len(y)), y, **weights))

    return measure


def _supports(scorer: str, meta: Meta) -> bool:
    """Return whether a scorer supports the task; it is tried on a few correct predictions."""
    n = max(2, len(meta.classes), meta.n_outputs)
    y: NDArray[Any]
    if meta.task == "regression":
        y = np.arange(1.0, 1 + n * meta.n_outputs).reshape(n, meta.n_outputs)
    elif meta.task == "multilabel":
        y = np.arange(n * meta.n_outputs).reshape(n, meta.n_outputs) % 2
        y[1] = 1 - y[0]
    else:
        y = np.arange(n) % len(meta.classes)
    outputs = y if y.ndim > 1 else np.eye(n)[y]
    predictor = _predictor(meta.task, len(meta.classes), outputs.astype(np.float64))
    if scorer == "top_k_accuracy" and len(meta.classes) <= _TOP_K:
        return False  # it is always 1
    if meta.task == "multilabel" and ("log_loss" in scorer or "brier" in scorer):
        return False  # they would treat the labels of a row as mutually exclusive classes
    try:
        _without_warnings(_measure_of(scorer), predictor, _targets(y, meta.task), None)
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _measured(metric: EpochMetric, predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
    try:
        return _without_warnings(metric.measure, predictor, y, weight)
    except TypeError:
        if weight is None:
            raise
        raise ParameterError(
            f"metrics: {metric.name!r} does not support sample weights: remove it, or fit without "
            f"sample_weight."
        ) from None
    except ValueError:  # such as a logarithm of negative numbers, or a class without rows
        return math.nan


def _without_warnings(measure: _Measure, predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
    """Compute a metric without warnings, such as about unpredicted classes, in every epoch."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return measure(predictor, y, weight)


def _targets(y: NDArray[Any], task: Task) -> NDArray[Any]:
    """Return the targets of a network in the form for scikit-learn's metrics."""
    if task == "regression":
        y = y.astype(np.float64)
    elif task == "multilabel":
        return y.astype(np.int64)
    elif y.ndim > 1 and y.shape[1] > 1:
        return np.asarray(y.argmax(axis=1))
    y = y[:, 0] if y.ndim > 1 and y.shape[1] == 1 else y
    return y if task == "regression" else y.astype(np.int64)


def _predictor(
    task: Task, n_classes: int, outputs: NDArray[Any], *, probabilities: bool = False
) -> Any:
    if task == "regression":
        return _Regressor(_targets(outputs, task))
    labels = Labels(np.arange(n_classes), task)
    return _Classifier(labels, labels.scores(outputs, probabilities=probabilities))


class _Regressor(RegressorMixin, BaseEstimator):
    """Returns fixed predictions for all rows."""

    def __init__(self, predicted: NDArray[np.float64]) -> None:
        self.predicted = predicted

    def predict(self, _X: Any) -> NDArray[np.float64]:
        return self.predicted


class _Classifier(ClassifierMixin, BaseEstimator):
    """Returns fixed predictions for all rows."""

    def __init__(self, labels: Labels, scores: NDArray[np.float64]) -> None:
        self.labels = labels
        self.scores = scores

    @property
    def classes_(self) -> NDArray[Any]:
        return self.labels.classes

    def decision_function(self, _X: Any) -> NDArray[np.float64]:
        return self.scores

    def predict_proba(self, _X: Any) -> NDArray[np.float64]:
        return self.labels.probabilities(self.scores)

    def predict(self, _X: Any) -> NDArray[Any]:
        return self.labels.decode(self.scores)


def _r2(metric: Any) -> EpochMetric:
    """Return the epoch metric that computes a Keras ``R2Score`` object in float64."""
    multioutput = _AGGREGATIONS.get(metric.class_aggregation)
    if multioutput is None or metric.num_regressors:
        raise ParameterError(
            f"metrics: {metric.name!r} must return one number per epoch, without adjustment: use "
            f"num_regressors=0 and class_aggregation='uniform_average' or "
            f"'variance_weighted_average'."
        )

    def measure(predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
        return float(
            r2_score(y, predictor.predicted, sample_weight=weight, multioutput=multioutput)
        )

    return EpochMetric(metric.name, measure)


def _moments(
    predictor: Any, y: NDArray[Any], weight: _Weight
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return both variances, the covariance and the difference of the means of each target."""
    true, predicted = (each.reshape(len(y), -1) for each in (y, predictor.predicted))
    means = [np.average(each, axis=0, weights=weight) for each in (true, predicted)]
    true, predicted = true - means[0], predicted - means[1]
    pairs = ((true, true), (predicted, predicted), (true, predicted))
    var_true, var_predicted, covariance = (
        np.average(a * b, axis=0, weights=weight) for a, b in pairs
    )
    return var_true, var_predicted, covariance, means[0] - means[1]


def _pearson(predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
    var_true, var_predicted, covariance, _ = _moments(predictor, y, weight)
    return float(np.mean(covariance / np.sqrt(var_true * var_predicted)))


def _concordance(predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
    """See *Lin, 1989*: a concordance correlation coefficient to evaluate reproducibility."""
    var_true, var_predicted, covariance, difference = _moments(predictor, y, weight)
    return float(np.mean(2 * covariance / (var_true + var_predicted + difference**2)))


def _count(predicted: int, true: int) -> _Measure:
    """Return a function that counts true or false positives or negatives."""

    def measure(predictor: Any, y: NDArray[Any], weight: _Weight) -> float:
        counted = (predictor.predict(None) == predicted) & (y == true)
        counts = counted.reshape(len(y), -1).sum(axis=1)
        return float(counts.sum() if weight is None else counts @ weight)

    return measure


_REGRESSION: tuple[Task, ...] = ("regression",)
_BINARY_COLUMNS: tuple[Task, ...] = ("binary", "multilabel")
# Keras metrics that have no scorer, and the tasks that they support.
_WITHOUT_SCORER: Mapping[str, tuple[_Measure, tuple[Task, ...]]] = {
    "ConcordanceCorrelation": (_concordance, _REGRESSION),
    "FalseNegatives": (_count(0, 1), _BINARY_COLUMNS),
    "FalsePositives": (_count(1, 0), _BINARY_COLUMNS),
    "PearsonCorrelation": (_pearson, _REGRESSION),
    "TrueNegatives": (_count(0, 0), _BINARY_COLUMNS),
    "TruePositives": (_count(1, 1), _BINARY_COLUMNS),
}
