"""Writing a comparison to MLflow while it runs, and going on with one that was interrupted."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from tunekit.core.comparison_info import TEST_SPLIT, ComparisonInfo, Fit
from tunekit.core.processes import this_process
from tunekit.core.text import shortened
from tunekit.exceptions import TrackingError, warn_user
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import dump_fit, dump_info, fit_path
from tunekit.tracking.comparison_reader import candidate_runs, read_fits
from tunekit.tracking.metadata import packages, source_tags, user_name
from tunekit.tracking.operations import EXECUTION, PARENT, Operation, OperationRunner, now
from tunekit.tracking.outbox import Outbox, deliver_left_behind
from tunekit.tracking.repair import end_left_running
from tunekit.tracking.store import asked, open_experiment, open_store, search_all

_LONGEST_NAME = 500  # characters of a run's name
_VIEW = {"mlflow.experimentKind": "custom_model_development"}


class ComparisonTracker:
    """One comparison, written to an MLflow store as it goes.

    It is a context: entering it opens the parent run, or the one that an interrupted comparison
    of the same identity has left; leaving it closes every run that is still open, as ``FAILED``
    (an exception) or ``KILLED`` (Ctrl-C, SIGTERM) unless it was finished.

    Parameters
    ----------
    uri : str
        The store.
    info : ComparisonInfo

    Attributes
    ----------
    run_id : str
        Identity of the parent run.
    fits : list of Fit
        Those that an interrupted comparison has left; without those that failed.

    Raises
    ------
    TrackingError
        When the store cannot be opened or refuses the comparison.
    """

    run_id: str
    fits: list[Fit]

    def __init__(self, uri: str, info: ComparisonInfo) -> None:
        self._uri = uri
        self._info = info
        self._client = open_store(uri)
        self._experiment = open_experiment(self._client, uri, info.name, _VIEW)
        self._steps: dict[str, int] = {}
        self._ended: set[str] = set()

    def __enter__(self) -> Self:
        try:
            deliver_left_behind(self._uri, self._client)
        except TrackingError as error:
            warn_user(f"what earlier studies could not write still waits: {error}")
        with asked(f"MLflow cannot write {self._info.name!r}"):
            end_left_running(self._client, [self._experiment])
            desk = self._continued() or self._begun()
        self.run_id = desk.runs[EXECUTION]
        with contextlib.ExitStack() as stack:
            self._outbox = stack.enter_context(Outbox(self._uri, self._experiment, desk))
            self._stack = stack.pop_all()
        try:
            self._describe(desk.runs)
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
        status, reason = "KILLED", ""
        if kind is not None:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
            reason = shortened(f"{kind.__name__}: {error}", encoding.LONGEST_TAG)
        with self._stack:
            for run in (*map(str, range(len(self._info.candidates))), EXECUTION):
                if run not in self._ended:
                    self._end(run, status, reason)

    def attach(self, files: Mapping[str, bytes]) -> None:
        """Add files to the parent run."""
        self._send("attach", EXECUTION, files=files)

    def keep(self, fit: Fit, files: Mapping[str, bytes]) -> None:
        """Write what one fit found, and files to its candidate's run."""
        run = self._run(fit.candidate)
        self._send("attach", run, files={fit_path(fit): dump_fit(fit), **files})
        step = self._steps[run] = self._steps.get(run, -1) + 1
        prefix = "test/" if fit.split == TEST_SPLIT else ""
        metrics = [
            (f"{prefix}{encoding.safe_key(name)}", each, step) for name, each in fit.scores.items()
        ]
        if "fit_time" not in fit.scores:
            metrics += [(f"{prefix}fit_time", fit.fit_time, step)]
        self._log(run, [each for each in metrics if np.isfinite(each[1])])

    def end_candidate(
        self,
        name: str,
        fits: Sequence[Fit],
        means: Mapping[str, float],
        files: Mapping[str, bytes],
    ) -> None:
        """Write the results of a candidate, its score by each scorer, with files; close its run."""
        run, error = self._run(name), next((fit.error for fit in fits if fit.error), "")
        metrics = [
            (f"mean/{encoding.safe_key(scorer)}", mean, 0)
            for scorer, mean in means.items()
            if np.isfinite(mean)
        ]
        known = {"n_params": fits[0].n_params, "n_bytes": fits[0].n_bytes}
        metrics += [(name, float(value), 0) for name, value in known.items() if value is not None]
        self._log(run, metrics)
        if files:
            self._send("attach", run, files=files)
        self._end(run, "FAILED" if error else "FINISHED", error)

    def finish(self, files: Mapping[str, bytes], *, failed: bool) -> None:
        """Add files to the parent run and close it."""
        self.attach(files)
        self._end(EXECUTION, "FAILED" if failed else "FINISHED", "")

    def _run(self, candidate: str) -> str:
        return str(self._info.names.index(candidate))

    def _continued(self) -> OperationRunner | None:
        """Return the runs of an interrupted comparison of the same identity, if there is one."""
        condition = f"tags.`tunekit.ledger` = '{self._info.identity}'"
        runs = search_all(self._client, [self._experiment], condition)
        left = [
            run
            for run in runs
            if run.data.tags.get("tunekit.kind") == "comparison"
            and run.info.status not in ("FINISHED", "RUNNING")
        ]
        self.fits = []
        if not left or (runs and left[0].info.start_time < _newest(runs)):
            return None
        parent = left[0].info.run_id
        there = candidate_runs(self._client, self._experiment, parent)
        found = read_fits(self._client, there)
        self.fits = [fit for fit in found if not fit.error]
        for run_id in (parent, *there.values()):
            self._client.update_run(run_id, status="RUNNING")
            self._client.set_tag(run_id, "tunekit.owner", this_process())
        self._steps = {str(i): -1 for i in range(len(self._info.candidates))}
        for fit in self.fits:
            self._steps[self._run(fit.candidate)] += 1
        return OperationRunner(lambda: self._client, self._experiment, {EXECUTION: parent, **there})

    def _begun(self) -> OperationRunner:
        desk = OperationRunner(lambda: self._client, self._experiment, {})
        name = f"{self._info.kind} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        desk.do(Operation("create", EXECUTION, self._created("comparison", name, {})))
        return desk

    def _describe(self, there: Mapping[str, str]) -> None:
        """Write what the comparison is about, and open the candidates' runs."""
        info = self._info
        params = {
            "candidates": ", ".join(info.names),
            "scoring": ", ".join(info.scoring),
            **{name: getattr(info, name) for name in _PARAMS},
        }
        note = (
            f"{len(info.candidates)} candidates on {info.n_rows:,} rows of {info.n_features:,}, "
            f"{info.cv}, judged by {', '.join(info.scoring)}. Among the artifacts: all settings "
            f"(config.json), the ranking and all pairs, and the report, once it is made."
        )
        texts, _ = encoding.params_of(params)
        tags = {"mlflow.note.content": note, "tunekit.state": "running", **source_tags()}
        # These may be others when a comparison goes on, and parameters never change.
        tags |= {f"tunekit.{name}": str(getattr(info, name)) for name in _SETTINGS}
        self._send("log", EXECUTION, tags=tags, params=texts)
        environment = json.dumps(packages(), indent=2).encode()
        self.attach({"config.json": dump_info(info), "environment.json": environment})
        for number, candidate in enumerate(info.candidates):
            run = str(number)
            if run not in there:
                own = {PARENT: self.run_id, "tunekit.candidate": run}
                created = self._created("candidate", candidate.name, own)
                self._outbox.send(Operation("create", run, created))
            shown = {
                "candidate": candidate.name,
                "kind": candidate.kind,
                "estimator": candidate.described,
            }
            self._send("log", run, params=encoding.params_of(shown)[0])

    def _created(self, kind: str, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        tags = {
            **tags,
            "mlflow.runName": shortened(name, _LONGEST_NAME),
            "mlflow.user": user_name(),
            "tunekit.kind": kind,
            "tunekit.ledger": self._info.identity,
            "tunekit.state": "running",
            "tunekit.owner": this_process(),
        }
        return {"tags": tags, "start": now()}

    def _end(self, run: str, status: str, reason: str) -> None:
        self._ended.add(run)
        tags = {"tunekit.state": status.lower(), "tunekit.error": reason}
        self._send("log", run, tags=tags)
        self._send("end", run, status=status, end=now())

    def _log(self, run: str, metrics: encoding.Metrics) -> None:
        self._send("log", run, metrics=encoding.stamped(metrics, now()))

    def _send(
        self, do: str, run: str, *, files: Mapping[str, bytes] | None = None, **what: Any
    ) -> None:
        self._outbox.send(Operation(do, run, what, files or {}))


_PARAMS = (
    *("kind", "task", "cv", "n_splits", "seeds", "n_test", "n_rows", "n_features"),
    "digest",
)
_SETTINGS = ("baseline", "level", "rope")


def _newest(runs: Sequence[Any]) -> int:
    """Return when the newest comparison among some runs began."""
    kinds = [run for run in runs if run.data.tags.get("tunekit.kind") == "comparison"]
    return max(int(run.info.start_time) for run in kinds)
