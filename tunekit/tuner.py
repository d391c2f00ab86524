"""The tuner: a scikit-learn meta-estimator that searches a space with either engine."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, Literal, Self

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.utils import indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples, check_is_fitted

from tunekit.checks import check_settings, make_scorer
from tunekit.engines import make_sampler
from tunekit.evaluation import Split, check_data, evaluate, make_splits, predict
from tunekit.exceptions import ParameterError, StudyError
from tunekit.ledger import open_study, quiet_optuna, read_records
from tunekit.progress import Progress
from tunekit.records import StudyInfo, TrialRecord
from tunekit.results import cv_results, trials_frame
from tunekit.search import Listener, run_trials
from tunekit.space import Space
from tunekit.tracking.store import check_name, resolve_uri
from tunekit.tracking.writer import Tracker, log_test


def _best_has(method: str) -> Any:
    return available_if(
        lambda tuner: hasattr(getattr(tuner, "best_estimator_", tuner.estimator), method)
    )


class Tuner(MetaEstimatorMixin, BaseEstimator):
    """Searches the best hyperparameters of an estimator, in the manner of ``GridSearchCV``.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn estimator or pipeline. Where it has a ``random_state`` of None, the
        tuner's is used.
    space : Space
        What may be tried; its names are the estimator's parameters.
    engine : {"optuna", "hyperopt"}, default="optuna"
        What suggests: Optuna's TPE or Hyperopt's TPE.
    n_trials : int, default=50
        Trials of the study, 1 or more; those that a storage holds already count.
    cv : int, float, cross-validation generator or iterable, default=None
        What scikit-learn takes (None is 5 folds); or a float between 0 and 1, the share of the
        rows that one split holds out.
    scoring : str, callable or None, default=None
        A scikit-learn scorer, greater is better; None takes the estimator's ``score``.
    name : str or None, default=None
        Name of the study; None takes the estimator's.
    storage : str, optuna storage or None, default=None
        Where Optuna keeps the study, such as ``"sqlite:///study.db"``; a study found there is
        gone on with, on the same data, splits, scoring and space. None keeps it in memory, as
        nested cross-validation needs it.
    tracking_uri : str or None, default=None
        MLflow store; None takes ``MLFLOW_TRACKING_URI`` or else ``sqlite:///mlflow.db``.
    tracking : bool, default=True
        Whether to write to MLflow at all.
    random_state : int or None, default=None
        Seed of suggestions, of the hold-out split and of the estimator.
    n_jobs : int or None, default=None
        Trials at a time, in processes; None is 1, -1 is one for each core. With more than one,
        the order in which trials finish decides what is suggested next.
    refit : bool, default=True
        Whether to fit the best configuration on all the data.
    progress : bool or None, default=None
        Whether to show a live display; None shows it on a terminal.

    Attributes
    ----------
    best_params_ : dict
        The best configuration.
    best_score_ : float
        Its mean score over the splits. It is optimistic: the best of many.
    best_index_ : int
        Its row in ``cv_results_``.
    best_estimator_ : estimator
        Fitted on all the data with it; only with ``refit=True``.
    cv_results_ : dict
        As scikit-learn lays it out, a row a trial.
    trials_ : DataFrame
        A trial a row, with state, score and active parameters.
    study_ : optuna.Study
        The study.
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
        engine: Literal["optuna", "hyperopt"] = "optuna",
        n_trials: int = 50,
        cv: Any = None,
        scoring: Any = None,
        name: str | None = None,
        storage: Any = None,
        tracking_uri: str | None = None,
        tracking: bool = True,
        random_state: int | None = None,
        n_jobs: int | None = None,
        refit: bool = True,
        progress: bool | None = None,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.engine = engine
        self.n_trials = n_trials
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
            For splitters that keep groups together.

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
        check_settings(**self.get_params(deep=False))
        check_data(X, y)
        X, y = indexable(X, y)
        for name in ("best_estimator_", "test_score_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        self.scorer_ = make_scorer(self.estimator, self.scoring)
        self.splits_ = make_splits(
            self.cv,
            X,
            y,
            estimator=self.estimator,
            groups=groups,
            random_state=self.random_state,
        )
        estimator = _seeded(self.estimator, self.random_state)
        with quiet_optuna():
            self._search(estimator, X, y)
        if self.refit:
            best = clone(estimator).set_params(**self.best_params_)
            self.best_estimator_ = best.fit(X, y)
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
            log_test(self.tracking_uri_, self.run_id_, predict(self.best_estimator_, X, y), score)
        self.test_score_ = score
        return score

    def score(self, X: Any, y: Any = None) -> float:
        """Return the score of the best estimator, by the study's scorer."""
        check_is_fitted(self, "best_estimator_")
        return float(self.scorer_(self.best_estimator_, X, y))

    @_best_has("predict")
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the best estimator's predictions for X of shape (n_samples, ...)."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.predict(X))

    @_best_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's probabilities, of shape (n_samples, n_classes)."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.predict_proba(X))

    @_best_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's decision values for X of shape (n_samples, ...)."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.decision_function(X))

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels of the best estimator."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.classes_)

    @property
    def n_features_in_(self) -> int:
        """Columns seen in ``fit``."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError("n_features_in_ is there once fit has run with refit=True")
        return int(self.best_estimator_.n_features_in_)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = inner.classifier_tags
        tags.regressor_tags = inner.regressor_tags
        tags.input_tags.sparse = inner.input_tags.sparse
        return tags

    def _search(self, estimator: Any, X: Any, y: Any) -> None:
        name = check_name(self.name or type(self.estimator).__name__.lower())
        sampler = make_sampler(self.engine, self.space, seed=self.random_state)
        # A study in memory is always new; large data need not be hashed for it.
        subject = {} if self.storage is None else self._subject(X, y)
        self.study_, ledger = open_study(name, self.storage, sampler, subject)
        info = self._describe(name, ledger, X)
        todo = max(0, self.n_trials - len(read_records(self.study_, self.space)))
        measure = functools.partial(
            evaluate, estimator, X=X, y=y, splits=self.splits_, scorer=self.scorer_
        )
        listeners: list[Listener] = []
        with contextlib.ExitStack() as stack:
            self.tracking_uri_ = resolve_uri(self.tracking_uri) if self.tracking else None
            self.run_id_ = None
            if self.tracking_uri_:
                tracker = stack.enter_context(Tracker(self.tracking_uri_, info))
                self.run_id_ = tracker.run_id
                listeners.append(tracker)
            listeners.append(
                stack.enter_context(Progress(name, self.engine, todo, shown=self.progress))
            )
            run_trials(
                self.study_,
                self.space,
                measure,
                n_trials=todo,
                n_jobs=self.n_jobs,
                engine=self.engine,
                listeners=listeners,
            )
            self._keep(read_records(self.study_, self.space), name)

    def _keep(self, records: list[TrialRecord], name: str) -> None:
        self.trials_: pd.DataFrame = trials_frame(records)
        self.cv_results_ = cv_results(records, len(self.splits_))
        scores = self.cv_results_["mean_test_score"]
        if np.isnan(scores).all():
            raise StudyError(
                f"no trial of {name!r} succeeded ({len(records)} failed); the first: "
                f"{records[0].evaluation.error}"
            )
        self.best_index_ = int(np.nanargmax(scores))
        self.best_score_ = float(scores[self.best_index_])
        self.best_params_ = dict(records[self.best_index_].params)

    def _subject(self, X: Any, y: Any) -> dict[str, str]:
        """Return fingerprints of what makes the scores of two searches comparable."""
        return {
            "space": self.space.fingerprint,
            "data": str(joblib.hash((X, y))),
            "splits": str(joblib.hash(self.splits_)),
            "scoring": self._scoring_name(),
        }

    def _scoring_name(self) -> str:
        default = "accuracy" if is_classifier(self.estimator) else "r2"
        scoring = self.scoring or default
        if isinstance(scoring, str):
            return scoring
        return str(getattr(scoring, "__name__", None) or scoring)

    def _describe(self, name: str, ledger: str, X: Any) -> StudyInfo:
        shape = X.shape if hasattr(X, "shape") else np.shape(X[:1])
        return StudyInfo(
            name=name,
            ledger=ledger,
            engine=self.engine,
            estimator=type(self.estimator).__name__,
            scoring=self._scoring_name(),
            cv=_cv_words(self.cv, self.splits_),
            task="classification" if is_classifier(self.estimator) else "regression",
            n_trials=self.n_trials,
            n_splits=len(self.splits_),
            n_rows=_num_samples(X),
            n_features=int(np.prod(shape[1:])),
            random_state=self.random_state,
            space=self.space.to_dict(),
        )


def _seeded(estimator: Any, random_state: int | None) -> Any:
    """Return a copy of which every ``random_state`` that is None is set."""
    copy = clone(estimator)
    if random_state is None:
        return copy
    unset = {
        name: random_state
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**unset)


def _cv_words(cv: Any, splits: list[Split]) -> str:
    if isinstance(cv, float):
        return f"one hold-out split of {cv:.0%}"
    return f"{len(splits)} folds"
