"""Worker processes that evaluate trials in parallel and with a time limit.

Each process evaluates one trial at a time. If a trial takes too long or its process dies, only
this trial fails, and the process is replaced.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from types import TracebackType
from typing import Any, Self

import cloudpickle
from loky import ProcessPoolExecutor
from loky.backend import resource_tracker
from loky.process_executor import BrokenProcessPool

from tunekit.core.callbacks import Measure, Point
from tunekit.core.problem import FindProblem, Problem
from tunekit.core.runtime import worker_environment
from tunekit.core.signals import FOREVER
from tunekit.core.trial import Evaluation
from tunekit.exceptions import ParameterError
from tunekit.study.worker_messages import CurvePart, Message, Progress, Ready, Started
from tunekit.study.worker_process import (
    LoadError,
    find_problem,
    is_ready,
    start,
    work,
)

_POLL = 0.1  # seconds between checks of the time limit
_BACKLOG = 128  # simultaneous connections


class _Slot:
    """A process, and the trial that it evaluates."""

    def __init__(self) -> None:
        self.executor: Any = None
        self.ready: Future[None] = Future()
        self.number: int | None = None
        self.future: Future[Evaluation] | None = None
        self.started: float | None = None

    @property
    def is_free(self) -> bool:
        return self.number is None and self.ready.done()

    @property
    def awaited(self) -> Future[Any] | None:
        """The current task of this process; None if it waits for a trial."""
        return self.future or (None if self.ready.done() else self.ready)


class Workers:
    """Context manager for processes that evaluate trials. They start when it is entered.

    Parameters
    ----------
    n_workers : int
        Number of processes.
    measure : callable
        Evaluates a configuration. It is sent to each process once.
    find_problem : callable
        Returns why no trial can succeed, or None. It is sent together with ``measure``.
    trial_timeout : float or None
        Maximum seconds per trial.
    reports : bool
        Whether trials report each step, see :meth:`set_callbacks`.

    Raises
    ------
    ParameterError
        When ``measure`` cannot be sent to another process.
    """

    def __init__(
        self,
        n_workers: int,
        measure: Measure,
        find_problem: FindProblem,
        *,
        trial_timeout: float | None,
        reports: bool,
    ) -> None:
        try:
            pickled = cloudpickle.dumps((measure, find_problem))
        except Exception as error:
            raise ParameterError(
                f"n_jobs and trial_timeout run trials in other processes, to which the estimator, "
                f"the scorer or the data cannot be sent: {error}"
            ) from error
        self._timeout = trial_timeout
        self._reports = reports
        self._server = _MessageServer(pickled, self._note_start)
        self._slots = [_Slot() for _ in range(n_workers)]

    def __enter__(self) -> Self:
        # Before any process: if it started later, it would unblock Ctrl-C again.
        resource_tracker.ensure_running()
        try:
            for slot in self._slots:
                self._start(slot)
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
        # In parallel: a process that has loaded TensorFlow takes a second to end.
        ends = [
            threading.Thread(target=self._end, args=(slot,), kwargs={"kill": kind is not None})
            for slot in self._slots
        ]
        for end in ends:
            end.start()
        for end in ends:
            end.join(FOREVER)
        self._server.close()

    def find_problem(self) -> Problem | None:
        """Return why no trial can succeed, found in a process; None if it takes too long or dies.

        Raises
        ------
        ParameterError
            When the process cannot load the estimator, the scorer or the data.
        """
        slot = self._slots[0]
        try:
            slot.ready.result(FOREVER)
            found: Future[Problem | None] = slot.executor.submit(find_problem)
            return found.result(FOREVER if self._timeout is None else self._timeout)
        except (BrokenProcessPool, TimeoutError):
            self._replace(slot)
            return None
        except LoadError as error:
            raise _unloadable(error) from error

    def set_callbacks(
        self,
        report: Callable[[int, int, Sequence[float]], bool],
        watch: Callable[[int, Sequence[Point]], None],
    ) -> None:
        """Set the functions that receive reports of running trials.

        Parameters
        ----------
        report : callable
            Takes the number of a trial, the step and the scores so far; returns whether to stop it.
        watch : callable
            Takes the number of a trial and a part of its learning curve.
        """
        self._server.report, self._server.watch = report, watch

    @property
    def n_running(self) -> int:
        """Number of trials that are being evaluated."""
        return sum(slot.number is not None for slot in self._slots)

    @property
    def is_free(self) -> bool:
        """Whether a process waits for a trial."""
        return any(slot.is_free for slot in self._slots)

    def submit(self, number: int, params: Mapping[str, Any]) -> None:
        """Start a trial in a free process."""
        slot = next(slot for slot in self._slots if slot.is_free)
        slot.number = number
        pickled = cloudpickle.dumps(dict(params))  # it may contain a function of the main program
        with _interrupts_blocked():  # it may have to start a process
            try:
                slot.future = slot.executor.submit(work, number, pickled)
            except BrokenProcessPool:  # it died while it was idle
                self._replace(slot)
                slot.future = slot.executor.submit(work, number, pickled)

    def finished(self) -> list[tuple[int, Evaluation]]:
        """Wait until a trial ends or a process is free, and return the trials that have ended."""
        while True:
            wait([slot.awaited for slot in self._slots if slot.awaited], _POLL, FIRST_COMPLETED)
            if self._server.error is not None:
                raise self._server.error
            running = [slot for slot in self._slots if slot.future is not None]
            ended = [(slot, self._outcome(slot)) for slot in running]
            results = [
                (slot.number, outcome)
                for slot, outcome in ended
                if outcome is not None and slot.number is not None
            ]
            for slot, outcome in ended:
                if outcome is not None:
                    slot.number = slot.future = slot.started = None
            if results or self.is_free:
                return results

    def _outcome(self, slot: _Slot) -> Evaluation | None:
        """Return the result of the trial in a slot; None while it runs."""
        future = slot.future
        assert future is not None  # noqa: S101 - always set while a trial runs
        if future.done():
            try:
                return future.result()
            except BrokenProcessPool as error:
                self._replace(slot)
                return _failure(f"the process died, possibly out of memory: {_exit_codes(error)}")
            except LoadError as error:
                raise _unloadable(error) from error
        if (
            self._timeout is not None
            and slot.started is not None
            and time.monotonic() - slot.started > self._timeout
        ):
            self._replace(slot)
            return _failure(f"it took longer than trial_timeout={self._timeout:g} s")
        return None

    def _replace(self, slot: _Slot) -> None:
        slot.executor.shutdown(wait=True, kill_workers=True)
        self._start(slot)

    def _start(self, slot: _Slot) -> None:
        slot.executor = ProcessPoolExecutor(
            max_workers=1,
            initializer=start,
            initargs=(self._server.address, self._server.secret, self._reports),
            env=worker_environment(len(self._slots)),
        )
        with _interrupts_blocked():
            slot.ready = slot.executor.submit(is_ready)

    def _end(self, slot: _Slot, *, kill: bool) -> None:
        if slot.executor is None:
            return
        slot.executor.shutdown(wait=True, kill_workers=kill or not slot.ready.done())

    def _note_start(self, number: int) -> None:
        for slot in self._slots:
            if slot.number == number:
                slot.started = time.monotonic()


class _MessageServer:
    """Server for the messages of worker processes."""

    def __init__(
        self,
        measure: bytes,
        note_start: Callable[[int], None],
    ) -> None:
        self.report: Callable[[int, int, Sequence[float]], bool] | None = None
        self.watch: Callable[[int, Sequence[Point]], None] | None = None
        self._measure = measure
        self._note_start = note_start
        self._closed = False
        self.error: Exception | None = None
        self.secret = os.urandom(16)
        self._listener = Listener(backlog=_BACKLOG, authkey=self.secret)
        self.address = self._listener.address
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):  # wakes the thread that waits for a connection
            Client(self.address, authkey=self.secret).close()
        self._thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            # The process died during the connection, or is not one of ours.
            with contextlib.suppress(OSError, EOFError, AuthenticationError):
                connection = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        with connection, contextlib.suppress(OSError, EOFError):  # the process has ended
            while True:
                message: Message = connection.recv()
                if isinstance(message, Ready):
                    connection.send_bytes(self._measure)
                else:
                    connection.send(self._answer(message))

    def _answer(self, message: Started | Progress | CurvePart) -> bool:
        """Return whether to stop the trial."""
        try:
            match message:
                case Started(number):
                    self._note_start(number)
                case CurvePart(number, points):
                    if self.watch:
                        self.watch(number, points)
                case Progress(number, step, scores):
                    return bool(self.report and self.report(number, step, scores))
        except Exception as error:  # noqa: BLE001 - finished() raises it
            self.error = error
            return True
        return False


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block SIGINT, also for processes that are started inside the context, which inherit it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _unloadable(error: LoadError) -> ParameterError:
    return ParameterError(
        f"a worker process cannot load the estimator, the scorer or the data: {error}"
    )


def _failure(error: str) -> Evaluation:
    return Evaluation((), (), (), error=error, circumstantial=True)


def _exit_codes(error: Exception) -> str:
    """Return the exit codes in the message of a broken pool, in one line."""
    text = " ".join(str(error).split())
    start = text.find("The exit codes of the workers are")
    return text[start : text.find("}", start) + 1] if start >= 0 else text[:200]
