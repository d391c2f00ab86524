"""Worker process: it receives the evaluation function once, then evaluates trials one by one."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Client, Connection
from typing import Any

import cloudpickle

from tunekit.core.callbacks import LiveCurve, Measure, Point
from tunekit.core.problem import FindProblem, Problem
from tunekit.core.runtime import load_keras, no_autologging, uncollected
from tunekit.core.trial import Evaluation
from tunekit.study.worker_messages import CurvePart, Message, Progress, Ready, Started


class _Worker:
    """State of a process that is shared by its trials."""

    def __init__(self, connection: Any, *, reports: bool) -> None:
        self._connection = connection
        self._reports = reports
        # Not sent as an argument: the parent would block until the process reads it.
        connection.send(Ready())
        self._measure: Measure
        self.find_problem: FindProblem
        self._measure, self.find_problem = cloudpickle.loads(connection.recv_bytes())

    def evaluate(self, number: int, params: Mapping[str, Any]) -> Evaluation:
        self._request(Started(number))

        def report(step: int, scores: Sequence[float]) -> bool:
            return self._request(Progress(number, step, tuple(scores)))

        def send(points: Sequence[Point]) -> None:
            self._request(CurvePart(number, points))

        watch = LiveCurve(send)
        return self._measure(params, report=report if self._reports else None, watch=watch)

    def _request(self, message: Message) -> bool:
        self._connection.send(message)
        return bool(self._connection.recv())


class LoadError(Exception):
    """A process cannot load the estimator, the scorer or the data."""


class _State:
    """Worker of this process, or the error of its start."""

    worker: _Worker | None = None
    error = ""


# Set once per process. A global, because there is no other way to keep data between trials.
_state = _State()


def start(address: Any, secret: bytes, reports: bool) -> None:  # noqa: FBT001
    """Initialize a new process: load everything, and ignore Ctrl-C, which the parent handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(_leave)
    parent = Client(address, authkey=secret)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        with uncollected():
            worker = _Worker(Client(address, authkey=secret), reports=reports)
            if "tunekit.models.estimator" in sys.modules:
                load_keras()  # so that the first trial does not take longer
        gc.freeze()  # exclude libraries from garbage collection
    except Exception as error:  # noqa: BLE001 - the first trial raises it in the parent
        _state.error = f"{type(error).__name__}: {error}"
    else:
        _state.worker = worker


def _end_with(parent: Connection[Any, Any]) -> None:
    """End this process when its parent ends, for whatever reason."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv()  # the parent never sends on this connection
    os._exit(1)


def _leave() -> None:
    """Exit without unloading TensorFlow, which takes a second.

    It is registered first, so it runs after all other exit handlers.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def is_ready() -> None:
    """Do nothing. A process that has run this function has started."""


def find_problem() -> Problem | None:
    """Return why no trial can succeed; None if one probably can."""
    with no_autologging():
        return _worker().find_problem()


def work(number: int, params: bytes) -> Evaluation:
    """Evaluate a trial in this process; its configuration is pickled."""
    with no_autologging():
        return _worker().evaluate(number, cloudpickle.loads(params))


def _worker() -> _Worker:
    if _state.worker is None:
        raise LoadError(_state.error)
    return _state.worker
