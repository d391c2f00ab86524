"""Encode trials and studies as parameters, metrics and tags of MLflow, and decode them."""

from __future__ import annotations

import ast
import dataclasses
import json
import math
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tunekit.core.json_values import encoded, short_digest
from tunekit.core.object_names import decoded
from tunekit.core.predictions import Curve
from tunekit.core.study_info import StudyInfo
from tunekit.core.text import shortened
from tunekit.core.trial import Evaluation, TrialRecord

#: Longest values that MLflow stores without truncation, in characters.
LONGEST_PARAM, LONGEST_TAG = 6000, 8000

_LONGEST_KEY = 230  # MLflow allows 250, and some get a fold as prefix
_UNSAFE = re.compile(r"[^/\w.\- :]", re.ASCII)

_LONG = ("space", "storage")  # fields of a study that are not written as parameters

#: Tag of a trial with the score of each split.
FOLD_SCORES = "tunekit.fold_scores"

#: Fields that must be equal for the scores of two searches to be comparable.
MEASURED = ("estimator", "scoring", "cv", "task", "n_rows", "n_features")

_MEAN, _STD, _TEST = "mean/", "std/", "test/"  # prefixes of keys

# Metrics of a whole trial; all others are logged per epoch.
_RESULTS = frozenset(
    {
        *("fold_score", "duration", "fit_time", "score_time"),
        *("n_params", "epochs_saved", "fits_saved", "predict_time"),
    }
)

Metrics = list[tuple[str, float, int]]


def safe_key(name: str) -> str:
    """Return a key for a parameter or a metric that MLflow accepts.

    It is the name itself if MLflow accepts it. Otherwise, invalid characters are replaced, and a
    digest makes the key unique.

    Examples
    --------
    >>> safe_key("units"), safe_key("fold/0/val_loss")
    ('units', 'fold/0/val_loss')
    >>> safe_key("größe"), safe_key("../x")
    ('gr__e-d353a267', '.._x-d6b96a97')
    """
    path = posixpath.normpath(name)
    unique = path == name and not name.startswith((".", "/"))
    if unique and len(name) <= _LONGEST_KEY and not _UNSAFE.search(name):
        return name
    safe = _UNSAFE.sub("_", name if unique else name.replace("/", "_"))
    return f"{safe[: _LONGEST_KEY - 9]}-{short_digest(name)}"


def encode_params(config: Mapping[str, Any]) -> tuple[dict[str, str], bool]:
    """Return parameters as MLflow accepts them, and whether all are unchanged."""
    texts = {str(name): str(value) for name, value in config.items()}
    params = {safe_key(name): shortened(text, LONGEST_PARAM) for name, text in texts.items()}
    return params, params == texts


def changed_keys(names: Iterable[str]) -> dict[str, str]:
    """Return the names that MLflow does not accept, by the key that replaces each."""
    return {safe_key(name): name for name in names if safe_key(name) != name}


def curve_metrics(evaluation: Evaluation, n_splits: int) -> Metrics:
    """Return the metrics per epoch; with several splits, their keys include the fold."""
    return [
        (curve_key(name, fold if n_splits > 1 else None), value, epoch)
        for fold, curve in enumerate(evaluation.curves)
        for name, values in curve.items()
        for epoch, value in enumerate(values)
    ]


def curve_key(name: str, fold: int | None) -> str:
    """Return the key of a metric per epoch; the fold is None if there is one split."""
    return safe_key(name) if fold is None else f"fold/{fold}/{safe_key(name)}"


def mean_key(scorer: str) -> str:
    """Return the key of the mean score over splits.

    Examples
    --------
    >>> mean_key("accuracy"), std_key("accuracy"), test_key("accuracy")
    ('mean/accuracy', 'std/accuracy', 'test/accuracy')
    """
    return f"{_MEAN}{safe_key(scorer)}"


def std_key(scorer: str) -> str:
    """Return the key of the standard deviation of the scores over splits."""
    return f"{_STD}{safe_key(scorer)}"


def test_key(scorer: str) -> str:
    """Return the key of the score on the test split."""
    return f"{_TEST}{safe_key(scorer)}"


def is_result(key: str) -> bool:
    """Return whether a metric belongs to a whole trial; all others are logged per epoch."""
    return key in _RESULTS or key.startswith((_MEAN, _STD))


def mean_scores(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the mean score of a trial by scorer."""
    return {
        name.removeprefix(_MEAN): value for name, value in metrics.items() if name.startswith(_MEAN)
    }


def result_metrics(record: TrialRecord, scoring: str) -> Metrics:
    """Return the result of a trial as metrics.

    Parameters
    ----------
    record : TrialRecord
    scoring : str
        Name of the main objective.
    """
    evaluation = record.evaluation
    metrics: Metrics = [("duration", record.duration, 0)]
    if record.state == "complete":
        values = {name: evaluation.value(name) for name in evaluation.objectives}
        values[scoring] = evaluation.score
        metrics += [(mean_key(name), value, 0) for name, value in values.items()]
        metrics.append((std_key(scoring), evaluation.spread, 0))
    if evaluation.pruned:
        metrics += [("epochs_saved", evaluation.epochs_saved, 0)]
        metrics += [("fits_saved", evaluation.fits_saved, 0)]
    if evaluation.fit_times:
        metrics.append(("fit_time", float(np.mean(evaluation.fit_times)), 0))
        metrics.append(("score_time", float(np.mean(evaluation.score_times)), 0))
    if evaluation.n_test:
        metrics.append(("predict_time", evaluation.predict_time, 0))
    if evaluation.n_params is not None:
        metrics.append(("n_params", evaluation.n_params, 0))
    metrics += [("fold_score", score, fold) for fold, score in enumerate(evaluation.scores)]
    return [each for each in metrics if not math.isnan(each[1])]  # a pooled score has no spread


def fold_scores(evaluation: Evaluation) -> dict[str, str]:
    """Return a tag with the score of each split: a metric history needs one request per trial."""
    text = json.dumps([float(score) for score in evaluation.scores])
    return {FOLD_SCORES: text} if len(evaluation.scores) > 0 and len(text) <= LONGEST_TAG else {}


# See findings/mlflow-infinite-metric-becomes-a-finite-number.sh.
def infinite_keys(metrics: Metrics) -> list[str]:
    """Return the keys of metrics with an infinite value, which MLflow would store as 1.8e308."""
    return list(dict.fromkeys(name for name, value, _ in metrics if math.isinf(value)))


def timestamped(metrics: Metrics, now: int) -> list[list[Any]]:
    """Return the finite metrics with a timestamp in milliseconds since 1970."""
    return [[name, value, now, step] for name, value, step in metrics if not math.isinf(value)]


def config_file(config: Mapping[str, Any], curves: Iterable[Curve] = ()) -> bytes:
    """Return ``config.json`` of a trial: the full configuration, and keys that were changed."""
    names = [*config, *(name for curve in curves for name in curve)]
    described = {"params": encoded(config), "names": changed_keys(map(str, names))}
    return json.dumps(described, indent=2, ensure_ascii=False).encode()


def study_params(info: StudyInfo) -> dict[str, str]:
    """Return the description of a study as parameters of its parent run.

    The space and the storage are left out because they may be too long.
    """
    described = dataclasses.asdict(info)
    return {name: str(value) for name, value in described.items() if name not in _LONG}


def decode_study(params: Mapping[str, str], space: Mapping[str, Any] | None = None) -> StudyInfo:
    """Return the description of a study from the parameters of its parent run.

    Parameters
    ----------
    params : mapping of str to str
        From :func:`study_params`. Fields that an older version did not write get a default.
    space : mapping or None, default=None
        The space in its JSON form.

    Examples
    --------
    >>> decode_study({"name": "digits", "n_splits": "5", "random_state": "None"}).n_splits
    5
    """
    fields = {name: _DECODERS[name](text) for name, text in params.items() if name in _DECODERS}
    return StudyInfo(**{**_DEFAULTS, **fields, "space": dict(space or {})})


def _literal(text: str) -> Any:
    return ast.literal_eval(text)


#: Decoder for each field of a study.
_DECODERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("name", "ledger", "engine", "algorithm", "pruner", "estimator"), str),
    **dict.fromkeys(("scoring", "cv", "task", "digest"), str),
    **dict.fromkeys(("n_trials", "n_splits", "n_rows", "n_features"), int),
    "split_ratio": float,
    **dict.fromkeys(("random_state", "objectives", "shape", "metadata"), _literal),
}

_DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys(("name", "ledger", "engine", "estimator", "cv"), ""),
    "algorithm": "tpe",
    "pruner": "none",
    "scoring": "score",
    "task": "classification",
    **dict.fromkeys(("n_trials", "n_rows", "n_features"), 0),
    "n_splits": 1,
    "split_ratio": math.nan,
    "random_state": None,
}


def decode_params(text: str) -> dict[str, Any]:
    """Return the parameters of a trial from JSON, as in :class:`TrialRecord`."""
    params: dict[str, Any] = decoded(json.loads(text))
    return params


def measured(info: StudyInfo) -> str:
    """Return as JSON the fields that must be equal for the scores of two searches to compare."""
    return json.dumps({name: getattr(info, name) for name in MEASURED}, ensure_ascii=False)
