"""What is kept of a search's winner, beside its score: model, make-up and worst mistakes."""

from __future__ import annotations

import json
import os
from typing import Any

from tunekit.estimator_code import changed_params, estimator_code, in_short
from tunekit.mistakes import worst_mistakes
from tunekit.models.layout import layout
from tunekit.predicting import predict
from tunekit.records import Predictions, TrialRecord
from tunekit.tracking.afterwards import log_test
from tunekit.tracking.facts import ARCHITECTURE
from tunekit.tracking.mistakes import MISTAKES, TEST_MISTAKES, dump_mistakes
from tunekit.tracking.writer import Tracker

#: Set to 0 in the environment, it keeps the inputs of mistakes out of the store.
KEEP_INPUTS = "TUNEKIT_KEEP_INPUTS"

_LONGEST = 200  # characters of a parameter


def keep_winner(tracker: Tracker, record: TrialRecord, estimator: Any, X: Any) -> None:
    """Write what a report tells of the winner, and keep it as a model.

    Parameters
    ----------
    tracker : Tracker
        Of the execution.
    record : TrialRecord
        The winning trial.
    estimator : estimator or None
        Fitted with its configuration on all rows; None where it was not.
    X : array-like of shape (n_samples, ...)
        The data of the search.
    """
    held = tracker.predictions_of_best(record.number)
    if held is not None:
        tracker.attach(mistakes_file(MISTAKES, held, X), record.number)
    if estimator is not None:
        tracker.attach(architecture_file(estimator))
        tracker.crown(record, estimator, X)


def judge_winner(
    uri: str, run_id: str, estimator: Any, X: Any, y: Any, *, scorer: str, score: float
) -> None:
    """Write what the winner scored on a test split, and what it said of its rows.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution.
    estimator : estimator
        Fitted.
    X, y : array-like
        The test split.
    scorer : str
        Name of the study's own scorer.
    score : float
        By that scorer.
    """
    predictions = predict(estimator, X, y, scorers=[scorer])
    log_test(uri, run_id, predictions, score, mistakes_file(TEST_MISTAKES, predictions, X))


def describe_estimator(estimator: Any) -> dict[str, Any]:
    """Return what an estimator is made of, as JSON can hold it.

    Parameters
    ----------
    estimator : estimator
        Fitted.

    Returns
    -------
    dict
        ``kind``, ``"network"`` or ``"estimator"``; ``steps``, one or those of a pipeline, each
        with ``name``, ``kind`` and ``params`` (those that are not at their default, in short);
        ``network``, see :func:`tunekit.models.layout.layout`, where there is one; ``python`` with
        ``imports``, ``expression`` and ``left_out``, see :class:`tunekit.estimator_code.Code`.
    """
    steps = getattr(estimator, "steps", [("", estimator)])
    network, code = layout(estimator), estimator_code(estimator)
    described: dict[str, Any] = {
        "kind": "estimator" if network is None else "network",
        "steps": [_step(name, step) for name, step in steps],
        "python": {
            "imports": list(code.imports),
            "expression": code.expression,
            "left_out": list(code.left_out),
        },
    }
    return described if network is None else {**described, "network": network}


def _step(name: str, step: Any) -> dict[str, Any]:
    given = changed_params(step) if hasattr(step, "get_params") else {}
    params = {
        param: f"{value:.6g}" if isinstance(value, float) else in_short(value, _LONGEST)
        for param, value in given.items()
    }
    kind = type(step).__name__ if hasattr(step, "get_params") else str(step)
    return {"name": str(name), "kind": kind, "params": params}


def architecture_file(estimator: Any) -> dict[str, bytes]:
    """Return what an estimator is made of as the content of a file, by its name."""
    try:
        described = describe_estimator(estimator)
        return {ARCHITECTURE: json.dumps(described, indent=1, ensure_ascii=False).encode()}
    except Exception:  # noqa: BLE001 - whatever somebody's estimator raises is no reason to fail
        return {}


def mistakes_file(name: str, predictions: Predictions, X: Any) -> dict[str, bytes]:
    """Return the inputs of the worst mistakes as the content of a file; none if not to be kept."""
    if os.environ.get(KEEP_INPUTS, "1") == "0":
        return {}
    try:
        found = worst_mistakes(predictions, X)
        return {} if found is None else {name: dump_mistakes(found)}
    except Exception:  # noqa: BLE001 - whatever data of a kind that we do not know raises
        return {}
