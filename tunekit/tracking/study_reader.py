"""Read studies from MLflow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tunekit.core.addresses import as_address
from tunekit.core.predictions import Curve, Predictions
from tunekit.core.secrets import shown_address
from tunekit.exceptions import NotFoundError, TrackingError, did_you_mean
from tunekit.tracking.artifacts import CONFIG, fetch_predictions, read_json
from tunekit.tracking.encoding import (
    FOLD_SCORES,
    MEASURED,
    decode_params,
    decode_study,
    is_result,
    mean_key,
    mean_scores,
    std_key,
    test_key,
)
from tunekit.tracking.store import (
    check_is_active,
    other_names,
    search_all,
    tracking_errors,
)
from tunekit.tracking.tracked_study import Execution, TrackedStudy, TrackedTrial


def list_studies(client: Any) -> list[TrackedStudy]:
    """Return all studies of a store, with all executions and trials, sorted by name.

    Parameters
    ----------
    client : MlflowClient

    Raises
    ------
    NotFoundError
        When the store does not exist.
    TrackingError
        When it cannot be opened.
    """
    with tracking_errors(f"the store {shown_address(client.tracking_uri)} cannot be read"):
        experiments = sorted(client.search_experiments(), key=lambda each: str(each.name))
        studies = [_study(client, experiment) for experiment in experiments]
        return [
            _with_trials(client, study, {each.ledger for each in study.executions})
            for study in studies
            if study.executions
        ]


def read_study(client: Any, name: str) -> TrackedStudy:
    """Return a study: the newest search of each engine, with all executions that resumed it.

    Only searches whose scores are comparable with the newest one are included.

    Parameters
    ----------
    client : MlflowClient
    name : str

    Raises
    ------
    NotFoundError
        When there is no such study.
    TrackingError
        When the store cannot be read, or the study was deleted there.
    """
    study = find_study(client, name)
    if study is None:
        raise NotFoundError(
            f"there is no study {name!r} in {shown_address(client.tracking_uri)}."
            f"{did_you_mean(name, other_names(client, name))}"
        )
    return study


def find_study(client: Any, name: str) -> TrackedStudy | None:
    """Return a study as :func:`read_study` does; None if there is no such study.

    Raises
    ------
    TrackingError
        When the store cannot be read, or the study was deleted there.
    """
    uri = client.tracking_uri
    with tracking_errors(f"the store {shown_address(uri)} cannot be read"):
        experiment = client.get_experiment_by_name(name)
        if experiment:
            check_is_active(experiment, uri)
        study = _study(client, experiment) if experiment else None
    if study is None or not study.executions:
        return None
    newest: dict[str, str] = {}
    for execution in study.executions:
        if _comparable(execution, study.executions[0]):
            newest.setdefault(execution.engine, execution.ledger)
    return _with_trials(client, study, set(newest.values()))


def read_execution(client: Any, run_id: str) -> TrackedStudy:
    """Return the study of an execution, without other searches with the same name.

    Parameters
    ----------
    client : MlflowClient
    run_id : str

    Raises
    ------
    TrackingError
        When the store has no such run, or the study was deleted there.
    """
    uri = client.tracking_uri
    with tracking_errors(f"the store {shown_address(uri)} has no run {run_id}"):
        run = client.get_run(run_id)
        experiment = client.get_experiment(run.info.experiment_id)
        check_is_active(experiment, uri)
        study = _study(client, experiment)
    return _with_trials(client, study, {run.data.tags["tunekit.ledger"]})


def read_curves(client: Any, trial: TrackedTrial) -> list[Curve]:
    """Return the metrics per epoch of a trial, one mapping per split."""
    keys = client.get_run(trial.run_id).data.metrics
    folds: dict[int, dict[str, tuple[float, ...]]] = {}
    for key in keys:
        if is_result(key):
            continue
        fold, name = (0, key) if not key.startswith("fold/") else _split_key(key)
        points = {int(each.step): each for each in client.get_metric_history(trial.run_id, key)}
        # Infinite values are not stored.
        folds.setdefault(fold, {})[name] = tuple(
            float(points[epoch].value) if epoch in points else float("nan")
            for epoch in range(max(points) + 1)
        )
    return [_padded(folds[fold]) for fold in sorted(folds)]


def _padded(curve: dict[str, tuple[float, ...]]) -> Curve:
    """Return a curve whose metrics have the same length, padded with NaN."""
    longest = max(map(len, curve.values()))
    return {
        name: values + (float("nan"),) * (longest - len(values)) for name, values in curve.items()
    }


def read_predictions(client: Any, run_id: str, name: str) -> Predictions:
    """Return predictions that a run stores under a file name.

    Parameters
    ----------
    client : MlflowClient
    run_id, name : str

    Raises
    ------
    TrackingError
        When there is no such file.
    """
    with tracking_errors(f"cannot read {name} of run {run_id}"):
        return fetch_predictions(client, run_id, name)


def _comparable(one: Execution, other: Execution) -> bool:
    """Return whether the scores of two executions are comparable."""
    return all(getattr(one.info, field) == getattr(other.info, field) for field in MEASURED)


def _split_key(key: str) -> tuple[int, str]:
    _, fold, name = key.split("/", 2)
    return int(fold), name


def _with_trials(client: Any, study: TrackedStudy, ledgers: set[str]) -> TrackedStudy:
    """Return a study with the executions and trials of some searches."""
    executions = tuple(each for each in study.executions if each.ledger in ledgers)
    if not executions:
        raise TrackingError(f"the study {study.name!r} has no execution.")
    trials = [
        _trial(client, run, executions[0].info.scoring)
        for run in _runs(client, study.experiment_id, "trial")
        if run.data.tags.get("tunekit.ledger") in ledgers
    ]
    trials.sort(key=lambda each: (np.isnan(each.score), -np.nan_to_num(each.score), each.number))
    digests = {each.info.digest for each in executions} - {""}
    earlier = tuple(
        each for each in study.executions if each not in executions and each.info.digest in digests
    )
    return TrackedStudy(
        study.name, study.uri, study.experiment_id, executions, tuple(trials), earlier
    )


def with_spaces(client: Any, study: TrackedStudy) -> TrackedStudy:
    """Return a study whose executions include their space."""
    executions = tuple(
        replace(each, info=replace(each.info, space=_space(client, each.run_id)))
        for each in study.executions
    )
    return replace(study, executions=executions)


def _space(client: Any, run_id: str) -> Mapping[str, Any]:
    described = read_json(client, run_id, CONFIG) or {}
    space: Mapping[str, Any] = described.get("space") or {}
    return space


def _study(client: Any, experiment: Any) -> TrackedStudy:
    experiment_id = str(experiment.experiment_id)
    executions = tuple(_execution(run) for run in _runs(client, experiment_id, "execution"))
    return TrackedStudy(
        str(experiment.name), as_address(client.tracking_uri), experiment_id, executions, ()
    )


def _runs(client: Any, experiment_id: str, kind: str) -> list[Any]:
    return search_all(client, [experiment_id], f"tags.`tunekit.kind` = '{kind}'")


def _execution(run: Any) -> Execution:
    tags, info = run.data.tags, decode_study(run.data.params)
    return Execution(
        run_id=run.info.run_id,
        ledger=tags["tunekit.ledger"],
        engine=tags["tunekit.engine"],
        status=run.info.status,
        started=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
        info=info,
        test_score=run.data.metrics.get(test_key(info.scoring), float("nan")),
        tested=int(tags.get("tunekit.tested", 0)),
        stopped=tags.get("tunekit.stopped", ""),
        command=tags.get("tunekit.command", ""),
        program=tags.get("mlflow.source.name", ""),
        commit=tags.get("mlflow.source.git.commit", ""),
        changed=tags.get("tunekit.git_changed") == "true",
    )


def _trial(client: Any, run: Any, scoring: str) -> TrackedTrial:
    tags, metrics = run.data.tags, run.data.metrics
    means = mean_scores(metrics)
    nan = float("nan")
    complete = tags["tunekit.state"] == "complete"
    return TrackedTrial(
        run_id=run.info.run_id,
        number=int(tags["tunekit.trial"]),
        engine=tags["tunekit.engine"],
        state=tags["tunekit.state"],
        params=_params(client, run),
        score=metrics.get(mean_key(scoring), nan) if complete else nan,
        spread=metrics.get(std_key(scoring), nan) if complete else nan,
        duration=metrics.get("duration", nan),
        fit_time=metrics.get("fit_time", nan),
        error=tags.get("tunekit.error", ""),
        has_predictions="tunekit.predictions" in tags,
        reused="tunekit.reused" in tags,
        epochs_saved=int(metrics.get("epochs_saved", 0)),
        fits_saved=int(metrics.get("fits_saved", 0)),
        objectives=means if len(means) > 1 else {},
        n_params=metrics.get("n_params", nan),
        started=float(run.info.start_time),
        ended=float(run.info.end_time or nan),
        predict_time=metrics.get("predict_time", nan),
        fold_scores=tuple(json.loads(tags.get(FOLD_SCORES, "[]"))),
    )


def _params(client: Any, run: Any) -> dict[str, Any]:
    """Return the parameters of a trial, from a tag or, if they are too long, from a file."""
    text = run.data.tags.get("tunekit.params")
    if text is None:
        with tempfile.TemporaryDirectory() as folder:
            path = client.download_artifacts(run.info.run_id, CONFIG, folder)
            text = json.dumps(json.loads(Path(path).read_text(encoding="utf-8"))["params"])
    return decode_params(text)
