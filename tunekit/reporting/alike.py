"""Which candidates of a comparison the best one is not shown to beat."""

from __future__ import annotations

import pandas as pd

from tunekit.comparison.design import Ground
from tunekit.reporting.compared import ComparisonData
from tunekit.statistics.multiple import share_a_letter

_TURNED = {"better": "worse", "worse": "better"}


def pairs_with_best(data: ComparisonData, on: Ground) -> pd.DataFrame:
    """Return the best candidate's pairs with all others that have a score there.

    Parameters
    ----------
    data : ComparisonData
    on : {"folds", "test"}

    Returns
    -------
    DataFrame
        By the other one's name, in the order of the ranking, those of
        :meth:`~tunekit.comparison.result.Comparison.pairwise` for all pairs; ``verdict`` is what
        the best one is, ``wins`` tells whether its score is the higher one, and ``apart`` whether
        the two can be told apart.
    """
    pairs = data.found.pairwise(on=on, all_pairs=True)
    own = pairs[(pairs["first"] == data.best) | (pairs["second"] == data.best)].copy()
    first = own["first"] == data.best
    turned = own["verdict"].map(lambda verdict: _TURNED.get(verdict, verdict))
    own["verdict"] = own["verdict"].where(first, turned)
    own["wins"] = first
    own["apart"] = own["p_corrected"] < 1 - data.found.info.level
    own = own.set_index(own["second"].where(first, own["first"]))
    ranking = data.found.ranking(on=on)["score"].dropna()
    return own.loc[[name for name in ranking.index if name in own.index]]


def not_shown_worse(data: ComparisonData) -> list[str]:
    """Return the candidates that are as good a choice as the best, as far as one can tell.

    They share a letter with it, on no ground is it probably better or told apart from them, and
    they are no dummies, which are compared with to be beaten.
    """
    kinds = {each.name: each.kind for each in data.found.info.candidates}
    groups = data.found.ranking().dropna(subset=["score"])["group"]
    names = [str(name) for name in groups.index if name != data.best]
    names = [name for name in names if share_a_letter(groups[name], groups[data.best])]
    for on in data.grounds:
        pairs = pairs_with_best(data, on)
        worse = (pairs["verdict"] == "better") | (pairs["apart"] & pairs["wins"])
        names = [name for name in names if name in pairs.index[~worse]]
    return [name for name in names if not kinds[name].startswith("Dummy")]
