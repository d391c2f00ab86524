"""The report: made from MLflow alone, self-contained, and right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.records import Predictions
from tunekit.reporting.data import collect
from tunekit.reporting.quality.roc import roc
from tunekit.reporting.quality.rows import Undefined
from tunekit.tracking.reader import read_study

VOID = {"meta", "link", "wbr", "br", "path", "use", "rect"}


class Checker(HTMLParser):
    """Collects what a browser would load, every id, and tags left open."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.open, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.attributes.append(attrs)
        self.loads += [attrs[name] for name in ("src", "href", "srcset") if name in attrs]
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def check(html):
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert [each for each in checker.loads if not each.startswith("#")] == ["data:,"]
    assert html.count("<style") == html.count("</style>") == 1
    assert html.count("<script") == html.count("</script>") == 2, "the data and the script"
    places = {each[1:] for each in checker.loads if each.startswith("#")}
    assert places <= set(checker.ids)
    assert not any("style" in attributes for attributes in checker.attributes)
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"@import|url\((?!#)", html)
    return html


def trials_of(html):
    """The table of trials that the page is filled with: a mapping of columns for each row."""
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])
    table = data["tables"]["trials"]
    keys = [column["key"] for column in table["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in table["rows"]]


def run(estimator, space, X, y, **settings):
    defaults = {"n_trials": 3, "cv": 2, "random_state": 0, "name": "small"}
    return tk.Tuner(estimator, space, **{**defaults, **settings}).fit(X, y)


@pytest.fixture(scope="module")
def html(tuners, uri_of_store, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new folder" / "report.html"
    assert tk.report("three digits", path, tracking_uri=uri_of_store) == path
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def uri_of_store(store):
    return f"sqlite:///{store}"


def test_the_page_needs_nothing_else(html):
    check(html)
    assert "default-src 'none'" in html
    assert len(html) < 600_000


def test_it_names_the_winner_of_both_engines(html, tuners):
    # Of equal scores, the one that was found after fewer trials.
    best = min(tuners.values(), key=lambda tuner: (-tuner.best_score_, tuner.best_index_))
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert f"number {best.best_index_} of {best.engine} is best" in text
    assert f"accuracy {best.best_score_:.4f} on out-of-fold rows" in text
    assert f"never saw it has {best.test_score_:.4f}" in text
    for tuner in tuners.values():
        assert f"{tuner.test_score_:.4f}" in text


def test_every_trial_stands_in_the_table_by_rank(html, tuners):
    rows = trials_of(html)
    assert len(rows) == 24
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    both = np.concatenate([tuner.trials_["score"] for tuner in tuners.values()])
    both = list(np.sort(both)[::-1])
    np.testing.assert_allclose(scores, both, rtol=1e-8)
    assert [row["rank"] for row in rows] == [both.index(score) + 1 for score in both]


@pytest.mark.parametrize(
    "title",
    [
        "Confusion, out-of-fold rows",
        "Confusion, test split",
        "ROC, out-of-fold rows",
        "ROC, test split",
        "Loss",
        "Accuracy",
        "Best so far",
    ],
)
def test_every_figure_is_drawn_with_text_as_text(html, title):
    figure = html[html.index(f"<h3>{title}</h3>") :]
    figure = figure[: figure.index("</figure>")]
    assert 'role="img" aria-label="' in figure
    assert "<text" in figure


def test_a_tuner_reports_its_own_search_alone(tuner, engine, tmp_path):
    html = tk.report(tuner, tmp_path / "r.html").read_text()
    other = {"optuna": "hyperopt", "hyperopt": "optuna"}[engine]
    assert f">{engine}<" in html
    assert f">{other}<" not in html
    assert {row["engine"] for row in trials_of(html)} == {engine}


def test_the_same_store_gives_the_same_report(tuner, tmp_path):
    one, two = (tk.report(tuner, tmp_path / name).read_text() for name in ("a.html", "b.html"))
    without_date = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", html) for html in (one, two)]
    assert without_date[0] == without_date[1]


def test_another_process_writes_it_without_loading_keras(tuners, uri, tmp_path):
    code = (
        "import sys, tunekit as tk\n"
        f"tk.report('three digits', {str(tmp_path / 'r.html')!r}, tracking_uri={uri!r})\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "Confusion" in (tmp_path / "r.html").read_text()


def test_a_binary_study_without_a_test_split(folder):
    X, y = load_breast_cancer(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = run(DecisionTreeClassifier(), space, X, np.array(["bad", "good"])[y], cv=0.3)
    html = check(tk.report(tuner, "r.html").read_text())
    assert "No untouched test split was used; call tuner.evaluate" in html
    assert "Confusion, hold-out rows" in html
    assert "macro" not in html
    assert "Learning curves" not in html


def test_a_regression(folder):
    X, y = load_diabetes(return_X_y=True)
    tuner = run(Ridge(), tk.Space(alpha=tk.Float(0.1, 10.0)), X[:300], y[:300])
    tuner.evaluate(X[300:], y[300:])
    html = check(tk.report(tuner, "r.html").read_text())
    assert "Predicted and true, test split" in html
    assert "Confusion" not in html


def test_a_test_split_used_twice_is_said(folder):
    X, y = load_iris(return_X_y=True)
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[::2], y[::2])
    for _ in range(2):
        tuner.evaluate(X[1::2], y[1::2])
    assert "The test split was used 2 times" in tk.report(tuner, "r.html").read_text()


def test_failed_trials_are_shown_with_their_reason(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(-2, 2))
    tuner = run(DecisionTreeClassifier(), space, X, y, n_trials=12)
    html = check(tk.report(tuner, "r.html").read_text())
    failed = [row for row in trials_of(html) if row["state"] == "failed"]
    assert len(failed) == (tuner.trials_["state"] == "failed").sum() > 0
    assert all("InvalidParameterError" in row["error"] for row in failed)
    assert all(row["score"] is None for row in failed)


def test_hostile_names_stay_text(folder):
    X, y = load_iris(return_X_y=True)
    evil = "<script>alert(1)</script>"
    labels = np.array([evil, "b & c", 'd"e'])[y]
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = run(DecisionTreeClassifier(), space, X[::2], labels[::2], name=f"{evil} 'quoted\"")
    tuner.evaluate(X[1::2], labels[1::2])
    html = check(tk.report(tuner, "r.html").read_text())
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_classifier_without_probabilities_has_no_roc(folder):
    from sklearn.svm import LinearSVC

    X, y = load_iris(return_X_y=True)
    tuner = run(LinearSVC(), tk.Space(C=tk.Float(0.1, 1.0)), X, y)
    html = check(tk.report(tuner, "r.html").read_text())
    assert "ROC," not in html
    assert "Confusion, out-of-fold rows" in html


def test_many_classes_and_a_class_absent_from_the_test_split(folder):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(30), 8)
    X = rng.normal(size=(240, 5)) + y[:, None]
    space = tk.Space(max_depth=tk.Int(2, 9))
    tuner = run(DecisionTreeClassifier(), space, X, y)
    tuner.evaluate(X[y < 29], y[y < 29])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(tk.report(tuner, "r.html").read_text())
    found = roc(collect(read_study(tuner.tracking_uri_, "small")).test)
    assert "29" not in [curve.label for curve in found.curves]
    assert found.undefined == (("29", "no row is of class 29"),)


@pytest.mark.parametrize("shape", ["column", "multilabel"])
def test_labels_of_another_shape_do_not_break_the_report(folder, shape):
    X, y = load_iris(return_X_y=True)
    labels = y[:, None] if shape == "column" else np.eye(3, dtype=int)[y]
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[::2], labels[::2])
    tuner.evaluate(X[1::2], labels[1::2])
    html = check(tk.report(tuner, "r.html").read_text())
    assert ("Confusion, test split" in html) == (shape == "column")
    assert "Predicted and true" not in html


def test_labels_that_look_like_something_else_are_shown_as_they_are(folder):
    X, y = load_iris(return_X_y=True)
    names = np.array(["_hidden", "$\\foo$", "above average"])
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X, names[y])
    html = check(tk.report(tuner, "r.html").read_text())
    for name in names:
        assert re.search(rf"<text[^>]*>{re.escape(name)}: (?:&gt;)?\d\.\d{{3}} ± ", html), name


def test_labels_that_training_never_saw_are_errors(folder):
    X, y = load_iris(return_X_y=True)
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[:100], y[:100])
    tuner.evaluate(X[90:], y[90:])
    html = check(tk.report(tuner, "r.html").read_text())
    assert "Confusion matrix: 50 of 60 predictions are wrong" in html


def test_folds_of_one_class_have_no_area():
    # That of all rows together would compare scores of two models.
    y, fold = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.6, 0.4, 0.9])
    scores = np.column_stack([1 - positive, positive])
    found = roc(Predictions(np.arange(4), fold, y, y, scores, np.array([0, 1])))
    assert found == Undefined("no fold holds both rows of class 1 and others")


def test_a_resumed_study_counts_every_use_of_the_test_split(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    for n_trials, said in ((2, "was used once"), (3, "was used once"), (3, "was used 2 times")):
        tuner = run(
            DecisionTreeClassifier(), space, X, y, n_trials=n_trials, storage="sqlite:///s.db"
        )
        if n_trials == 2 or said.endswith("times"):
            tuner.evaluate(X, y)
        assert said in tk.report(tuner, "r.html").read_text()


def test_by_name_only_comparable_searches_are_shown_together(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    run(DecisionTreeClassifier(), space, X, y, engine="hyperopt", scoring="neg_log_loss")
    with pytest.warns(tk.TrackingWarning, match="a study 'small' of something else"):
        run(DecisionTreeClassifier(), space, X, y, engine="optuna")
    html = tk.report("small", "r.html").read_text()
    assert ">optuna<" in html
    assert ">hyperopt<" not in html


def test_areas_equal_scikit_learns():
    X, y = load_iris(return_X_y=True)
    X = X + np.random.default_rng(0).normal(scale=2, size=X.shape)
    scores = LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)
    fold = np.zeros(len(y), dtype=int)
    held = Predictions(np.arange(150), fold, y, scores.argmax(1), scores, np.arange(3))
    found = {curve.label: curve.auc for curve in roc(held).curves}
    for average in ("macro", "micro"):
        expected = roc_auc_score(y, scores, multi_class="ovr", average=average)
        assert found[f"{average} average"] == pytest.approx(expected)
    for label in range(3):
        assert found[str(label)] == pytest.approx(roc_auc_score(y == label, scores[:, label]))


def test_areas_of_folds_are_averaged_and_not_pooled():
    # Each fold ranks perfectly, but on scales that do not agree.
    y = np.array([0, 1, 0, 1])
    positive = np.array([0.1, 0.2, 0.8, 0.9])
    scores = np.column_stack([1 - positive, positive])
    held = Predictions(np.arange(4), np.array([0, 0, 1, 1]), y, y, scores, np.array([0, 1]))
    (curve,) = roc(held).curves
    assert curve.auc == 1.0
    assert roc_auc_score(y, positive) < 1


def test_what_cannot_be_reported_is_said_in_one_sentence(folder, tuners):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    untracked = run(DecisionTreeClassifier(), space, X, y, tracking=False)
    with pytest.raises(tk.ParameterError, match="run with tracking=False"):
        tk.report(untracked, "r.html")
    with pytest.raises(tk.ParameterError, match="needs a fitted Tuner or the name of a study"):
        tk.report(tk.Tuner(DecisionTreeClassifier(), space), "r.html")
    (folder / "taken").write_text("")
    tracked = run(DecisionTreeClassifier(), space, X, y)
    with pytest.raises(tk.ParameterError, match=r"cannot write the report to taken/r\.html"):
        tk.report(tracked, "taken/r.html")
    failing = tk.Tuner(
        DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(-3, -1)), n_trials=2, name="all fail"
    )
    with pytest.raises(tk.StudyError, match="no trial of 'all fail' succeeded"):
        failing.fit(X, y)
    with pytest.raises(tk.StudyError, match="'all fail' has no finished trial yet"):
        tk.report("all fail", "r.html")
