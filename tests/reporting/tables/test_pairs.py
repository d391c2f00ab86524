"""The table and the matrix of pairs of candidates."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from dummy_estimators import ScriptedEstimator
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

import tunekit as tk
from tunekit.reporting.tables.pairs import differences, digits_of, pair_matrix, pairs_table

X, y = load_iris(return_X_y=True)


def compared(models, X=X, y=y, **settings):
    return tk.compare(models, X, y, tracking=False, cv=3, **settings)


def cells(matrix):
    return re.findall(r'<td class="shade-\d">(.*?)</td>', matrix)


def test_matrix_and_table_have_the_same_number_of_decimals():
    models = {name: GaussianNB(var_smoothing=each) for name, each in (("a", 1e-9), ("b", 1e-5))}
    found = compared(models, scoring="neg_log_loss")
    (difference, *_), *_ = differences(found.pairwise("neg_log_loss"), found, "neg_log_loss")
    assert 0 < abs(difference) < 1e-4
    table = pairs_table(found, "neg_log_loss", "folds", "pairs")
    (digits,) = {each.digits for each in table.columns if each.kind == "interval"}
    assert digits == digits_of(found, "neg_log_loss", "folds")
    first, second = cells(pair_matrix(found, "neg_log_loss", "folds", "t"))
    assert first.removesuffix(" *") == f"{difference:+.{digits}f}"
    assert float(first.removesuffix(" *")) == pytest.approx(difference, rel=0.2)
    _, low, high = table.rows[0][2]
    assert 100 <= max(abs(low), abs(high)) * 10**digits < 1000, "the widest has three digits"
    assert second.startswith("−0.0000")


def test_rounding_errors_become_zero():
    scoring = {"odd": (lambda *_: 0.5, "maximize")}
    found = compared({"a": ScriptedEstimator(), "b": ScriptedEstimator()}, scoring=scoring)
    scores = {"a": (0.9, 0.3, 0.5), "b": (0.7, 0.4, 0.6)}
    fits = [replace(fit, scores={"odd": scores[fit.candidate][fit.split]}) for fit in found.fits]
    found = type(found)(found.info, fits)
    assert 0 < abs(found.pairwise()["difference"].iloc[0]) < 1e-15
    assert set(cells(pair_matrix(found, "odd", "folds", "t"))) == {"0"}
    assert pairs_table(found, "odd", "folds", "pairs").rows[0][2][0] == 0.0
    assert digits_of(found, "odd", "folds") == 3, "as the interval requires"


def test_caption_of_a_matrix_does_not_scroll():
    html = pair_matrix(compared({"a": GaussianNB(), "b": GaussianNB()}), "accuracy", "folds", "t")
    caption, scrolling = html.split('<div class="scroll"')
    assert "Difference in accuracy: row minus column" in caption
    assert "Difference in" not in scrolling
    assert "<caption" not in html
