"""The process of a worker: it receives the job once, then evaluates one trial at a time."""

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
from tunekit.core.runtime import load_keras, uncollected
from tunekit.core.trial import Evaluation
from tunekit.study.worker_messages import CurvePart, Message, Progress, Ready, Started


class _Worker:
    """What a process keeps from trial to trial."""

    def __init__(self, connection: Any, *, reports: bool) -> None:
        self._connection = connection
        self._reports = reports
        # Not with the process's arguments, which its parent could not write before it reads.
        connection.send(Ready())
        self._measure: Measure = cloudpickle.loads(connection.recv_bytes())

    def evaluate(self, number: int, params: Mapping[str, Any]) -> Evaluation:
        self._ask(Started(number))

        def report(step: int, scores: Sequence[float]) -> bool:
            return self._ask(Progress(number, step, tuple(scores)))

        def send(points: Sequence[Point]) -> None:
            self._ask(CurvePart(number, points))

        watch = LiveCurve(send)
        return self._measure(params, report=report if self._reports else None, watch=watch)

    def _ask(self, message: Message) -> bool:
        self._connection.send(message)
        return bool(self._connection.recv())


class LoadError(Exception):
    """A process could not load the estimator, the scorer or the data."""


class _State:
    """What a process was started with."""

    worker: _Worker | None = None
    error = ""


# Set once in each process, which has no other way to keep the data between two trials.
_state = _State()


def start(address: Any, secret: bytes, reports: bool) -> None:  # noqa: FBT001
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


def is_ready() -> None:
    """Do nothing: a process that has done it has started."""


def work(number: int, params: Mapping[str, Any]) -> Evaluation:
    """Evaluate a trial in this process."""
    if _state.worker is None:
        raise LoadError(_state.error)
    return _state.worker.evaluate(number, params)
