"""Numbers of a report are written alike wherever they stand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from stand_ins import Tame
from test_verdict import data_of

import tunekit as tk
from tunekit.analysis.datasets import of_datasets, pairs_in_words
from tunekit.analysis.text import scored
from tunekit.reporting.figures.comparison import forest, scores_by_fold
from tunekit.reporting.sections.statistics import statistics_section
from tunekit.reporting.tables.pairs import differences, digits_of, pair_matrix, pairs_table
from tunekit.statistics.estimates import Interval
from tunekit.statistics.rank_tests import RankTest

X, y = load_iris(return_X_y=True)


def compared(models, X=X, y=y, **settings):
    return tk.compare(models, X, y, tracking=False, cv=3, **settings)


def cells(matrix):
    return re.findall(r'<td class="shade-\d">(.*?)</td>', matrix)


def test_differences_have_as_many_digits_in_the_matrix_as_in_the_table():
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


def test_what_is_nothing_but_rounding_is_nothing():
    scoring = {"odd": (lambda *_: 0.5, "maximize")}
    found = compared({"a": Tame(), "b": Tame()}, scoring=scoring)
    scores = {"a": (0.9, 0.3, 0.5), "b": (0.7, 0.4, 0.6)}
    fits = [replace(fit, scores={"odd": scores[fit.candidate][fit.split]}) for fit in found.fits]
    found = type(found)(found.info, fits)
    assert 0 < abs(found.pairwise()["difference"].iloc[0]) < 1e-15
    assert set(cells(pair_matrix(found, "odd", "folds", "t"))) == {"0"}
    assert pairs_table(found, "odd", "folds", "pairs").rows[0][2][0] == 0.0
    assert digits_of(found, "odd", "folds") == 3, "as the interval asks for"


def test_the_words_under_a_matrix_do_not_scroll_with_it():
    html = pair_matrix(compared({"a": GaussianNB(), "b": GaussianNB()}), "accuracy", "folds", "t")
    words, scrolling = html.split('<div class="scroll"')
    assert "By how much the accuracy of the row" in words
    assert "By how much" not in scrolling
    assert "<caption" not in html


def test_figures_of_a_comparison_fit_on_a_phone():
    models = {f"{i} with a name without end": GaussianNB() for i in range(2)}
    found = compared(models, scoring="neg_log_loss")
    for draw in (
        forest(found, "neg_log_loss", "folds", "a"),
        scores_by_fold(found, "neg_log_loss", "b"),
    ):
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', draw.svg)[1])
        assert 0.78 * width <= 328, "of 360 pixels, of which the page keeps 16 on each side"
    assert "A point, above the line, is a fold" in draw.caption


def test_a_minus_is_none_of_a_hyphen_and_digits_are_as_many():
    found = Interval(-0.637, -0.75, -0.4991, 0.95, "")
    assert scored(found) == "−0.6370 (95% interval −0.7500 to −0.4991)"


def test_sentences_begin_with_a_capital():
    data = data_of(
        compared(
            {"a": Ridge(), "b": DummyRegressor()}, *load_diabetes(return_X_y=True), test_size=0.2
        )
    )
    assert "<p>Paired bootstrap." in statistics_section([data]).html


RANKS = {"a": 1.0, "b": 2.25, "c": 2.75}


def test_what_several_data_sets_say_is_said():
    pairs = {("a", "b"): 0.02, ("a", "c"): 0.01, ("b", "c"): 0.9}
    first, second = of_datasets(RankTest(RANKS, 0.004, 1.2, pairs, 8, 0.95))
    assert first == (
        "Over 8 data sets “a” ranks first, with a mean rank of 1.00, before “b” (2.25), “c” (2.75)."
    )
    assert second == (
        "Friedman's test of all being alike: p = 0.004. Wilcoxon's signed-rank tests, with Holm's "
        "correction, tell apart “a” from “b” (p = 0.02); “a” from “c” (p = 0.01)."
    )
    alike = dict.fromkeys(pairs, 0.3)
    assert pairs_in_words(RankTest(RANKS, 0.3, 1.2, alike, 8, 0.95)).endswith("no pair apart.")
    few = RankTest({"a": 1.5, "b": 1.5}, np.nan, 1.2, {("a", "b"): 1.0}, 5, 0.95)
    first, second = of_datasets(few)
    assert first == "Over 5 data sets “a” and “b” rank first, with a mean rank of 1.50."
    assert second.startswith("Wilcoxon's")
    assert second.endswith("no pair apart, and cannot with so few data sets.")
