"""Which process runs a trial, and whether it still can."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

import psutil

#: Seconds between two signs of life of an execution.
PULSE = 60.0

#: Seconds without one after which a process on another machine counts as gone.
SILENCE = 10 * PULSE

_SAME_START = 2.0  # seconds: the start of a process is derived from the machine's clock


def this_process() -> str:
    """Return who we are: machine, process, and when the process started, in seconds since 1970."""
    return _identity(os.getpid())


@functools.cache  # by process: one that was forked is another
def _identity(pid: int) -> str:
    return f"{_machine()}:{pid}:{psutil.Process(pid).create_time():.0f}"


def is_dead(owner: str, silent: float) -> bool:
    """Return whether the process that began something can no longer end it.

    Parameters
    ----------
    owner : str
        From :func:`this_process`, there.
    silent : float
        Seconds since it last gave a sign of life. It decides where the process is of another
        machine, into which we cannot look.

    Examples
    --------
    >>> is_dead(this_process(), 1e6)
    False
    >>> is_dead("elsewhere:1:1700000000", 5.0), is_gone("elsewhere:1:1700000000", 1e6)
    (False, True)
    """
    host, pid, start = _parts(owner)
    if host != _machine():
        return silent > SILENCE
    try:
        process = psutil.Process(pid)
        reused = abs(process.create_time() - start) > _SAME_START
        return reused or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:  # somebody else's, and there
        return False


def _machine() -> str:
    """Return what tells us from processes that we cannot see: another host, another container."""
    try:
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # no Linux
        return socket.gethostname()


def _parts(owner: str) -> tuple[str, int, float]:
    host, *numbers = owner.rsplit(":", 2)
    try:
        pid, start = (int(number) for number in numbers)
    except ValueError:  # written by another version, or by hand
        return "", 0, 0.0
    return host, pid, float(start)
