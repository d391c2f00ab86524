"""Study files: Python scripts that define a tuner and its data."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.base import clone

from tunekit.exceptions import NotFoundError, ParameterError
from tunekit.space.objects import with_objects
from tunekit.space.space import Space
from tunekit.study.tuner import Tuner

_WITHOUT_TEST, _WITH_TEST = 2, 4


@dataclass(frozen=True)
class StudyFile:
    """A tuner and its data.

    Attributes
    ----------
    tuner : Tuner
        Unfitted tuner.
    X, y : array-like
        Data of the search.
    X_test, y_test : array-like or None
        The test split.
    """

    tuner: Tuner
    X: Any
    y: Any
    X_test: Any
    y_test: Any

    def run(self, *, engine: str | None, n_trials: int | None, space: Space | None = None) -> Tuner:
        """Return a fitted copy of the tuner, evaluated on the test split if there is one.

        Parameters
        ----------
        engine : str or None
            None keeps the engine of the study file.
        n_trials : int or None
            None keeps the value of the study file.
        space : Space or None, default=None
            None keeps the space of the study file.

        Raises
        ------
        ParameterError
            When there is a test split, but ``refit`` is False.
        """
        if space is not None:
            space = with_objects(space, self.tuner.space)
        overrides = {"engine": engine, "n_trials": n_trials, "space": space}
        tuner: Tuner = clone(self.tuner)
        tuner.set_params(**{name: value for name, value in overrides.items() if value is not None})
        if self.X_test is not None and not tuner.refit:
            raise ParameterError(
                "data() returns a test split, which needs the best estimator: set refit=True, or "
                "return only X, y."
            )
        tuner.fit(self.X, self.y)
        if self.X_test is not None:
            tuner.evaluate(self.X_test, self.y_test)
        return tuner


def load_study_file(path: Path) -> StudyFile:
    """Load a study file.

    Parameters
    ----------
    path : Path
        A Python script with ``tuner``, a :class:`Tuner` with a name, and ``data``, a function
        that returns ``X, y`` or ``X_train, X_test, y_train, y_test`` (the order of
        ``train_test_split``).

    Raises
    ------
    NotFoundError
        When there is no such file.
    ParameterError
        When the tuner or the data are missing or invalid.
    """
    if not path.is_file() or path.suffix != ".py":
        raise NotFoundError(f"there is no study file {path}: name a Python script.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # noqa: S101 - always set for a .py file
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # as Python does for a script
    sys.modules[path.stem] = module  # dataclasses need it
    spec.loader.exec_module(module)
    tuner, data = getattr(module, "tuner", None), getattr(module, "data", None)
    if not isinstance(tuner, Tuner) or not callable(data):
        missing = "tuner = tunekit.Tuner(…)" if not isinstance(tuner, Tuner) else "def data(): …"
        raise ParameterError(
            f"{path} must define 'tuner', a tunekit.Tuner, and 'data', a function that returns "
            f"X, y or X_train, X_test, y_train, y_test; add {missing}."
        )
    return _with_data(path, tuner, data())


def _with_data(path: Path, tuner: Tuner, parts: Any) -> StudyFile:
    n_parts = len(parts) if isinstance(parts, Sequence) else 0
    if n_parts == _WITHOUT_TEST:
        X, y = parts
        return StudyFile(tuner, X, y, None, None)
    if n_parts == _WITH_TEST:
        X, X_test, y, y_test = parts
        return StudyFile(tuner, X, y, X_test, y_test)
    got = f"{type(parts).__name__} of {n_parts}" if n_parts else type(parts).__name__
    raise ParameterError(
        f"data() in {path} must return X, y or X_train, X_test, y_train, y_test, got {got}."
    )
