"""Write a study to MLflow while it runs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tunekit.core.callbacks import Listener, Point
from tunekit.core.databases import in_short, is_database
from tunekit.core.json_values import encoded
from tunekit.core.predictions import Predictions
from tunekit.core.processes import this_process
from tunekit.core.secrets import shown_address
from tunekit.core.study_info import StudyInfo
from tunekit.core.text import shortened
from tunekit.core.trial import History, TrialRecord
from tunekit.exceptions import warn_user
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import VALIDATION_PREDICTIONS, dump_predictions, fetch_predictions
from tunekit.tracking.base_tracker import BaseTracker
from tunekit.tracking.metadata import describe, first_tags, other_settings_warning
from tunekit.tracking.model_files import pack
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner, now
from tunekit.tracking.store import (
    STATUS,
    newest_execution,
    search_all,
    tracking_errors,
)
from tunekit.tracking.ui import study_view
from tunekit.tracking.writer_process import WriterProcess

_MANY = 20  # trials in this process from which a separate process writes

#: Number of best trials whose predictions are stored.
KEPT_PREDICTIONS = 10


class StudyTracker(BaseTracker, Listener):
    """Tracker that writes one execution of a study to an MLflow store while it runs.

    It is a context manager. Entering it opens the parent run. Leaving it closes all runs that are
    still open, as ``FINISHED``, ``FAILED`` (an exception) or ``KILLED`` (Ctrl-C, SIGTERM).

    Parameters
    ----------
    uri : str
        The store.
    info : StudyInfo
        Description of the study.
    n_here : int, default=0
        Maximum number of trials that run in this process. If the store is a database, each of them
        briefly waits until the previous one is written, and from 20 a separate process writes.

    Attributes
    ----------
    run_id : str
        ID of the parent run.

    Raises
    ------
    TrackingError
        When the store cannot be opened or rejects the study.
    """

    def __init__(self, uri: str, info: StudyInfo, *, n_here: int = 0) -> None:
        super().__init__(uri, info.name, study_view(info))
        self._n_here = n_here if is_database(uri) else 0
        self._info = info
        self._writer: WriterProcess | None = None
        self._open: dict[int, str] = {}
        self._logged_points: dict[int, set[tuple[str, int]]] = {}
        self._synchronized: set[int] = set()
        self._infinite: dict[str, dict[str, None]] = {}
        self._best_scores = BestScores()
        self._earlier_runs: dict[int, str] = {}
        self._status = "FINISHED"

    def _open_parent_run(self) -> OperationRunner:
        newest = newest_execution(self._client, [self._experiment])
        sentence = other_settings_warning(self._info, newest.data.tags) if newest else ""
        if sentence:
            warn_user(sentence)
        name = f"{self._info.engine} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        runner = self._new_runner({})
        facts = self._run_facts("execution", name, {})
        runner.do(Operation("create", EXECUTION, facts))
        return runner

    def _start_writer(
        self, runner: OperationRunner, stack: contextlib.ExitStack
    ) -> OperationRunner | WriterProcess:
        if self._n_here < _MANY:
            return runner
        writer = WriterProcess(self._uri, self._experiment, runner)
        self._writer = stack.enter_context(writer)
        return writer

    def _describe(self, existing: Mapping[str, str]) -> None:  # noqa: ARG002 - only the parent run
        description = describe(self._info)
        self._send("log", EXECUTION, params=description.params, tags=description.tags)
        self._send("describe", EXECUTION, dataset=description.dataset)
        self._send("attach", EXECUTION, files=description.files)

    def _close_open_runs(self, status: str, reason: str) -> None:
        for run in self._open.values():
            self._end(run, status or ("FAILED" if self._status == "FAILED" else "KILLED"), reason)
        self._end(EXECUTION, status or self._status, reason)

    def trial_started(self, number: int, params: Mapping[str, Any]) -> None:
        """Open the run of a trial that is about to be evaluated.

        Parameters
        ----------
        number : int
            Number of the trial in the study, from 0.
        params : mapping
            Active parameters with their final values.
        """
        self._open[number] = self._begin(number, params, self._info.engine, now())
        if self._n_here and not (self._writer and self._writer.is_up):
            self._outbox.catch_up()

    def trial_progressed(self, number: int, points: Sequence[Point]) -> None:
        """Write a part of the learning curve of a running trial."""
        several = self._info.n_splits > 1
        metrics = [
            (encoding.curve_key(name, split if several else None), value, epoch)
            for split, epoch, name, value in points
        ]
        logged = self._logged_points.setdefault(number, set())
        logged.update((key, step) for key, _, step in metrics)
        self._log(self._open[number], metrics)

    def trial_measured(self, record: TrialRecord) -> None:
        """Write the result of a trial, before the study counts the trial as finished."""
        self._write_result(self._open[record.number], record)

    def trial_finished(self, record: TrialRecord) -> None:
        """Close the run of a trial, after the study counts the trial as finished."""
        self._send("end", self._open.pop(record.number), status=STATUS[record.state], end=now())

    def synchronize(
        self, records: Sequence[TrialRecord], histories: Mapping[int, History]
    ) -> list[int]:
        """Update the store with the finished trials of a study that is resumed.

        Open runs of finished trials are closed, and missing runs are created. The best of these
        trials is the first point of the best score so far.

        Parameters
        ----------
        records : sequence of TrialRecord
            The finished trials.
        histories : mapping of int to History
            Owner and times of each trial.

        Returns
        -------
        list of int
            Numbers of the trials that were killed.
        """
        with tracking_errors(f"the store {shown_address(self._uri)} cannot be read"):
            condition = f"tags.`tunekit.ledger` = '{self._info.ledger}'"
            runs = search_all(self._client, [self._experiment], condition)
        trial = "tunekit.trial"
        trial_runs = {int(run.data.tags[trial]): run for run in runs if trial in run.data.tags}
        self._earlier_runs = {number: run.info.run_id for number, run in trial_runs.items()}
        self._outbox.add_runs({str(number): run for number, run in self._earlier_runs.items()})
        other_processes = {
            run.data.tags.get("tunekit.owner")
            for run in runs
            if run.info.status == "RUNNING" and trial not in run.data.tags
        } - {this_process()}
        for record in records:
            history = histories[record.number]
            # Another process that is still running writes its own trials.
            if record.number not in self._synchronized and history.owner not in other_processes:
                self._synchronize_trial(record, trial_runs.get(record.number), history)
            self._note_best(record)
        finished = {record.number for record in records}
        return [
            number
            for number, run in trial_runs.items()
            if run.info.status == "KILLED" and number not in finished
        ]

    def _synchronize_trial(self, record: TrialRecord, run: Any, history: History) -> None:
        self._synchronized.add(record.number)
        if run is None:
            self._begin(record.number, record.params, record.engine, history.start)
        if run is None or run.data.tags.get("tunekit.state") != record.state:
            self._send("log", str(record.number), tags={"tunekit.error": ""})
            self._write_result(str(record.number), record)
            status = STATUS[record.state]
            self._send("end", str(record.number), status=status, end=history.end)

    def note_end(self, why: str, *, failed: bool) -> None:
        """Write why the search ended, and whether all trials failed."""
        self._send("log", EXECUTION, tags={"tunekit.stopped": why})
        self._status = "FAILED" if failed else "FINISHED"

    def attach(self, files: Mapping[str, bytes], number: int | None = None) -> None:
        """Add files to the run of a trial, or to the parent run."""
        if files:
            self._send("attach", EXECUTION if number is None else str(number), files=files)

    def stored_predictions(self, number: int) -> Predictions | None:
        """Return the validation predictions of a trial of an earlier execution, if available."""
        if number not in self._earlier_runs:
            return None
        with contextlib.suppress(Exception):  # only a part of the report needs them
            run_id = self._earlier_runs[number]
            return fetch_predictions(self._client, run_id, VALIDATION_PREDICTIONS)
        return None

    def register_best(self, record: TrialRecord, estimator: Any, X: Any) -> None:
        """Store the best estimator as a model, registered under the name of the study.

        Parameters
        ----------
        record : TrialRecord
            The best trial.
        estimator : estimator
            Fitted with the configuration of this trial.
        X : array-like
            Training data.
        """
        try:
            files, problem = pack(estimator, X)
        except Exception as error:  # noqa: BLE001 - pickling an estimator can raise anything
            warn_user(f"the best estimator cannot be stored as an MLflow model: {in_short(error)}")
            return
        if problem:
            warn_user(
                f"the registered model does not predict what the tuner predicts, {problem}: load "
                f"it with mlflow.sklearn.load_model or tunekit.load_study."
            )
        facts = {
            "study": self._info.name,
            "execution": self.run_id,
            "score": record.evaluation.score,
            "tags": {
                "tunekit.engine": record.engine,
                "tunekit.measured": encoding.measured(self._info),
            },
        }
        self._send("crown", str(record.number), files=files, **facts)

    def _begin(self, number: int, params: Mapping[str, Any], engine: str, start: int) -> str:
        run, config = str(number), json.dumps(encoded(params), ensure_ascii=False)
        tags = {"mlflow.parentRunId": self.run_id, "tunekit.trial": run}
        if len(config) <= encoding.LONGEST_TAG:
            tags["tunekit.params"] = config
        facts = self._run_facts("trial", f"{engine} trial {number}", tags)
        self._send("create", run, **{**facts, "start": start})
        texts, unchanged = encoding.encode_params(params)
        self._send("log", run, params=texts)
        if not unchanged or len(config) > encoding.LONGEST_TAG:
            self._send("attach", run, files={"config.json": encoding.config_file(params)})
        return run

    def _write_result(self, run: str, record: TrialRecord) -> None:
        """Write the result of a trial; without curves and files if the result was reused."""
        evaluation, tags = record.evaluation, {"tunekit.state": str(record.state)}
        metrics, files = encoding.result_metrics(record, self._info.scoring), {}
        if record.reused is not None:
            tags["tunekit.reused"] = str(record.reused)
        else:
            logged = self._logged_points.pop(record.number, set())
            curve = encoding.curve_metrics(evaluation, self._info.n_splits)
            metrics += [point for point in curve if (point[0], point[2]) not in logged]
            files = self._files(record)
        if VALIDATION_PREDICTIONS in files:
            tags["tunekit.predictions"] = "true"
        if evaluation.error:
            tags["tunekit.error"] = shortened(evaluation.error, encoding.LONGEST_TAG)
        if files:
            self._send("attach", run, files=files)
        self._log(run, metrics, {**tags, **encoding.fold_scores(evaluation)})
        self._note_best(record)

    def _note_best(self, record: TrialRecord) -> None:
        """Log the best score so far, with the key of the trials so that the UI shows both."""
        if self._best_scores.update(record.evaluation.score):
            key = encoding.mean_key(self._info.scoring)
            self._log(EXECUTION, [(key, self._best_scores.best, record.number)])

    def _files(self, record: TrialRecord) -> dict[str, bytes]:
        evaluation, files = record.evaluation, {}
        if encoding.changed_keys(name for curve in evaluation.curves for name in curve):
            files["config.json"] = encoding.config_file(record.params, evaluation.curves)
        if evaluation.predictions and self._best_scores.is_among_best(evaluation.score):
            files[VALIDATION_PREDICTIONS] = dump_predictions(evaluation.predictions)
        if evaluation.traceback:
            files["error.txt"] = evaluation.traceback.encode()
        return files

    def _run_facts(self, kind: str, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        return {"tags": {**tags, **first_tags(self._info, kind, name)}, "start": now()}

    def _log(
        self, run: str, metrics: encoding.Metrics, tags: Mapping[str, str] | None = None
    ) -> None:
        tags = dict(tags or {})
        if infinite := encoding.infinite_keys(metrics):
            keys = self._infinite.setdefault(run, {})
            keys.update(dict.fromkeys(infinite))
            tags["tunekit.infinite"] = shortened(", ".join(keys), encoding.LONGEST_TAG)
        self._send("log", run, metrics=encoding.timestamped(metrics, now()), tags=tags)


class BestScores:
    """The best scores so far."""

    def __init__(self) -> None:
        self._scores: list[float] = []
        self.best = -np.inf

    def update(self, score: float) -> bool:
        """Add a score, and return whether it is higher than all earlier ones."""
        is_better = score > self.best
        if is_better:
            self.best = score
        return is_better

    def is_among_best(self, score: float) -> bool:
        """Add a score, and return whether it is among the ten best; a tie favors earlier ones."""
        if np.isnan(score) or (len(self._scores) == KEPT_PREDICTIONS and score <= self._scores[-1]):
            return False
        self._scores = sorted([*self._scores, score], reverse=True)[:KEPT_PREDICTIONS]
        return True
