"""Finalists: the best configurations of a search, fitted again with new seeds and splits."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.utils import indexable

from tunekit.comparison.candidates import describe
from tunekit.comparison.param_validation import make_seeds
from tunekit.comparison.result import Comparison
from tunekit.comparison.run import Plan, run_plan
from tunekit.comparison.splits import ComparisonSplits, make_comparison_splits
from tunekit.core.estimators import configured, random_states
from tunekit.core.targets import plain_targets
from tunekit.evaluation.metadata import check_requests, given_metadata, scorers_of
from tunekit.evaluation.objectives import main_objective
from tunekit.evaluation.positive_label import objectives_for
from tunekit.evaluation.splits import Split, check_data, make_splitter, shuffles
from tunekit.exceptions import DataError, ParameterError

_TRIES = 2  # seeds to try until the splits differ from those of the search


@dataclass(frozen=True)
class _Rows:
    """The rows to fit on, with their groups and metadata."""

    X: Any
    y: Any
    groups: Any
    metadata: dict[str, Any]


def _rows(tuner: Any, X: Any, y: Any, groups: Any, params: Any) -> _Rows:
    """Return the given rows, or those of the search; what belongs to the same rows is added.

    Raises
    ------
    ParameterError
        When the tuner was loaded from a file, which does not contain the data of its search.
    DataError
        When the search used groups or metadata, but the data differ or are no longer available.
    """
    searched = _Rows(*tuner._data) if hasattr(tuner, "_data") else None  # noqa: SLF001 - for this
    if X is None:
        if searched is None:
            raise ParameterError(
                "this tuner was loaded without the data of its search: call finalists(X, y)."
            )
        X, y = searched.X, searched.y
    check_data(X, y, groups)
    X, y, groups = indexable(X, plain_targets(y), groups)
    metadata = given_metadata(params, X, "Tuner.finalists")
    needed = tuner._row_data  # noqa: SLF001 - for this
    if needed and searched is not None and _are_equal((X, y), (searched.X, searched.y)):
        groups = searched.groups if groups is None else groups
        metadata = {**searched.metadata, **metadata}
    missing = [
        name
        for name in needed
        if name not in metadata and not (name == "groups" and groups is not None)
    ]
    if missing:
        name = missing[0]
        argument = "groups=groups" if name == "groups" else f"params={{{name!r}: ...}}"
        raise DataError(
            f"the search used {name}, but these data have none: call finalists(X, y, {argument})."
        )
    return _Rows(X, y, groups, metadata)


def _are_equal(some: tuple[Any, Any], others: tuple[Any, Any]) -> bool:
    """Return whether two pairs of X and y are equal; unchanged objects are not compared."""
    return all(a is b for a, b in zip(some, others, strict=True)) or (
        joblib.hash(some) == joblib.hash(others)
    )


def fit_again(
    tuner: Any,
    X: Any,
    y: Any,
    *,
    k: Any,
    seeds: Any,
    groups: Any = None,
    params: Mapping[str, Any] | None = None,
) -> Comparison:
    """Fit the best configurations of a search again, with new seeds, on splits of the same kind.

    If the splitter shuffles, the splits are new. Otherwise, as with ``cv=5``, a time series or a
    list of splits, they are those of the search, and ``info.same_splits`` is True.

    Parameters
    ----------
    tuner : Tuner
        Fitted tuner.
    X, y : array-like or None
        The data of the search; None uses the data passed to ``fit``.
    k : int
        Number of configurations, 1 or more.
    seeds : int or sequence of int
        Number of seeds, or a list of them. An estimator without a random state is fitted once.
    groups : array-like of shape (n_samples,) or None, default=None
        None uses the groups of the search if the data are the same.
    params : mapping of str to object or None, default=None
        Metadata; None uses that of the search if the data are the same.

    Returns
    -------
    Comparison
        Names of the candidates are such as ``"optuna trial 7"``; the ranking includes their
        search scores.

    Raises
    ------
    ParameterError
        When ``k`` or ``seeds`` is invalid, or there are no data.
    DataError
        When the lengths of X and y differ, or groups or metadata of the search are missing.
    """
    chosen = _best(tuner, k)
    rows = _rows(tuner, X, y, groups, params)
    X, y, groups = rows.X, rows.y, rows.groups
    estimators = {
        f"{tuner.engine} trial {number}": configured(tuner.estimator, params)
        for number, params, _ in chosen
    }
    seed = _unused_seed(tuner, estimators.values())
    objectives = list(objectives_for(tuner.estimator, tuner.scoring, y, tuner.positive_))
    objectives.insert(0, objectives.pop(main_objective(objectives, tuner.refit)))
    check_requests(estimators, scorers_of(objectives), rows.metadata, "Tuner.finalists")
    layout, same = _make_splits(tuner, X, y, groups, seed=seed)
    plan = Plan(
        name=tuner.study_.study_name,
        estimators=estimators,
        described=tuple(
            replace(describe(*each), search_score=score, params=params)
            for each, (_, params, score) in zip(estimators.items(), chosen, strict=True)
        ),
        objectives=tuple(objectives),
        layout=layout,
        seeds=make_seeds(seeds if random_states(tuner.estimator) else 1, seed),
        override=True,
        groups=groups,
        metadata=rows.metadata,
        kind="finalists",
        source=tuner.run_id_ or "",
        engine=tuner.engine,
        same_splits=same,
        sanity_check=tuner.sanity_check,
    )
    return run_plan(plan, X, y, uri=tuner.tracking_uri_, progress=tuner.progress)


def _best(tuner: Any, k: Any) -> list[tuple[int, Any, float]]:
    """Return number, parameters and search score of the k best trials; in ties, the earliest."""
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise ParameterError(f"k must be a whole number of at least 1, got {k!r}.")
    table, configs = tuner.trials_, tuner.cv_results_["params"]
    finished = [
        (int(number), tuner.space.name_objects(configs[row]), float(table["score"].iloc[row]))
        for row, number in enumerate(table.index)
        if table["state"].iloc[row] == "complete" and pd.isna(table["reused"].iloc[row])
    ]
    return sorted(finished, key=lambda each: (-each[2], each[0]))[:k]


def _make_splits(
    tuner: Any, X: Any, y: Any, groups: Any, *, seed: int
) -> tuple[ComparisonSplits, bool]:
    """Return splits of the same kind as in the search, and whether they are identical."""
    for new_seed in range(seed, seed + _TRIES):  # the first may be that of the user's RandomState
        layout = make_comparison_splits(
            tuner.estimator,
            X,
            y,
            cv=_similar_cv(tuner, y, groups, seed=new_seed),
            groups=groups,
            test_size=None,
            seed=new_seed,
        )
        if not _are_same(layout.splits, tuner.splits_):
            return layout, False
    return replace(layout, words=f"{layout.words}, the same as in the search"), True


def _similar_cv(tuner: Any, y: Any, groups: Any, *, seed: int) -> Any:
    """Return a ``cv`` of the same kind as in the search, with a new seed if it shuffles."""
    cv = tuner.cv
    if isinstance(cv, float):
        return cv
    if cv is not None and not isinstance(cv, int) and not hasattr(cv, "split"):
        last = max(int(rows.max()) for split in tuner.splits_ for rows in split)
        if last >= len(np.asarray(y)):
            raise DataError(
                f"the splits of the search contain row {last}, but X has only "
                f"{len(np.asarray(y))} rows: pass the data of the search."
            )
        return list(tuner.splits_)  # a generator cannot be used twice
    splitter = make_splitter(
        cv, y, estimator=tuner.estimator, groups=groups, random_state=tuner.random_state
    )
    if shuffles(splitter) and hasattr(splitter, "random_state"):
        splitter = copy.copy(splitter)
        splitter.random_state = seed
    return splitter


def _unused_seed(tuner: Any, estimators: Iterable[Any]) -> int:
    """Return a seed greater than all seeds of estimators and splits in the search."""
    states = [value for each in estimators for value in random_states(each).values()]
    states += [tuner.random_state, getattr(tuner.cv, "random_state", None)]
    return 1 + max((int(each) for each in states if isinstance(each, Integral)), default=0)


def _are_same(some: Sequence[Split], others: Sequence[Split]) -> bool:
    return len(some) == len(others) and all(
        np.array_equal(a, b)
        for one, other in zip(some, others, strict=True)
        for a, b in zip(one, other, strict=True)
    )
