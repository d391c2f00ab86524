"""Tables of a comparison as text, and as files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tunekit.core.secrets import without_secrets
from tunekit.exceptions import ParameterError
from tunekit.statistics.estimates import Difference
from tunekit.statistics.multiple_testing import holm


def as_json(frame: pd.DataFrame) -> str:
    r"""Return a table as a JSON list of its rows; what is missing is null.

    Examples
    --------
    >>> print(as_json(pd.DataFrame({"score": [0.5, float("nan")]})).replace("\n", ""))
    [  {    "score": 0.5  },  {    "score": null  }]
    """
    rows = frame.astype(object).to_dict("records")
    known = [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in rows
    ]
    return json.dumps(known, indent=2, ensure_ascii=False) + "\n"


def as_latex(frame: pd.DataFrame) -> str:
    """Return a table for LaTeX with booktabs, without the columns that say nothing."""
    styler = _telling(frame).style.hide(axis="index").format(_cell, escape="latex")
    return str(styler.format_index(escape="latex", axis="columns").to_latex(hrules=True))


def as_markdown(frame: pd.DataFrame) -> str:
    r"""Return a table for Markdown, without the columns that say nothing.

    Examples
    --------
    >>> print(as_markdown(pd.DataFrame({"name": ["a|b"], "score": [0.5], "error": [""]})), end="")
    | name | score |
    | --- | --- |
    | a\|b | 0.5 |
    """
    told = _telling(frame)
    rows = [[str(name) for name in told], ["---"] * told.shape[1]]
    rows += [[_cell(value) for value in row] for row in told.itertuples(index=False)]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in escaped)


def written(text: str, path: str | Path | None) -> str:
    """Write a text without its secrets where a path is given, and return it.

    Raises
    ------
    ParameterError
        When the file cannot be written.
    """
    text = without_secrets(text)
    if path is not None:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise ParameterError(f"cannot write {path}: {error.strerror}.") from error
    return text


def _telling(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as people read it: with columns that say something."""
    empty = [name for name in frame if (frame[name].isna() | (frame[name] == "")).all()]
    return frame.drop(columns=empty)


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) >= 1 else f"{value:.4g}"
    return str(value)


_COLUMNS = [
    *("first", "second", "difference", "low", "high", "p_value", "p_corrected"),
    *("better", "equivalent", "worse", "verdict", "rope", "test", "note"),
]


def table_of_pairs(
    pairs: Sequence[tuple[str, str]], differences: Sequence[Difference]
) -> pd.DataFrame:
    """Return a pair a row, with p-values after Holm's correction for all of them.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Names of candidates.
    differences : sequence of Difference
        One a pair.
    """
    corrected = holm([each.p_value for each in differences])
    rows = [
        [
            *pair,
            *(found.value, found.low, found.high, found.p_value, p_corrected),
            *(found.better, found.same, found.worse, found.verdict),
            *(found.rope, found.test, found.note),
        ]
        for pair, found, p_corrected in zip(pairs, differences, corrected, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
