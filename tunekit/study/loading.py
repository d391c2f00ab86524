"""Load studies and comparisons from MLflow."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd

from tunekit.comparison.result import Comparison
from tunekit.core.named import by_name
from tunekit.core.predictions import Predictions
from tunekit.exceptions import NotFoundError
from tunekit.tracking.artifacts import TEST_PREDICTIONS, VALIDATION_PREDICTIONS
from tunekit.tracking.comparison_reader import read_newest
from tunekit.tracking.model_registry import load_champion
from tunekit.tracking.store import open_store, resolve_uri
from tunekit.tracking.study_reader import read_curves, read_predictions, read_study
from tunekit.tracking.tracked_study import TrackedStudy, TrackedTrial

_COLUMNS = ("state", "score", "spread", "duration", "fit_time", "n_params", "error", "run_id")


class LoadedStudy:
    """A study loaded from MLflow: the newest search of each engine.

    Parameters
    ----------
    tracked : TrackedStudy
        From :mod:`tunekit.tracking.study_reader`.

    Attributes
    ----------
    name : str
    trials : DataFrame
        One row per trial, best first, indexed by engine and number. There is one column per
        parameter, with missing values for inactive parameters. A parameter whose name is already
        a column gets the prefix ``param_``, and such an objective ``objective_``. ``run_id`` is
        the run ID in MLflow.
    executions : DataFrame
        One row per parent run, newest first: engine, status, start, test score.
    champion : estimator
        The best estimator, fitted on all rows. It is loaded on first access.
    """

    def __init__(self, tracked: TrackedStudy) -> None:
        self._tracked = tracked
        self.name = tracked.name

    def __repr__(self) -> str:
        """Return the name and the number of trials."""
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
        names = ("run_id", "engine", "status", "started", "test_score", "tested", "stopped")
        rows = [{name: getattr(each, name) for name in names} for each in self._tracked.executions]
        return pd.DataFrame(rows).set_index("run_id")

    def history(self, engine: str, number: int) -> pd.DataFrame:
        """Return the metrics per epoch of a trial.

        Parameters
        ----------
        engine : {"optuna", "hyperopt"}
        number : int
            Number of the trial, from 0.

        Returns
        -------
        DataFrame
            One column per metric, indexed by fold and epoch, both from 0; empty if no metrics were
            recorded.

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
        """Return the predictions of a trial for its validation rows.

        Parameters
        ----------
        engine : {"optuna", "hyperopt"}
        number : int
            Number of the trial, from 0.

        Raises
        ------
        NotFoundError
            When there is no such trial, or it was not among the ten best when it ended.
        """
        trial = self._trial(engine, number)
        if not trial.has_predictions:
            raise NotFoundError(
                f"trial {number} of {engine} has no predictions: only trials among the ten best "
                f"when they end store them."
            )
        return read_predictions(self._client(), trial.run_id, VALIDATION_PREDICTIONS)

    def test_predictions(self, engine: str) -> Predictions:
        """Return the predictions of an engine's best estimator for the test split last used.

        Raises
        ------
        NotFoundError
            When it was not evaluated on a test split.
        """
        tested = [
            each for each in self._tracked.executions if each.engine == engine and each.tested
        ]
        if not tested:
            raise NotFoundError(f"{self.name!r} was not evaluated on a test split with {engine!r}.")
        return read_predictions(self._client(), tested[0].run_id, TEST_PREDICTIONS)

    @functools.cached_property
    def champion(self) -> Any:
        """The best estimator, fitted on all rows of the search.

        It is a pickle, which can run any code when it is loaded: load only studies you trust.
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
    """Load the newest comparison with a name from MLflow.

    Parameters
    ----------
    name : str
        Name of the comparison, or of a study to load the newest comparison of its finalists.
    tracking_uri : str or None, default=None
        MLflow store; None uses ``MLFLOW_TRACKING_URI``, or else ``sqlite:///mlflow.db``.

    Returns
    -------
    Comparison
        If it is not finished, it contains the fits so far.

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
    """Load a study from MLflow.

    Parameters
    ----------
    name : str
        Name of the study.
    tracking_uri : str or None, default=None
        MLflow store; None uses ``MLFLOW_TRACKING_URI``, or else ``sqlite:///mlflow.db``.

    Returns
    -------
    LoadedStudy
        The newest search of each engine, with all executions that resumed it.

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
    row: dict[str, Any] = {name: getattr(trial, name) for name in _COLUMNS}
    row["std"] = row.pop("spread")
    row |= {
        f"objective_{name}" if name in row else name: value
        for name, value in trial.objectives.items()
    }
    params = {
        f"param_{name}" if name in row else name: by_name(value)
        for name, value in trial.params.items()
    }
    return row | params
