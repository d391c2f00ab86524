"""Handling of Ctrl-C and SIGTERM: finish or close what is running before the process ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

#: Timeout of waits that have none. Some libraries, such as Polars, replace the handler of SIGINT so
#: that Ctrl-C does not interrupt a wait without a timeout.
#: See findings/polars-import-delays-ctrl-c-until-a-wait-ends.sh.
FOREVER = threading.TIMEOUT_MAX


@contextlib.contextmanager
def graceful_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at the first Ctrl-C, and raise ``KeyboardInterrupt`` at the second.

    Parameters
    ----------
    stop : callable
        Called in the main thread, between two of its instructions.

    Notes
    -----
    This has an effect only in the main thread, and only if Python's default handler is in place.
    """

    def first() -> None:
        sys.stderr.write("\nFinishing running trials; press Ctrl-C again to stop immediately.\n")
        stop()

    with _handled(signal.SIGINT, signal.default_int_handler, first):
        yield


class Terminated(BaseException):
    """The process received SIGTERM."""


@contextlib.contextmanager
def closed_on_sigterm() -> Iterator[None]:
    """Raise an exception at SIGTERM, so that resources are closed before the process ends.

    A second SIGTERM ends the process immediately.

    Notes
    -----
    This has an effect only in the main thread, and only if no other handler is in place.
    """

    def first() -> None:
        raise Terminated("SIGTERM")

    ours = False
    try:
        with _handled(signal.SIGTERM, signal.SIG_DFL, first) as ours:
            yield
    except Terminated:
        if ours:  # otherwise an outer handler has more to close
            os.kill(os.getpid(), signal.SIGTERM)
        raise


@contextlib.contextmanager
def _handled(signum: signal.Signals, usual: Any, first: Callable[[], None]) -> Iterator[bool]:
    """Handle the first signal, and restore the usual handler for later ones.

    Yields whether the signal is handled: only in the main thread, and only if the usual handler
    is in place.
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
