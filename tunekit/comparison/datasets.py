"""The same candidates on several data sets: mean ranks, and which of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from tunekit.comparison.design import EvaluatedOn
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

    Folds of one data set say how a model does on that data set; only other data sets say whether
    it is the better one elsewhere, too. On each data set the candidates are ranked, and Friedman's
    test asks whether their mean ranks differ more than by chance.

    Parameters
    ----------
    comparisons : sequence of Comparison
        One a data set, two or more, each with a name of its own and the same candidates.
    scorer : str or None, default=None
        What ranks; None takes the first of the first comparison.
    on : {"folds", "test"}, default="folds"
    level : float, default=0.95
        1 minus the level of the tests, between 0 and 1.

    Returns
    -------
    RankTest
        Mean ranks (1 is best), Friedman's p-value, Nemenyi's critical difference, and Wilcoxon's
        signed-rank test of each pair with Holm's correction.

    Raises
    ------
    ParameterError
        When they are no list of comparisons, or two of them have one name, the same data, or not
        the same candidates.
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
    >>> found = across_datasets(
    ...     [
    ...         compare(models, *load(return_X_y=True), name=load.__name__, tracking=False)
    ...         for load in (load_iris, load_wine)
    ...     ]
    ... )
    >>> dict(found.ranks)
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
    """Return the comparisons, if they are of one data set each."""
    if isinstance(comparisons, (Comparison, str)) or not isinstance(comparisons, Iterable):
        raise ParameterError(
            f"across_datasets takes a list of comparisons, one for each data set, got "
            f"{comparisons!r}: write across_datasets([first, second])."
        )
    found = list(comparisons)
    by_name: dict[str, Comparison] = {}
    by_data: dict[str, Comparison] = {}
    for each in found:
        if not isinstance(each, Comparison):
            raise ParameterError(
                f"across_datasets takes comparisons, as tk.compare returns them and "
                f"tk.load_comparison(name) reads them, got {each!r} among them."
            )
        if each.name in by_name:
            raise ParameterError(
                f"two comparisons are called {each.name!r}: name each one after its data set."
            )
        if each.info.digest in by_data:
            raise ParameterError(
                f"the comparisons {by_data[each.info.digest].name!r} and {each.name!r} are of the "
                f"same data, which would count twice: leave one of them out."
            )
        by_name[each.name] = each
        if each.info.digest:  # empty where data cannot be told from others
            by_data[each.info.digest] = each
    return found
