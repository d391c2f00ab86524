"""Studies and comparisons read back from MLflow."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd

from tunekit.comparison.result import Comparison
from tunekit.core.predictions import Predictions
from tunekit.exceptions import NotFoundError
from tunekit.tracking.artifacts import TEST_PREDICTIONS, VALIDATION_PREDICTIONS
from tunekit.tracking.comparison_reader import read_newest
from tunekit.tracking.model_registry import load_champion
from tunekit.tracking.store import open_store, resolve_uri
from tunekit.tracking.study_reader import read_curves, read_predictions, read_study
from tunekit.tracking.tracked_study import TrackedStudy, TrackedTrial

_FACTS = ("state", "score", "spread", "duration", "fit_time", "n_params", "error", "run_id")


class LoadedStudy:
    """What MLflow holds of a study: each engine's newest search.

    Parameters
    ----------
    tracked : TrackedStudy
        From :mod:`tunekit.tracking.study_reader`.

    Attributes
    ----------
    name : str
    trials : DataFrame
        A trial a row, best first, by engine and number; a parameter a column, missing where it is
        inactive. ``param_`` stands before a name that is taken, ``objective_`` before those of
        several objectives. ``run_id`` is MLflow's.
    executions : DataFrame
        A parent run a row, newest first: engine, status, start, test score.
    champion : estimator
        The winner, fitted on all rows, loaded when it is first asked for.
    """

    def __init__(self, tracked: TrackedStudy) -> None:
        self._tracked = tracked
        self.name = tracked.name

    def __repr__(self) -> str:
        """Return its name and how much it holds."""
        return f"LoadedStudy({self.name!r}, {len(self._tracked.trials)} trials)"

    @functools.cached_property
    def trials(self) -> pd.DataFrame:
        """The trials, best first."""
        rows = [_row(trial) for trial in self._tracked.trials]
        index = [(trial.engine, trial.number) for trial in self._tracked.trials]
        names = pd.MultiIndex.from_tuples(index, names=["engine", "number"]) if index else None
        return pd.DataFrame(rows, index=names)

    @functools.cached_property
    def executions(self) -> pd.DataFrame:
        """The executions, newest first."""
        facts = ("run_id", "engine", "status", "started", "test_score", "tested", "stopped")
        rows = [{name: getattr(each, name) for name in facts} for each in self._tracked.executions]
        return pd.DataFrame(rows).set_index("run_id")

    def history(self, engine: str, number: int) -> pd.DataFrame:
        """Return a trial's metrics by epoch.

        Parameters
        ----------
        engine : {"optuna", "hyperopt"}
        number : int
            Of the trial, from 0.

        Returns
        -------
        DataFrame
            A metric a column, by fold and epoch, both from 0; empty where none were recorded.

        Raises
        ------
        NotFoundError
            When there is no such trial.
        """
        curves = read_curves(self._client(), self._trial(engine, number))
        frames = {fold: pd.DataFrame(curve) for fold, curve in enumerate(curves)}
        if not frames:
            return pd.DataFrame()
        return pd.concat(frames, names=["fold", "epoch"])

    def predictions(self, engine: str, number: int) -> Predictions:
        """Return what a trial's models said of the rows held out from them.

        Parameters
        ----------
        engine : {"optuna", "hyperopt"}
        number : int
            Of the trial, from 0.

        Raises
        ------
        NotFoundError
            When there is no such trial, or it was not among the ten best when it ended.
        """
        trial = self._trial(engine, number)
        if not trial.has_predictions:
            raise NotFoundError(
                f"trial {number} of {engine} keeps no predictions: those keep them that were among "
                f"the ten best when they ended."
            )
        return read_predictions(self._client(), trial.run_id, VALIDATION_PREDICTIONS)

    def test_predictions(self, engine: str) -> Predictions:
        """Return what an engine's winner said of the test split, when it was last judged.

        Raises
        ------
        NotFoundError
            When it was not judged on one.
        """
        judged = [
            each for each in self._tracked.executions if each.engine == engine and each.tested
        ]
        if not judged:
            raise NotFoundError(f"{self.name!r} was not judged on a test split with {engine!r}.")
        return read_predictions(self._client(), judged[0].run_id, TEST_PREDICTIONS)

    @functools.cached_property
    def champion(self) -> Any:
        """The winner, fitted on all rows that the study saw.

        Loading it runs code that its pickle names: load what you trust.
        """
        return load_champion(self._client(), self._tracked.uri, self.name)

    def _client(self) -> Any:
        return open_store(self._tracked.uri, create=False)

    def _trial(self, engine: str, number: int) -> TrackedTrial:
        for trial in self._tracked.trials:
            if (trial.engine, trial.number) == (engine, number):
                return trial
        raise NotFoundError(
            f"{self.name!r} has no trial {number!r} of {engine!r}: see trials.index."
        )


def load_comparison(name: str, *, tracking_uri: str | None = None) -> Comparison:
    """Return a comparison as MLflow holds it, the newest of its name.

    Parameters
    ----------
    name : str
        Name of the comparison; of a study it returns the newest comparison of its finalists.
    tracking_uri : str or None, default=None
        The store; None takes ``MLFLOW_TRACKING_URI`` or else ``sqlite:///mlflow.db``.

    Returns
    -------
    Comparison
        With what was fitted so far, where it is not finished.

    Raises
    ------
    NotFoundError
        When there is no such comparison or no such store.
    TrackingError
        When the store cannot be read.

    Examples
    --------
    >>> load_comparison("never run", tracking_uri="sqlite:///no.db")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.NotFoundError: there is no store at .../no.db: run a study first, or name \
another.
    """
    tracked = read_newest(open_store(resolve_uri(tracking_uri), create=False), name)
    return Comparison(tracked.info, tracked.fits, run_id=tracked.run_id, tracking_uri=tracked.uri)


def load_study(name: str, *, tracking_uri: str | None = None) -> LoadedStudy:
    """Return a study as MLflow holds it.

    Parameters
    ----------
    name : str
        Name of the study.
    tracking_uri : str or None, default=None
        The store; None takes ``MLFLOW_TRACKING_URI`` or else ``sqlite:///mlflow.db``.

    Returns
    -------
    LoadedStudy
        Each engine's newest search, and all executions that went on with it.

    Raises
    ------
    NotFoundError
        When there is no such study or no such store.
    TrackingError
        When the store cannot be read.

    Examples
    --------
    >>> load_study("never run", tracking_uri="sqlite:///no.db")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.NotFoundError: there is no store at .../no.db: run a study first, or name \
another.
    """
    return LoadedStudy(read_study(open_store(resolve_uri(tracking_uri), create=False), name))


def _row(trial: TrackedTrial) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(trial, name) for name in _FACTS}
    facts["std"] = facts.pop("spread")
    facts |= {
        f"objective_{name}" if name in facts else name: value
        for name, value in trial.objectives.items()
    }
    params = {
        f"param_{name}" if name in facts else name: value for name, value in trial.params.items()
    }
    return facts | params
