"""Tables of a comparison as text and files."""

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
    r"""Return a table as a JSON list of its rows; missing values are null.

    Examples
    --------
    >>> print(as_json(pd.DataFrame({"score": [0.5, float("nan")]})).replace("\n", ""))
    [  {    "score": 0.5  },  {    "score": null  }]
    """
    rows = frame.astype(object).to_dict("records")
    with_null = [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in rows
    ]
    return json.dumps(with_null, indent=2, ensure_ascii=False) + "\n"


def as_latex(frame: pd.DataFrame) -> str:
    """Return a table as LaTeX with booktabs, without empty columns."""
    styler = _without_empty(frame).style.hide(axis="index").format(_cell, escape="latex")
    return str(styler.format_index(escape="latex", axis="columns").to_latex(hrules=True))


def as_markdown(frame: pd.DataFrame) -> str:
    r"""Return a table as Markdown, without empty columns.

    Examples
    --------
    >>> print(as_markdown(pd.DataFrame({"name": ["a|b"], "score": [0.5], "error": [""]})), end="")
    | name | score |
    | --- | --- |
    | a\|b | 0.5 |
    """
    frame = _without_empty(frame)
    rows = [[str(name) for name in frame], ["---"] * frame.shape[1]]
    rows += [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in escaped)


def written(text: str, path: str | Path | None) -> str:
    """Return a text without secrets, and write it to a file if a path is given.

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


def _without_empty(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without columns that have no values."""
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
    """Return a table with one row per pair, and p-values with Holm's correction.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Names of candidates.
    differences : sequence of Difference
        One per pair.
    """
    corrected = holm([each.p_value for each in differences])
    rows = [
        [
            *pair,
            *(difference.value, difference.low, difference.high, difference.p_value, p_corrected),
            *(difference.better, difference.same, difference.worse, difference.verdict),
            *(difference.rope, difference.test, difference.note),
        ]
        for pair, difference, p_corrected in zip(pairs, differences, corrected, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def column_of(scorer: str) -> str:
    """Return the name of the column of an additional scorer in a ranking."""
    return f"{scorer} (scorer)" if scorer in _OF_RANKING else scorer


_OF_RANKING = frozenset(
    {
        *("rank", "score", "low", "high", "std", "group", "predict_time", "n_bytes"),
        *("search_score", "error", "note"),
    }
)
