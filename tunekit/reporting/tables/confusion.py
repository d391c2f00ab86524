"""A confusion matrix as an HTML table, for more classes than a figure has room for."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.text import percent

_NAME, _SHORT = 24, 6  # characters of a name down, and up to which it stands across, too


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
        ``shade-9`` by tenths of its share of the true class. Where names are long, classes are
        numbered; a heading that is not the whole name has that as its title.
    """
    across, down = _headings(found.labels)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_title(label, name), name)
        for label, name in zip(found.labels, across, strict=True)
    )
    rows = Markup("\n").join(
        Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(
            _title(label, name), name, _cells(found, number)
        )
        for number, (label, name) in enumerate(zip(found.labels, down, strict=True))
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
        '<table class="matrix"><caption>Predictions by true class (down) and predicted class'
        " (across).</caption>\n<thead><tr><td></td>{}</tr></thead>\n<tbody>\n{}\n</tbody></table>"
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
    """Return the attribute that tells a name where its heading does not."""
    return Markup("") if heading.endswith(label) else Markup(' title="{}"').format(label)


def _cells(found: Confusion, row: int) -> Markup:
    return Markup("").join(
        Markup('<td class="shade-{}" title="{}">{}</td>').format(
            shade(share), percent(share), count
        )
        if count
        else Markup("<td></td>")
        for count, share in zip(found.counts[row].tolist(), found.shares[row].tolist(), strict=True)
    )
