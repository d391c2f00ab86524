"""The section that shows the candidates of a comparison together."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest
from comparison_data import data_of
from dummy_estimators import Curved
from report_parser import Page
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.candidates import MOST
from tunekit.analysis.collect import ReportData
from tunekit.reporting.document import wrap
from tunekit.reporting.sections.candidates import candidates_section
from tunekit.reporting.tables.table import embedded

X, y = load_iris(return_X_y=True)
X = X + np.random.default_rng(0).normal(size=X.shape)
EVIL = '<b>"x"\u202e</b>'
MODELS = {
    "bayes": GaussianNB(),
    EVIL: DecisionTreeClassifier(max_depth=2, random_state=0),
    "svm": LinearSVC(),
}


def page_of(comparison, tmp_path):
    section = candidates_section(ReportData((), (data_of(comparison),)))
    body = f'<section aria-labelledby="candidates">{section.html}</section>'
    path = tmp_path / "page.html"
    path.write_text(wrap("t", section.html.__class__(body), embedded(section.tables)))
    return Page(path)


@pytest.fixture(scope="module")
def comparison():
    return tk.compare(MODELS, X, y, cv=2, seeds=2, test_size=0.3, tracking=False)


@pytest.fixture(scope="module")
def page(comparison, tmp_path_factory):
    return page_of(comparison, tmp_path_factory.mktemp("page"))


TOGETHER = [
    "ROC curves of the candidates",
    "Precision and recall of the candidates",
    "Calibration of the candidates",
    "Confusion of the candidates",
]


def test_figures_of_folds_and_of_the_test_split(page, comparison):
    assert page.headings("candidates") == ["Out-of-fold rows", "Test split"]
    assert page.figures("candidates") == 2 * TOGETHER
    assert page.text("candidates").count("svm has no curves: the model returns no") == 2
    names = list(comparison.ranking().index)
    rows = page.table("candidates-0-folds-confusion-data")
    shown = [name.replace("\u202e", "\\u202e") for name in names]
    assert list(dict.fromkeys(row["candidate"] for row in rows)) == shown


def test_legends_have_intervals_and_captions_state_how_they_are_computed(page):
    for on, how in (
        ("folds", "Nadeau and Bengio's corrected t-distribution"),
        ("test", "Intervals use DeLong's method"),
    ):
        rows = page.table(f"candidates-0-{on}-roc-data")
        assert len(rows) == 2
        section = page.section("candidates")
        figure = section[section.index(f"candidates-0-{on}-roc-") :]
        figure = figure[: figure.index("</figure>")]
        assert how in html.unescape(figure)
        for row in rows:
            value, low, high = row["area"]
            assert low < value < high
            assert f": {value:.3f} [{low:.3f}, {high:.3f}]</text>" in figure
        assert "with the first seed" in figure


def test_every_candidate_has_a_check_box_and_marks_in_each_figure(page, comparison):
    section = page.section("candidates")
    boxes = re.findall(r'<input type="checkbox" value="([^"]+)" checked>', section)
    assert boxes == [f"candidates-0-{place}" for place in range(3)]
    names = list(comparison.ranking().index)
    for place, item in enumerate(boxes):
        marked = re.findall(rf'<(\w+)[^>]*data-item="{item}"', section)
        assert marked.count("div") == 2, "a matrix on each kind of rows"
        if names[place] != "svm":  # a curve and two parts of a legend in each of six figures
            assert marked.count("g") >= 6 * 3
    assert "<b>" not in section
    assert "&lt;b&gt;&#34;x&#34;\\u202e&lt;/b&gt;" in section


def test_learning_curves_of_all_candidates_that_have_some(tmp_path):
    models = {"slow": Curved(), "bayes": GaussianNB(), "fast": Curved(quality=0.9)}
    page = page_of(tk.compare(models, X, y, cv=2, tracking=False), tmp_path)
    assert page.headings("candidates")[-1] == "Learning curves"
    learning = [title for title in page.figures("candidates") if "loss" in title]
    assert learning
    figure = page.figure("candidates", learning[0])
    assert {"slow", "fast"} <= set(re.findall(r">(\w+)</text>", figure))
    assert "bayes" not in figure


@pytest.mark.slow
def test_many_candidates_are_limited_and_a_single_one_has_no_section(tmp_path):
    models = {f"ridge {i}": Ridge(10.0**i) for i in range(MOST + 3)}
    page = page_of(tk.compare(models, X, X[:, 0] + y, cv=2, tracking=False), tmp_path)
    assert f"The {MOST} best of {MOST + 3} candidates are shown." in page.text("candidates")
    assert page.figures("candidates") == ["Predicted and true by candidate"]
    assert (
        len(page.figure("candidates", "Predicted and true by candidate").split("<h5>")) == MOST + 1
    )
    alone = tk.compare({"line": LinearRegression()}, X, y.astype(float), cv=2, tracking=False)
    assert candidates_section(ReportData((), (data_of(alone),))) is None


def test_tables_of_several_targets_need_no_check_boxes(tmp_path):
    models = {"line": LinearRegression(), "ridge": Ridge(100.0)}
    page = page_of(tk.compare(models, X, X[:, :2] + X[:, 2:], cv=2, tracking=False), tmp_path)
    rows = page.table("candidates-0-folds-outputs")
    assert rows[0].keys() == {"candidate", "output0", "output1"}
    assert "picker" not in page.section("candidates")


@pytest.mark.slow
def test_matrices_of_many_classes_are_tables():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(60), 4)
    inputs = labels[:, None] + rng.normal(size=(240, 2))
    models = {"bayes": GaussianNB(), "tree": DecisionTreeClassifier()}
    for n_classes, table in ((15, True), (60, False)):
        few = labels < n_classes
        comparison = tk.compare(models, inputs[few], labels[few], cv=2, tracking=False)
        section = candidates_section(ReportData((), (data_of(comparison),)))
        assert (section.html.count('<table class="matrix">') == 2) == table
