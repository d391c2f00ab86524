"""Writing a study to MLflow while it runs."""

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
from tunekit.tracking.metadata import about_another_study, describe, first_tags
from tunekit.tracking.model_registry import pack
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner, now
from tunekit.tracking.outbox import Outbox, deliver_left_behind
from tunekit.tracking.repair import end_left_running
from tunekit.tracking.store import (
    STATUS,
    asked,
    newest_execution,
    open_experiment,
    open_store,
    search_all,
)
from tunekit.tracking.ui import view_tags
from tunekit.tracking.writer_process import WriterProcess

_MANY = 20  # trials in this process, from which on another one writes


class Tracker(Listener):
    """One execution of a study, written to an MLflow store as it goes.

    It is a context: entering it opens the parent run, leaving it closes every run that is
    still open, as ``FINISHED``, ``FAILED`` (an exception) or ``KILLED`` (Ctrl-C, SIGTERM). A
    store that fails meanwhile gets the rest later, see :class:`~tunekit.tracking.outbox.Outbox`.

    Parameters
    ----------
    uri : str
        The store.
    info : StudyInfo
        What the study is about.
    n_here : int, default=0
        How many trials are to run in this process, at most. Then each waits a moment for the one
        before to be written to a database; from 20 on another process writes.

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

    def __init__(self, uri: str, info: StudyInfo, *, n_here: int = 0) -> None:
        self._uri = uri
        self._n_here = n_here if is_database(uri) else 0
        self._info = info
        self._client = open_store(uri)
        tags = view_tags(info.space, info.n_splits)
        self._experiment = open_experiment(self._client, uri, info.name, tags)
        self._open: dict[int, str] = {}
        self._shown: dict[int, set[tuple[str, int]]] = {}
        self._settled: set[int] = set()
        self._infinite: dict[str, dict[str, None]] = {}
        self._leaders = BestTrials()
        self._before: dict[int, str] = {}
        self._status = "FINISHED"

    def __enter__(self) -> Self:
        info, stamp = self._info, time.strftime("%Y-%m-%d %H:%M:%S")
        try:
            deliver_left_behind(self._uri, self._client)
        except TrackingError as error:
            warn_user(f"what earlier studies could not write still waits: {error}")
        with asked(f"MLflow cannot write {info.name!r}"):
            self._warn_of_another_study()
            end_left_running(self._client, [self._experiment])
            created = self._created("execution", f"{info.engine} {stamp}", {})
            desk = OperationRunner(lambda: self._client, self._experiment, {})
            desk.do(Operation("create", EXECUTION, created))
        self.run_id = desk.runs[EXECUTION]
        with contextlib.ExitStack() as stack:
            many = self._n_here >= _MANY
            clerk = WriterProcess(self._uri, self._experiment, desk) if many else None
            self._clerk = stack.enter_context(clerk) if clerk else None
            outbox = Outbox(self._uri, self._experiment, self._clerk or desk)
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
            The trial's place in the study, from 0.
        params : mapping
            Active parameters, resolved.
        """
        self._open[number] = self._begin(number, params, self._info.engine, now())
        if self._n_here and not (self._clerk and self._clerk.is_up):
            self._outbox.catch_up()

    def trial_progressed(self, number: int, points: Sequence[Point]) -> None:
        """Write a part of a running trial's curve."""
        fold = self._info.n_splits > 1
        metrics = [
            (encoding.curve_key(name, split if fold else None), value, epoch)
            for split, epoch, name, value in points
        ]
        self._shown.setdefault(number, set()).update((key, step) for key, _, step in metrics)
        self._log(self._open[number], metrics)

    def trial_measured(self, record: TrialRecord) -> None:
        """Write what a trial found, before the study counts it among the finished."""
        self._find(self._open[record.number], record)

    def trial_finished(self, record: TrialRecord) -> None:
        """Close a trial's run, once the study counts it."""
        self._send("end", self._open.pop(record.number), status=STATUS[record.state], end=now())

    def settle(self, records: Sequence[TrialRecord], histories: Mapping[int, History]) -> list[int]:
        """Make the store agree with the trials that a study holds already.

        A run that lacks its end gets it, one that is not there is made. The best of them is the
        first point of the best so far.

        Parameters
        ----------
        records : sequence of TrialRecord
            The finished ones.
        histories : mapping of int to History
            Whose each was, and when it ran.

        Returns
        -------
        list of int
            Numbers of the trials that were killed.
        """
        with asked(f"the store {shown_address(self._uri)} cannot be read"):
            condition = f"tags.`tunekit.ledger` = '{self._info.ledger}'"
            runs = search_all(self._client, [self._experiment], condition)
        trial = "tunekit.trial"
        there = {int(run.data.tags[trial]): run for run in runs if trial in run.data.tags}
        self._before = {number: run.info.run_id for number, run in there.items()}
        self._outbox.know({str(number): run_id for number, run_id in self._before.items()})
        others = {
            run.data.tags.get("tunekit.owner")
            for run in runs
            if run.info.status == "RUNNING" and trial not in run.data.tags
        } - {this_process()}
        for record in records:
            history = histories[record.number]
            settled = record.number in self._settled
            if not settled and history.owner not in others:  # else that process writes of it
                self._settle(record, there.get(record.number), history)
            self._note_best(record)
        known = {record.number for record in records}
        return [n for n, run in there.items() if run.info.status == "KILLED" and n not in known]

    def _settle(self, record: TrialRecord, run: Any, history: History) -> None:
        self._settled.add(record.number)
        if run is None:
            self._begin(record.number, record.params, record.engine, history.start)
        if run is None or run.data.tags.get("tunekit.state") != record.state:
            self._send("log", str(record.number), tags={"tunekit.error": ""})
            self._find(str(record.number), record)
            status = STATUS[record.state]
            self._send("end", str(record.number), status=status, end=history.end)

    def note_end(self, why: str, *, failed: bool) -> None:
        """Write why the search ended, and whether all of it was in vain."""
        self._send("log", EXECUTION, tags={"tunekit.stopped": why})
        self._status = "FAILED" if failed else "FINISHED"

    def attach(self, files: Mapping[str, bytes], number: int | None = None) -> None:
        """Add files to the run of a trial, or to the parent run."""
        if files:
            self._attach(EXECUTION if number is None else str(number), files)

    def predictions_of_best(self, number: int) -> Predictions | None:
        """Return what the best trial said of the rows held out; None where nobody knows."""
        held = self._leaders.predictions(number)
        if held is None and number in self._before:
            with contextlib.suppress(Exception):  # it is for a part of a report
                return fetch_predictions(self._client, self._before[number], VALIDATION_PREDICTIONS)
        return held

    def crown(self, record: TrialRecord, estimator: Any, X: Any) -> None:
        """Keep the winner as a model, registered under the study's name.

        Parameters
        ----------
        record : TrialRecord
            The winning trial.
        estimator : estimator
            Fitted with its configuration.
        X : array-like
            What it was fitted on.
        """
        try:
            files = pack(estimator, X)
        except Exception as error:  # noqa: BLE001 - whatever pickling an estimator raises
            sentence = f"the best estimator cannot be kept as a model in MLflow: {in_short(error)}"
            warn_user(sentence)
            return
        described = {
            "study": self._info.name,
            "execution": self.run_id,
            "score": record.evaluation.score,
            "tags": {
                "tunekit.engine": record.engine,
                "tunekit.measured": encoding.measured(self._info),
            },
        }
        self._outbox.send(Operation("crown", str(record.number), described, files))

    def _warn_of_another_study(self) -> None:
        newest = newest_execution(self._client, [self._experiment])
        sentence = about_another_study(self._info, newest.data.tags) if newest else ""
        if sentence:
            warn_user(sentence)

    def _describe(self) -> None:
        told = describe(self._info)
        self._send("log", EXECUTION, params=told.params, tags=told.tags)
        self._send("describe", EXECUTION, dataset=told.dataset)
        self._attach(EXECUTION, told.files)

    def _begin(self, number: int, params: Mapping[str, Any], engine: str, start: int) -> str:
        run, config = str(number), json.dumps(dict(params), ensure_ascii=False)
        tags = {"mlflow.parentRunId": self.run_id, "tunekit.trial": run}
        if len(config) <= encoding.LONGEST_TAG:
            tags["tunekit.params"] = config
        created = self._created("trial", f"{engine} trial {number}", tags)
        self._outbox.send(Operation("create", run, {**created, "start": start}))
        texts, whole = encoding.params_of(params)
        self._send("log", run, params=texts)
        if not whole or len(config) > encoding.LONGEST_TAG:
            self._attach(run, {"config.json": encoding.config_file(params)})
        return run

    def _find(self, run: str, record: TrialRecord) -> None:
        """Write what a trial found; one that took its result over has the result alone."""
        evaluation, tags = record.evaluation, {"tunekit.state": str(record.state)}
        metrics, files = encoding.result_of(record), {}
        if record.reused is not None:
            tags["tunekit.reused"] = str(record.reused)
        else:
            shown = self._shown.pop(record.number, set())
            course = encoding.course_of(evaluation, self._info.n_splits)
            metrics += [point for point in course if (point[0], point[2]) not in shown]
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
        """Write the best so far, under the trials' own name: it stands beside them in the UI."""
        if self._leaders.is_better(record):
            self._log(EXECUTION, [("objective", self._leaders.score, record.number)])

    def _files(self, record: TrialRecord) -> dict[str, bytes]:
        evaluation, files = record.evaluation, {}
        if encoding.unlike(name for curve in evaluation.curves for name in curve):
            files["config.json"] = encoding.config_file(record.params, evaluation.curves)
        if evaluation.predictions and self._leaders.is_among_best(evaluation.score):
            files[VALIDATION_PREDICTIONS] = dump_predictions(evaluation.predictions)
        if evaluation.traceback:
            files["error.txt"] = evaluation.traceback.encode()
        return files

    def _created(self, kind: str, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        return {"tags": {**tags, **first_tags(self._info, kind, name)}, "start": now()}

    def _end(self, run: str, status: str, reason: str) -> None:
        tags = {"tunekit.state": status.lower(), **({"tunekit.error": reason} if reason else {})}
        self._send("log", run, tags=tags)
        self._send("end", run, status=status, end=now())

    def _log(
        self, run: str, metrics: encoding.Metrics, tags: Mapping[str, str] | None = None
    ) -> None:
        tags = dict(tags or {})
        if found := encoding.infinite(metrics):
            names = self._infinite.setdefault(run, {})
            names.update(dict.fromkeys(found))
            tags["tunekit.infinite"] = shortened(", ".join(names), encoding.LONGEST_TAG)
        self._send("log", run, metrics=encoding.stamped(metrics, now()), tags=tags)

    def _attach(self, run: str, files: Mapping[str, bytes]) -> None:
        self._outbox.send(Operation("attach", run, {}, files))

    def _send(self, do: str, run: str, **what: Any) -> None:
        self._outbox.send(Operation(do, run, what))


#: A trial keeps its predictions if it is among so many best ones when it ends.
KEPT_PREDICTIONS = 10


class BestTrials:
    """The best scores so far, and the predictions of the best trial."""

    def __init__(self) -> None:
        self._kept: list[float] = []
        self._best, self._number = -np.inf, -1
        self._predictions: Predictions | None = None

    @property
    def score(self) -> float:
        """The best score so far; minus infinity before the first."""
        return self._best

    def is_better(self, record: TrialRecord) -> bool:
        """Take note of a trial, and tell whether it is better than all before."""
        score, number = record.evaluation.score, record.number
        # Of equal ones the first of the study, which may end later, is the best.
        if score > self._best or (score == self._best and number < self._number):
            better, self._best = score > self._best, score
            self._number, self._predictions = number, record.evaluation.predictions
            return better
        return False

    def predictions(self, number: int) -> Predictions | None:
        """Return what the best trial predicted; None of any other one."""
        return self._predictions if number == self._number else None

    def is_among_best(self, score: float) -> bool:
        """Tell whether a trial is among the best ten so far; of equal ones the first are."""
        if np.isnan(score) or (len(self._kept) == KEPT_PREDICTIONS and score <= self._kept[-1]):
            return False
        self._kept = sorted([*self._kept, score], reverse=True)[:KEPT_PREDICTIONS]
        return True
