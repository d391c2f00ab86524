"""Copies of user objects, so that a fit does not change the originals."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from tunekit.exceptions import ParameterError

T = TypeVar("T")


# See findings/optuna-sampler-object-stays-with-its-first-study.sh.
def copied(given: T, setting: str, memo: dict[int, Any] | None = None) -> T:
    """Return a copy of an object that changes its state when it is used.

    Samplers, pruners and splitters advance their random numbers, and some count calls. Every fit
    uses a copy, so that it does not depend on earlier fits.

    Parameters
    ----------
    given : object
    setting : str
        The name of the parameter.
    memo : dict or None, default=None
        Replacements by ``id`` of the original, as in ``copy.deepcopy``.

    Raises
    ------
    ParameterError
        If the object cannot be copied.

    Examples
    --------
    >>> import threading
    >>> copied(threading.Lock(), "algorithm")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: algorithm cannot be copied, which every fit requires: \
cannot pickle '_thread.lock' object; remove locks and open connections from lock, or give it a \
__deepcopy__.
    """
    try:
        return copy.deepcopy(given, memo)
    except Exception as error:
        raise ParameterError(
            f"{setting} cannot be copied, which every fit requires: "
            f"{' '.join(str(error).split())}; remove locks and open connections from "
            f"{type(given).__name__}, or give it a __deepcopy__."
        ) from error
