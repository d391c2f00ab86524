"""Processes that evaluate trials: several at a time, and each only as long as it may.

A trial that runs too long, or takes its process down with it, fails alone: every process
evaluates one trial at a time and is replaced when it is gone.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from types import TracebackType
from typing import Any, Protocol, Self

import cloudpickle
from loky import ProcessPoolExecutor
from loky.backend import resource_tracker
from loky.process_executor import BrokenProcessPool

from tunekit.evaluation import Report
from tunekit.exceptions import ParameterError
from tunekit.records import Evaluation
from tunekit.runtime import load_keras, uncollected, worker_environment
from tunekit.watching import LiveCurve, Point, Watch

_POLL = 0.1  # seconds between looks at the clock
_CURVE = -1  # in place of a step: what follows is a part of a curve
_BACKLOG = 128  # processes that call at once


class Measure(Protocol):
    """Takes a configuration and whom to report to, and says how good it is."""

    def __call__(
        self, params: Mapping[str, Any], *, report: Report | None, watch: Watch | None
    ) -> Evaluation:
        """Evaluate a configuration."""


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
        """What this process does at the moment, None where it waits for a trial."""
        return self.future or (None if self.ready.done() else self.ready)


class Workers:
    """Evaluates trials in processes of their own, which start at once. It is a context.

    Parameters
    ----------
    n_workers : int
        How many processes.
    measure : callable
        What a process does with a configuration. It is sent to each process once.
    trial_timeout : float or None
        Seconds that a trial may take.
    reports : bool
        Whether trials say how they go, see :meth:`report_to`.

    Raises
    ------
    ParameterError
        When ``measure`` cannot be sent to another process.
    """

    def __init__(
        self, n_workers: int, measure: Measure, *, trial_timeout: float | None, reports: bool
    ) -> None:
        try:
            sent = cloudpickle.dumps(measure)
        except Exception as error:
            raise ParameterError(
                f"n_jobs and trial_timeout run trials in other processes, to which the estimator, "
                f"the scorer or the data cannot be sent: {error}"
            ) from error
        self._timeout = trial_timeout
        self._reports = reports
        self._hotline = _Hotline(sent, self._note_start)
        self._slots = [_Slot() for _ in range(n_workers)]

    def __enter__(self) -> Self:
        # Before any process: starting it later would let Ctrl-C through again, see _deaf.
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
        # All at once: a process that has loaded TensorFlow takes a second to end.
        ends = [
            threading.Thread(target=self._end, args=(slot,), kwargs={"kill": kind is not None})
            for slot in self._slots
        ]
        for end in ends:
            end.start()
        for end in ends:
            end.join()
        self._hotline.close()

    def report_to(
        self,
        report: Callable[[int, int, Sequence[float]], bool],
        watch: Callable[[int, Sequence[Point]], None],
    ) -> None:
        """Set who is told a trial's number, step and scores so far, and who a part of its curve.

        The first says whether to stop the trial.
        """
        self._hotline.report, self._hotline.watch = report, watch

    @property
    def n_running(self) -> int:
        """How many trials are being evaluated."""
        return sum(slot.number is not None for slot in self._slots)

    @property
    def is_free(self) -> bool:
        """Whether a process waits for a trial."""
        return any(slot.is_free for slot in self._slots)

    def submit(self, number: int, params: Mapping[str, Any]) -> None:
        """Give a free process a trial."""
        slot = next(slot for slot in self._slots if slot.is_free)
        slot.number = number
        with _deaf():  # it may have to start a process
            try:
                slot.future = slot.executor.submit(_work, number, dict(params))
            except BrokenProcessPool:  # it died while it waited
                self._replace(slot)
                slot.future = slot.executor.submit(_work, number, dict(params))

    def finished(self) -> list[tuple[int, Evaluation]]:
        """Wait until a trial has ended or a process is free; return the trials that have ended."""
        while True:
            wait([slot.awaited for slot in self._slots if slot.awaited], _POLL, FIRST_COMPLETED)
            if self._hotline.error is not None:
                raise self._hotline.error
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
        """Return what became of a slot's trial, None while it runs."""
        future = slot.future
        assert future is not None  # noqa: S101 - a running slot has one
        if future.done():
            try:
                return future.result()
            except BrokenProcessPool as error:
                self._replace(slot)
                return _failure(f"its process died, perhaps for lack of memory: {_death(error)}")
            except _LoadError as error:
                raise ParameterError(
                    f"the trial's process cannot load what it needs: {error}"
                ) from error
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
            initializer=_start,
            initargs=(self._hotline.address, self._hotline.secret, self._reports),
            env=worker_environment(len(self._slots)),
        )
        with _deaf():
            slot.ready = slot.executor.submit(_is_ready)

    def _end(self, slot: _Slot, *, kill: bool) -> None:
        if slot.executor is None:
            return
        slot.executor.shutdown(wait=True, kill_workers=kill or not slot.ready.done())

    def _note_start(self, number: int) -> None:
        for slot in self._slots:
            if slot.number == number:
                slot.started = time.monotonic()


class _Hotline:
    """Where processes learn what to do, say how their trials go, and hear whether to stop."""

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
        with contextlib.suppress(OSError):  # wakes the thread that waits for a call
            Client(self.address, authkey=self.secret).close()
        self._thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            # A process that died while it called, or somebody else's.
            with contextlib.suppress(OSError, EOFError, AuthenticationError):
                connection = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        with connection, contextlib.suppress(OSError, EOFError):  # the process has ended
            while True:
                number, step, scores = connection.recv()
                if number is None:
                    connection.send_bytes(self._measure)
                elif step is None:
                    self._note_start(number)
                    connection.send(False)
                else:
                    connection.send(self._answer(number, step, scores))

    def _answer(self, number: int, step: int, told: Sequence[Any]) -> bool:
        try:
            if step == _CURVE:
                if self.watch:
                    self.watch(number, told)
                return False
            return bool(self.report and self.report(number, step, told))
        except Exception as error:  # noqa: BLE001 - raised where the search waits
            self.error = error
            return True


class _Worker:
    """What a process keeps from trial to trial."""

    def __init__(self, connection: Any, *, reports: bool) -> None:
        self._connection = connection
        self._reports = reports
        # Not with the process's arguments, which its parent could not write before it reads.
        connection.send((None, None, ()))
        self._measure: Measure = cloudpickle.loads(connection.recv_bytes())

    def evaluate(self, number: int, params: Mapping[str, Any]) -> Evaluation:
        self._ask(number, None, ())

        def report(step: int, scores: Sequence[float]) -> bool:
            return self._ask(number, step, tuple(scores))

        def send(points: Sequence[Point]) -> None:
            self._ask(number, _CURVE, points)

        watch = LiveCurve(send)
        return self._measure(params, report=report if self._reports else None, watch=watch)

    def _ask(self, number: int, step: int | None, told: Sequence[Any]) -> bool:
        self._connection.send((number, step, told))
        return bool(self._connection.recv())


class _LoadError(Exception):
    """A process could not load the estimator, the scorer or the data."""


class _State:
    """What a process was started with."""

    worker: _Worker | None = None
    error = ""


# Set once in each process, which has no other way to keep the data between two trials.
_state = _State()


def _start(address: Any, secret: bytes, reports: bool) -> None:  # noqa: FBT001
    """Make a fresh process ready: everything loaded, and deaf to Ctrl-C, which is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(_leave)
    parent = Client(address, authkey=secret)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        with uncollected():
            worker = _Worker(Client(address, authkey=secret), reports=reports)
            if "tunekit.models.estimator" in sys.modules:
                load_keras()  # not on the first trial's time
        gc.freeze()  # libraries stay: there is no need to look through them again
    except Exception as error:  # noqa: BLE001 - told by the first trial, in the parent
        _state.error = f"{type(error).__name__}: {error}"
    else:
        _state.worker = worker


def _end_with(parent: Connection[Any, Any]) -> None:
    """End this process when the one that started it is gone, however it went."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv()  # it says nothing on this line
    os._exit(1)


def _leave() -> None:
    """End without taking TensorFlow apart, which takes a second.

    Registered first, it comes last of what is done at exit.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_ready() -> None:
    """Do nothing: a process that has done it has started."""


def _work(number: int, params: Mapping[str, Any]) -> Evaluation:
    if _state.worker is None:
        raise _LoadError(_state.error)
    return _state.worker.evaluate(number, params)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Hold back Ctrl-C, also from processes that are started meanwhile, which inherit it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _failure(error: str) -> Evaluation:
    return Evaluation((), (), (), error=error, circumstantial=True)


def _death(error: Exception) -> str:
    """Return how a process ended, in one line."""
    text = " ".join(str(error).split())
    start = text.find("The exit codes of the workers are")
    return text[start : text.find("}", start) + 1] if start >= 0 else text[:200]
