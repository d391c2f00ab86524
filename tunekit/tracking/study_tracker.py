"""Write a study to MLflow while it runs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from tunekit.core.callbacks import Listener, Point
from tunekit.core.databases import in_short, is_database
from tunekit.core.predictions import Predictions
from tunekit.core.processes import this_process
from tunekit.core.secrets import shown_address
from tunekit.core.study_info import StudyInfo
from tunekit.core.text import shortened
from tunekit.core.trial import History, TrialRecord
from tunekit.exceptions import TrackingError, warn_user
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import VALIDATION_PREDICTIONS, dump_predictions, fetch_predictions
from tunekit.tracking.metadata import describe, first_tags, other_settings_warning
from tunekit.tracking.model_registry import pack
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner, now
from tunekit.tracking.outbox import Outbox, deliver_pending
from tunekit.tracking.repair import close_stale_runs
from tunekit.tracking.store import (
    STATUS,
    newest_execution,
    open_experiment,
    open_store,
    search_all,
    tracking_errors,
)
from tunekit.tracking.ui import view_tags
from tunekit.tracking.writer_process import WriterProcess

_MANY = 20  # trials in this process from which a separate process writes

#: Number of best trials whose predictions are stored.
KEPT_PREDICTIONS = 10


class Tracker(Listener):
    """Tracker that writes one execution of a study to an MLflow store while it runs.

    It is a context manager. Entering it opens the parent run. Leaving it closes all runs that are
    still open, as ``FINISHED``, ``FAILED`` (an exception) or ``KILLED`` (Ctrl-C, SIGTERM). If the
    store fails, the writes are delivered later, see :class:`~tunekit.tracking.outbox.Outbox`.

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

    run_id: str

    def __init__(self, uri: str, info: StudyInfo, *, n_here: int = 0) -> None:
        self._uri = uri
        self._n_here = n_here if is_database(uri) else 0
        self._info = info
        self._client = open_store(uri)
        tags = view_tags(info.space, info.n_splits)
        self._experiment = open_experiment(self._client, uri, info.name, tags)
        self._open: dict[int, str] = {}
        self._logged_points: dict[int, set[tuple[str, int]]] = {}
        self._synchronized: set[int] = set()
        self._infinite: dict[str, dict[str, None]] = {}
        self._best_trials = BestTrials()
        self._earlier_runs: dict[int, str] = {}
        self._status = "FINISHED"

    def __enter__(self) -> Self:
        info, stamp = self._info, time.strftime("%Y-%m-%d %H:%M:%S")
        try:
            deliver_pending(self._uri, self._client)
        except TrackingError as error:
            warn_user(f"writes left over from earlier studies are still pending: {error}")
        with tracking_errors(f"MLflow cannot write {info.name!r}"):
            self._warn_of_other_settings()
            close_stale_runs(self._client, [self._experiment])
            facts = self._run_facts("execution", f"{info.engine} {stamp}", {})
            runner = OperationRunner(lambda: self._client, self._experiment, {})
            runner.do(Operation("create", EXECUTION, facts))
        self.run_id = runner.runs[EXECUTION]
        with contextlib.ExitStack() as stack:
            self._writer: WriterProcess | None = None
            if self._n_here >= _MANY:
                writer = WriterProcess(self._uri, self._experiment, runner)
                self._writer = stack.enter_context(writer)
            outbox = Outbox(self._uri, self._experiment, self._writer or runner)
            self._outbox = stack.enter_context(outbox)
            self._stack = stack.pop_all()
        try:
            self._describe()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        status, reason = self._status, ""
        if kind is not None:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
            reason = shortened(f"{kind.__name__}: {error}", encoding.LONGEST_TAG)
        with self._stack:
            for run in self._open.values():
                self._end(run, "KILLED" if status == "FINISHED" else status, reason)
            self._end(EXECUTION, status, reason)

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
            self._attach(EXECUTION if number is None else str(number), files)

    def predictions_of_best(self, number: int) -> Predictions | None:
        """Return the validation predictions of the best trial; None if they are not available."""
        predictions = self._best_trials.predictions(number)
        if predictions is None and number in self._earlier_runs:
            with contextlib.suppress(Exception):  # only a part of the report needs them
                run_id = self._earlier_runs[number]
                return fetch_predictions(self._client, run_id, VALIDATION_PREDICTIONS)
        return predictions

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
            files = pack(estimator, X)
        except Exception as error:  # noqa: BLE001 - pickling an estimator can raise anything
            warn_user(f"the best estimator cannot be stored as an MLflow model: {in_short(error)}")
            return
        facts = {
            "study": self._info.name,
            "execution": self.run_id,
            "score": record.evaluation.score,
            "tags": {
                "tunekit.engine": record.engine,
                "tunekit.measured": encoding.measured(self._info),
            },
        }
        self._outbox.send(Operation("crown", str(record.number), facts, files))

    def _warn_of_other_settings(self) -> None:
        newest = newest_execution(self._client, [self._experiment])
        sentence = other_settings_warning(self._info, newest.data.tags) if newest else ""
        if sentence:
            warn_user(sentence)

    def _describe(self) -> None:
        description = describe(self._info)
        self._send("log", EXECUTION, params=description.params, tags=description.tags)
        self._send("describe", EXECUTION, dataset=description.dataset)
        self._attach(EXECUTION, description.files)

    def _begin(self, number: int, params: Mapping[str, Any], engine: str, start: int) -> str:
        run, config = str(number), json.dumps(dict(params), ensure_ascii=False)
        tags = {"mlflow.parentRunId": self.run_id, "tunekit.trial": run}
        if len(config) <= encoding.LONGEST_TAG:
            tags["tunekit.params"] = config
        facts = self._run_facts("trial", f"{engine} trial {number}", tags)
        self._outbox.send(Operation("create", run, {**facts, "start": start}))
        texts, unchanged = encoding.encode_params(params)
        self._send("log", run, params=texts)
        if not unchanged or len(config) > encoding.LONGEST_TAG:
            self._attach(run, {"config.json": encoding.config_file(params)})
        return run

    def _write_result(self, run: str, record: TrialRecord) -> None:
        """Write the result of a trial; without curves and files if the result was reused."""
        evaluation, tags = record.evaluation, {"tunekit.state": str(record.state)}
        metrics, files = encoding.result_metrics(record), {}
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
            self._attach(run, files)
        self._log(run, metrics, {**tags, **encoding.fold_scores(evaluation)})
        self._note_best(record)

    def _note_best(self, record: TrialRecord) -> None:
        """Log the best score so far, with the key of the trials so that the UI shows both."""
        if self._best_trials.update(record):
            self._log(EXECUTION, [("objective", self._best_trials.score, record.number)])

    def _files(self, record: TrialRecord) -> dict[str, bytes]:
        evaluation, files = record.evaluation, {}
        if encoding.changed_keys(name for curve in evaluation.curves for name in curve):
            files["config.json"] = encoding.config_file(record.params, evaluation.curves)
        if evaluation.predictions and self._best_trials.is_among_best(evaluation.score):
            files[VALIDATION_PREDICTIONS] = dump_predictions(evaluation.predictions)
        if evaluation.traceback:
            files["error.txt"] = evaluation.traceback.encode()
        return files

    def _run_facts(self, kind: str, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        return {"tags": {**tags, **first_tags(self._info, kind, name)}, "start": now()}

    def _end(self, run: str, status: str, reason: str) -> None:
        tags = {"tunekit.state": status.lower(), **({"tunekit.error": reason} if reason else {})}
        self._send("log", run, tags=tags)
        self._send("end", run, status=status, end=now())

    def _log(
        self, run: str, metrics: encoding.Metrics, tags: Mapping[str, str] | None = None
    ) -> None:
        tags = dict(tags or {})
        if infinite := encoding.infinite_keys(metrics):
            keys = self._infinite.setdefault(run, {})
            keys.update(dict.fromkeys(infinite))
            tags["tunekit.infinite"] = shortened(", ".join(keys), encoding.LONGEST_TAG)
        self._send("log", run, metrics=encoding.timestamped(metrics, now()), tags=tags)

    def _attach(self, run: str, files: Mapping[str, bytes]) -> None:
        self._outbox.send(Operation("attach", run, {}, files))

    def _send(self, do: str, run: str, **facts: Any) -> None:
        self._outbox.send(Operation(do, run, facts))


class BestTrials:
    """The best scores so far, and the predictions of the best trial."""

    def __init__(self) -> None:
        self._scores: list[float] = []
        self._best, self._number = -np.inf, -1
        self._predictions: Predictions | None = None

    @property
    def score(self) -> float:
        """The best score so far; minus infinity if there is none."""
        return self._best

    def update(self, record: TrialRecord) -> bool:
        """Add a trial, and return whether it has a higher score than all earlier ones."""
        score, number = record.evaluation.score, record.number
        # In a tie, the trial with the lowest number is the best; it may end last.
        if score > self._best or (score == self._best and number < self._number):
            better, self._best = score > self._best, score
            self._number, self._predictions = number, record.evaluation.predictions
            return better
        return False

    def predictions(self, number: int) -> Predictions | None:
        """Return the predictions of the best trial; None for any other number."""
        return self._predictions if number == self._number else None

    def is_among_best(self, score: float) -> bool:
        """Add a score, and return whether it is among the ten best; a tie favors earlier ones."""
        if np.isnan(score) or (len(self._scores) == KEPT_PREDICTIONS and score <= self._scores[-1]):
            return False
        self._scores = sorted([*self._scores, score], reverse=True)[:KEPT_PREDICTIONS]
        return True
