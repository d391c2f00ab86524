"""Tables of a comparison, in each format."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from compared_trees import compare
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB


@pytest.mark.parametrize("table", ["ranking", "pairwise"])
def test_tables_are_written_in_four_formats(trees, tmp_path, table):
    expected = trees.ranking().reset_index() if table == "ranking" else trees.pairwise()
    path = tmp_path / "new" / "table.csv"
    trees.to_csv(path, table=table)
    held = pd.read_csv(path, keep_default_na=True)
    assert list(held) == list(expected)
    np.testing.assert_allclose(held.iloc[:, 2].astype(float), expected.iloc[:, 2].astype(float))
    rows = json.loads(trees.to_json(table=table))
    assert len(rows) == 3
    assert rows[0][expected.columns[0]] == expected.iloc[0, 0]
    lines = trees.to_markdown(table=table).splitlines()
    assert len(lines) == 5
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    latex = trees.to_latex(table=table)
    assert latex.count(r"\\") == 4
    assert r"p\_value" in latex or r"fit\_time" in latex


def test_names_with_markup_stay_text_in_every_format():
    names = ["a|b & 50%", "x_1 $y$\nz"]
    found = compare(dict(zip(names, (GaussianNB(), DummyClassifier()), strict=True)), cv=2)
    assert r"a\|b & 50%" in found.to_markdown()
    assert "\nz" not in found.to_markdown()
    assert r"a|b \& 50\%" in found.to_latex()
    assert {row["candidate"] for row in json.loads(found.to_json())} == set(names)
