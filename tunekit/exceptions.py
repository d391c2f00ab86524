"""Exceptions and warnings of tunekit.

Each exception is also a subclass of the built-in one that a scikit-learn user would catch::

    TunekitError
    ├── SpaceError       (ValueError)   an invalid search space or configuration
    ├── ParameterError   (ValueError)   an invalid argument of an estimator or a tuner
    ├── DataError        (ValueError)   invalid X or y
    ├── TrainingDiverged (ValueError)   a training loss that became NaN or infinite
    ├── NotFoundError    (LookupError)  a study, run or file that does not exist
    ├── TrackingError    (RuntimeError) a failure of the MLflow store
    └── StudyError       (RuntimeError) a study without a successful trial

There is one category of warnings::

    TrackingWarning (UserWarning)       a failure of the MLflow store during a study
"""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable
from types import FrameType

from tunekit.core.secrets import without_secrets


class TunekitError(Exception):
    """Base class of all errors of tunekit. Passwords in messages are masked."""

    def __init__(self, *args: object) -> None:
        super().__init__(
            *(without_secrets(each) if isinstance(each, str) else each for each in args)
        )


class SpaceError(TunekitError, ValueError):
    """A search space is invalid, or a configuration does not lie in it."""


class ParameterError(TunekitError, ValueError):
    """An argument has an invalid type or value."""


class DataError(TunekitError, ValueError):
    """The inputs or targets are not suitable for training."""


class TrainingDiverged(TunekitError, ValueError):  # noqa: N818 - names what happened
    """The training loss of a network became NaN or infinite."""


class NotFoundError(TunekitError, LookupError):
    """A study, a run or a file does not exist."""


class TrackingError(TunekitError, RuntimeError):
    """The MLflow store cannot be opened, or rejected a request."""


class StudyError(TunekitError, RuntimeError):
    """A study ended without a successful trial."""


class TrackingWarning(UserWarning):
    """The MLflow store failed, or contains unexpected data; the study continues."""


def warn_user(sentence: str, category: type[Warning] = TrackingWarning) -> None:
    """Issue a warning with passwords masked, attributed to the line that called tunekit."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - as warnings.warn does
    level, user_level = 1, 2
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("tunekit."):
            user_level = level + 1
        frame, level = frame.f_back, level + 1
    warnings.warn(without_secrets(sentence), category, stacklevel=user_level)


def did_you_mean(value: object, known: Iterable[str]) -> str:
    """Return a hint with the known word closest to ``value``, or all known words.

    Parameters
    ----------
    value : object
        The value given.
    known : iterable of str
        The valid values.

    Returns
    -------
    str
        A sentence that begins with a space, to append to a message.

    Examples
    --------
    >>> did_you_mean("optunna", ["optuna", "hyperopt"])
    " Did you mean 'optuna'?"
    """
    words, given = sorted(set(known)), str(value).lower()
    by_lower = {word.lower(): word for word in reversed(words)}
    closest = difflib.get_close_matches(given, by_lower, n=1)
    # Otherwise a word that starts with the value: "f1_score" for "f1".
    closest = closest or [word for word in sorted(by_lower) if given and word.startswith(given)]
    if closest:
        return f" Did you mean {by_lower[closest[0]]!r}?"
    return f" Known: {', '.join(words)}." if words else ""
