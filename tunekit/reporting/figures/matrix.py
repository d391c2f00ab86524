"""A confusion matrix as an HTML table, for more classes than a figure has room for."""

from __future__ import annotations

from markupsafe import Markup

from tunekit.reporting.names import shortened
from tunekit.reporting.quality.confusion import Confusion
from tunekit.reporting.words import percent

_NAME = 14  # characters of a name


def shade(share: float) -> int:
    """Return the tenth, from 0 to 9, that a share of the true class is in.

    Examples
    --------
    >>> shade(0.0), shade(0.55), shade(1.0)
    (0, 5, 9)
    """
    return min(int(share * 10), 9)


def matrix(found: Confusion, text: str) -> Markup:
    """Return counts as a ``<table class="matrix">``.

    Parameters
    ----------
    found : Confusion
    text : str
        What it shows, for those who do not see it.

    Returns
    -------
    Markup
        In a ``<div class="scroll">``. Each cell with a count has the class ``shade-0`` to
        ``shade-9`` by tenths of its share of the true class; the headings have the whole name as
        their title.
    """
    names = shortened(found.labels, _NAME)
    across = Markup("").join(
        Markup('<th scope="col"><span{}>{}</span></th>').format(_title(label, name), name)
        for label, name in zip(found.labels, names, strict=True)
    )
    rows = Markup("\n").join(
        Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(
            _title(label, name), name, _cells(found, number)
        )
        for number, (label, name) in enumerate(zip(found.labels, names, strict=True))
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">'
        '<table class="matrix"><caption>{}</caption>\n<thead><tr><td>true \\ predicted</td>{}'
        "</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
    ).format(text, across, rows)


def _title(label: str, name: str) -> Markup:
    return Markup("") if label == name else Markup(' title="{}"').format(label)


def _cells(found: Confusion, row: int) -> Markup:
    return Markup("").join(
        Markup('<td class="shade-{}" title="{}">{}</td>').format(
            shade(share), percent(share), count
        )
        if count
        else Markup("<td></td>")
        for count, share in zip(found.counts[row].tolist(), found.shares[row].tolist(), strict=True)
    )
