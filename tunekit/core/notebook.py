"""HTML representation of a search or a comparison in a notebook."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import escape

from tunekit.core.secrets import without_secrets

_ROWS = 5


def short_html(title: str, sentences: Sequence[str], table: pd.DataFrame) -> str:
    """Return a heading, sentences and the first rows of a table as HTML.

    Parameters
    ----------
    title : str
    sentences : sequence of str
    table : DataFrame
        The first five rows are shown, with four significant digits.

    Examples
    --------
    >>> html = short_html("a < b", ["Well."], pd.DataFrame({"score": [0.91234]}))
    >>> "a &lt; b" in html, "0.9123" in html
    (True, True)
    """
    shown = table.head(_ROWS).to_html(
        index=False, border=0, na_rep="–", float_format=lambda value: f"{value:.4g}", justify="left"
    )
    n_hidden = len(table) - _ROWS
    more = f"<p>… and {n_hidden} more.</p>" if n_hidden > 0 else ""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    html = f"<div><strong>{escape(title)}</strong>{paragraphs}{shown}{more}</div>"
    return without_secrets(html)
