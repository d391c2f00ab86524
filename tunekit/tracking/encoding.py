"""What MLflow is told of a trial: parameters, metrics and tags, in a form that it can hold."""

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

from tunekit.core.json_values import short_digest, tupled
from tunekit.core.predictions import Curve
from tunekit.core.study_info import StudyInfo
from tunekit.core.text import shortened
from tunekit.core.trial import Evaluation, TrialRecord

#: Longest texts that MLflow keeps whole, in characters.
LONGEST_PARAM, LONGEST_TAG = 6000, 8000

_LONGEST_KEY = 230  # MLflow takes 250, and some have a fold in front
_UNSAFE = re.compile(r"[^/\w.\- :]", re.ASCII)

_LONG = ("space", "storage")  # fields of a study that are no parameters of its run

#: The tag of a trial with the score of each split.
FOLD_SCORES = "tunekit.fold_scores"

#: Fields of a study that two searches must share, or their scores cannot be compared.
MEASURED = ("estimator", "scoring", "cv", "task", "n_rows", "n_features")

#: Metrics of a trial as a whole; all others are by epoch.
RESULTS = frozenset(
    {
        *("objective", "objective_std", "fold_score", "duration", "fit_time", "score_time"),
        *("n_params", "epochs_saved", "fits_saved", "predict_time"),
    }
)

Metrics = list[tuple[str, float, int]]


def safe_key(name: str) -> str:
    """Return a name under which MLflow can keep a parameter or a metric.

    It is the name itself where that will do. Else what MLflow does not take is left out, and
    a digest keeps two such names apart.

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


def params_of(config: Mapping[str, Any]) -> tuple[dict[str, str], bool]:
    """Return parameters as MLflow takes them, and whether each is there as it is."""
    texts = {str(name): str(value) for name, value in config.items()}
    params = {safe_key(name): shortened(text, LONGEST_PARAM) for name, text in texts.items()}
    return params, params == texts


def unlike(names: Iterable[str]) -> dict[str, str]:
    """Return the names that MLflow cannot hold, by the safe ones that stand for them."""
    return {safe_key(name): name for name in names if safe_key(name) != name}


def course_of(evaluation: Evaluation, n_splits: int) -> Metrics:
    """Return metrics by epoch: by their own names for one split, by fold for several."""
    return [
        (curve_key(name, fold if n_splits > 1 else None), value, epoch)
        for fold, curve in enumerate(evaluation.curves)
        for name, values in curve.items()
        for epoch, value in enumerate(values)
    ]


def curve_key(name: str, fold: int | None) -> str:
    """Return the name of a metric by epoch; the fold is None where there is one split."""
    return safe_key(name) if fold is None else f"fold/{fold}/{safe_key(name)}"


def result_of(record: TrialRecord) -> Metrics:
    """Return what a trial found, as metrics."""
    evaluation = record.evaluation
    metrics: Metrics = [("duration", record.duration, 0)]
    if record.state == "complete":
        metrics += [("objective", evaluation.score, 0), ("objective_std", evaluation.spread, 0)]
        metrics += [
            (f"objective/{safe_key(name)}", evaluation.value(name), 0)
            for name in evaluation.objectives
        ]
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
    return [each for each in metrics if not math.isnan(each[1])]  # of a pooled score


def fold_scores(evaluation: Evaluation) -> dict[str, str]:
    """Return the tag with the score of each split: a metric's history costs a call a trial."""
    text = json.dumps([float(score) for score in evaluation.scores])
    return {FOLD_SCORES: text} if len(evaluation.scores) > 0 and len(text) <= LONGEST_TAG else {}


def infinite(metrics: Metrics) -> list[str]:
    """Return the names of metrics with a value that would be stored as 1.8e308."""
    return list(dict.fromkeys(name for name, value, _ in metrics if math.isinf(value)))


def stamped(metrics: Metrics, now: int) -> list[list[Any]]:
    """Return the finite metrics with the time, in milliseconds since 1970."""
    return [[name, value, now, step] for name, value, step in metrics if not math.isinf(value)]


def config_file(config: Mapping[str, Any], curves: Iterable[Curve] = ()) -> bytes:
    """Return ``config.json`` of a trial: its configuration whole, and names that were changed."""
    names = [*config, *(name for curve in curves for name in curve)]
    described = {"params": dict(config), "names": unlike(map(str, names))}
    return json.dumps(described, indent=2, ensure_ascii=False).encode()


def study_params(info: StudyInfo) -> dict[str, str]:
    """Return a study's description as parameters of its parent run.

    The space and the storage are not among them: they may be too long.
    """
    described = dataclasses.asdict(info)
    return {name: str(value) for name, value in described.items() if name not in _LONG}


def decode_study(params: Mapping[str, str], space: Mapping[str, Any] | None = None) -> StudyInfo:
    """Return the description of a study from the parameters of its parent run.

    Parameters
    ----------
    params : mapping of str to str
        From :func:`study_params`. Fields that an older version did not write get a neutral value.
    space : mapping or None, default=None
        The space in its JSON form.

    Examples
    --------
    >>> decode_study({"name": "digits", "n_splits": "5", "random_state": "None"}).n_splits
    5
    """
    known = {name: text for name, text in params.items() if name in _DECODERS}
    facts = {name: _DECODERS[name](text) for name, text in known.items()}
    return StudyInfo(**{**_UNKNOWN, **facts, "space": dict(space or {})})


def _literal(text: str) -> Any:
    return ast.literal_eval(text)


#: How the text of each field of a study is decoded.
_DECODERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("name", "ledger", "engine", "algorithm", "pruner", "estimator"), str),
    **dict.fromkeys(("scoring", "cv", "task", "digest"), str),
    **dict.fromkeys(("n_trials", "n_splits", "n_rows", "n_features"), int),
    "split_ratio": float,
    **dict.fromkeys(("random_state", "objectives", "shape"), _literal),
}

_UNKNOWN: Mapping[str, Any] = {
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
    """Return a trial's parameters from their JSON text, with tuples as in :class:`TrialRecord`."""
    params: dict[str, Any] = tupled(json.loads(text))
    return params


def measured(info: StudyInfo) -> str:
    """Return what the scores of two searches must share to be compared, as a text."""
    return json.dumps({name: getattr(info, name) for name in MEASURED}, ensure_ascii=False)
