"""Copies of objects that a fit is given, so that the originals are not changed."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from tunekit.exceptions import ParameterError

T = TypeVar("T")


def copied(given: T, setting: str, memo: dict[int, Any] | None = None) -> T:
    """Return a copy of an object that keeps something while it is used.

    Samplers, pruners and splitters advance their random numbers, and some count. Every fit begins
    with a copy, so that it does not depend on the fits before it.

    Parameters
    ----------
    given : object
    setting : str
        The parameter that holds it.
    memo : dict or None, default=None
        What stands for objects by their ``id``, as ``copy.deepcopy`` takes it.

    Raises
    ------
    ParameterError
        If it cannot be copied.

    Examples
    --------
    >>> import threading
    >>> copied(threading.Lock(), "algorithm")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: algorithm cannot be copied, and every fit begins with a \
copy of it: cannot pickle '_thread.lock' object; leave locks and open connections out of lock, or \
give it a __deepcopy__.
    """
    try:
        return copy.deepcopy(given, memo)
    except Exception as error:
        raise ParameterError(
            f"{setting} cannot be copied, and every fit begins with a copy of it: "
            f"{' '.join(str(error).split())}; leave locks and open connections out of "
            f"{type(given).__name__}, or give it a __deepcopy__."
        ) from error
