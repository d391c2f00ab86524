"""The tuner: a scikit-learn meta-estimator for hyperparameter search with Optuna or Hyperopt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from sklearn.base import MetaEstimatorMixin
from sklearn.utils import indexable
from sklearn.utils.validation import check_is_fitted

from tunekit.comparison.nested_splits import nested_in_tuner
from tunekit.comparison.result import Comparison
from tunekit.core.addresses import AddressedEstimator
from tunekit.core.named import real
from tunekit.core.runtime import no_autologging
from tunekit.core.targets import plain_targets
from tunekit.evaluation.metadata import (
    check_requests,
    given_metadata,
    routed,
    scorer_metadata,
    scorers_of,
)
from tunekit.evaluation.objectives import Objective, main_of, make_objectives
from tunekit.evaluation.positive_label import objectives_for, positive_of
from tunekit.evaluation.splits import check_classes, check_data, make_splits
from tunekit.exceptions import ParameterError
from tunekit.space.space import Space
from tunekit.study.best_estimator import BestEstimatorMixin
from tunekit.study.best_model import store_best_model, test_score, track_test_score
from tunekit.study.feasibility import check_values
from tunekit.study.finalists import fit_again
from tunekit.study.param_validation import check_settings
from tunekit.study.plan import make_plan, seeded
from tunekit.study.results import require_best, result_tables, search_html
from tunekit.study.run import Outcome, execution, refitted
from tunekit.tracking.store import check_name, resolve_uri

_RESULTS = (
    *("best_estimator_", "best_index_", "best_params_", "best_score_"),
    *("cv_results_", "test_score_", "trials_"),
)


class Tuner(BestEstimatorMixin, MetaEstimatorMixin, AddressedEstimator):
    """Hyperparameter search for an estimator, with the API of ``GridSearchCV``.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn estimator or pipeline. Each ``random_state`` of None is replaced by that of
        the tuner.
    space : Space
        The search space. Its names are parameters of the estimator.
    engine : {"optuna", "hyperopt"}, default="optuna"
        Library that proposes configurations.
    algorithm : str, optuna sampler or None, default=None
        Search algorithm: ``"tpe"``, ``"gp"``, ``"cmaes"``, ``"random"``, ``"qmc"``, ``"grid"`` or
        an Optuna sampler for Optuna; ``"tpe"``, ``"anneal"``, ``"random"`` or ``"atpe"`` for
        Hyperopt. None means ``"tpe"``.
    n_trials : int, default=50
        Total number of trials, 1 or more, including those already stored. A trial that repeats
        an earlier configuration counts, but reuses its result.
    timeout : float or None, default=None
        Seconds after which no new trial starts.
    trial_timeout : float or None, default=None
        Maximum seconds per trial. If it is set, trials run in separate processes, and a trial
        that takes longer fails.
    patience : int or None, default=None
        Number of trials without improvement after which the search ends.
    pruner : str, optuna pruner or None, default=None
        Stops unpromising trials early: ``"median"``, ``"asha"``, ``"hyperband"``,
        ``"wilcoxon"`` or an Optuna pruner. With one split it receives the score of each epoch,
        with several splits the mean of the splits so far.
    initial : list, default=()
        Configurations to try first: dictionaries, or ``"default"`` for the parameters of the
        estimator. The engine completes partial configurations. They count as trials, so at most
        ``n_trials`` are tried.
    cv : int, float, cross-validation generator or iterable, default=None
        Any ``cv`` of scikit-learn (None means 5 folds), or a float between 0 and 1, the fraction
        of validation rows in a single split. Inside ``tk.compare``, splits are of the same kind.
    scoring : str, callable, list, dict or None, default=None
        A scikit-learn scorer (greater is better); None uses the ``score`` of the estimator.
        For several objectives, a list of names, or a dict of scorers by name, such as ``{"auc":
        "roc_auc"}``, or of directions, such as ``{"accuracy": "maximize", "n_params":
        "minimize"}`` or ``{"mine": (scorer, "minimize")}``. In addition to
        scorers, there are ``"n_params"``, ``"fit_time"`` (seconds) and ``"predict_latency"``
        (seconds to predict one row).
    positive : label or None, default=None
        The positive one of two labels, for scorers such as ``"f1"`` and for the report. None uses
        the ``pos_label`` of a scorer, or else the larger label; scorers that depend on it require
        it unless that label is 1.
    name : str or None, default=None
        Name of the study; None uses the class name of the estimator.
    storage : str, optuna storage or None, default=None
        Optuna storage, such as ``"sqlite:///study.db"``. A study already stored there is resumed,
        provided data, splits, scoring, estimator and space are unchanged. None keeps the study in
        memory, as nested cross-validation requires.
    tracking_uri : str or None, default=None
        MLflow store; None uses ``MLFLOW_TRACKING_URI``, or else ``sqlite:///mlflow.db``.
    tracking : bool, default=True
        Whether to write to MLflow.
    random_state : int or None, default=None
        Seed of the suggestions, the estimator, and a ``cv`` that shuffles without a seed. Each fit
        uses copies of a given sampler, pruner or splitter, which keep their own seeds.
    n_jobs : int or None, default=None
        Number of concurrent trials, in separate processes. None means 1, and -1 means one per
        core. With more than one, suggestions depend on the order in which trials finish.
    refit : bool or str, default=True
        Whether to fit the best configuration on all data. With several objectives, the first
        scorer determines it, or the objective that is named here.
    sanity_check : bool, default=True
        Whether to fit the estimator on a few rows of each split before the search, which finds
        inputs, scorers and parameters that do not fit together.
    progress : bool or None, default=None
        Whether to show the progress: in a terminal, as a bar in a notebook, or as lines in a log.
        None shows lines in a log only if the search takes longer than ten seconds.

    Attributes
    ----------
    best_params_ : dict
        The best configuration.
    best_score_ : float
        Its mean score over the splits, pooled if these are small
        (docs/explanation/small-folds.md). It is optimistic, as the best of many.
    best_index_ : int
        Its row in ``cv_results_``.
    best_estimator_ : estimator
        Estimator with this configuration, fitted on all data; only with ``refit``.
    cv_results_ : dict
        Results in the format of scikit-learn, one entry per trial.
    trials_ : DataFrame
        One row per trial: state, score, active parameters, the trial whose result was reused,
        epochs and fits that pruning saved, and the reason of a failure.
    study_ : optuna.Study
        With several objectives, ``study_.best_trials`` is the Pareto front.
    stopped_ : str
        Why the search ended.
    scorer_ : callable
        The scorer used.
    positive_ : label or None
        The positive label, if it was chosen.
    splits_ : list of (ndarray, ndarray)
        Training and validation rows of each split.
    test_score_ : float
        Result of the last ``evaluate``.
    run_id_, tracking_uri_ : str or None
        ID of the parent run in MLflow, and its store; None without tracking.

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
        positive: Any = None,
        name: str | None = None,
        storage: Any = None,
        tracking_uri: str | None = None,
        tracking: bool = True,
        random_state: int | None = None,
        n_jobs: int | None = None,
        refit: bool | str = True,
        sanity_check: bool = True,
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
        self.positive = positive
        self.name = name
        self.storage = storage
        self.tracking_uri = tracking_uri
        self.tracking = tracking
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.refit = refit
        self.sanity_check = sanity_check
        self.progress = progress

    def fit(self, X: Any, y: Any = None, *, groups: Any = None, **params: Any) -> Self:
        """Search, and fit the best configuration on all data.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets without missing values.
        groups : array-like of shape (n_samples,) or None, default=None
            Rows of a group are kept together, provided that a splitter as ``cv`` respects groups.
        **params : object
            Metadata such as ``sample_weight``, split with the rows, for the parts that request it
            by scikit-learn's metadata routing, which must be enabled.

        Returns
        -------
        Tuner
            This tuner.

        Raises
        ------
        ParameterError
            When a parameter is invalid.
        SpaceError
            When the space contains a parameter that the estimator lacks.
        DataError
            When the lengths of X and y differ, or the data cannot be split.
        TrackingError
            When the MLflow store cannot be written.
        StudyError
            When no trial succeeded.
        """
        check_settings(self.get_params(deep=False))
        check_values(self.estimator, self.space)
        check_data(X, y, groups)
        metadata = given_metadata(params, X, "Tuner.fit")
        name = check_name(type(self.estimator).__name__.lower() if self.name is None else self.name)
        X, y = indexable(X, plain_targets(y))
        for result in _RESULTS:
            self.__dict__.pop(result, None)  # result of an earlier fit
        check_classes(self.estimator, y)
        objectives = objectives_for(self.estimator, self.scoring, y, self.positive)
        check_requests(
            {"estimator": self.estimator},
            scorers_of(objectives),
            metadata,
            "Tuner.fit",
        )
        self.positive_ = positive_of(objectives)
        self.scorer_ = main_of(objectives, self.refit).scorer
        self.splits_ = make_splits(
            self.cv, X, y, estimator=self.estimator, groups=groups, random_state=self.random_state
        )
        self.tracking_uri_ = resolve_uri(self.tracking_uri) if self.tracking else None
        estimator = seeded(self.estimator, self.random_state)
        estimator = nested_in_tuner(estimator, self.cv, self.splits_, X, y, groups)
        self._data = (X, y, groups, metadata)
        self._row_data = [*metadata, *(["groups"] if groups is not None else [])]
        plan = make_plan(
            self.get_params(deep=False),
            estimator,
            name=name,
            objectives=objectives,
            splits=self.splits_,
            groups=groups,
            metadata=metadata,
            uri=self.tracking_uri_,
        )
        with execution(plan, X, y) as outcome:
            self._set_results(outcome, objectives)
            record = outcome.records[self.best_index_]
            if self.refit:
                self.best_estimator_ = refitted(plan, record.params, X, y)
            if outcome.tracker:
                best = self.__dict__.get("best_estimator_")
                store_best_model(outcome.tracker, record, outcome.predictions, best, X)
        return self

    def evaluate(self, X: Any, y: Any, **params: Any) -> float:
        """Evaluate the best estimator on a test split that the search has not seen.

        The predictions are written to MLflow for the report, and uses of a test split are counted:
        only the first score is unbiased. Rows with a label that the search has not seen are errors.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Inputs.
        y : array-like of shape (n_samples,)
            Targets.
        **params : object
            Metadata such as ``sample_weight`` for the scorer, if it requests them.

        Returns
        -------
        float
            Score by the scorer of the study.

        Raises
        ------
        ParameterError
            When the tuner was fitted with ``refit=False``.
        DataError
            When the lengths of X and y differ, or the score is undefined for these rows, for
            example because they are of one class.
        """
        if not self.refit:
            raise ParameterError("evaluate requires the best estimator: fit with refit=True.")
        check_data(X, y)
        y = plain_targets(y)
        main = main_of(make_objectives(self.estimator, self.scoring), self.refit)
        main = replace(main, scorer=self.scorer_, positive=self.positive_)
        metadata = scorer_metadata(main.name, self.scorer_, params, X, "Tuner.evaluate")
        with no_autologging(), routed(metadata):
            score = test_score(self._best(), X, y, main, metadata)
            if self.run_id_ is not None and self.tracking_uri_ is not None:
                run = (self.tracking_uri_, self.run_id_)
                track_test_score(*run, self.best_estimator_, X, y, objective=main, score=score)
        self.test_score_ = score
        return score

    def finalists(
        self,
        X: Any = None,
        y: Any = None,
        *,
        k: int = 5,
        seeds: Any = 5,
        groups: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Comparison:
        """Fit the best configurations again with new seeds and splits, and rank them.

        The best of many search scores is optimistic; the new scores show by how much. Splits that
        do not shuffle, as with ``cv=5``, are the same as in the search.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or None, default=None
            The data of the search; None uses the data passed to ``fit`` in this process.
        y : array-like of shape (n_samples,) or None, default=None
        k : int, default=5
            Number of configurations, 1 or more.
        seeds : int or sequence of int, default=5
            Number of seeds, or a list of them. Each is used on each split.
        groups : array-like of shape (n_samples,) or None, default=None
        params : mapping of str to object or None, default=None
            Metadata, as keyword arguments of ``fit``.

        Returns
        -------
        Comparison
            Its ranking has a column ``search_score``.

        Raises
        ------
        ParameterError
            When ``k`` or ``seeds`` is invalid, or there are no data.
        """
        check_is_fitted(self, "best_params_")
        return fit_again(self, X, y, k=k, seeds=seeds, groups=groups, params=params)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for pickling, without the data."""
        return {name: value for name, value in super().__getstate__().items() if name != "_data"}

    def _html_repr(self) -> str:
        """Return the HTML for notebooks: the result, or the settings before the first fit."""
        return search_html(self) if hasattr(self, "best_score_") else str(super()._html_repr())

    def _set_results(self, outcome: Outcome, objectives: Sequence[Objective]) -> None:
        records = outcome.records
        self.study_, self.stopped_ = outcome.study, outcome.stopped
        self.run_id_ = outcome.tracker.run_id if outcome.tracker else None
        if records:
            tables = result_tables(records, outcome.study, objectives, len(self.splits_))
            self.trials_, self.cv_results_ = tables
        best = self.best_index_ = require_best(records, outcome.study.study_name, outcome.stopped)
        self.best_score_ = records[best].evaluation.score
        self.best_params_ = real(dict(records[best].params))
