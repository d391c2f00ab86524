"""Ctrl-C once ends a study in good order, twice at once; so does SIGTERM, with its runs closed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def graceful_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at the first Ctrl-C, and let the second raise ``KeyboardInterrupt``.

    Parameters
    ----------
    stop : callable
        Called in the main thread, between two of its instructions.

    Notes
    -----
    Only where Python's own handler is in place, and in the main thread: elsewhere interrupts
    are somebody else's.
    """

    def first() -> None:
        sys.stderr.write("\nFinishing what runs; press Ctrl-C again to stop at once.\n")
        stop()

    with _handled(signal.SIGINT, signal.default_int_handler, first):
        yield


class Terminated(BaseException):
    """Somebody asked this process to end."""


@contextlib.contextmanager
def closed_on_sigterm() -> Iterator[None]:
    """Let SIGTERM close what is open, as an exception does, before it ends the process.

    A second one ends it at once.

    Notes
    -----
    Only where nobody else handles it, and in the main thread.
    """

    def first() -> None:
        raise Terminated("SIGTERM")

    ours = False
    try:
        with _handled(signal.SIGTERM, signal.SIG_DFL, first) as ours:
            yield
    except Terminated:
        if ours:  # else who handles it has more to close
            os.kill(os.getpid(), signal.SIGTERM)
        raise


@contextlib.contextmanager
def _handled(signum: signal.Signals, usual: Any, first: Callable[[], None]) -> Iterator[bool]:
    """Handle the first signal of a kind, and leave the next ones to the usual handler.

    Yields whether it does: only where the usual handler is in place, and in the main thread.
    """
    ours = (
        threading.current_thread() is threading.main_thread() and signal.getsignal(signum) is usual
    )
    if not ours:
        yield False
        return

    def handler(_signum: int, _frame: Any) -> None:
        signal.signal(signum, usual)
        first()

    signal.signal(signum, handler)
    try:
        yield True
    finally:
        signal.signal(signum, usual)
