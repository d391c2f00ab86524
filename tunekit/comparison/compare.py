"""``compare``: models on the same splits, each a run in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing, indexable

from tunekit.comparison.candidates import check_candidates, check_copies, describe
from tunekit.comparison.nested_splits import warn_of_later_rows, warn_of_ungrouped
from tunekit.comparison.param_validation import check_settings, make_seeds
from tunekit.comparison.result import Comparison
from tunekit.comparison.run import Plan, run_plan
from tunekit.comparison.splits import ComparisonSplits, make_comparison_splits
from tunekit.evaluation.objectives import make_objectives
from tunekit.evaluation.splits import check_classes, check_data
from tunekit.tracking.store import check_name, resolve_uri


def compare(  # noqa: PLR0913 - settings are flat, as those of scikit-learn's functions
    candidates: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    cv: Any = None,
    scoring: Any = None,
    test_size: float | None = None,
    seeds: int | Sequence[int] | None = None,
    groups: Any = None,
    baseline: str | None = None,
    level: float = 0.95,
    rope: float | None = None,
    name: str = "comparison",
    random_state: int = 0,
    tracking_uri: str | None = None,
    tracking: bool = True,
    progress: bool | None = None,
) -> Comparison:
    """Compare models on the same splits.

    Every candidate is fitted on the same training rows and judged on the same rows held out. A
    :class:`~tunekit.Tuner` among them is tuned inside each training part (nested
    cross-validation), so that it is not judged on rows that it was chosen on. Where its ``cv`` is
    None, a number or a share, its splits are of the kind of the comparison's: in order of time,
    shuffled, with groups kept together. Each candidate is a
    run in MLflow under one parent. A comparison that was interrupted goes on where it was, fit by
    fit, when it is called again with the same data, settings, code and versions of packages.

    Parameters
    ----------
    candidates : mapping of str to estimator
        Names and what they stand for: tuners, Keras estimators, pipelines, any scikit-learn
        estimator; all classifiers or all regressors.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    cv : int, float, cross-validation generator, iterable or None, default=None
        What scikit-learn takes, or the share of rows that one split holds out. None is 5 folds,
        twice, shuffled and stratified (10 fits of each candidate), with groups kept together where
        they are given.
    scoring : str, callable, list, dict or None, default=None
        Scorers; the first one ranks. None is accuracy or R². As for a tuner there are also
        ``"n_params"``, ``"fit_time"`` and ``"predict_latency"``.
    test_size : float or None, default=None
        Share of the rows kept from all folds, above 0 and below 1. Each candidate is then also
        fitted on all other rows and judged once on these.
    seeds : int, sequence of int or None, default=None
        With how many seeds, or with which, each fit is repeated; every ``random_state`` of a
        candidate is set to them. None fits once, and sets only those that are None.
    groups : array-like of shape (n_samples,) or None, default=None
        Rows of one group stay together, also inside a tuner whose ``cv`` minds groups. A ``cv`` of
        your own must mind them, too, such as ``GroupKFold(5)``.
    baseline : str or None, default=None
        The candidate that the others are tested against. It is declared beforehand, so that there
        are fewer tests to correct for than with all pairs.
    level : float, default=0.95
        Of all intervals, between 0.5 and 1.
    rope : float or None, default=None
        Differences up to this size, in units of the score, are none in practice. None is 0.01,
        and 1% for errors and costs.
    name : str, default="comparison"
        Name in MLflow.
    random_state : int, default=0
        Seed of the splits, and of the candidates' unset random states.
    tracking_uri : str or None, default=None
        MLflow store; None takes ``MLFLOW_TRACKING_URI`` or else ``sqlite:///mlflow.db``.
    tracking : bool, default=True
        Whether to write to MLflow at all; without, an interrupted comparison starts again.
    progress : bool or None, default=None
        Whether to show a live display; None shows it on a terminal.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        When an argument is wrong.
    DataError
        When X, y and groups do not fit together, there is one class only, or the data cannot be
        split so.
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
    >>> found = compare(
    ...     {"neighbours": KNeighborsClassifier(), "prior": DummyClassifier()}, X, y, tracking=False
    ... )
    >>> found.ranking()["group"].to_dict()
    {'neighbours': 'a', 'prior': 'b'}
    """
    estimators = check_candidates(candidates)
    check_settings(
        names=list(estimators),
        baseline=baseline,
        level=level,
        rope=rope,
        random_state=random_state,
        switches={"tracking": tracking, "progress": progress},
    )
    check_name(name)
    check_copies(estimators)
    check_data(X, y, groups)
    X, y, groups = indexable(X, y, groups)
    first = next(iter(estimators.values()))
    check_classes(first, y)
    layout = make_comparison_splits(
        first, X, y, cv=cv, groups=groups, test_size=test_size, seed=random_state
    )
    _warn(estimators, layout, X, y, groups)
    plan = Plan(
        name=name,
        estimators=estimators,
        described=tuple(describe(each, estimators[each]) for each in estimators),
        objectives=make_objectives(first, _default(first) if scoring is None else scoring),
        layout=layout,
        seeds=make_seeds(seeds, random_state),
        override=seeds is not None,
        groups=groups,
        baseline=baseline,
        level=level,
        rope=rope,
    )
    uri = resolve_uri(tracking_uri) if tracking else None
    return run_plan(plan, X, y, uri=uri, progress=progress)


def _warn(
    estimators: Mapping[str, Any], layout: ComparisonSplits, X: Any, y: Any, groups: Any
) -> None:
    """Warn of candidates that split otherwise inside than the comparison does."""
    fit = layout.splits[0][0]
    parts = [None if each is None else _safe_indexing(each, fit) for each in (X, y, groups)]
    for name, estimator in estimators.items():
        whose = f"candidate {name!r}"
        if groups is not None:
            warn_of_ungrouped(whose, estimator)
        if layout.ordered:
            warn_of_later_rows(whose, estimator, parts[0], parts[1], groups=parts[2])


def _default(estimator: Any) -> str:
    """Return the scorer that scikit-learn's own ``score`` stands for."""
    return "accuracy" if is_classifier(estimator) else "r2"
