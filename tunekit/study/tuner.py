"""The tuner: a scikit-learn meta-estimator that searches a space with either engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import MetaEstimatorMixin
from sklearn.utils import indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from tunekit.comparison.nested_splits import nested_in_tuner
from tunekit.comparison.result import Comparison
from tunekit.core.addresses import AddressedEstimator
from tunekit.evaluation.float64 import in_float64
from tunekit.evaluation.objectives import Objective, main_of, make_objectives, score
from tunekit.evaluation.splits import check_data, make_splits
from tunekit.exceptions import ParameterError
from tunekit.space.space import Space
from tunekit.study.best_model import keep_best_model, track_test_score
from tunekit.study.finalists import fit_again
from tunekit.study.param_validation import check_settings
from tunekit.study.plan import make_plan, seeded
from tunekit.study.results import cv_results, require_best, search_html, trials_frame
from tunekit.study.run import Outcome, execution, refitted
from tunekit.tracking.store import check_name, resolve_uri

_RESULTS = (
    *("best_estimator_", "best_index_", "best_params_", "best_score_"),
    *("cv_results_", "test_score_", "trials_"),
)


def _best_has(method: str) -> Any:
    return available_if(
        lambda tuner: hasattr(getattr(tuner, "best_estimator_", tuner.estimator), method)
    )


class Tuner(MetaEstimatorMixin, AddressedEstimator):
    """Searches the best hyperparameters of an estimator, in the manner of ``GridSearchCV``.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn estimator or pipeline. Where it has a ``random_state`` of None, the
        tuner's is used.
    space : Space
        What may be tried; its names are the estimator's parameters.
    engine : {"optuna", "hyperopt"}, default="optuna"
        What suggests.
    algorithm : str, optuna sampler or None, default=None
        How: ``"tpe"``, ``"gp"``, ``"cmaes"``, ``"random"``, ``"qmc"``, ``"grid"`` or any Optuna
        sampler for Optuna; ``"tpe"``, ``"anneal"``, ``"random"`` or ``"atpe"`` for Hyperopt. None
        is ``"tpe"``.
    n_trials : int, default=50
        Trials of the study, 1 or more; those that a storage holds already count. A trial that
        draws a configuration again counts, but takes the result over.
    timeout : float or None, default=None
        Seconds after which no further trial begins.
    trial_timeout : float or None, default=None
        Seconds that a trial may take. Trials then run in processes of their own, and one that
        takes longer fails.
    patience : int or None, default=None
        Trials without a better one after which the search ends.
    pruner : str, optuna pruner or None, default=None
        What stops trials that are behind: ``"median"``, ``"asha"``, ``"hyperband"``,
        ``"wilcoxon"`` or any Optuna pruner. With one split it is told the score of each epoch,
        with several the mean of the splits so far.
    initial : list, default=()
        Configurations to try first, dictionaries or ``"default"``, which stands for the
        estimator's own parameters. Partial ones are completed by the engine. They count as
        trials: no more than ``n_trials`` are tried.
    cv : int, float, cross-validation generator or iterable, default=None
        What scikit-learn takes (None is 5 folds); or a float between 0 and 1, the share of the
        rows that one split holds out. Inside ``tk.compare`` splits are then of its kind.
    scoring : str, callable, list, dict or None, default=None
        A scikit-learn scorer, greater is better; None takes the estimator's ``score``. A list
        names several objectives, a dict also their directions, such as ``{"accuracy":
        "maximize", "n_params": "minimize"}`` or ``{"mine": (scorer, "minimize")}``. Beside
        scorers there are ``"n_params"``, ``"fit_time"`` (seconds) and ``"predict_latency"``
        (seconds to predict one row).
    name : str or None, default=None
        Name of the study; None takes the estimator's.
    storage : str, optuna storage or None, default=None
        Where Optuna keeps the study, such as ``"sqlite:///study.db"``; a study found there is
        gone on with, on the same data, splits, scoring, estimator and space. None keeps it in
        memory, as nested cross-validation needs it.
    tracking_uri : str or None, default=None
        MLflow store; None takes ``MLFLOW_TRACKING_URI`` or else ``sqlite:///mlflow.db``.
    tracking : bool, default=True
        Whether to write to MLflow at all.
    random_state : int or None, default=None
        Seed of suggestions, of the estimator, and of a ``cv`` that shuffles and has none. Every
        fit begins with copies of a sampler, pruner and splitter, whose own seeds stay.
    n_jobs : int or None, default=None
        Trials at a time, in processes; None is 1, -1 is one for each core. With more than one,
        the order in which trials finish decides what is suggested next.
    refit : bool or str, default=True
        Whether to fit the best configuration on all the data. Of several objectives the first
        scorer chooses it, or the one that is named here.
    progress : bool or None, default=None
        Whether to show a live display; None shows it on a terminal.

    Attributes
    ----------
    best_params_ : dict
        The best configuration.
    best_score_ : float
        Its mean score over the splits, pooled where these are small
        (docs/explanation/small-folds.md). It is optimistic: the best of many.
    best_index_ : int
        Its row in ``cv_results_``.
    best_estimator_ : estimator
        Fitted on all the data with it; only with ``refit=True``.
    cv_results_ : dict
        As scikit-learn lays it out, a row a trial.
    trials_ : DataFrame
        A trial a row: state, score, parameters (active ones), the trial whose result it took over,
        what pruning saved, and why it failed.
    study_ : optuna.Study
        The study; of several objectives ``study_.best_trials`` is the Pareto front.
    stopped_ : str
        Why the search ended, in words.
    scorer_ : callable
        The scorer used.
    splits_ : list of (ndarray, ndarray)
        Rows fitted on and judged on.
    test_score_ : float
        What ``evaluate`` returned last.
    run_id_, tracking_uri_ : str or None
        The parent run in MLflow and its store; None without tracking.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from tunekit import Int, Space
    >>> X, y = load_iris(return_X_y=True)
    >>> tuner = Tuner(
    ...     DecisionTreeClassifier(),
    ...     Space(max_depth=Int(1, 5)),
    ...     n_trials=5,
    ...     random_state=0,
    ...     tracking=False,
    ... ).fit(X, y)
    >>> tuner.best_params_["max_depth"] > 1
    True
    """

    def __init__(  # noqa: PLR0913 - hyperparameters are flat
        self,
        estimator: Any,
        space: Space,
        *,
        engine: str = "optuna",
        algorithm: Any = None,
        n_trials: int = 50,
        timeout: float | None = None,
        trial_timeout: float | None = None,
        patience: int | None = None,
        pruner: Any = None,
        initial: Sequence[Any] = (),
        cv: Any = None,
        scoring: Any = None,
        name: str | None = None,
        storage: Any = None,
        tracking_uri: str | None = None,
        tracking: bool = True,
        random_state: int | None = None,
        n_jobs: int | None = None,
        refit: bool | str = True,
        progress: bool | None = None,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.engine = engine
        self.algorithm = algorithm
        self.n_trials = n_trials
        self.timeout = timeout
        self.trial_timeout = trial_timeout
        self.patience = patience
        self.pruner = pruner
        self.initial = initial
        self.cv = cv
        self.scoring = scoring
        self.name = name
        self.storage = storage
        self.tracking_uri = tracking_uri
        self.tracking = tracking
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.refit = refit
        self.progress = progress

    def fit(self, X: Any, y: Any = None, *, groups: Any = None) -> Self:
        """Search, and fit the best configuration on all the data.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, none missing.
        groups : array-like of shape (n_samples,) or None, default=None
            Rows of one group stay together; with a splitter as ``cv``, where it minds groups.

        Returns
        -------
        Tuner
            This tuner.

        Raises
        ------
        ParameterError
            When an argument is wrong.
        SpaceError
            When the space has a parameter that the estimator has not.
        DataError
            When X and y do not fit together, or cannot be split so.
        TrackingError
            When the MLflow store cannot be written.
        StudyError
            When no trial succeeded.
        """
        check_settings(self.get_params(deep=False))
        check_data(X, y, groups)
        name = check_name(type(self.estimator).__name__.lower() if self.name is None else self.name)
        X, y = indexable(X, y)
        for result in _RESULTS:
            self.__dict__.pop(result, None)  # of an earlier fit
        objectives = make_objectives(self.estimator, self.scoring)
        self.scorer_ = main_of(objectives, self.refit).scorer
        self.splits_ = make_splits(
            self.cv, X, y, estimator=self.estimator, groups=groups, random_state=self.random_state
        )
        self.tracking_uri_ = resolve_uri(self.tracking_uri) if self.tracking else None
        estimator = seeded(self.estimator, self.random_state)
        estimator = nested_in_tuner(estimator, self.cv, self.splits_, X, y, groups)
        self._data, self._grouped = (X, y, groups), groups is not None
        plan = make_plan(
            {**self.get_params(deep=False), "estimator": estimator},
            name=name,
            objectives=objectives,
            splits=self.splits_,
            groups=groups,
            uri=self.tracking_uri_,
        )
        with execution(plan, X, y) as outcome:
            self._keep(outcome, objectives)
            if self.refit:
                self.best_estimator_ = refitted(estimator, self.best_params_, *self._data)
            if outcome.tracker:
                winner = self.__dict__.get("best_estimator_")
                keep_best_model(outcome.tracker, outcome.records[self.best_index_], winner, X)
        return self

    def evaluate(self, X: Any, y: Any) -> float:
        """Judge the best estimator on a test split that the search has never seen.

        The predictions are written to MLflow, for the report, with a count of how often this
        was done: the number is honest once.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Inputs.
        y : array-like of shape (n_samples,)
            Targets.

        Returns
        -------
        float
            The score, by the study's scorer.

        Raises
        ------
        ParameterError
            When the tuner was fitted with ``refit=False``.
        DataError
            When X and y do not fit together.
        """
        if not self.refit:
            raise ParameterError("evaluate needs the best estimator: fit with refit=True.")
        check_data(X, y)
        score = self.score(X, y)
        if self.run_id_ is not None and self.tracking_uri_ is not None:
            scorer = main_of(make_objectives(self.estimator, self.scoring), self.refit).name
            winner, place = self.best_estimator_, (self.tracking_uri_, self.run_id_)
            track_test_score(*place, winner, X, y, scorer=scorer, score=score)
        self.test_score_ = score
        return score

    def finalists(
        self, X: Any = None, y: Any = None, *, k: int = 5, seeds: Any = 5, groups: Any = None
    ) -> Comparison:
        """Fit the best configurations again with other seeds and splits, and rank them by that.

        The best of many search scores is the luckiest, too; how much of it was luck stands beside
        the new scores. Splits that do not shuffle, as with ``cv=5``, are the search's own.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or None, default=None
            The data of the search; None takes what ``fit`` was given, in the same process.
        y : array-like of shape (n_samples,) or None, default=None
        k : int, default=5
            How many, 1 or more.
        seeds : int or sequence of int, default=5
            With how many seeds, or with which, each is fitted on each split.
        groups : array-like of shape (n_samples,) or None, default=None

        Returns
        -------
        Comparison
            Its ranking has a column ``search_score``.

        Raises
        ------
        ParameterError
            When ``k`` or ``seeds`` is wrong, or there are no data.
        """
        check_is_fitted(self, "best_params_")
        return fit_again(self, X, y, k=k, seeds=seeds, groups=groups)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: without the data."""
        return {name: value for name, value in super().__getstate__().items() if name != "_data"}

    def _html_repr(self) -> str:
        """Return what a notebook shows: the result, or before it the settings."""
        return search_html(self) if hasattr(self, "best_score_") else str(super()._html_repr())

    def score(self, X: Any, y: Any = None) -> float:
        """Return the score of the best estimator, by the study's scorer."""
        best = self._best()
        assert self.scorer_ is not None  # noqa: S101 - the main objective has one
        return score(self.scorer_, best, X, y)

    @_best_has("predict")
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the best estimator's predictions for X of shape (n_samples, ...)."""
        return np.asarray(self._best().predict(X))

    @_best_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's probabilities, of shape (n_samples, n_classes)."""
        return np.asarray(in_float64(self._best()).predict_proba(X))

    @_best_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's decision values for X of shape (n_samples, ...)."""
        return np.asarray(in_float64(self._best()).decision_function(X))

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels of the best estimator."""
        return np.asarray(self._best().classes_)

    @property
    def n_features_in_(self) -> int:
        """Columns seen in ``fit``."""
        return int(self._best().n_features_in_)

    def _best(self) -> Any:
        if not self.refit and hasattr(self, "best_params_"):
            # What hasattr() expects, as of GridSearchCV.
            raise AttributeError("there is no best estimator: fit with refit=True.")
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = inner.classifier_tags
        tags.regressor_tags = inner.regressor_tags
        tags.input_tags.sparse = inner.input_tags.sparse
        return tags

    def _keep(self, outcome: Outcome, objectives: Sequence[Objective]) -> None:
        records = outcome.records
        self.study_, self.stopped_ = outcome.study, outcome.stopped
        self.run_id_ = outcome.tracker.run_id if outcome.tracker else None
        if records:
            minimized = [each.name for each in objectives if each.direction == "minimize"]
            several = len(objectives) > 1
            front = [each.number for each in outcome.study.best_trials] if several else None
            self.trials_: pd.DataFrame = trials_frame(records, front)
            self.cv_results_ = cv_results(records, len(self.splits_), minimized)
        best = self.best_index_ = require_best(records, outcome.study.study_name, outcome.stopped)
        self.best_score_ = records[best].evaluation.score
        self.best_params_ = dict(records[best].params)
