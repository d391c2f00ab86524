"""Pairs of candidates as tables: a row a pair, and a matrix of all of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from markupsafe import Markup

from tunekit.analysis.labels import readable_names, shortened
from tunekit.comparison.design import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.reporting.tables.table import Column, Table

#: Candidates up to which a matrix of them can be read.
MOST = 12

_NAME = 18  # characters of a heading
_ROUNDING = 1e-13  # of a score


def digits_of(found: Comparison, scorer: str, on: EvaluatedOn) -> int:
    """Return how many digits differences have behind the point, the same wherever they stand."""
    pairs = found.pairwise(scorer, on=on, all_pairs=True)
    shown = np.abs(differences(pairs, found, scorer))
    largest = float(np.max(shown, where=np.isfinite(shown), initial=0.0))
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 9)) if largest > 0 else 4


def differences(
    pairs: pd.DataFrame, found: Comparison, scorer: str
) -> list[tuple[float, float, float]]:
    """Return each pair's difference and its interval; what is 0 but for rounding is 0."""
    scores = [abs(fit.scores[scorer]) for fit in found.fits if scorer in fit.scores]
    least = _ROUNDING * max(scores, default=0.0)
    columns = [pairs[name].tolist() for name in ("difference", "low", "high")]
    rounded = [[0.0 if abs(each) <= least else each for each in values] for values in columns]
    return list(zip(*rounded, strict=True))


def pairs_table(found: Comparison, scorer: str, on: EvaluatedOn, name: str) -> Table:
    """Return a pair a row: difference, interval, p-values and probabilities.

    Parameters
    ----------
    found : Comparison
    scorer : str
    on : {"folds", "test"}
    name : str
        Of the table.
    """
    pairs = found.pairwise(scorer, on=on)
    level = f"{100 * found.info.level:g}%"
    ropes = {f"{rope:.3g}" for rope in pairs["rope"]}
    # Of errors and costs it is a share of a score, and so another one for each pair.
    rope = "1% of the second's score" if len(ropes) > 1 else "".join(ropes)
    digits, shown = digits_of(found, scorer, on), differences(pairs, found, scorer)
    columns = (
        Column("first", "candidate"),
        Column("second", "against"),
        Column("difference", f"difference, {level} interval", "interval", digits),
        Column("p", "p", "general", 2, hidden=True, note="of no difference, not corrected"),
        Column("corrected", "p, Holm", "general", 2, note="corrected for the pairs shown"),
        Column("better", "better", "percent", 1, note=f"probability: by more than {rope}"),
        Column("equivalent", "equivalent", "percent", 1, note=f"within ±{rope}"),
        Column("worse", "worse", "percent", 1, note=f"probability: by more than {rope}"),
        Column("verdict", "verdict", note="what is at least 95% probable, not corrected"),
        Column("test", "test", hidden=True),
        Column("note", "note"),
    )
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
    kept = [i for i, each in enumerate(columns) if each.key != "note" or pairs["note"].any()]
    return Table(
        name,
        f"Pairs of candidates by {scorer}: the first minus the second.",
        tuple(columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in rows),
        tools=True,
    )


def pair_matrix(found: Comparison, scorer: str, on: EvaluatedOn, title: str) -> Markup:
    """Return a ``<table class="matrix">``: by how much the row is better than the column.

    Parameters
    ----------
    found : Comparison
    scorer : str
    on : {"folds", "test"}
    title : str
        Of the part that it stands in, unlike that of every other.

    Returns
    -------
    Markup
        A difference with a mark can be told from 0; the shade is the probability that the row is
        better in practice. Empty for one candidate, and for more than there is room for.
    """
    pairs = found.pairwise(scorer, on=on, all_pairs=True)
    order = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    if not order or len(order) > MOST:
        return Markup("")
    digits, shown = digits_of(found, scorer, on), differences(pairs, found, scorer)
    cells: dict[tuple[str, str], Markup] = {}
    for (_, row), (value, *_) in zip(pairs.iterrows(), shown, strict=True):
        mark = " *" if row["p_corrected"] < 1 - found.info.level else ""
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
        f"By how much the {scorer} of the row is above that of the column. The darker, the more "
        f"probable it is that the row is better in practice; * can be told apart (p, Holm)."
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
