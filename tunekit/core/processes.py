"""Identification of the process that runs a trial, and detection of dead processes."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

import psutil

#: Seconds between two heartbeats of a run.
PULSE = 60.0

#: Seconds without a heartbeat after which a process on another machine counts as dead.
SILENCE = 10 * PULSE

_SAME_START = 2.0  # seconds of tolerance: start times are derived from the system clock


def this_process() -> str:
    """Return an identifier of this process: machine, PID, and start in seconds since 1970."""
    return _identity(os.getpid())


@functools.cache  # per PID: a forked process has another one
def _identity(pid: int) -> str:
    return f"{_machine()}:{pid}:{psutil.Process(pid).create_time():.0f}"


def is_dead(owner: str, seconds_silent: float) -> bool:
    """Return whether a process has died.

    Parameters
    ----------
    owner : str
        Result of :func:`this_process` in that process.
    seconds_silent : float
        Seconds since its last heartbeat. Used for processes on other machines.

    Examples
    --------
    >>> is_dead(this_process(), 1e6)
    False
    >>> is_dead("elsewhere:1:1700000000", 5.0), is_dead("elsewhere:1:1700000000", 1e6)
    (False, True)
    """
    host, pid, start = _parts(owner)
    if host != _machine():
        return seconds_silent > SILENCE
    try:
        process = psutil.Process(pid)
        reused = abs(process.create_time() - start) > _SAME_START
        return reused or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:  # it exists and belongs to another user
        return False


def _machine() -> str:
    """Return an identifier of host and container, whose processes this one can see."""
    try:
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()


def _parts(owner: str) -> tuple[str, int, float]:
    host, *numbers = owner.rsplit(":", 2)
    try:
        pid, start = (int(number) for number in numbers)
    except ValueError:  # written by another version, or edited
        return "", 0, 0.0
    return host, pid, float(start)
