"""Writing a study to MLflow while it runs."""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from tunekit.records import Evaluation, Predictions, StudyInfo, TrialRecord
from tunekit.runtime import load_mlflow
from tunekit.tracking.store import asked, open_experiment, open_store

#: A trial keeps its predictions if it is among so many best ones when it ends.
KEPT_PREDICTIONS = 10

_BATCH = 1000  # metrics that one call takes
_LONGEST_VALUE = 5000  # characters of a tag or a parameter


class Tracker:
    """One execution of a study, written to an MLflow store as it goes.

    It is a context: entering it opens the parent run, leaving it closes every run that is
    still open, as ``FINISHED``, ``FAILED`` (an exception) or ``KILLED`` (Ctrl-C).

    Parameters
    ----------
    uri : str
        The store.
    info : StudyInfo
        What the study is about.

    Attributes
    ----------
    run_id : str
        Identity of the parent run.

    Raises
    ------
    TrackingError
        When the store cannot be opened or refuses the study.
    """

    run_id: str

    def __init__(self, uri: str, info: StudyInfo) -> None:
        self._info = info
        self._client = open_store(uri)
        self._experiment = open_experiment(self._client, uri, info.name, list(info.space))
        self._open: dict[int, str] = {}
        self._kept: list[float] = []
        self._best = -np.inf
        self._status = "FINISHED"

    def __enter__(self) -> Self:
        info = self._info
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        self.run_id = self._create(f"{info.engine} {stamp}", {"tunekit.kind": "execution"})
        described = dataclasses.asdict(info)
        self._client.log_dict(self.run_id, described, "study.json")
        self._log_params(self.run_id, {k: v for k, v in described.items() if k != "space"})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        status = self._status
        if kind is not None:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
            self._client.set_tag(self.run_id, "tunekit.error", _short(f"{kind.__name__}: {error}"))
        for run_id in self._open.values():
            self._end(run_id, "KILLED" if kind is None else status, "killed")
        self._end(self.run_id, status, status.lower())

    def start_trial(self, number: int, params: Mapping[str, Any]) -> None:
        """Open the run of a trial that is about to be evaluated.

        Parameters
        ----------
        number : int
            The trial's place in the study, from 0.
        params : mapping
            Active parameters, resolved.
        """
        tags = {
            "mlflow.parentRunId": self.run_id,
            "tunekit.kind": "trial",
            "tunekit.trial": str(number),
            "tunekit.params": json.dumps(dict(params)),
        }
        run_id = self._create(f"{self._info.engine} trial {number}", tags)
        self._log_params(run_id, params)
        self._open[number] = run_id

    def end_trial(self, record: TrialRecord) -> None:
        """Write what a trial found and close its run."""
        run_id = self._open[record.number]
        evaluation = record.evaluation
        self._log_metrics(run_id, _metrics(record))
        if record.reused is not None:
            self._client.set_tag(run_id, "tunekit.reused", str(record.reused))
        if evaluation.error:
            self._client.set_tag(run_id, "tunekit.error", _short(evaluation.error))
        elif (
            record.reused is None
            and evaluation.predictions
            and self._is_among_best(evaluation.score)
        ):
            log_predictions(self._client, run_id, evaluation.predictions, "predictions.npz")
            self._client.set_tag(run_id, "tunekit.predictions", "true")
        if evaluation.score > self._best:
            self._best = evaluation.score
            # Best so far; under the trials' own name, so that it stands beside them in the UI.
            self._log_metrics(self.run_id, [("objective", self._best, record.number)])
        # MLflow has no status for a trial that was pruned; the tag says it.
        self._end(run_id, "FAILED" if evaluation.error else "FINISHED", record.state)
        del self._open[record.number]

    def note_end(self, why: str, *, failed: bool) -> None:
        """Write why the search ended, and whether all of it was in vain."""
        self._client.set_tag(self.run_id, "tunekit.stopped", why)
        self._status = "FAILED" if failed else "FINISHED"

    def _is_among_best(self, score: float) -> bool:
        """Tell whether a trial is among the best ten so far; of equal ones the first are."""
        if len(self._kept) == KEPT_PREDICTIONS and score <= self._kept[-1]:
            return False
        self._kept = sorted([*self._kept, score], reverse=True)[:KEPT_PREDICTIONS]
        return True

    def _create(self, name: str, tags: Mapping[str, str]) -> str:
        tags = {
            **tags,
            "mlflow.runName": name,
            "mlflow.user": _user(),
            "tunekit.study": self._info.name,
            "tunekit.ledger": self._info.ledger,
            "tunekit.engine": self._info.engine,
            "tunekit.state": "running",
            "tunekit.owner": f"{socket.gethostname()}:{os.getpid()}",
        }
        with asked(f"MLflow cannot open a run of {self._info.name!r}"):
            return str(self._client.create_run(self._experiment, tags=tags).info.run_id)

    def _end(self, run_id: str, status: str, state: str) -> None:
        self._client.set_tag(run_id, "tunekit.state", state)
        self._client.set_terminated(run_id, status)

    def _log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        entity = load_mlflow().entities.Param
        batch = [entity(name, _short(str(value))) for name, value in params.items()]
        self._client.log_batch(run_id, params=batch)

    def _log_metrics(self, run_id: str, metrics: Sequence[tuple[str, float, int]]) -> None:
        entity, now = load_mlflow().entities.Metric, int(time.time() * 1000)
        # An infinite value would be stored as 1.8e308 and flatten every chart.
        batch = [entity(k, v, now, step) for k, v, step in metrics if not np.isinf(v)]
        for start in range(0, len(batch), _BATCH):
            self._client.log_batch(run_id, metrics=batch[start : start + _BATCH])


def log_test(uri: str, run_id: str, predictions: Predictions, score: float) -> int:
    """Write what a study's winner scored on a test split that the search never saw.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution.
    predictions : Predictions
        Of the rows of the test split.
    score : float
        By the study's own scorer.

    Returns
    -------
    int
        How often this execution has been judged on a test split, this time counted in.
    """
    client = open_store(uri, create=False)
    times = int(client.get_run(run_id).data.tags.get("tunekit.tested", 0)) + 1
    log_predictions(client, run_id, predictions, "test_predictions.npz")
    client.log_metric(run_id, "test_score", score, step=times)
    client.set_tag(run_id, "tunekit.tested", str(times))
    return times


def log_predictions(client: Any, run_id: str, predictions: Predictions, name: str) -> None:
    """Store predictions as an artifact that can be read without unpickling anything."""
    arrays = {
        field.name: _plain(getattr(predictions, field.name))
        for field in dataclasses.fields(predictions)
        if getattr(predictions, field.name) is not None
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        np.savez_compressed(path, allow_pickle=False, **arrays)
        client.log_artifact(run_id, str(path))


def _plain(array: Any) -> Any:
    array = np.asarray(array)
    return array.astype(str) if array.dtype.kind not in "biufU" else array


def _metrics(record: TrialRecord) -> list[tuple[str, float, int]]:
    evaluation = record.evaluation
    metrics = [("duration", record.duration, 0)]
    if record.state == "complete":
        metrics += [("objective", evaluation.score, 0), ("objective_std", evaluation.spread, 0)]
        metrics += [
            (f"objective/{name}", float(np.mean(values)), 0)
            for name, values in evaluation.objectives.items()
        ]
    if evaluation.pruned:
        metrics += [("epochs_saved", evaluation.epochs_saved, 0)]
        metrics += [("fits_saved", evaluation.fits_saved, 0)]
    if evaluation.fit_times:
        metrics.append(("fit_time", float(np.mean(evaluation.fit_times)), 0))
        metrics.append(("score_time", float(np.mean(evaluation.score_times)), 0))
    metrics += [("fold_score", score, fold) for fold, score in enumerate(evaluation.scores)]
    return metrics + _curve_metrics(evaluation)


def _curve_metrics(evaluation: Evaluation) -> list[tuple[str, float, int]]:
    several = len(evaluation.scores) > 1
    return [
        (f"fold/{fold}/{name}" if several else name, value, epoch)
        for fold, curve in enumerate(evaluation.curves)
        for name, values in curve.items()
        for epoch, value in enumerate(values)
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return str(os.getuid())
