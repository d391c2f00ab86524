"""Apply operations in a separate process, so that they do not slow down training."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import Any, BinaryIO, Self

from tunekit.core.databases import in_short
from tunekit.core.signals import FOREVER
from tunekit.tracking.operations import Operation, OperationRunner
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.store import open_store

_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; import tunekit.tracking.writer_process as w; w.serve()"
)
_PR_SET_PDEATHSIG = 1  # option of prctl on Linux


class WriterProcess:
    """Applies operations to a database in a separate process.

    MLflow writes to databases in Python code, which holds the global interpreter lock: in a thread
    it would slow down training. The process needs two seconds to start. Until then, and if it
    dies, the operations are applied in this process.

    It is a context manager. When it exits, the process has ended. The process also ends together
    with this one: immediately on Linux, on other systems after its current operation.

    Parameters
    ----------
    uri : str
        The store, a database.
    experiment_id : str
    runner : OperationRunner
        Runner for the same store and experiment.
    """

    def __init__(self, uri: str, experiment_id: str, runner: OperationRunner) -> None:
        self._runner = runner
        self._address = (uri, experiment_id)
        self._is_up = self._is_closed = False
        self._process: Any = None
        self._starting = threading.Thread(target=self._start, daemon=True)

    def __enter__(self) -> Self:
        if getattr(sys, "frozen", False) or not sys.executable:
            return self  # there is no interpreter to start
        with contextlib.suppress(OSError, ValueError):
            # In a new session, so that Ctrl-C does not reach it before everything is written.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        if self._process is not None:
            self._starting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_up, self._is_closed = False, True
        if self._process is None:
            return
        self._process.kill()  # unconfirmed operations stay in the journal
        self._process.wait(FOREVER)
        self._starting.join(FOREVER)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    @property
    def runs(self) -> dict[str, str]:
        """IDs of existing runs, by name."""
        return self._runner.runs

    @property
    def is_up(self) -> bool:
        """Whether the process is ready for operations."""
        return self._is_up

    def do(self, operation: Operation, *, again: bool = False) -> None:
        """Apply an operation; see :meth:`tunekit.tracking.operations.OperationRunner.do`.

        Raises
        ------
        ConnectionError
            When the store fails. If it rejects the operation, the runner's error is raised.
        """
        if self._is_up:
            done, reason = self._request(operation, again=again)
            if done:
                return
            if reason:
                raise ConnectionError(reason)
            again = True
        if self._is_closed:
            raise ConnectionError("the writer process is closed")
        self._runner.do(operation, again=again)

    def _request(self, operation: Operation, *, again: bool) -> tuple[bool, str]:
        """Send an operation, and return whether it was applied, and the reason of a failure."""
        try:
            _send(self._process.stdin, (operation, self.runs.get(operation.run), again))
            run_id, done, reason = _receive(self._process.stdout)
        except Exception:  # noqa: BLE001 - the process was killed
            self._is_up = False
            return False, ""
        if run_id:
            self.runs[operation.run] = run_id
        return done, reason

    def _start(self) -> None:
        # If the process ends or prints something else, the runner applies all operations.
        with contextlib.suppress(Exception):
            _send(self._process.stdin, self._address)
            self._is_up = _receive(self._process.stdout) is True and not self._is_closed


def serve() -> None:
    """Apply operations from standard input until it ends; runs in the separate process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with os.fdopen(os.dup(1), "wb") as responses:
        os.dup2(2, 1)  # keeps other output out of the responses
        with contextlib.suppress(EOFError):
            _respond(sys.stdin.buffer, responses)


def _respond(requests: BinaryIO, responses: BinaryIO) -> None:
    uri, experiment_id = _receive(requests)
    client = open_store(uri, create=False)
    runner = OperationRunner(lambda: client, experiment_id, {})
    _send(responses, True)
    while True:
        operation, run_id, again = _receive(requests)
        if run_id:
            runner.runs[operation.run] = run_id
        done, reason = True, ""
        try:
            runner.do(operation, again=again)
        except Exception as error:  # noqa: BLE001 - the response reports it
            # If the store rejects it, the parent tries it once more and raises the error.
            done, reason = False, "" if is_refusal(error, operation) else in_short(error)
        _send(responses, (runner.runs.get(operation.run), done, reason))


def _send(pipe: BinaryIO, message: Any) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


def _receive(pipe: BinaryIO) -> Any:
    return pickle.load(pipe)  # noqa: S301 - the other one of our two processes wrote it
