"""Pairs of candidates as tables: a row a pair, and a matrix of all of them."""

from __future__ import annotations

import math

import pandas as pd
from markupsafe import Markup

from tunekit.comparison.design import Ground
from tunekit.comparison.result import Comparison
from tunekit.reporting.names import readable_names, shortened
from tunekit.reporting.tables import Column, Table

#: Candidates up to which a matrix of them can be read.
MOST = 12

_NAME = 18  # characters of a heading


def pairs_table(found: Comparison, scorer: str, on: Ground, name: str) -> Table:
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
    columns = (
        Column("first", "candidate"),
        Column("second", "against"),
        Column("difference", f"difference, {level} interval", "interval"),
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
            (row["difference"], row["low"], row["high"]),
            row["p_value"],
            row["p_corrected"],
            row["better"],
            row["equivalent"],
            row["worse"],
            row["verdict"],
            row["test"],
            row["note"] or None,
        )
        for _, row in pairs.iterrows()
    )
    kept = [i for i, each in enumerate(columns) if each.key != "note" or pairs["note"].any()]
    return Table(
        name,
        f"Pairs of candidates by {scorer}: the first minus the second.",
        tuple(columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in rows),
        tools=True,
    )


def pair_matrix(found: Comparison, scorer: str, on: Ground, title: str) -> Markup:
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
    cells = {(row["first"], row["second"]): _cell(row, found) for _, row in pairs.iterrows()}
    cells |= {(row["second"], row["first"]): _turned(row, found) for _, row in pairs.iterrows()}
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
        '<div class="scroll" tabindex="0" role="region" aria-label="Pairs of candidates: {}">'
        '<table class="matrix"><caption>{}</caption>\n<thead><tr><td></td>{}</tr></thead>\n'
        "<tbody>\n{}\n</tbody></table></div>"
    ).format(title, caption, across, rows)


def _cell(row: pd.Series, found: Comparison) -> Markup:
    return _shaded(row["difference"], row["better"], row["p_corrected"] < 1 - found.info.level)


def _turned(row: pd.Series, found: Comparison) -> Markup:
    return _shaded(-row["difference"], row["worse"], row["p_corrected"] < 1 - found.info.level)


def _shaded(difference: float, probability: float, apart: bool) -> Markup:  # noqa: FBT001 - three facts of a cell
    shade = 0 if math.isnan(probability) else min(9, int(10 * probability))
    text = f"{difference:+.3g}".replace("-", "−") if difference else "0"
    text += " *" if apart else ""
    return Markup('<td class="shade-{}">{}</td>').format(shade, text)
