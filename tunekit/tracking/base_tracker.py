"""Base class of the trackers of studies and comparisons: it opens and closes their runs."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tunekit.core.text import shortened
from tunekit.exceptions import TrackingError, warn_user
from tunekit.tracking import encoding
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner, now
from tunekit.tracking.outbox import Outbox, deliver_pending
from tunekit.tracking.repair import close_stale_runs
from tunekit.tracking.store import open_experiment, open_store, tracking_errors
from tunekit.tracking.writer_process import WriterProcess


class BaseTracker(abc.ABC):
    """Context manager that opens a parent run in an MLflow store, and closes all of its runs.

    If the store fails in between, the writes are delivered later, see
    :class:`~tunekit.tracking.outbox.Outbox`.

    Parameters
    ----------
    uri : str
        The store.
    name : str
        Name of the experiment, which is created if it does not exist.
    tags : mapping of str to str
        Tags of a new experiment.

    Attributes
    ----------
    run_id : str
        ID of the parent run.

    Raises
    ------
    TrackingError
        When the store cannot be opened or rejects the runs.
    """

    run_id: str

    def __init__(self, uri: str, name: str, tags: Mapping[str, str]) -> None:
        self._uri = uri
        self._name = name
        self._client = open_store(uri)
        self._experiment = open_experiment(self._client, uri, name, tags)

    def __enter__(self) -> Self:
        try:
            deliver_pending(self._uri, self._client)
        except TrackingError as error:
            warn_user(f"writes left over from earlier studies are still pending: {error}")
        with tracking_errors(f"MLflow cannot write {self._name!r}"):
            close_stale_runs(self._client, [self._experiment])
            runner = self._open_parent_run()
        self.run_id = runner.runs[EXECUTION]
        with contextlib.ExitStack() as stack:
            outbox = Outbox(self._uri, self._experiment, self._start_writer(runner, stack))
            self._outbox = stack.enter_context(outbox)
            self._stack = stack.pop_all()
        try:
            self._describe(runner.runs)
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
        status, reason = "", ""
        if kind is not None:
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
            reason = shortened(f"{kind.__name__}: {error}", encoding.LONGEST_TAG)
        with self._stack:
            self._close_open_runs(status, reason)

    @abc.abstractmethod
    def _open_parent_run(self) -> OperationRunner:
        """Open the parent run, and return a runner that knows it as :data:`EXECUTION`."""

    @abc.abstractmethod
    def _describe(self, existing: Mapping[str, str]) -> None:
        """Write the description; ``existing`` are the IDs of the runs that are already open."""

    @abc.abstractmethod
    def _close_open_runs(self, status: str, reason: str) -> None:
        """Close the runs that are open; ``status`` is empty if there was no exception."""

    @abc.abstractmethod
    def _start_writer(
        self, runner: OperationRunner, stack: contextlib.ExitStack
    ) -> OperationRunner | WriterProcess:
        """Return what applies the operations; ``stack`` is closed when all of them are done."""

    def _new_runner(self, runs: Mapping[str, str]) -> OperationRunner:
        return OperationRunner(lambda: self._client, self._experiment, dict(runs))

    def _send(
        self, do: str, run: str, *, files: Mapping[str, bytes] | None = None, **facts: Any
    ) -> None:
        self._outbox.send(Operation(do, run, facts, files or {}))

    def _end(self, run: str, status: str, reason: str) -> None:
        tags = {"tunekit.state": status.lower(), **({"tunekit.error": reason} if reason else {})}
        self._send("log", run, tags=tags)
        self._send("end", run, status=status, end=now())
