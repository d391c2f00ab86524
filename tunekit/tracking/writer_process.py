"""Does operations in a process of its own, so that the one that trains loses no time to them."""

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
from tunekit.tracking.operations import Operation, OperationRunner
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.store import open_store

_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; import tunekit.tracking.writer_process as c; c.serve()"
)
_DIE_WITH_PARENT = 1  # of Linux' prctl


class WriterProcess:
    """Does operations on a database as a desk does, in a process that it starts.

    MLflow writes to databases in Python, of which a process does one thing at a time: in a thread
    it would take as long from the training. The process needs two seconds to start. Until then,
    and if it goes away, the desk does the operations here.

    It is a context, at whose end the process has ended. It also ends with this one: at once on
    Linux, elsewhere when it has done what it was given last.

    Parameters
    ----------
    uri : str
        The store, a database.
    experiment_id : str
    desk : OperationRunner
        On the same.
    """

    def __init__(self, uri: str, experiment_id: str, desk: OperationRunner) -> None:
        self._desk = desk
        self._address = (uri, experiment_id)
        self._is_up = self._is_over = False
        self._process: Any = None
        self._starting = threading.Thread(target=self._start, daemon=True)

    def __enter__(self) -> Self:
        if getattr(sys, "frozen", False) or not sys.executable:
            return self  # there is no interpreter to start
        with contextlib.suppress(OSError, ValueError):
            # In a session of its own: Ctrl-C is for the study, which ends it when all is written.
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
        self._is_up, self._is_over = False, True
        if self._process is None:
            return
        self._process.kill()  # what it did it has said; what it has not, another one does again
        self._process.wait()
        self._starting.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    @property
    def runs(self) -> dict[str, str]:
        """Identities of the runs that exist, by name."""
        return self._desk.runs

    @property
    def is_up(self) -> bool:
        """Whether the process does what is to be done."""
        return self._is_up

    def do(self, operation: Operation, *, again: bool = False) -> None:
        """Do an operation; see :meth:`tunekit.tracking.operations.OperationRunner.do`.

        Raises
        ------
        ConnectionError
            When the store does not take it now. What it will never take the desk raises.
        """
        if self._is_up:
            done, reason = self._ask(operation, again=again)
            if done:
                return
            if reason:
                raise ConnectionError(reason)
            again = True
        if self._is_over:
            raise ConnectionError("what waited for it was given up")
        self._desk.do(operation, again=again)

    def _ask(self, operation: Operation, *, again: bool) -> tuple[bool, str]:
        """Have an operation done, and return whether it was, and else why the store failed."""
        try:
            _say(self._process.stdin, (operation, self.runs.get(operation.run), again))
            run_id, done, reason = _hear(self._process.stdout)
        except Exception:  # noqa: BLE001 - somebody killed it, or we do at this moment
            self._is_up = False
            return False, ""
        if run_id:
            self.runs[operation.run] = run_id
        return done, reason

    def _start(self) -> None:
        # It may end at once, or print something first; then the desk does all.
        with contextlib.suppress(Exception):
            _say(self._process.stdin, self._address)
            self._is_up = _hear(self._process.stdout) is True and not self._is_over


def serve() -> None:
    """Do what comes through the standard input until that ends: the process's own side."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # nobody else prints into the answers
        with contextlib.suppress(EOFError):
            _answer(sys.stdin.buffer, answers)


def _answer(questions: BinaryIO, answers: BinaryIO) -> None:
    uri, experiment_id = _hear(questions)
    client = open_store(uri, create=False)
    desk = OperationRunner(lambda: client, experiment_id, {})
    _say(answers, True)
    while True:
        operation, run_id, again = _hear(questions)
        if run_id:
            desk.runs[operation.run] = run_id
        done, reason = True, ""
        try:
            desk.do(operation, again=again)
        except Exception as error:  # noqa: BLE001 - told
            # What will never work here may over there, which may know more; or it is told there.
            done, reason = False, "" if is_refusal(error, operation) else in_short(error)
        _say(answers, (desk.runs.get(operation.run), done, reason))


def _say(pipe: BinaryIO, what: Any) -> None:
    pickle.dump(what, pipe)
    pipe.flush()


def _hear(pipe: BinaryIO) -> Any:
    return pickle.load(pipe)  # noqa: S301 - one of our two processes wrote it
