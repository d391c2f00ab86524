"""Pairs of candidates: a table with one row per pair, and a matrix."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from markupsafe import Markup

from tunekit.analysis.labels import readable_names, shortened
from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.reporting.tables.table import Column, Table

#: Largest number of candidates of a matrix.
MOST = 12

_NAME = 18  # characters of a heading
_ROUNDING = 1e-13  # relative rounding error of a score


def digits_of(comparison: Comparison, scorer: str, on: EvaluatedOn) -> int:
    """Return the number of decimals of all differences of a comparison."""
    pairs = comparison.pairwise(scorer, on=on, all_pairs=True)
    shown = np.abs(differences(pairs, comparison, scorer))
    largest = float(np.max(shown, where=np.isfinite(shown), initial=0.0))
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 9)) if largest > 0 else 4


def differences(
    pairs: pd.DataFrame, comparison: Comparison, scorer: str
) -> list[tuple[float, float, float]]:
    """Return the difference and the interval of each pair; rounding errors become 0."""
    scores = [abs(fit.scores[scorer]) for fit in comparison.fits if scorer in fit.scores]
    least = _ROUNDING * max(scores, default=0.0)
    columns = [pairs[name].tolist() for name in ("difference", "low", "high")]
    rounded = [[0.0 if abs(each) <= least else each for each in values] for values in columns]
    return list(zip(*rounded, strict=True))


def pairs_table(comparison: Comparison, scorer: str, on: EvaluatedOn, name: str) -> Table:
    """Return one row per pair: difference, interval, p-values and probabilities.

    Parameters
    ----------
    comparison : Comparison
    scorer : str
    on : {"folds", "test"}
    name : str
        Name of the table.
    """
    pairs = comparison.pairwise(scorer, on=on)
    level = f"{100 * comparison.info.level:g}%"
    ropes = {f"{rope:.3g}" for rope in pairs["rope"]}
    # For errors and costs the region is relative to a score, so it differs by pair.
    rope = "1% of the second's score" if len(ropes) > 1 else "".join(ropes)
    digits, shown = digits_of(comparison, scorer, on), differences(pairs, comparison, scorer)
    columns = _pair_columns(level, rope, digits)
    rows = tuple(
        (
            row["first"],
            row["second"],
            interval,
            row["p_value"],
            row["p_corrected"],
            row["better"],
            row["equivalent"],
            row["worse"],
            row["verdict"],
            row["test"],
            row["note"] or None,
        )
        for (_, row), interval in zip(pairs.iterrows(), shown, strict=True)
    )
    columns_shown = [
        i for i, each in enumerate(columns) if each.key != "note" or pairs["note"].any()
    ]
    return Table(
        name,
        f"Differences in {scorer}: candidate minus the one it is compared with",
        tuple(columns[i] for i in columns_shown),
        tuple(tuple(row[i] for i in columns_shown) for row in rows),
        tools=True,
    )


def _pair_columns(level: str, rope: str, digits: int) -> tuple[Column, ...]:
    return (
        Column("first", "candidate"),
        Column("second", "against"),
        Column("difference", f"difference, {level} interval", "interval", digits),
        Column("p", "p", "general", 2, hidden=True, note="for no difference, not corrected"),
        Column(
            "corrected", "p, Holm", "general", 2, note="corrected for the number of pairs shown"
        ),
        Column(
            "better",
            "better",
            "percent",
            1,
            note=f"probability of a difference of more than {rope}",
        ),
        Column(
            "equivalent",
            "equivalent",
            "percent",
            1,
            note=f"probability of a difference within ±{rope}",
        ),
        Column(
            "worse", "worse", "percent", 1, note=f"probability of a difference of more than {rope}"
        ),
        Column(
            "verdict", "verdict", note="outcome with a probability of at least 95%, not corrected"
        ),
        Column("test", "test", hidden=True),
        Column("note", "note"),
    )


def pair_matrix(comparison: Comparison, scorer: str, on: EvaluatedOn, title: str) -> Markup:
    """Return a ``<table class="matrix">`` of differences: row minus column.

    Parameters
    ----------
    comparison : Comparison
    scorer : str
    on : {"folds", "test"}
    title : str
        Heading of its part of the page; unique.

    Returns
    -------
    Markup
        Significant differences are marked; the shade is the probability that the row is better in
        practice. Empty for one candidate and for more than :data:`MOST`.
    """
    pairs = comparison.pairwise(scorer, on=on, all_pairs=True)
    order = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    if not order or len(order) > MOST:
        return Markup("")
    digits, shown = digits_of(comparison, scorer, on), differences(pairs, comparison, scorer)
    cells: dict[tuple[str, str], Markup] = {}
    for (_, row), (value, *_) in zip(pairs.iterrows(), shown, strict=True):
        mark = " *" if row["p_corrected"] < 1 - comparison.info.level else ""
        cells[row["first"], row["second"]] = _cell(value, row["better"], digits, mark)
        cells[row["second"], row["first"]] = _cell(-value, row["worse"], digits, mark)
    names = dict(zip(order, shortened(readable_names(order), _NAME), strict=True))
    across = Markup("").join(
        Markup('<th scope="col"><span>{}</span></th>').format(names[each]) for each in order
    )
    rows = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            names[one],
            Markup("").join(cells.get((one, other), Markup("<td></td>")) for other in order),
        )
        for one in order
    )
    caption = (
        f"Difference in {scorer}: row minus column. Darker cells: higher probability that the "
        f"row is better in practice. *: significantly different (Holm-corrected p)."
    )
    return Markup(
        '<p class="soft">{}</p>\n'
        '<div class="scroll" tabindex="0" role="region" aria-label="Pairs of candidates: {}">'
        '<table class="matrix" aria-label="Pairs of candidates">\n'
        "<thead><tr><td></td>{}</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
    ).format(caption, title, across, rows)


def _cell(difference: float, probability: float, digits: int, mark: str) -> Markup:
    shade = 0 if math.isnan(probability) else min(9, int(10 * probability))
    text = f"{difference:+.{digits}f}".replace("-", "−") if difference else "0"
    return Markup('<td class="shade-{}">{}{}</td>').format(shade, text, mark)
