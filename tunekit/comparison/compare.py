"""The function ``compare``, which evaluates models on the same splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing, indexable

from tunekit.comparison.candidates import check_candidates, check_copies, describe
from tunekit.comparison.given_test import n_rows, with_test_rows
from tunekit.comparison.nested_splits import warn_of_later_rows, warn_of_ungrouped
from tunekit.comparison.param_validation import check_settings, make_seeds
from tunekit.comparison.result import Comparison
from tunekit.comparison.run import Plan, run_plan
from tunekit.comparison.splits import ComparisonSplits, make_comparison_splits
from tunekit.core.targets import plain_targets
from tunekit.evaluation.metadata import check_requests, given_metadata, scorers_of
from tunekit.evaluation.positive_label import objectives_for
from tunekit.evaluation.splits import check_classes, check_data
from tunekit.tracking.store import check_name, resolve_uri


def compare(  # noqa: PLR0913 - settings are flat, as those of scikit-learn's functions
    candidates: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    cv: Any = None,
    scoring: Any = None,
    positive: Any = None,
    test_size: float | None = None,
    test: tuple[Any, ...] | None = None,
    seeds: int | Sequence[int] | None = None,
    groups: Any = None,
    params: Mapping[str, Any] | None = None,
    baseline: str | None = None,
    level: float = 0.95,
    rope: float | None = None,
    name: str = "comparison",
    random_state: int = 0,
    n_jobs: int | None = None,
    tracking_uri: str | None = None,
    tracking: bool = True,
    sanity_check: bool = True,
    progress: bool | None = None,
) -> Comparison:
    """Compare models on the same splits.

    All candidates are fitted on the same training rows and evaluated on the same validation rows.
    A :class:`~tunekit.Tuner` among them is tuned inside each training set (nested
    cross-validation), so validation rows never influence its configuration. If its ``cv`` is None,
    a number or a fraction, its splits are of the same kind as those of the comparison: in time
    order, shuffled, or with groups kept together.

    In MLflow, each candidate is a run under one parent. An interrupted comparison is resumed, fit
    by fit, if it is called again with the same data, settings, code and package versions.

    Parameters
    ----------
    candidates : mapping of str to estimator
        Names and estimators: tuners, Keras estimators, pipelines, or any scikit-learn estimators.
        All of them must be classifiers, or all regressors.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    cv : int, float, cross-validation generator, iterable or None, default=None
        Any ``cv`` of scikit-learn, or the fraction of validation rows in a single split. None
        means 5 folds, repeated twice, shuffled and stratified (10 fits per candidate), with groups
        kept together if there are any.
    scoring : str, callable, list, dict or None, default=None
        Scorers; the first one determines the ranking. None means accuracy or R². As in a tuner,
        there are also ``"n_params"``, ``"fit_time"`` and ``"predict_latency"``.
    positive : label or None, default=None
        The positive one of two labels, for scorers such as ``"f1"`` and for the report, also
        inside tuners that have none. None uses the ``pos_label`` of a scorer, or else the larger
        label; scorers that depend on it require it unless that label is 1.
    test_size : float or None, default=None
        Fraction of the rows in a test split that is excluded from all folds, above 0 and below 1.
        Each candidate is then also fitted once on all other rows and evaluated on the test split.
    test : (X, y), (X, y, params) or None, default=None
        A given test split instead of ``test_size``, with the metadata of its rows in ``params``.
        Each candidate is then also fitted once on all rows of ``X`` and evaluated on it.
    seeds : int, sequence of int or None, default=None
        Number of seeds, or a list of them, with which each fit is repeated; each ``random_state``
        of a candidate is set to them. None fits once, and only replaces a ``random_state`` of None.
    groups : array-like of shape (n_samples,) or None, default=None
        Rows of a group are kept together, also inside a tuner whose ``cv`` respects groups. A
        custom ``cv`` must respect them, too, such as ``GroupKFold(5)``.
    params : mapping of str to object or None, default=None
        Metadata such as ``{"sample_weight": weights}``; values for each row are split with the
        rows. Candidates and scorers receive what they request by scikit-learn's metadata routing,
        which must be enabled; a candidate whose ``fit`` has no such parameter is fitted without it.
    baseline : str or None, default=None
        Candidate with which all others are compared. With a baseline chosen in advance, there are
        fewer tests to correct for than with all pairs.
    level : float, default=0.95
        Confidence level of all intervals, between 0.5 and 1.
    rope : float or None, default=None
        Differences up to this size, in units of the score, are negligible in practice. None means
        0.01, or 1% for errors and costs.
    name : str, default="comparison"
        Name in MLflow.
    random_state : int, default=0
        Seed of the splits, and of each ``random_state`` of None of a candidate.
    n_jobs : int or None, default=None
        Number of fits of a candidate that run at the same time, in separate processes. None means
        1, and -1 means one per core. With more than one, times include waiting for a core.
    tracking_uri : str or None, default=None
        MLflow store; None uses ``MLFLOW_TRACKING_URI``, or else ``sqlite:///mlflow.db``.
    tracking : bool, default=True
        Whether to write to MLflow. Without it, an interrupted comparison starts from scratch.
    sanity_check : bool, default=True
        Whether to fit each candidate on a few rows of each split first, which finds inputs, scorers
        and parameters that do not fit together before anything is trained.
    progress : bool or None, default=None
        Whether to show the progress: in a terminal, as a bar in a notebook, or as lines in a log.
        None shows lines in a log only if the comparison takes longer than ten seconds.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        When a parameter is invalid.
    DataError
        When the lengths of X, y and groups differ, there is only one class, or the data cannot be
        split.
    TrackingError
        When the MLflow store cannot be written.
    StudyError
        When every candidate failed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> comparison = compare(
    ...     {"neighbors": KNeighborsClassifier(), "prior": DummyClassifier()}, X, y, tracking=False
    ... )
    >>> comparison.ranking()["group"].to_dict()
    {'neighbors': 'a', 'prior': 'b'}
    """
    estimators = check_candidates(candidates)
    check_settings(
        names=list(estimators),
        baseline=baseline,
        level=level,
        rope=rope,
        random_state=random_state,
        n_jobs=n_jobs,
        switches={"tracking": tracking, "sanity_check": sanity_check, "progress": progress},
    )
    check_name(name)
    check_copies(estimators)
    check_data(X, y, groups)
    X, y, groups = indexable(X, plain_targets(y), groups)
    first = next(iter(estimators.values()))
    check_classes(first, y)
    scoring = _default_scorer(first) if scoring is None else scoring
    objectives = objectives_for(first, scoring, y, positive)
    metadata = given_metadata(params, X, "compare")
    check_requests(estimators, scorers_of(objectives), metadata, "compare")
    layout = make_comparison_splits(
        first, X, y, cv=cv, groups=groups, test_size=test_size, seed=random_state
    )
    _warn(estimators, layout, X, y, groups)
    if test is not None:
        layout = layout.with_test(*n_rows(X, test, test_size))
        X, y, groups, metadata = with_test_rows(X, y, groups, metadata, test)
    plan = Plan(
        name=name,
        estimators=estimators,
        described=tuple(describe(each, estimators[each]) for each in estimators),
        objectives=objectives,
        layout=layout,
        seeds=make_seeds(seeds, random_state),
        override=seeds is not None,
        groups=groups,
        metadata=metadata,
        baseline=baseline,
        level=level,
        rope=rope,
        sanity_check=sanity_check,
        n_jobs=n_jobs,
    )
    uri = resolve_uri(tracking_uri) if tracking else None
    return run_plan(plan, X, y, uri=uri, progress=progress)


def _warn(
    estimators: Mapping[str, Any], layout: ComparisonSplits, X: Any, y: Any, groups: Any
) -> None:
    """Warn of candidates whose inner splits are of another kind than those of the comparison."""
    train = layout.splits[0][0]
    X, y, groups = (
        None if each is None else _safe_indexing(each, train) for each in (X, y, groups)
    )
    for name, estimator in estimators.items():
        whose = f"candidate {name!r}"
        if groups is not None:
            warn_of_ungrouped(whose, estimator)
        if layout.ordered:
            warn_of_later_rows(whose, estimator, X, y, groups=groups)


def _default_scorer(estimator: Any) -> str:
    """Return the name of the scorer that equals the ``score`` of a scikit-learn estimator."""
    return "accuracy" if is_classifier(estimator) else "r2"
