"""Mean ranks over data sets: the critical-difference diagram."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scikit_posthocs import critical_difference_diagram

from tunekit.analysis.datasets import pairs_in_words
from tunekit.analysis.labels import readable_names, shortened
from tunekit.analysis.text import significant
from tunekit.reporting.figures.svg import INK, SOFT, Figure, draw_svg
from tunekit.reporting.tables.table import Column, Table
from tunekit.statistics.rank_tests import RankTest

_NAME = 24


def critical_differences(found: RankTest, name: str) -> Figure:
    """Return mean ranks on a line; a bar joins candidates that Nemenyi's test cannot tell apart.

    Parameters
    ----------
    found : RankTest
    name : str
        Of the figure.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, 2006.
    """
    labels = shortened(readable_names(found.ranks), _NAME)
    ranks = pd.Series(list(found.ranks.values()), index=labels)
    apart = np.abs(np.subtract.outer(ranks.to_numpy(), ranks.to_numpy()))
    p_values = pd.DataFrame(
        np.where(apart > found.critical_difference, 0.0, 1.0), index=labels, columns=labels
    )

    def draw(ax: Axes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            critical_difference_diagram(
                ranks,
                p_values,
                ax=ax,
                label_fmt_left="{label} ({rank:.2f})\u2002",
                label_fmt_right="\u2002({rank:.2f}) {label}",
                crossbar_props={"color": INK, "linewidth": 3},
                elbow_props={"color": SOFT, "linewidth": 1},
                marker_props={"color": INK, "marker": "o"},
            )

    friedman = (
        f"Friedman's test: p = {significant(found.p_value, 2)}. "
        if not np.isnan(found.p_value)
        else ""
    )
    best = next(iter(found.ranks))
    text = (
        f"Mean ranks over {found.n_datasets} data sets; the best is {best} with "
        f"{found.ranks[best]:.2f}. {friedman}"
    ).strip()
    caption = (
        f"1 is best. A bar joins candidates whose mean ranks lie within the critical difference of "
        f"{found.critical_difference:.2f}. {friedman}{pairs_in_words(found)}"
    )
    table = Table(
        f"{name}-data",
        "Pairs over data sets: Wilcoxon's signed-rank test with Holm's correction.",
        (
            Column("first", "first"),
            Column("second", "second"),
            Column("rank_first", "mean rank", "number", 2),
            Column("rank_second", "mean rank", "number", 2),
            Column("p", "p, Holm", "general", 3),
        ),
        tuple(
            (one, other, found.ranks[one], found.ranks[other], p)
            for (one, other), p in found.pairs.items()
        ),
    )
    size = (7.0, 1.4 + 0.22 * len(labels))
    svg = draw_svg(draw, size, name, text)
    return Figure("Mean ranks over data sets", svg, text, caption, table, wide=True)
