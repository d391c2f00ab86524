"""Tables as data: embedded in the page as JSON, and shown by its script."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from markupsafe import Markup

#: How the values of a column are shown; all kinds except text sort numerically.
Kind = Literal["text", "number", "general", "integer", "percent", "interval", "link"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    key : str
        Name in the data; unique in the table.
    label : str
        Heading.
    kind : str
        ``"number"`` shows ``digits`` decimals, ``"general"`` ``digits`` significant digits,
        ``"percent"`` a share from 0 to 1. The value of an ``"interval"`` is a triple (value, low,
        high), drawn as a bar; that of a ``"link"`` is a pair (text, address).
    digits : int or None
        0 to 17; None shows a score as sentences do, see :func:`tunekit.analysis.text.score`.
    hidden : bool
        Whether the column is hidden at first.
    note : str
        Explanation of the heading, if it needs one.
    """

    key: str
    label: str
    kind: Kind = "text"
    digits: int | None = 4
    hidden: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes
    ----------
    name : str
        Unique on the page.
    caption : str
        Contents of the table, for screen readers.
    columns : tuple of Column
    rows : tuple of tuple
        One value per column; None or NaN if missing.
    parameters : tuple of str
        Keys of the columns that are parameters, which can be compared row by row.
    tools : bool
        Whether the table can be searched, filtered and copied; it can always be sorted.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    parameters: tuple[str, ...] = field(default=())
    tools: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the table as a JSON-compatible mapping."""
        return {
            "caption": self.caption,
            "columns": [
                {
                    "key": each.key,
                    "label": each.label,
                    "kind": each.kind,
                    "digits": each.digits,
                    "hidden": each.hidden,
                    "note": each.note,
                }
                for each in self.columns
            ],
            "rows": [[_plain(value) for value in row] for row in self.rows],
            "parameters": list(self.parameters),
            "tools": self.tools,
        }


def table_of(
    name: str,
    caption: str,
    cells: Mapping[Column, Sequence[Any]],
    *,
    parameters: Sequence[str] = (),
    tools: bool = False,
) -> Table:
    """Return a table from its columns, without those that have no values.

    Parameters
    ----------
    name, caption : str
    cells : mapping of Column to sequence
        Values of each column, all of equal length.
    parameters : sequence of str, default=()
        Keys of the columns that are parameters.
    tools : bool, default=False

    Examples
    --------
    >>> table_of("t", "", {Column("a", "a"): [1], Column("b", "b"): [None]}).rows
    ((1,),)
    """
    filled = {
        column: values
        for column, values in cells.items()
        if not all(value is None or value is pd.NA or _is_nan(value) for value in values)
    }
    keys = {column.key for column in filled}
    rows = tuple(zip(*filled.values(), strict=True))
    shown = tuple(each for each in parameters if each in keys)
    return Table(name, caption, tuple(filled), rows, shown, tools=tools)


def embedded(tables: Iterable[Table], **more: Any) -> Markup:
    """Return tables and other data as JSON that is safe inside a ``<script>`` element.

    Parameters
    ----------
    tables : iterable of Table
    **more : object
        Other JSON-compatible data by name.

    Examples
    --------
    >>> table = Table("t", "", (Column("a", "</script>"),), ((float("nan"),),))
    >>> "</script>" in embedded([table])
    False
    """
    data = {"tables": {each.name: each.to_dict() for each in tables}, **_plain(more)}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for unsafe in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(unsafe, f"\\u{ord(unsafe):04x}")
    return Markup(text)  # noqa: S704 - everything that could end the element is escaped


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and math.isnan(value)


def _plain(value: Any) -> Any:
    """Return a JSON-compatible value: floats with nine digits, NaN and infinity as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    is_native = value is None or isinstance(value, int)
    return value if is_native else None if value is pd.NA else str(value)
