"""The errors that tunekit raises.

Each one is also the standard error that a scikit-learn user would catch::

    TunekitError
    ├── SpaceError       (ValueError)   a search space, or values that are not in it
    ├── ParameterError   (ValueError)   an argument of an estimator or a tuner
    ├── DataError        (ValueError)   X and y
    ├── TrainingDiverged (ValueError)   a training whose loss is no longer a number
    ├── NotFoundError    (LookupError)  a study or a file that is not there
    ├── TrackingError    (RuntimeError) the MLflow store
    └── StudyError       (RuntimeError) a study of which no trial succeeded

and the one category of its warnings::

    TrackingWarning (UserWarning)       the MLflow store fails while a study runs
"""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable
from types import FrameType

from tunekit.core.secrets import without_secrets


class TunekitError(Exception):
    """Root of all errors of ours: one ``except`` for everything. No message contains a password."""

    def __init__(self, *args: object) -> None:
        super().__init__(
            *(without_secrets(each) if isinstance(each, str) else each for each in args)
        )


class SpaceError(TunekitError, ValueError):
    """A search space is wrong, or a configuration does not lie in it."""


class ParameterError(TunekitError, ValueError):
    """An argument is of the wrong kind or out of its range."""


class DataError(TunekitError, ValueError):
    """The inputs or the targets cannot be learned from as they are."""


class TrainingDiverged(TunekitError, ValueError):  # noqa: N818 - says what happened
    """The loss of a network is no longer finite."""


class NotFoundError(TunekitError, LookupError):
    """A study, a run or a file is not there."""


class TrackingError(TunekitError, RuntimeError):
    """The MLflow store refused what it was given, or cannot be opened."""


class StudyError(TunekitError, RuntimeError):
    """A study ended without one finished trial."""


class TrackingWarning(UserWarning):
    """The MLflow store fails, or holds what a reader should know of; the study goes on."""


def warn_user(sentence: str, category: type[Warning] = TrackingWarning) -> None:
    """Give a warning, without passwords, that points at the user's line and not at one of ours."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - warnings.warn looks there, too
    level, users = 1, 2
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("tunekit."):
            users = level + 1
        frame, level = frame.f_back, level + 1
    warnings.warn(without_secrets(sentence), category, stacklevel=users)


def did_you_mean(value: object, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to ``value``, or all of them.

    Parameters
    ----------
    value : object
        What was given.
    known : iterable of str
        What would have been right.

    Returns
    -------
    str
        A sentence that begins with a space, to be put behind the message.

    Examples
    --------
    >>> did_you_mean("optunna", ["optuna", "hyperopt"])
    " Did you mean 'optuna'?"
    """
    words, given = sorted(set(known)), str(value).lower()
    by_lower = {word.lower(): word for word in reversed(words)}
    near = difflib.get_close_matches(given, by_lower, n=1)
    # Else those that begin so: "f1" for "f1_score".
    near = near or [word for word in sorted(by_lower) if given and word.startswith(given)]
    if near:
        return f" Did you mean {by_lower[near[0]]!r}?"
    return f" Known: {', '.join(words)}." if words else ""
