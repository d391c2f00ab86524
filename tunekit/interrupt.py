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
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not ours:
        yield
        return

    def first(_signum: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stderr.write("\nFinishing what runs; press Ctrl-C again to stop at once.\n")
        stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not ours:
        yield
        return

    def first(_signum: int, _frame: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated("SIGTERM")

    signal.signal(signal.SIGTERM, first)
    try:
        yield
    except Terminated:
        os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
