"""Metrics of an epoch that are no mean over rows: as scikit-learn's scorers compute them.

Keras adds metrics up batch by batch, in float32. That is right for means over rows. Others become
something else: an area under 200 thresholds, a correlation along each row, the R² of large
targets from a difference of large sums. They are measured after each epoch instead, from the
predictions of all rows in float64.
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

#: Takes rows and returns what a network gives, and whether these are probabilities.
Ask = Callable[[NDArray[Any]], tuple[NDArray[Any], bool]]

_Weight = NDArray[np.float64] | None
#: Takes an estimator that gives predictions, targets and weights.
_Measure = Callable[[Any, NDArray[Any], _Weight], float]

# What metrics of Keras are measured by, where they are given by name.
_SCORERS = {
    "AUC": "roc_auc",
    "BinaryIoU": "jaccard_macro",
    "F1Score": "f1",
    "FBetaScore": "f1",
    "Precision": "precision",
    "R2Score": "r2",
    "Recall": "recall",
}
# Beginnings of the names of the scorers that are for numbers.
_OF_NUMBERS = (
    *("d2_absolute", "explained_variance", "neg_max", "neg_mean", "neg_median", "neg_root", "r2"),
)
_K = 2  # of scikit-learn's top_k_accuracy
_AGGREGATIONS = {
    "uniform_average": "uniform_average",
    "variance_weighted_average": "variance_weighted",
}


@dataclass(frozen=True)
class EpochMetric:
    """A metric that is measured after each epoch.

    Attributes
    ----------
    name : str
        Of its column in ``history_``.
    measure : callable
        Takes an estimator that gives predictions, targets and weights.
    """

    name: str
    measure: _Measure


class EpochScorer:
    """Measures metrics of a network after an epoch.

    Parameters
    ----------
    metrics : sequence of EpochMetric
    meta : Meta
        What the network is for.
    ask : callable
        See :data:`Ask`.
    """

    def __init__(self, metrics: Sequence[EpochMetric], meta: Meta, ask: Ask) -> None:
        self._metrics = metrics
        self._meta = meta
        self._ask = ask

    def __call__(self, rows: Arrays) -> dict[str, float]:
        """Return each metric on some rows, by name; NaN where it is not defined on them."""
        outputs, probabilities = self._ask(rows.x)
        task, n_classes = self._meta.task, len(self._meta.classes)
        said = _predictor(task, n_classes, outputs, probabilities=probabilities)
        y = _targets(rows.y, task)
        weight = None if rows.weight is None else rows.weight.astype(np.float64)
        return {each.name: _measured(each, said, y, weight) for each in self._metrics}


def separate(metrics: Sequence[Any], meta: Meta) -> tuple[list[Any], list[EpochMetric]]:
    """Separate the metrics that Keras counts from those that are measured after each epoch.

    Parameters
    ----------
    metrics : sequence of str, keras.metrics.Metric or callable
    meta : Meta
        What the network is for.

    Returns
    -------
    list
        The metrics that Keras counts.
    list of Scored

    Raises
    ------
    ParameterError
        When a name is not known, or the metric is for other tasks.
    """
    of_keras, measured = [], []
    for metric in metrics:
        found = _scored(metric, meta)
        if found is None:
            of_keras.append(metric)
        else:
            measured.append(found)
    return of_keras, measured


def _scored(metric: Any, meta: Meta) -> EpochMetric | None:
    """Return a function that measures a metric after each epoch; None if Keras measures it."""
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
    # An object is measured as Keras does.
    return _r2(metric) if kind.__name__ == "R2Score" and meta.task == "regression" else None


def _by_name(kind: str, meta: Meta) -> EpochMetric | None:
    """Return a function that measures a metric of Keras given by name."""
    name = column_of(kind)
    if kind in _BY_HAND:
        measure, tasks = _BY_HAND[kind]
        if meta.task not in tasks:
            raise _for_others(name, " and ".join(tasks), meta.task)
        return EpochMetric(name, measure)
    if kind == "RootMeanSquaredError" and meta.task == "regression" and meta.n_outputs > 1:
        rooted = _by_scorer(name, "neg_root_mean_squared_error", meta)
        return EpochMetric(name, lambda *given: -rooted.measure(*given))
    if kind not in _SCORERS:
        return None
    if kind == "BinaryIoU" and meta.task != "binary":
        raise _for_others(name, "binary", meta.task)
    scorer = _SCORERS[kind]
    several = meta.task in ("multiclass", "multilabel")
    return _by_scorer(name, "f1_macro" if scorer == "f1" and several else scorer, meta)


def _for_others(name: str, tasks: str, task: Task) -> ParameterError:
    other = "mae" if task == "regression" else "accuracy"
    return ParameterError(
        f"metrics: {name!r} is for {tasks} targets, these are {task}: take another, such as "
        f"{other!r}."
    )


def _by_scorer(name: str, scorer: str, meta: Meta) -> EpochMetric:
    """Return a function that measures as a scorer does, if it supports this task."""
    of_numbers = scorer.startswith(_OF_NUMBERS)
    if of_numbers is not (meta.task == "regression"):
        kinds = "regression" if of_numbers else "binary, multiclass or multilabel"
        raise _for_others(name, kinds, meta.task)
    if not _can_judge(scorer, meta):
        others = [f"{scorer}_{way}" for way in ("macro", "ovr")] + ["accuracy"]
        other = next(each for each in others if each in get_scorer_names())
        raise ParameterError(
            f"metrics: {name!r} cannot judge {meta.task} targets: take another, such as {other!r}."
        )
    return EpochMetric(name, _asking(scorer))


def _asking(scorer: str) -> _Measure:
    ask = get_scorer(scorer)

    def measure(said: Any, y: NDArray[Any], weight: _Weight) -> float:
        given = {} if weight is None else {"sample_weight": weight}
        return float(ask(said, np.arange(len(y)), y, **given))

    return measure


def _can_judge(scorer: str, meta: Meta) -> bool:
    """Try a scorer on a few rows that are predicted well."""
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
    said = _predictor(meta.task, len(meta.classes), outputs.astype(np.float64))
    if scorer == "top_k_accuracy" and len(meta.classes) <= _K:
        return False  # it is always 1
    if meta.task == "multilabel" and ("log_loss" in scorer or "brier" in scorer):
        return False  # they would take a row's labels for classes that exclude each other
    try:
        _quietly(_asking(scorer), said, _targets(y, meta.task), None)
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _measured(metric: EpochMetric, said: Any, y: NDArray[Any], weight: _Weight) -> float:
    try:
        return _quietly(metric.measure, said, y, weight)
    except TypeError:
        if weight is None:
            raise
        raise ParameterError(
            f"metrics: {metric.name!r} takes no weights of rows: leave it out, or fit without "
            f"sample_weight."
        ) from None
    except ValueError:  # such as a logarithm of numbers below 0, or a class that no row has
        return math.nan


def _quietly(measure: _Measure, said: Any, y: NDArray[Any], weight: _Weight) -> float:
    """Measure without the warnings that some classes are never predicted, epoch by epoch."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return measure(said, y, weight)


def _targets(y: NDArray[Any], task: Task) -> NDArray[Any]:
    """Return the targets of a network in the form that scikit-learn's metrics take."""
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
    """Gives predictions that there are, for all rows at once."""

    def __init__(self, predicted: NDArray[np.float64]) -> None:
        self.predicted = predicted

    def predict(self, _X: Any) -> NDArray[np.float64]:
        return self.predicted


class _Classifier(ClassifierMixin, BaseEstimator):
    """Gives predictions that there are, for all rows at once."""

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
    """Return a function that measures as a configured metric of Keras does, in float64."""
    way = _AGGREGATIONS.get(metric.class_aggregation)
    if way is None or metric.num_regressors:
        raise ParameterError(
            f"metrics: {metric.name!r} is measured with one number an epoch and not adjusted: "
            f"leave num_regressors at 0, and class_aggregation at 'uniform_average' or "
            f"'variance_weighted_average'."
        )

    def measure(said: Any, y: NDArray[Any], weight: _Weight) -> float:
        return float(r2_score(y, said.predicted, sample_weight=weight, multioutput=way))

    return EpochMetric(metric.name, measure)


def _moments(
    said: Any, y: NDArray[Any], weight: _Weight
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the variances, the covariance and the difference of means, for each target."""
    true, predicted = (each.reshape(len(y), -1) for each in (y, said.predicted))
    means = [np.average(each, axis=0, weights=weight) for each in (true, predicted)]
    true, predicted = true - means[0], predicted - means[1]
    pairs = ((true, true), (predicted, predicted), (true, predicted))
    first, second, both = (np.average(a * b, axis=0, weights=weight) for a, b in pairs)
    return first, second, both, means[0] - means[1]


def _pearson(said: Any, y: NDArray[Any], weight: _Weight) -> float:
    first, second, both, _ = _moments(said, y, weight)
    return float(np.mean(both / np.sqrt(first * second)))


def _concordance(said: Any, y: NDArray[Any], weight: _Weight) -> float:
    """See *Lin, 1989*: a concordance correlation coefficient to evaluate reproducibility."""
    first, second, both, apart = _moments(said, y, weight)
    return float(np.mean(2 * both / (first + second + apart**2)))


def _count(called: int, truth: int) -> _Measure:
    """Return a function that counts true or false positives or negatives."""

    def measure(said: Any, y: NDArray[Any], weight: _Weight) -> float:
        both = (said.predict(None) == called) & (y == truth)
        each = both.reshape(len(y), -1).sum(axis=1)
        return float(each.sum() if weight is None else each @ weight)

    return measure


_NUMBERS: tuple[Task, ...] = ("regression",)
_YES_OR_NO: tuple[Task, ...] = ("binary", "multilabel")
# Metrics of Keras that have no scorer, and the tasks that they are for.
_BY_HAND: Mapping[str, tuple[_Measure, tuple[Task, ...]]] = {
    "ConcordanceCorrelation": (_concordance, _NUMBERS),
    "FalseNegatives": (_count(0, 1), _YES_OR_NO),
    "FalsePositives": (_count(1, 0), _YES_OR_NO),
    "PearsonCorrelation": (_pearson, _NUMBERS),
    "TrueNegatives": (_count(0, 0), _YES_OR_NO),
    "TruePositives": (_count(1, 1), _YES_OR_NO),
}
