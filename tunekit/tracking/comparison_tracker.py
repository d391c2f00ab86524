"""Write a comparison to MLflow while it runs, and resume one that was interrupted."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tunekit.core.comparison_info import TEST_SPLIT, ComparisonInfo, Fit
from tunekit.core.processes import this_process
from tunekit.core.text import shortened
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import dump_fit, dump_info, fit_path
from tunekit.tracking.base_tracker import BaseTracker
from tunekit.tracking.comparison_reader import candidate_runs, read_fits
from tunekit.tracking.metadata import packages, source_tags, user_name
from tunekit.tracking.operations import EXECUTION, PARENT, Operation, OperationRunner, now
from tunekit.tracking.store import search_all
from tunekit.tracking.ui import comparison_view

_LONGEST_NAME = 500  # characters in the name of a run

# Fields of the description that are written as parameters, and as tags.
_PARAMS = (
    *("kind", "task", "cv", "n_splits", "seeds", "n_test", "n_rows", "n_features"),
    "digest",
)
_SETTINGS = ("baseline", "level", "rope")


class ComparisonTracker(BaseTracker):
    """Tracker that writes one comparison to an MLflow store while it runs.

    It is a context manager. Entering it opens the parent run, or that of an interrupted comparison
    with the same identity. Leaving it closes all runs that are still open, as ``FAILED`` (an
    exception) or ``KILLED`` (Ctrl-C, SIGTERM).

    Parameters
    ----------
    uri : str
        The store.
    info : ComparisonInfo

    Attributes
    ----------
    run_id : str
        ID of the parent run.
    fits : list of Fit
        Successful fits of the interrupted comparison that is resumed.

    Raises
    ------
    TrackingError
        When the store cannot be opened or rejects the comparison.
    """

    fits: list[Fit]

    def __init__(self, uri: str, info: ComparisonInfo) -> None:
        super().__init__(uri, info.name, comparison_view(info.scoring))
        self._info = info
        self._steps: dict[str, int] = {}
        self._ended: set[str] = set()

    def _open_parent_run(self) -> OperationRunner:
        return self._resumed() or self._new_run()

    def _start_writer(
        self,
        runner: OperationRunner,
        stack: contextlib.ExitStack,  # noqa: ARG002 - nothing to close
    ) -> OperationRunner:
        return runner

    def _close_open_runs(self, status: str, reason: str) -> None:
        for run in (*map(str, range(len(self._info.candidates))), EXECUTION):
            if run not in self._ended:
                self._close(run, status or "KILLED", reason)

    def attach(self, files: Mapping[str, bytes]) -> None:
        """Add files to the parent run."""
        self._send("attach", EXECUTION, files=files)

    def write_fit(self, fit: Fit, files: Mapping[str, bytes]) -> None:
        """Write the results of one fit, and more files, to the run of its candidate."""
        run = self._run(fit.candidate)
        self._send("attach", run, files={fit_path(fit): dump_fit(fit), **files})
        step = self._steps[run] = self._steps.get(run, -1) + 1
        key = encoding.test_key if fit.split == TEST_SPLIT else encoding.safe_key
        values = {"fit_time": fit.fit_time, **fit.scores}
        metrics = [(key(name), value, step) for name, value in values.items()]
        self._log(run, [each for each in metrics if np.isfinite(each[1])])

    def end_candidate(
        self,
        name: str,
        fits: Sequence[Fit],
        means: Mapping[str, float],
        files: Mapping[str, bytes],
    ) -> None:
        """Write the mean scores of a candidate and more files, and close its run."""
        run, error = self._run(name), next((fit.error for fit in fits if fit.error), "")
        metrics = [
            (encoding.mean_key(scorer), mean, 0)
            for scorer, mean in means.items()
            if np.isfinite(mean)
        ]
        sizes = {"n_params": fits[0].n_params, "n_bytes": fits[0].n_bytes}
        metrics += [(name, float(value), 0) for name, value in sizes.items() if value is not None]
        self._log(run, metrics)
        if files:
            self._send("attach", run, files=files)
        self._close(run, "FAILED" if error else "FINISHED", error)

    def finish(self, files: Mapping[str, bytes], *, failed: bool) -> None:
        """Add files to the parent run and close it."""
        self.attach(files)
        self._close(EXECUTION, "FAILED" if failed else "FINISHED", "")

    def _run(self, candidate: str) -> str:
        return str(self._info.names.index(candidate))

    def _resumed(self) -> OperationRunner | None:
        """Return a runner for the interrupted comparison with the same identity, if any."""
        condition = f"tags.`tunekit.ledger` = '{self._info.identity}'"
        runs = search_all(self._client, [self._experiment], condition)
        interrupted = [
            run
            for run in runs
            if run.data.tags.get("tunekit.kind") == "comparison"
            and run.info.status not in ("FINISHED", "RUNNING")
        ]
        self.fits = []
        if not interrupted or (runs and interrupted[0].info.start_time < _newest(runs)):
            return None
        parent = interrupted[0].info.run_id
        candidates = candidate_runs(self._client, self._experiment, parent)
        self.fits = [fit for fit in read_fits(self._client, candidates) if not fit.error]
        for run_id in (parent, *candidates.values()):
            self._client.update_run(run_id, status="RUNNING")
            self._client.set_tag(run_id, "tunekit.owner", this_process())
            self._client.set_tag(run_id, "tunekit.error", "")
        self._steps = {str(i): -1 for i in range(len(self._info.candidates))}
        for fit in self.fits:
            self._steps[self._run(fit.candidate)] += 1
        return self._new_runner({EXECUTION: parent, **candidates})

    def _new_run(self) -> OperationRunner:
        runner = self._new_runner({})
        name = f"{self._info.kind} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        runner.do(Operation("create", EXECUTION, self._run_facts("comparison", name, {})))
        return runner

    def _describe(self, existing: Mapping[str, str]) -> None:
        """Write the description of the comparison, and open the runs of the candidates."""
        info = self._info
        params = {
            "candidates": ", ".join(info.names),
            "scoring": ", ".join(info.scoring),
            **{name: getattr(info, name) for name in _PARAMS},
        }
        note = (
            f"{len(info.candidates)} candidates on {info.n_rows:,} rows with {info.n_features:,} "
            f"features, {info.cv}, scored by {', '.join(info.scoring)}. Artifacts: all settings "
            f"(config.json), the ranking, all pairs, and the report once it is written."
        )
        texts, _ = encoding.encode_params(params)
        tags = {"mlflow.note.content": note, "tunekit.state": "running", **source_tags()}
        # Not parameters, which are immutable: these may change when a comparison is resumed.
        tags |= {f"tunekit.{name}": str(getattr(info, name)) for name in _SETTINGS}
        self._send("log", EXECUTION, tags=tags, params=texts)
        environment = json.dumps(packages(), indent=2).encode()
        self.attach({"config.json": dump_info(info), "environment.json": environment})
        for number, candidate in enumerate(info.candidates):
            run = str(number)
            if run not in existing:
                links = {PARENT: self.run_id, "tunekit.candidate": run}
                facts = self._run_facts("candidate", candidate.name, links)
                self._send("create", run, **facts)
            described = {
                "candidate": candidate.name,
                "kind": candidate.kind,
                "estimator": candidate.described,
            }
            self._send("log", run, params=encoding.encode_params(described)[0])

    def _run_facts(self, kind: str, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
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

    def _close(self, run: str, status: str, reason: str) -> None:
        self._ended.add(run)
        self._end(run, status, reason)

    def _log(self, run: str, metrics: encoding.Metrics) -> None:
        self._send("log", run, metrics=encoding.timestamped(metrics, now()))


def _newest(runs: Sequence[Any]) -> int:
    """Return the start time of the newest comparison among some runs."""
    parents = [run for run in runs if run.data.tags.get("tunekit.kind") == "comparison"]
    return max(int(run.info.start_time) for run in parents)
