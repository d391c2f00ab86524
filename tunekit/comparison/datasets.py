"""Comparison of the same candidates on several data sets, by mean ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.exceptions import ParameterError
from tunekit.statistics.rank_tests import RankTest, rank_test


def across_datasets(
    comparisons: Sequence[Comparison],
    *,
    scorer: str | None = None,
    on: EvaluatedOn = "folds",
    level: float = 0.95,
) -> RankTest:
    """Compare candidates over several data sets.

    The folds of one data set only show how well models work on that data set. To generalize to
    others, candidates are ranked on each data set, and Friedman's test shows whether their mean
    ranks differ significantly.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Two or more, one per data set, with different names and the same candidates.
    scorer : str or None, default=None
        Scorer for the ranks; None uses the first one of the first comparison.
    on : {"folds", "test"}, default="folds"
    level : float, default=0.95
        Confidence level, 1 minus the significance level of the tests, between 0 and 1.

    Returns
    -------
    RankTest
        Mean ranks (1 is best), Friedman's p-value, Nemenyi's critical difference, and Wilcoxon's
        signed-rank test of each pair with Holm's correction.

    Raises
    ------
    ParameterError
        When ``comparisons`` is not a list of comparisons, or two of them have the same name, the
        same data, or different candidates.
    DataError
        When there are fewer than two, or a candidate has no score on one of them.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_iris, load_wine
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from tunekit import compare
    >>> models = {"bayes": GaussianNB(), "stump": DecisionTreeClassifier(max_depth=1)}
    >>> test = across_datasets(
    ...     [
    ...         compare(models, *load(return_X_y=True), name=load.__name__, tracking=False)
    ...         for load in (load_iris, load_wine)
    ...     ]
    ... )
    >>> dict(test.ranks)
    {'bayes': 1.0, 'stump': 2.0}
    """
    comparisons = _checked(comparisons)
    first = next(iter(comparisons), None)
    for each in comparisons:
        if first is not None and set(each.candidates) != set(first.candidates):
            raise ParameterError(
                f"the comparisons {first.name!r} and {each.name!r} do not have the same "
                f"candidates: {', '.join(first.candidates)}; {', '.join(each.candidates)}."
            )
    scorer = scorer or (first.info.scorer if first is not None else None)
    rows = {each.name: each.ranking(scorer, on=on)["score"] for each in comparisons}
    frame = pd.DataFrame(rows).T
    if first is not None:
        frame = frame[first.candidates]
        if scorer is not None and first.info.scoring[scorer] == "minimize":
            frame = -frame
    return rank_test(frame, level)


def _checked(comparisons: Any) -> list[Comparison]:
    """Return the comparisons as a list if their names and data differ."""
    if isinstance(comparisons, (Comparison, str)) or not isinstance(comparisons, Iterable):
        raise ParameterError(
            f"across_datasets takes a list of comparisons, one for each data set, got "
            f"{comparisons!r}: write across_datasets([first, second])."
        )
    listed = list(comparisons)
    by_name: dict[str, Comparison] = {}
    by_data: dict[str, Comparison] = {}
    for each in listed:
        if not isinstance(each, Comparison):
            raise ParameterError(
                f"across_datasets takes comparisons, as tk.compare returns them and "
                f"tk.load_comparison(name) reads them, got {each!r} among them."
            )
        if each.name in by_name:
            raise ParameterError(
                f"two comparisons have the name {each.name!r}: name each one after its data set."
            )
        if each.info.digest in by_data:
            raise ParameterError(
                f"the comparisons {by_data[each.info.digest].name!r} and {each.name!r} use the "
                f"same data, which would count twice: leave one of them out."
            )
        by_name[each.name] = each
        if each.info.digest:  # empty if the data cannot be hashed
            by_data[each.info.digest] = each
    return listed
