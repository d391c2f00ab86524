"""Whether a metric is better when it is greater, for callbacks that monitor it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tunekit.core.runtime import load_keras
from tunekit.exceptions import ParameterError
from tunekit.models.compiling import ACCURACY, column_of, metric_kind, names

Mode = Literal["max", "min"]

_PREFIXES = ("val_", "held_out_")
_MODES: Mapping[str, Mode] = {"up": "max", "down": "min"}  # as Keras names directions


@dataclass(frozen=True)
class Monitored:
    """A metric that callbacks can monitor.

    Attributes
    ----------
    column : str
        Name of its column in ``history_``.
    mode : {"max", "min"} or None
        Whether greater or less is better; None if Keras gives the metric no direction.
    """

    column: str
    mode: Mode | None


def monitored_metrics(metrics: Sequence[Any]) -> dict[str, Monitored]:
    """Return the metrics of an estimator by all names that Keras has for them.

    Parameters
    ----------
    metrics : sequence of str, keras.metrics.Metric or callable
        Names of Keras and of scikit-learn, which are validated elsewhere.

    Examples
    --------
    >>> known = monitored_metrics(["acc", "mae"])
    >>> known["acc"]
    Monitored(column='accuracy', mode='max')
    >>> sorted(known)
    ['acc', 'accuracy', 'mae', 'mean_absolute_error']
    """
    known: dict[str, Monitored] = {}
    for metric in metrics:
        if metric in ACCURACY:
            found = Monitored("accuracy", "max")
        elif isinstance(metric, str) and metric not in names("metrics"):
            found = Monitored(metric, "max")  # a scorer of scikit-learn
        else:
            given, name = _object_of(metric)
            found = Monitored(name, _MODES.get(getattr(given, "_direction", "")))
        known[found.column] = found
        if isinstance(metric, str):
            known[metric] = found
    return known


def metrics_of(model: Any) -> dict[str, Monitored]:
    """Return the metrics of a model that the user compiled, by their names in the history."""
    known: dict[str, Monitored] = {}
    for metric in _compiled(model):
        with contextlib.suppress(ParameterError):  # Keras does not know it
            (found, *_) = monitored_metrics([metric]).values()
            name = metric if isinstance(metric, str) else found.column
            known[name] = Monitored(name, found.mode)
    return known


def _object_of(metric: Any) -> tuple[Any, str]:
    """Return a Keras metric as an object, and the name of its column."""
    kind: Any = metric_kind(metric)
    if isinstance(metric, str) or (inspect.isclass(kind) and not isinstance(metric, kind)):
        return kind(), column_of(kind.__name__)
    return metric, str(getattr(metric, "name", getattr(metric, "__name__", "")))


def _compiled(model: Any) -> Iterator[Any]:
    """Yield the metrics that a model was compiled with: names, or objects."""
    config = model.get_compile_config() or {}
    for key in ("metrics", "weighted_metrics"):
        given = config.get(key) or []
        for each in given.values() if isinstance(given, Mapping) else given:
            for metric in each if isinstance(each, list) else [each]:
                if isinstance(metric, str):
                    yield metric
                elif metric is not None:
                    with contextlib.suppress(TypeError, ValueError):  # a custom class
                        yield load_keras().saving.deserialize_keras_object(metric)


def direct(callbacks: Sequence[Any], known: Mapping[str, Monitored]) -> None:
    """Set what callbacks of Keras would find out from the compiled metrics of the model.

    Keras does not know metrics that are computed after each epoch, nor those of a model that a
    traced program trains.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
        Copies of the user's, which are changed: the name of the monitored column, and its
        direction if it is to be inferred.
    known : mapping of str to Monitored
    """
    for callback in callbacks:
        monitor = getattr(callback, "monitor", None)
        if not isinstance(monitor, str):
            continue
        prefix = next((each for each in _PREFIXES if monitor.startswith(each)), "")
        found = known.get(monitor.removeprefix(prefix))
        if found is None:
            continue
        callback.monitor = f"{prefix}{found.column}"
        if getattr(callback, "mode", "") == "auto" and found.mode is not None:
            callback.mode = found.mode
