"""Tables as data: the page shows them from one embedded JSON, with a little JavaScript."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from markupsafe import Markup

#: How a column's values are shown; all but text are sorted by size.
Kind = Literal["text", "number", "general", "integer", "percent", "interval", "link"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    key : str
        Its name in the data, unlike all others of the table.
    label : str
        Its heading.
    kind : str
        ``"number"`` has ``digits`` behind the point, ``"general"`` that many significant ones,
        ``"percent"`` is a share from 0 to 1. The value of an ``"interval"`` is a triple (value,
        low, high), drawn as a bar; that of a ``"link"`` is a pair (text, address).
    digits : int
        0 to 17.
    hidden : bool
        Whether it is shown only when it is asked for.
    note : str
        What it means, where the heading does not say so.
    """

    key: str
    label: str
    kind: Kind = "text"
    digits: int = 4
    hidden: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns.

    Attributes
    ----------
    name : str
        Unlike that of every other table of the page.
    caption : str
        What stands in it, for those who do not see it.
    columns : tuple of Column
    rows : tuple of tuple
        A value for each column; None or NaN where there is none.
    parameters : tuple of str
        Keys of columns that hold what rows were made with, which can be compared row by row.
    tools : bool
        Whether there is something to search, hide and copy; without, it can only be sorted.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    parameters: tuple[str, ...] = field(default=())
    tools: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON can hold it."""
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
    """Return a table from its columns; those without any value are left out.

    Parameters
    ----------
    name, caption : str
    cells : mapping of Column to sequence
        The values of each column, all of one length.
    parameters : sequence of str, default=()
        Keys of columns that hold what rows were made with.
    tools : bool, default=False

    Examples
    --------
    >>> table_of("t", "", {Column("a", "a"): [1], Column("b", "b"): [None]}).rows
    ((1,),)
    """
    kept = {
        column: values
        for column, values in cells.items()
        if not all(value is None or value is pd.NA or _is_nan(value) for value in values)
    }
    keys = {column.key for column in kept}
    rows = tuple(zip(*kept.values(), strict=True))
    shown = tuple(each for each in parameters if each in keys)
    return Table(name, caption, tuple(kept), rows, shown, tools=tools)


def embedded(tables: Iterable[Table], **more: Any) -> Markup:
    """Return tables and other data as JSON that can stand inside a ``<script>`` element.

    Parameters
    ----------
    tables : iterable of Table
    **more : object
        Other data by name, as JSON can hold it.

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
    return Markup(text)  # noqa: S704 - nothing is left in it that could end the element


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and math.isnan(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it, floats to nine digits, NaN and infinity as null."""
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
    kept = value is None or isinstance(value, int)
    return value if kept else None if value is pd.NA else str(value)
