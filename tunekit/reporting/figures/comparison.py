"""Candidates side by side: their scores by fold, and their differences with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tunekit.analysis.labels import readable_names, shortened
from tunekit.analysis.text import counted, significant
from tunekit.comparison.design import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, MARKERS, SOFT, Figure, draw_svg
from tunekit.reporting.tables.pairs import differences, digits_of
from tunekit.reporting.tables.table import Column, Table

_NAME = 24  # characters of a name beside an axis
_MOST = 30  # candidates or pairs that are drawn; tables have all of them
_WIDTH = 5.8  # inches, which a phone can show without scrolling
_LONG = 48  # characters that there is room for below an axis
_ROW = 0.34  # inches that one takes
_ABOVE = 0.24  # of a row, by which points of folds stand above their interval
_FAR = "One that is far behind the others stands at the edge, with its value."


def scores_by_fold(found: Comparison, scorer: str, name: str) -> Figure | None:
    """Return each candidate's score on each fold, with its mean and interval.

    Parameters
    ----------
    found : Comparison
    scorer : str
    name : str
        Of the figure.

    Returns
    -------
    Figure or None
        None where there is one split.
    """
    if found.info.n_splits == 1:
        return None
    ranking = found.ranking(scorer).dropna(subset=["score"])
    if ranking.empty:
        return None
    scores, shown = found.scores(scorer), ranking.head(_MOST)
    labels = shortened(readable_names(shown.index), _NAME)
    sign = -1 if found.info.scoring[scorer] == "minimize" else 1

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

    best, pooled = ranking.iloc[0], found.design(scorer).unit == "pooled"
    text = (
        f"Scores of {counted(len(ranking), 'candidate')} on {counted(len(scores), 'fold')}; the "
        f"best is {ranking.index[0]} with {'' if pooled else 'a mean of '}"
        f"{significant(best['score'], 4)}{' on all folds together' if pooled else ''}."
    )
    middle = "the score of all folds together" if pooled else "their mean"
    caption = (
        f"A point, above the line, is a fold, the diamond {middle}, the line its "
        f"{100 * found.info.level:g}% interval, which minds that folds share rows. {_FAR}"
    )
    columns = (Column("fold", "fold", "integer"), *_columns(scores.columns))
    rows = tuple(
        (int(fold) + 1, *row) for fold, row in zip(scores.index, scores.values, strict=True)
    )
    table = Table(f"{name}-data", f"The {scorer} of each fold.", columns, rows)
    size = (_WIDTH, 1.1 + _ROW * len(shown))
    return Figure("Scores by fold", draw_svg(draw, size, name, text), text, caption, table)


def forest(found: Comparison, scorer: str, on: EvaluatedOn, name: str) -> Figure | None:
    """Return the differences of all candidates from the baseline, or else from the best one.

    Parameters
    ----------
    found : Comparison
    scorer : str
    on : {"folds", "test"}
    name : str
        Of the figure.

    Returns
    -------
    Figure or None
        None where there is nothing to compare.
    """
    pairs, reference = _against(found, scorer, on)
    if pairs.empty:
        return None
    shown = pairs.head(_MOST)
    labels = shortened(readable_names(shown["candidate"]), _NAME)
    sign = -1 if found.info.scoring[scorer] == "minimize" else 1

    def draw(ax: Axes) -> None:
        ax.axvline(0, color=SOFT, linewidth=1, linestyle=":")
        edge = _edge(shown, "difference", sign)
        for place, (_, row) in enumerate(shown.iterrows()):
            if _beyond(ax, place, row["difference"], edge, sign):
                continue
            rope, apart = row["rope"], row["p_corrected"] < 1 - found.info.level
            ax.barh(place, 2 * rope, 1.0, -rope, color=EDGE, alpha=0.25, linewidth=0, zorder=0)
            _whisker(ax, place, row["difference"], row["low"], row["high"], filled=bool(apart))
        _rows(ax, labels)
        better = "better →" if sign > 0 else "← better"
        whose = f"minus that of {shortened([reference], _NAME)[0]}   ({better})"
        room = " " if len(scorer) + len(whose) < _LONG else "\n"
        ax.set(xlabel=f"{scorer},{room}{whose}")

    apart = int((pairs["p_corrected"] < 1 - found.info.level).sum())
    text = (
        f"Differences of {counted(len(pairs), 'candidate')} from {reference}; {apart} can be told "
        f"apart from it."
    )
    caption = (
        f"A line is a {100 * found.info.level:g}% interval; a filled diamond can be told apart "
        f"from {reference}, a hollow one cannot. In the grey band a difference is none in "
        f"practice. {_FAR}"
    )
    columns = (
        Column("candidate", "candidate"),
        Column("difference", "difference", "interval", digits_of(found, scorer, on)),
        Column("p", "p, Holm", "general", 3),
    )
    rows = tuple(
        (row["candidate"], interval, row["p_corrected"])
        for (_, row), interval in zip(
            pairs.iterrows(), differences(pairs, found, scorer), strict=True
        )
    )
    table = Table(f"{name}-data", f"Differences from {reference}.", columns, rows)
    size = (_WIDTH, 1.1 + _ROW * len(shown))
    return Figure("Differences", draw_svg(draw, size, name, text), text, caption, table)


def search_and_refit(found: Comparison, name: str) -> Figure | None:
    """Return the search scores of finalists beside their scores when fitted again.

    Parameters
    ----------
    found : Comparison
        Of finalists.
    name : str
        Of the figure.
    """
    ranking = found.ranking().dropna(subset=["score"])
    if found.info.kind != "finalists" or ranking.empty:
        return None
    labels = shortened(readable_names(ranking.index), _NAME)

    def draw(ax: Axes) -> None:
        for place, (_, row) in enumerate(ranking.iterrows()):
            ax.plot([row["search_score"], row["score"]], [place, place], color=EDGE, linewidth=2)
        places = np.arange(len(ranking))
        looks = (("search_score", "search score", 1), ("score", "fitted again", 0))
        for column, label, which in looks:
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
        ax.set(xlabel=found.info.scorer)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

    luck = float((ranking["search_score"] - ranking["score"]).mean())
    words = "too high" if luck >= 0 else "too low"
    text = (
        f"Search scores of {counted(len(ranking), 'finalist')} were on average "
        f"{significant(abs(luck))} {words}."
    )
    measured = (
        "on the same splits with other seeds, so the difference is the luck of the seed and of "
        "choosing the best by it; the luck of the rows is not measured."
        if found.info.same_splits
        else "on other splits."
    )
    caption = (
        "The search score is that by which a trial was chosen, so luck is in it; fitted again "
        f"means {measured} {text}"
    )
    columns = (
        Column("candidate", "finalist"),
        Column("search", "search score", "number"),
        Column("again", "fitted again", "number"),
    )
    rows = tuple((str(each), row["search_score"], row["score"]) for each, row in ranking.iterrows())
    table = Table(f"{name}-data", "Search score and score when fitted again.", columns, rows)
    size = (_WIDTH, 1.3 + _ROW * len(ranking))
    return Figure("Luck of the search", draw_svg(draw, size, name, text), text, caption, table)


def _against(found: Comparison, scorer: str, on: EvaluatedOn) -> tuple[pd.DataFrame, str]:
    """Return the pairs with one reference, each as a candidate minus the reference."""
    sound = found.ranking(scorer, on=on).dropna(subset=["score"])
    if len(sound) < 2:  # noqa: PLR2004 - a pair
        return pd.DataFrame(), ""
    reference = found.info.baseline or str(sound.index[0])
    pairs = found.pairwise(scorer, on=on)
    pairs = pairs[(pairs["first"] == reference) | (pairs["second"] == reference)].copy()
    turned = pairs["first"] == reference
    pairs["candidate"] = pairs["second"].where(turned, pairs["first"])
    low, high = pairs["low"].copy(), pairs["high"].copy()
    pairs["low"], pairs["high"] = low.where(~turned, -high), high.where(~turned, -low)
    pairs["difference"] = pairs["difference"].where(~turned, -pairs["difference"])
    return pairs, reference


def _edge(shown: pd.DataFrame, column: str, sign: int) -> float:
    """Return the worst value that is drawn to scale, so that one bad candidate hides no other.

    It is three times as far from the best end as the better half of the candidates reaches, and
    without end where these are all the same.
    """
    half = shown.head(max(2, (len(shown) + 1) // 2))
    worst, best = (half["low"], half["high"]) if sign > 0 else (-half["high"], -half["low"])
    worst = worst.fillna(sign * half[column]).min()
    best = best.fillna(sign * half[column]).max()
    return float(sign * (best - 3 * (best - worst))) if best > worst else -sign * math.inf


def _beyond(ax: Axes, place: int, value: float, edge: float, sign: int) -> bool:
    """Mark a candidate that is too far behind to be drawn to scale, and tell whether it is."""
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
