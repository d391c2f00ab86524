"""Send operations to a store one after another while the study runs.

Each operation is written to a journal on disk first, so none is lost if the process is killed. If
the store fails, operations are retried, so trials neither fail nor wait for long.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tunekit.core.databases import in_short
from tunekit.core.processes import PULSE, this_process
from tunekit.core.secrets import shown_address, shown_cause
from tunekit.core.signals import FOREVER
from tunekit.exceptions import TrackingError, warn_user
from tunekit.tracking.journal import Header, Journal, abandoned_journals, journal_folders
from tunekit.tracking.operations import EXECUTION, HEARTBEAT, Operation, OperationRunner, now
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.writer_process import WriterProcess

#: Maximum time in seconds that a trial waits until the previous one is written.
MAX_WAIT = 0.1

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts
_CLOSE_TIMEOUT = 10.0  # seconds to retry a failing store when the study has ended

_URLLIB3_LOGGER = logging.getLogger("urllib3.connectionpool")


class Outbox:
    """Applies operations to a store in order, in a background thread.

    It is a context manager. When it exits, all operations are done. If the store fails, pending
    operations stay in a folder for the next process that writes to this store.

    Parameters
    ----------
    uri : str
        The store.
    experiment_id : str
    runner : OperationRunner or WriterProcess
        Applies the operations. Its runs include the parent run.
    """

    def __init__(
        self, uri: str, experiment_id: str, runner: OperationRunner | WriterProcess
    ) -> None:
        self._address = shown_address(uri)
        self._experiment = experiment_id
        self._runner = runner
        self._pending: deque[Operation] = deque()
        self._failed: Operation | None = None
        self._folders = deque(journal_folders(uri))
        self._journal: Journal | None = None
        self._condition = threading.Condition()  # never held during a request to the store
        self._released = threading.Event()  # the journal belongs to another process now
        self._deadline: float | None = None  # when to give up; set when the study has ended
        self._warnings: list[str] = []
        self._warned: set[str] = set()
        self._user_thread = threading.get_ident()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._next_journal()
        self._thread.start()
        _URLLIB3_LOGGER.addFilter(self._is_other_thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._condition:
            self._deadline = time.monotonic() + _CLOSE_TIMEOUT
            self._condition.notify_all()
        try:
            self._thread.join(FOREVER)
        finally:  # also if Ctrl-C is pressed
            _URLLIB3_LOGGER.removeFilter(self._is_other_thread)
            with self._condition:
                self._released.set()
                if self._journal and self._pending:
                    self._journal.release()
                elif self._journal:
                    self._journal.remove()
                elif self._pending:
                    self._note("loss", f"{len(self._pending)} writes to {self._address} are lost.")
            self._warn()

    def send(self, operation: Operation) -> None:
        """Add an operation to the queue."""
        with self._condition:
            self._pending.append(operation)
            if self._journal:
                try:
                    self._journal.append(operation)
                except OSError:  # this disk is full; try another one
                    self._journal.remove()
                    self._next_journal()
            self._condition.notify_all()
        self._warn()

    def catch_up(self) -> None:
        """Wait until the queue is empty, at most :data:`MAX_WAIT`; not while the store fails."""
        with self._condition:
            self._condition.wait_for(
                lambda: not self._pending or self._failed is not None, MAX_WAIT
            )

    def add_runs(self, runs: Mapping[str, str]) -> None:
        """Add IDs of existing runs, by name."""
        with self._condition:
            self._runner.runs.update(runs)
            if self._journal:
                try:
                    self._journal.describe(self._header())
                except OSError:
                    self._journal.remove()
                    self._next_journal()

    def _is_other_thread(self, record: logging.LogRecord) -> bool:
        """Filter out urllib3's message for each attempt: the outbox warns the user once."""
        return record.thread != self._thread.ident

    def _next_journal(self) -> None:
        """Start a journal with the pending operations; without a usable disk there is none."""
        self._journal = None
        while self._folders and self._journal is None:
            # A unique name: an earlier journal of this execution may still be there.
            name = f"{time.time_ns()}-{self._runner.runs[EXECUTION]}"
            journal = Journal(self._folders.popleft() / name)
            try:
                journal.begin(self._header())
                for operation in self._pending:
                    journal.append(operation)
                self._journal = journal
            except OSError:
                journal.remove()

    def _header(self) -> Header:
        return Header(self._address, self._experiment, this_process(), dict(self._runner.runs))

    def _work(self) -> None:
        pause, next_heartbeat = _FIRST_PAUSE, time.monotonic() + PULSE
        while True:
            with self._condition:
                if not self._pending and self._deadline is None:
                    self._condition.wait(max(0.0, next_heartbeat - time.monotonic()))
            if not self._deliver():
                is_late = self._deadline is not None and time.monotonic() > self._deadline
                if is_late or self._released.is_set():
                    return
                self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if self._deadline is not None and not self._pending:
                return
            if time.monotonic() >= next_heartbeat:
                with contextlib.suppress(Exception):  # the next operation will report it
                    self._runner.do(Operation("log", EXECUTION, {"tags": {HEARTBEAT: str(now())}}))
                self._touch()
                next_heartbeat = time.monotonic() + PULSE

    def _pause(self, seconds: float) -> None:
        """Wait before the next attempt; briefly when the study has ended."""
        self._touch()
        if self._deadline is not None:
            time.sleep(_FIRST_PAUSE)
            return
        with self._condition:
            self._condition.wait_for(lambda: self._deadline is not None, seconds)

    def _touch(self) -> None:
        with self._condition:
            if self._journal:
                self._journal.touch()

    def _deliver(self) -> bool:
        """Apply the pending operations, and return whether none is left."""
        while self._pending:
            if self._released.is_set():
                return False
            operation = self._pending[0]
            try:
                self._runner.do(operation, again=operation is self._failed)
            except Exception as error:  # noqa: BLE001 - the user is warned
                if not is_refusal(error, operation):
                    self._note_failure(error)
                    with self._condition:
                        self._failed = operation
                        self._condition.notify_all()
                    return False
                self._note_refusal(operation, error)
            with self._condition:
                if self._released.is_set():
                    return False
                self._failed = None
                self._pending.popleft()
                if self._journal:
                    with contextlib.suppress(OSError):  # operations may be applied twice
                        self._journal.tick()
                if not self._pending:
                    self._condition.notify_all()
        return True

    def _note_failure(self, error: Exception) -> None:
        with self._condition:
            consequence = (
                f"pending writes are kept in {self._journal.folder} and retried by this study, "
                f"the next one in this store, or 'tunekit studies --repair'."
                if self._journal
                else "pending writes are kept in memory, because no disk has free space, and "
                "retried until the process ends."
            )
        self._note(
            "failure",
            f"writing to the MLflow store {self._address} failed ({in_short(error)}). The study "
            f"continues; {consequence}",
        )

    def _note_refusal(self, operation: Operation, error: Exception) -> None:
        self._note(
            "refusal",
            f"the MLflow store {self._address} rejected a write, which is skipped "
            f"({operation.do}, run {operation.run}: {in_short(error)}). The study continues.",
        )

    def _note(self, kind: str, sentence: str) -> None:
        """Queue a warning for the user; each kind is given once."""
        if kind not in self._warned:
            self._warned.add(kind)
            self._warnings.append(sentence)

    def _warn(self) -> None:
        """Give the queued warnings if this is the user's thread."""
        while self._warnings and threading.get_ident() == self._user_thread:
            warn_user(self._warnings.pop(0))


def deliver_pending(uri: str, client: Any) -> int:
    """Apply the pending operations of dead processes, and return their number.

    Parameters
    ----------
    uri : str
        The store.
    client : MlflowClient
        Client of the store.

    Raises
    ------
    TrackingError
        When the store fails again; the remaining operations stay pending.
    """
    n_delivered = 0
    with abandoned_journals(uri) as journals:
        for journal in journals:
            try:
                n_delivered += _finish(journal, client)
            except Exception as error:  # noqa: BLE001 - raised as our own error
                journal.release()
                raise TrackingError(
                    f"writing to the store {shown_address(uri)} failed: {in_short(error)}"
                ) from shown_cause(error)
    return n_delivered


def _finish(journal: Journal, client: Any) -> int:
    """Apply the pending operations of a journal, remove it, and return their number."""
    header, n_delivered = journal.header(), 0
    runner = OperationRunner(lambda: client, header.experiment_id, header.runs)
    created: dict[str, Operation] = {}
    for operation, is_done in journal.operations():
        if is_done:
            if operation.do == "create":
                created[operation.run] = operation
            continue
        if operation.run in created:
            _do_late(runner, created.pop(operation.run))  # finds the existing run
        _do_late(runner, operation)
        journal.tick()
        n_delivered += 1
    journal.remove()
    return n_delivered


def _do_late(runner: OperationRunner, operation: Operation) -> None:
    try:
        runner.do(operation, again=True)
    except Exception as error:
        if not is_refusal(error, operation):
            raise
