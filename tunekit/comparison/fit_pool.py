"""Worker processes that run the fits of a comparison."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any

import cloudpickle
import joblib
from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool

from tunekit.core.runtime import no_autologging, worker_environment
from tunekit.core.signals import FOREVER
from tunekit.exceptions import ParameterError, StudyError

_POLL = 1.0  # seconds between checks whether the parent lives

#: Runs fits, each with its arguments, and yields their results as they become available.
RunFits = Callable[[Sequence[tuple[Any, ...]]], Iterator[Any]]


@contextlib.contextmanager
def open_pool(fit: Callable[..., Any], n_jobs: int | None, n_fits: int) -> Iterator[RunFits]:
    """Start processes for fits, and end them with the block.

    Parameters
    ----------
    fit : callable
        It is sent to each process once.
    n_jobs : int or None
        Number of processes. None and 1 run all fits in this process; -1 is one per core.
    n_fits : int
        Number of fits, 0 or more. It limits the number of processes.

    Yields
    ------
    callable
        Takes a sequence of argument tuples, and yields the results as they become available.

    Raises
    ------
    ParameterError
        When the candidates, scorers or data cannot be sent to another process.
    StudyError
        When a process dies.
    """
    n_workers = min(joblib.effective_n_jobs(n_jobs), n_fits)
    if n_workers <= 1:
        yield lambda tasks: (fit(*task) for task in tasks)
        return
    try:
        pickled = cloudpickle.dumps(fit)
    except Exception as error:
        raise ParameterError(
            f"n_jobs runs fits in other processes, to which the candidates, the scorers or the "
            f"data cannot be sent: {error}"
        ) from error
    executor = ProcessPoolExecutor(
        max_workers=n_workers,
        initializer=_start,
        initargs=(pickled, os.getpid()),
        env=worker_environment(n_workers),
    )
    ended = False
    try:
        yield lambda tasks: _results(executor, tasks)
        ended = True
    finally:
        executor.shutdown(wait=True, kill_workers=not ended)


def _results(executor: Any, tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    pending = {executor.submit(_work, *task) for task in tasks}
    while pending:
        done, pending = wait(pending, FOREVER, FIRST_COMPLETED)
        for each in done:
            try:
                yield each.result()
            except BrokenProcessPool as error:
                raise StudyError(
                    "a process of the comparison died, possibly out of memory. The fits that "
                    "ended are kept in MLflow: call compare again with a smaller n_jobs to resume."
                ) from error


class _State:
    """What this process does with a task."""

    fit: Callable[..., Any]


# Set once per process. A global, because there is no other way to keep data between tasks.
_state = _State()


def _start(pickled: bytes, parent: int) -> None:
    """Initialize a new process: load everything, and ignore Ctrl-C, which the parent handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _state.fit = cloudpickle.loads(pickled)


def _end_with(parent: int) -> None:
    """End this process when its parent ends, for whatever reason."""
    while os.getppid() == parent:
        time.sleep(_POLL)
    os._exit(1)


def _work(*task: Any) -> Any:
    with no_autologging():
        return _state.fit(*task)
