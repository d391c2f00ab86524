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

_NAME = 24  # characters of a candidate's name


def draw_critical_differences(test: RankTest, name: str) -> Figure:
    """Draw mean ranks on a line; bars join candidates that do not differ by Nemenyi's test.

    Parameters
    ----------
    test : RankTest
    name : str
        Name of the figure.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, 2006.
    """
    labels = shortened(readable_names(test.ranks), _NAME)
    friedman = (
        "" if np.isnan(test.p_value) else f"Friedman's test: p = {significant(test.p_value, 2)}. "
    )
    best = next(iter(test.ranks))
    text = (
        f"Mean ranks over {test.n_datasets} data sets; {best} is best with "
        f"{test.ranks[best]:.2f}. {friedman}"
    ).strip()
    caption = (
        f"Rank 1 is best. A bar joins candidates whose mean ranks differ by at most the critical "
        f"difference, {test.critical_difference:.2f}. {friedman}{pairs_in_words(test)}"
    )
    size = (7.0, 1.4 + 0.22 * len(labels))
    svg = draw_svg(lambda ax: _draw_diagram(ax, test, labels), size, name, text)
    return Figure("Mean ranks over data sets", svg, text, caption, _table(test, name), wide=True)


def _draw_diagram(ax: Axes, test: RankTest, labels: tuple[str, ...]) -> None:
    ranks = pd.Series(list(test.ranks.values()), index=labels)
    distances = np.abs(np.subtract.outer(ranks.to_numpy(), ranks.to_numpy()))
    p_values = pd.DataFrame(
        np.where(distances > test.critical_difference, 0.0, 1.0), index=labels, columns=labels
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        diagram = critical_difference_diagram(
            ranks,
            p_values,
            ax=ax,
            label_fmt_left="{label} ({rank:.2f})\u2002",
            label_fmt_right="\u2002({rank:.2f}) {label}",
            crossbar_props={"color": INK, "linewidth": 3},
            elbow_props={"color": SOFT, "linewidth": 1},
            marker_props={"color": INK, "marker": "o"},
        )
    for (bar,) in diagram["crossbars"]:
        bar.set_xdata(np.sort(bar.get_xdata()))  # scikit-posthocs draws from an unordered set


def _table(test: RankTest, name: str) -> Table:
    columns = (
        Column("first", "first"),
        Column("second", "second"),
        Column("rank_first", "mean rank", "number", 2),
        Column("rank_second", "mean rank", "number", 2),
        Column("p", "p, Holm", "general", 3),
    )
    rows = tuple(
        (one, other, test.ranks[one], test.ranks[other], p)
        for (one, other), p in test.pairs.items()
    )
    caption = "Pairs over data sets: Wilcoxon's signed-rank test with Holm's correction."
    return Table(f"{name}-data", caption, columns, rows)
