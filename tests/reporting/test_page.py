"""The report of a study: made from MLflow alone, self-contained and correct."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from collected import collected
from report_parser import Page
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.collect import ReportData
from tunekit.analysis.metrics.roc import roc
from tunekit.reporting.page import render
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.statistics.proportions import wilson
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_study


def run(estimator, space, X, y, **settings):
    defaults = {"n_trials": 3, "cv": 2, "random_state": 0, "name": "small"}
    return tk.Tuner(estimator, space, **{**defaults, **settings}).fit(X, y)


@pytest.fixture(scope="module")
def page(tuners, uri_of_store, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new folder" / "report.html"
    assert tk.report("three digits", path, tracking_uri=uri_of_store) == path
    return Page(path)


@pytest.fixture(scope="module")
def uri_of_store(store):
    return f"sqlite:///{store}"


def test_size_of_the_page(page):
    assert len(page.html) < 600_000


def test_verdict_names_the_best_trial_of_both_engines(page, tuners):
    # Of equal scores, the earlier trial.
    best = min(tuners.values(), key=lambda tuner: (-tuner.best_score_, tuner.best_index_))
    assert f"“{best.engine} trial {best.best_index_}” is the best of 24 trials" in page.verdict
    assert f"accuracy {best.best_score_:.3f} on out-of-fold rows" in page.verdict
    assert f"it scores {best.test_score_:.3f} (95% interval" in page.verdict
    assert "on a separate test split of 90 rows" in page.verdict
    rows = {row["engine"]: row for row in page.table("engines-0")}
    for engine, tuner in tuners.items():
        assert rows[engine]["test"] == pytest.approx(tuner.test_score_)
        assert rows[engine]["search"][0] == pytest.approx(tuner.best_score_)
        assert (rows[engine]["best"], rows[engine]["trials"]) == (tuner.best_index_, 12)


def test_the_interval_of_the_test_score_is_wilsons(page, tuners):
    best = min(tuners.values(), key=lambda tuner: (-tuner.best_score_, tuner.best_index_))
    found = wilson(round(90 * best.test_score_), 90)
    assert f"(95% interval {found.low:.3f} to {found.high:.3f})" in page.verdict


def test_table_lists_all_trials_by_rank(page, tuners):
    rows = page.trials
    assert len(rows) == 24
    scores = [row["score"][0] for row in rows]
    assert scores == sorted(scores, reverse=True)
    both = np.concatenate([tuner.trials_["score"] for tuner in tuners.values()])
    both = list(np.sort(both)[::-1])
    np.testing.assert_allclose(scores, both, rtol=1e-8)
    assert [row["rank"] for row in rows] == [both.index(score) + 1 for score in both]


def test_interval_of_a_trial_is_computed_from_its_folds(page, tuners):
    tuner = tuners["optuna"]
    row = next(row for row in page.trials if row["engine"] == "optuna")
    folds = [tuner.cv_results_[f"split{i}_test_score"][row["trial"]] for i in range(2)]
    found = mean_interval(folds, 1.0)
    ends = max(0.0, found.low), min(1.0, found.high)  # the range of the accuracy
    assert row["score"] == pytest.approx([found.value, *ends], nan_ok=True)


def test_front_contains_the_pareto_optimal_trials(page):
    rows = page.trials
    on = [row for row in rows if row["front"]]
    assert rows[0] in on or any(row["score"] == rows[0]["score"] for row in on)
    costs = ("params", "fit", "predict")
    for row in rows:
        beaten = any(
            other["score"][0] >= row["score"][0] and all(other[cost] < row[cost] for cost in costs)
            for other in rows
        )
        assert not (beaten and row["front"])


def test_each_trial_is_linked_to_its_run(page, uri_of_store):
    tracked = {
        (t.engine, t.number): t.run_id
        for t in read_study(open_store(uri_of_store, create=False), "three digits").trials
    }
    for row in page.trials:
        text, address = row["run"]
        assert text == "run"
        assert address.endswith("/runs/" + tracked[row["engine"], row["trial"]])


@pytest.mark.parametrize(
    ("section", "title"),
    [
        ("best", "Confusion matrix"),
        ("best", "ROC curves"),
        ("best", "Precision and recall"),
        ("best", "Calibration"),
        ("search", "Best score by trial"),
        ("search", "Best score by time"),
        ("search", "When trials ran"),
    ],
)
def test_figures_are_drawn_with_real_text(page, section, title):
    figure = page.figure(section, title)
    assert 'role="img" aria-label="' in figure
    assert "<text" in figure
    assert "Data of this figure" in figure
    if section == "best":
        assert page.figures("best").count(title) == 2, "out-of-fold rows, and the test split"


def test_section_on_measurement(page):
    text = page.text("measured")
    for words in (
        "210 rows of 64 features, without the test split",
        "missing values none",
        "90 rows not used in the search, evaluated once",
        "2 folds, the same for all trials",
        "accuracy, greater is better",
        "12 trials by tpe; the search ended because all 12 trials were run",
    ):
        assert words in text
    counts = {row["class"]: row["rows"] for row in page.table("measured-study-0")}
    assert sum(counts.values()) == 210
    assert set(counts) == {"0", "1", "2"}


def test_report_of_a_tuner_shows_its_own_search_only(tuner, engine, tmp_path):
    page = Page(tk.report(tuner, tmp_path / "r.html", sections=["verdict", "ranking", "measured"]))
    other = {"optuna": "hyperopt", "hyperopt": "optuna"}[engine]
    assert f"“{engine} trial {tuner.best_index_}” is the best of 12 trials" in page.verdict
    assert other not in page.text("measured")
    assert {row["engine"] for row in page.trials} == {engine}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_the_same_store_gives_the_same_report(tuner, tmp_path):
    one, two = (tk.report(tuner, tmp_path / name).read_text() for name in ("a.html", "b.html"))
    without_date = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", html) for html in (one, two)]
    assert without_date[0] == without_date[1]


@pytest.mark.interpreter
def test_another_process_writes_the_report_without_keras(tuners, uri, tmp_path):
    code = (
        "import sys, tunekit as tk\n"
        f"tk.report('three digits', {str(tmp_path / 'r.html')!r}, tracking_uri={uri!r})\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "Confusion matrix" in Page(tmp_path / "r.html").figures("best")


@pytest.mark.slow
def test_a_binary_study_without_a_test_split(folder):
    X, y = load_breast_cancer(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = run(DecisionTreeClassifier(), space, X, np.array(["bad", "good"])[y], cv=0.3)
    page = Page(tk.report(tuner, "r.html"))
    assert "No test split was used; tuner.evaluate(X_test, y_test)" in page.verdict
    assert page.headings("best") == [f"small: optuna trial {tuner.best_index_}, hold-out rows"]
    assert page.figures("best")[0] == "Confusion matrix"
    assert "Thresholds" in page.figures("best")
    assert "macro" not in page.text("best")
    assert "learning" not in page.sections


@pytest.mark.slow
def test_a_regression(folder):
    X, y = load_diabetes(return_X_y=True)
    tuner = run(Ridge(), tk.Space(alpha=tk.Float(0.1, 10.0)), X[:300], y[:300])
    tuner.evaluate(X[300:], y[300:])
    page = Page(tk.report(tuner, "r.html"))
    assert page.headings("best")[1].endswith("test split")
    assert page.figures("best").count("Predicted and true") == 2
    assert "Confusion matrix" not in page.figures("best")
    found = page.table("errors-0")
    wrong = [abs(row["true"] - row["predicted"]) for row in found]
    assert wrong == sorted(wrong, reverse=True), "sorted, worst first"
    assert len(found) == 24


@pytest.mark.slow
def test_verdict_counts_uses_of_the_test_split(folder):
    X, y = load_iris(return_X_y=True)
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[::2], y[::2])
    for _ in range(2):
        tuner.evaluate(X[1::2], y[1::2])
    page = Page(tk.report(tuner, "r.html", sections=["verdict"]))
    assert "was used 2 times, so this score is optimistic" in page.verdict


@pytest.mark.slow
def test_failed_trials_are_shown_with_their_reason(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(n_neighbors=tk.Int(1, 300))
    tuner = run(KNeighborsClassifier(), space, X, y, n_trials=12)
    page = Page(tk.report(tuner, "r.html", sections=["ranking"]))
    failed = [row for row in page.trials if row["state"] == "failed"]
    assert len(failed) == (tuner.trials_["state"] == "failed").sum() > 0
    assert all("Expected n_neighbors" in row["error"] for row in failed)
    assert all(row["score"] is None for row in failed)


@pytest.mark.slow
def test_hostile_names_are_escaped(folder):
    X, y = load_iris(return_X_y=True)
    evil = "<script>alert(1)</script>"
    labels = np.array([evil, "b & c", 'd"e'])[y]
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = run(DecisionTreeClassifier(), space, X[::2], labels[::2], name=f"{evil} 'quoted\"")
    tuner.evaluate(X[1::2], labels[1::2])
    page = Page(tk.report(tuner, "r.html"))
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert(1)" in page.html
    assert {row["class"] for row in page.table("measured-study-0")} == {evil, "b & c", 'd"e'}


@pytest.mark.slow
def test_a_classifier_without_probabilities_has_no_roc(folder):
    from sklearn.svm import LinearSVC

    X, y = load_iris(return_X_y=True)
    tuner = run(LinearSVC(), tk.Space(C=tk.Float(0.1, 1.0)), X, y)
    page = Page(tk.report(tuner, "r.html", sections=["best"]))
    assert "The model gives no probabilities" in page.text("best")
    assert page.figures("best") == ["Confusion matrix"]


@pytest.mark.slow
def test_many_classes_and_a_class_absent_from_the_test_split(folder):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(30), 8)
    X = rng.normal(size=(240, 5)) + y[:, None]
    space = tk.Space(max_depth=tk.Int(2, 9))
    tuner = run(DecisionTreeClassifier(), space, X, y)
    tuner.evaluate(X[y < 29], y[y < 29])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Page(tk.report(tuner, "r.html"))
    found = roc(collected(tuner.tracking_uri_, "small").test)
    assert "29" not in [curve.label for curve in found.curves]
    assert found.undefined == (("29", "no row belongs to class 29"),)


@pytest.mark.slow
def test_labels_in_a_column_do_not_break_the_report(folder):
    X, y = load_iris(return_X_y=True)
    labels = y[:, None]
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[::2], labels[::2])
    tuner.evaluate(X[1::2], labels[1::2])
    page = Page(tk.report(tuner, "r.html"))
    assert "Confusion matrix" in page.figures("best")
    assert "Predicted and true" not in page.html


@pytest.mark.slow
def test_labels_with_special_characters_are_shown_unchanged(folder):
    X, y = load_iris(return_X_y=True)
    names = np.array(["_hidden", "$\\foo$", "above average"])
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X, names[y])
    page = Page(tk.report(tuner, "r.html", sections=["best"]))
    for name in names:
        shown = rf"<text[^>]*>{re.escape(name)}: (?:&gt;)?\d\.\d{{3}} ± "
        assert re.search(shown, page.figure("best", "ROC curves")), name


@pytest.mark.slow
def test_rows_of_unseen_labels_are_errors(folder):
    X, y = load_iris(return_X_y=True)
    tuner = run(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), X[:100], y[:100])
    tuner.evaluate(X[90:], y[90:])
    page = Page(tk.report(tuner, "r.html", sections=["best"]))
    assert "Confusion matrix: 50 of 60 predictions are wrong" in page.section("best")


@pytest.mark.slow
def test_a_resumed_study_counts_every_use_of_the_test_split(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    for n_trials, said in ((2, "was used once"), (3, "was used once"), (3, "was used 2 times")):
        tuner = run(
            DecisionTreeClassifier(), space, X, y, n_trials=n_trials, storage="sqlite:///s.db"
        )
        if n_trials == 2 or said.endswith("times"):
            tuner.evaluate(X, y)
        assert said in Page(tk.report(tuner, "r.html", sections=["verdict"])).verdict


@pytest.mark.slow
def test_by_name_only_comparable_searches_are_shown_together(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    run(DecisionTreeClassifier(), space, X, y, engine="hyperopt", scoring="neg_log_loss")
    with pytest.warns(tk.TrackingWarning, match="a study 'small' with other settings"):
        run(DecisionTreeClassifier(), space, X, y, engine="optuna")
    page = Page(tk.report("small", "r.html", sections=["ranking", "measured"]))
    assert {row["engine"] for row in page.trials} == {"optuna"}
    assert "hyperopt" not in page.text("measured")


@pytest.mark.slow
def test_errors_for_what_cannot_be_reported(folder, tuners):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    untracked = run(DecisionTreeClassifier(), space, X, y, tracking=False)
    with pytest.raises(tk.ParameterError, match="run with tracking=False"):
        tk.report(untracked, "r.html")
    with pytest.raises(tk.ParameterError, match="not been run yet, .*: call fit first"):
        tk.report(tk.Tuner(DecisionTreeClassifier(), space), "r.html")
    with pytest.raises(tk.ParameterError, match="needs a fitted Tuner or the name of a study"):
        tk.report(DecisionTreeClassifier(), "r.html")
    (folder / "taken").write_text("")
    tracked = run(DecisionTreeClassifier(), space, X, y)
    with pytest.raises(tk.ParameterError, match=r"cannot write the report to taken/r\.html"):
        tk.report(tracked, "taken/r.html")
    with pytest.raises(
        tk.ParameterError, match=r"Is a directory\. Pass a file in it, such as .*ht"
    ):
        tk.report(tracked, folder)
    too_many = tk.Space(n_neighbors=tk.Int(151, 9999))
    failing = tk.Tuner(KNeighborsClassifier(), too_many, n_trials=2, name="all fail")
    with pytest.raises(tk.StudyError, match="no trial of 'all fail' succeeded"):
        failing.fit(X, y)
    with pytest.raises(tk.StudyError, match="'all fail' has no finished trial yet"):
        tk.report("all fail", "r.html")


@pytest.mark.slow
def test_a_thousand_trials_of_ten_classes_stay_small(folder):
    X, y = load_digits(return_X_y=True)
    space = tk.Space(
        max_depth=tk.Int(2, 20),
        min_samples_leaf=tk.Int(1, 50, log=True),
        criterion=tk.Categorical(["gini", "entropy"]),
        ccp_alpha=tk.Float(1e-6, 1e-2, log=True).when(criterion="gini"),
    )
    tuner = run(DecisionTreeClassifier(), space, X[:1200], y[:1200], n_trials=5)
    tuner.evaluate(X[1200:], y[1200:])
    data = collected(tuner.tracking_uri_, "small")
    rng, stored = np.random.default_rng(0), data.study.trials
    trials = [
        replace(
            stored[i % len(stored)],
            number=i,
            score=float(rng.normal(0.8, 0.05)),
            fold_scores=tuple(rng.normal(0.8, 0.05, 2)),
            params={
                "max_depth": int(rng.integers(2, 20)),
                "min_samples_leaf": int(rng.integers(1, 50)),
                "criterion": "entropy" if i % 2 else "gini",
                **({} if i % 2 else {"ccp_alpha": float(10 ** rng.uniform(-6, -2))}),
            },
        )
        for i in range(1000)
    ]
    trials.sort(key=lambda trial: -trial.score)
    searched = replace(data.search, study=replace(data.study, trials=tuple(trials)))
    engine = replace(data.engines[0], trials=tuple(trials), best=trials[0])
    many = replace(data, search=searched, engines=(engine,))
    html = render(ReportData((many,), ()))
    (folder / "many.html").write_text(html, encoding="utf-8")
    page = Page("many.html")
    assert len(page.trials) == 1000
    assert "is the best of 1,000 trials" in page.verdict
    assert len(html.encode()) < 1_500_000


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(tk.ParameterError, match="cannot write the report to"):
        tk.report("no such study", tmp_path / "file" / "r.html")
