"""Confusion matrix as an HTML table, for too many classes for a figure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.text import percent

_NAME, _SHORT = 24, 6  # characters of a row heading, of a column heading


def shade(share: float) -> int:
    """Return the shade of a cell, from 0 to 9: the tenth of its share of the true class.

    Examples
    --------
    >>> shade(0.0), shade(0.55), shade(1.0)
    (0, 5, 9)
    """
    return min(int(share * 10), 9)


def confusion_table(confusion: Confusion, text: str) -> Markup:
    """Return counts as a ``<table class="matrix">``.

    Parameters
    ----------
    confusion : Confusion
    text : str
        What it shows, for screen readers.

    Returns
    -------
    Markup
        In a ``<div class="scroll">``. Each non-empty cell has one of the classes ``shade-0`` to
        ``shade-9`` by its share of the true class. If names are long, the columns are numbered;
        shortened headings have the full name as their title.
    """
    across, down = _headings(confusion.labels)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_title(label, name), name)
        for label, name in zip(confusion.labels, across, strict=True)
    )
    rows = Markup("\n").join(
        Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(
            _title(label, name), name, _cells(confusion, number)
        )
        for number, (label, name) in enumerate(zip(confusion.labels, down, strict=True))
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
        '<table class="matrix"><caption>Predictions by true class (rows) and predicted class'
        " (columns).</caption>\n<thead><tr><td></td>{}</tr></thead>\n<tbody>\n{}\n</tbody></table>"
        "</div>"
    ).format(text, head, rows)


def _headings(labels: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    if max(map(len, labels)) <= _SHORT:
        return labels, labels
    numbers = [str(number) for number in range(1, len(labels) + 1)]
    names = shortened(labels, _NAME)
    down = [f"{number}. {name}" for number, name in zip(numbers, names, strict=True)]
    return numbers, down


def _title(label: str, heading: str) -> Markup:
    """Return a ``title`` attribute with the full name, if the heading does not show it."""
    return Markup("") if heading.endswith(label) else Markup(' title="{}"').format(label)


def _cells(confusion: Confusion, row: int) -> Markup:
    return Markup("").join(
        Markup('<td class="shade-{}" title="{}">{}</td>').format(
            shade(share), percent(share), count
        )
        if count
        else Markup("<td></td>")
        for count, share in zip(
            confusion.counts[row].tolist(), confusion.shares[row].tolist(), strict=True
        )
    )
