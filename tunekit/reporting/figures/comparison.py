"""Figures of a comparison: scores by fold, differences with intervals, search against refit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tunekit.analysis.labels import readable_names, shortened
from tunekit.analysis.text import counted, significant
from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, MARKERS, SOFT, Figure, draw_svg
from tunekit.reporting.tables.pairs import differences, digits_of
from tunekit.reporting.tables.table import Column, Table

_NAME = 24  # characters of a name next to an axis
_MOST = 30  # candidates or pairs drawn; tables list all of them
_WIDTH = 5.8  # inches, fits a phone without scrolling
_LONG = 48  # characters that fit below an axis
_ROW = 0.34  # inches per candidate
_ABOVE = 0.24  # offset of the fold scores above their interval, in rows
_FAR = "Values off the scale are drawn at the edge and labelled."


def scores_by_fold(comparison: Comparison, scorer: str, name: str) -> Figure | None:
    """Draw the score of each candidate on each fold, with the mean and its interval.

    Parameters
    ----------
    comparison : Comparison
    scorer : str
    name : str
        Name of the figure.

    Returns
    -------
    Figure or None
        None if there is only one split.
    """
    if comparison.info.n_splits == 1:
        return None
    ranking = comparison.ranking(scorer).dropna(subset=["score"])
    if ranking.empty:
        return None
    scores, shown = comparison.scores(scorer), ranking.head(_MOST)
    labels = shortened(readable_names(shown.index), _NAME)
    sign = -1 if comparison.info.scoring[scorer] == "minimize" else 1

    def draw(ax: Axes) -> None:
        edge = _edge(shown, "score", sign)
        for place, (candidate, row) in enumerate(shown.iterrows()):
            if _beyond(ax, place, row["score"], edge, sign):
                continue
            ax.scatter(
                scores[str(candidate)],
                np.full(len(scores), place - _ABOVE),
                s=15,
                color=COLORS[0],
                alpha=0.8,
                linewidth=0,
            )
            _whisker(ax, place, row["score"], row["low"], row["high"])
        _rows(ax, labels)
        ax.set(xlabel=scorer)

    best, pooled = ranking.iloc[0], comparison.design(scorer).unit == "pooled"
    text = (
        f"Scores of {counted(len(ranking), 'candidate')} on {counted(len(scores), 'fold')}; "
        f"{ranking.index[0]} is best with {'' if pooled else 'a mean of '}"
        f"{significant(best['score'], 4)}{' on the pooled folds' if pooled else ''}."
    )
    middle = "score of the pooled folds" if pooled else "mean"
    caption = (
        f"Points: folds. Diamond: {middle}, with its {100 * comparison.info.level:g}% interval, "
        f"corrected for overlapping training sets. {_FAR}"
    )
    columns = (Column("fold", "fold", "integer"), *_columns(scores.columns))
    rows = tuple(
        (int(fold) + 1, *row) for fold, row in zip(scores.index, scores.values, strict=True)
    )
    table = Table(f"{name}-data", f"Scores by fold: {scorer}", columns, rows)
    size = (_WIDTH, 1.1 + _ROW * len(shown))
    return Figure("Scores by fold", draw_svg(draw, size, name, text), text, caption, table)


def forest(comparison: Comparison, scorer: str, on: EvaluatedOn, name: str) -> Figure | None:
    """Draw the differences from the baseline, or from the best candidate without a baseline.

    Parameters
    ----------
    comparison : Comparison
    scorer : str
    on : {"folds", "test"}
    name : str
        Name of the figure.

    Returns
    -------
    Figure or None
        None if there is nothing to compare.
    """
    pairs, reference = _against(comparison, scorer, on)
    if pairs.empty:
        return None
    shown = pairs.head(_MOST)
    labels = shortened(readable_names(shown["candidate"]), _NAME)
    sign = -1 if comparison.info.scoring[scorer] == "minimize" else 1

    def draw(ax: Axes) -> None:
        ax.axvline(0, color=SOFT, linewidth=1, linestyle=":")
        edge = _edge(shown, "difference", sign)
        for place, (_, row) in enumerate(shown.iterrows()):
            if _beyond(ax, place, row["difference"], edge, sign):
                continue
            rope, differs = row["rope"], row["p_corrected"] < 1 - comparison.info.level
            ax.barh(place, 2 * rope, 1.0, -rope, color=EDGE, alpha=0.25, linewidth=0, zorder=0)
            _whisker(ax, place, row["difference"], row["low"], row["high"], filled=bool(differs))
        _rows(ax, labels)
        better = "better →" if sign > 0 else "← better"
        minus = f"minus that of {shortened([reference], _NAME)[0]}   ({better})"
        separator = " " if len(scorer) + len(minus) < _LONG else "\n"
        ax.set(xlabel=f"{scorer},{separator}{minus}")

    n_different = int((pairs["p_corrected"] < 1 - comparison.info.level).sum())
    text = (
        f"Differences of {counted(len(pairs), 'candidate')} from {reference}; {n_different} "
        f"of them significant."
    )
    caption = (
        f"Lines: {100 * comparison.info.level:g}% intervals. Filled diamonds differ significantly "
        f"from {reference}, hollow ones do not. Differences inside the grey band are negligible in "
        f"practice. {_FAR}"
    )
    columns = (
        Column("candidate", "candidate"),
        Column("difference", "difference", "interval", digits_of(comparison, scorer, on)),
        Column("p", "p, Holm", "general", 3),
    )
    rows = tuple(
        (row["candidate"], interval, row["p_corrected"])
        for (_, row), interval in zip(
            pairs.iterrows(), differences(pairs, comparison, scorer), strict=True
        )
    )
    table = Table(f"{name}-data", f"Differences from {reference}", columns, rows)
    size = (_WIDTH, 1.1 + _ROW * len(shown))
    return Figure("Differences", draw_svg(draw, size, name, text), text, caption, table)


def search_and_refit(comparison: Comparison, name: str) -> Figure | None:
    """Draw the search scores of finalists and their scores when refitted.

    Parameters
    ----------
    comparison : Comparison
        Of finalists.
    name : str
        Name of the figure.
    """
    ranking = comparison.ranking().dropna(subset=["score"])
    if comparison.info.kind != "finalists" or ranking.empty:
        return None
    labels = shortened(readable_names(ranking.index), _NAME)

    def draw(ax: Axes) -> None:
        for place, (_, row) in enumerate(ranking.iterrows()):
            ax.plot([row["search_score"], row["score"]], [place, place], color=EDGE, linewidth=2)
        places = np.arange(len(ranking))
        styles = (("search_score", "search score", 1), ("score", "refitted", 0))
        for column, label, which in styles:
            ax.scatter(
                ranking[column],
                places,
                marker=MARKERS[which],
                s=42,
                color=COLORS[which],
                label=label,
                zorder=3,
            )
        _rows(ax, labels)
        ax.set(xlabel=comparison.info.scorer)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

    optimism = float((ranking["search_score"] - ranking["score"]).mean())
    direction = "too high" if optimism >= 0 else "too low"
    text = (
        f"Search scores of {counted(len(ranking), 'finalist')} were on average "
        f"{significant(abs(optimism))} {direction}."
    )
    measured = (
        "on the same splits with other seeds. The difference shows the effect of seeds and "
        "selection, not that of the rows."
        if comparison.info.same_splits
        else "on other splits."
    )
    caption = (
        "Trials were selected by their search score, so it is optimistic. Refitted: "
        f"{measured} {text}"
    )
    columns = (
        Column("candidate", "finalist"),
        Column("search", "search score", "number"),
        Column("again", "refitted", "number"),
    )
    rows = tuple((str(each), row["search_score"], row["score"]) for each, row in ranking.iterrows())
    table = Table(f"{name}-data", "Search score and score after refitting", columns, rows)
    size = (_WIDTH, 1.3 + _ROW * len(ranking))
    return Figure("Optimism of the search", draw_svg(draw, size, name, text), text, caption, table)


def _against(comparison: Comparison, scorer: str, on: EvaluatedOn) -> tuple[pd.DataFrame, str]:
    """Return the pairs with the reference, as candidate minus reference, and its name."""
    scored = comparison.ranking(scorer, on=on).dropna(subset=["score"])
    if len(scored) < 2:  # noqa: PLR2004 - a pair
        return pd.DataFrame(), ""
    reference = comparison.info.baseline or str(scored.index[0])
    pairs = comparison.pairwise(scorer, on=on)
    pairs = pairs[(pairs["first"] == reference) | (pairs["second"] == reference)].copy()
    turned = pairs["first"] == reference
    pairs["candidate"] = pairs["second"].where(turned, pairs["first"])
    low, high = pairs["low"].copy(), pairs["high"].copy()
    pairs["low"], pairs["high"] = low.where(~turned, -high), high.where(~turned, -low)
    pairs["difference"] = pairs["difference"].where(~turned, -pairs["difference"])
    return pairs, reference


def _edge(shown: pd.DataFrame, column: str, sign: int) -> float:
    """Return the worst value that is drawn to scale, so that an outlier does not hide the rest.

    Its distance from the best value is three times the range of the better half of the candidates;
    infinite if that range is zero.
    """
    half = shown.head(max(2, (len(shown) + 1) // 2))
    worst, best = (half["low"], half["high"]) if sign > 0 else (-half["high"], -half["low"])
    worst = worst.fillna(sign * half[column]).min()
    best = best.fillna(sign * half[column]).max()
    return float(sign * (best - 3 * (best - worst))) if best > worst else -sign * math.inf


def _beyond(ax: Axes, place: int, value: float, edge: float, sign: int) -> bool:
    """Mark a value that is off the scale; return whether it is."""
    if sign * value >= sign * edge:
        return False
    ax.scatter([edge], [place], marker="<" if sign > 0 else ">", s=40, color=SOFT)
    ax.annotate(
        significant(value),
        (edge, place),
        xytext=(8 * sign, 0),
        textcoords="offset points",
        va="center",
        ha="left" if sign > 0 else "right",
        color=SOFT,
        fontsize=8.5,
    )
    return True


def _whisker(
    ax: Axes, place: int, value: float, low: float, high: float, *, filled: bool = True
) -> None:
    if not math.isnan(low):
        ax.plot([low, high], [place, place], color=INK, linewidth=1.6, solid_capstyle="butt")
    ax.scatter(
        [value],
        [place],
        marker="D",
        s=34,
        facecolor=INK if filled else "white",
        edgecolor=INK,
        linewidth=1.4,
        zorder=3,
    )


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")


def _columns(names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(Column(f"candidate/{name}", str(name), "number") for name in names)
