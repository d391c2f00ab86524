"""Reports of several labels or targets per row, of a study and of a comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fake_predictions import multilabelled, regressed
from report_parser import Page
from sklearn.datasets import load_linnerud, make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hamming_loss,
    mean_absolute_error,
    multilabel_confusion_matrix,
    r2_score,
    roc_auc_score,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.text import rate, significant
from tunekit.reporting.sections.evaluation import evaluation

LABELS = ["sport", "health", "science"]
X, ARRAY = make_multilabel_classification(150, n_features=8, n_classes=3, random_state=0)
Y = pd.DataFrame(ARRAY, columns=LABELS)
SHOWN = ["measured", "best", "errors"]


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('outputs')}/mlflow.db"


@pytest.fixture(scope="module")
def labels_study(uri):
    """A study with a test split, and the predictions of its best model there."""
    tuner = tk.Tuner(
        KNeighborsClassifier(),
        tk.Space(n_neighbors=tk.Int(3, 9)),
        n_trials=2,
        cv=2,
        scoring="f1_macro",
        name="labels",
        random_state=0,
        tracking_uri=uri,
    ).fit(X[:100], Y[:100])
    tuner.evaluate(X[100:], Y[100:])
    predicted = tuner.predict(X[100:])
    score = np.column_stack([each[:, 1] for each in tuner.best_estimator_.predict_proba(X[100:])])
    return predicted, score


@pytest.fixture(scope="module")
def labels_page(labels_study, uri, tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "r.html"
    return Page(tk.report("labels", path, sections=SHOWN, tracking_uri=uri))


def test_labels_of_a_study_have_their_figures_on_both_kinds_of_rows(labels_page):
    figures = ["Confusion by label", "ROC curves", "Precision and recall", "Calibration by label"]
    assert labels_page.figures("best") == 2 * figures
    assert "Predicted and true" not in labels_page.html


def test_numbers_of_labels_are_those_of_scikit_learn(labels_page, labels_study):
    predicted, score = labels_study
    true = Y[100:].to_numpy()
    rows = labels_page.table("best-1-labels")
    assert [row["class"] for row in rows] == LABELS
    assert [row["f1"] for row in rows] == pytest.approx(
        list(f1_score(true, predicted, average=None))
    )
    areas = roc_auc_score(true, score, average=None)
    assert [row["auc"] for row in rows] == pytest.approx(list(areas))
    precisions = average_precision_score(true, score, average=None)
    assert [row["ap"] for row in rows] == pytest.approx(list(precisions))
    counts = multilabel_confusion_matrix(true, predicted).reshape(3, 4)
    table = labels_page.table("best-1-confusion-data")
    assert [[row[key] for key in ("tn", "fp", "fn", "tp")] for row in table] == counts.tolist()
    assert f"interval): {rate(accuracy_score(true, predicted))} [" in labels_page.text("best")
    pairs = "pairs of a row and a label)"
    assert f"{pairs}: {rate(hamming_loss(true, predicted))};" in labels_page.text("best")
    macro = labels_page.table("best-1-averages")[0]
    assert macro["f1"] == pytest.approx(f1_score(true, predicted, average="macro"))


def test_labels_are_counted_and_wrong_rows_are_listed_by_their_labels(labels_page, labels_study):
    counted = {row["class"]: row["rows"] for row in labels_page.table("measured-study-0")}
    assert counted == Y[:100].sum().to_dict()
    listed = labels_page.table("errors-0")
    true = Y[100:].to_numpy()
    wrong = (true != labels_study[0]).sum(axis=1)
    assert {row["row"] for row in listed} <= set(np.flatnonzero(wrong).tolist())
    sizes = [wrong[row["row"]] for row in listed]
    assert sizes == sorted(sizes, reverse=True)
    first = listed[0]
    assert first["true"] == (", ".join(Y.columns[true[first["row"]] == 1]) or "no label")


@pytest.mark.slow
def test_labels_of_a_comparison(uri, tmp_path):
    models = {
        "forest": RandomForestClassifier(10, random_state=0),
        "tree": DecisionTreeClassifier(random_state=0),
        "prior": DummyClassifier(),
    }
    found = tk.compare(
        models, X, Y, cv=2, scoring="roc_auc", test_size=0.3, name="models", tracking_uri=uri
    )
    page = Page(tk.report(found, tmp_path / "r.html", sections=SHOWN))
    assert page.figures("best")[:3] == ["Confusion by label", "ROC curves", "Precision and recall"]
    predictions = found.predictions("forest", on="test")
    assert predictions.y_score.shape == predictions.y_true.shape
    rows = page.table("best-1-labels")
    expected = f1_score(predictions.y_true, predictions.y_pred, average=None)
    assert [row["f1"] for row in rows] == pytest.approx(list(expected))
    tested = found.ranking(on="test").loc["forest"]
    area = roc_auc_score(predictions.y_true, predictions.y_score)
    assert tested["score"] == pytest.approx(area)
    assert tested["low"] < area < tested["high"]
    shared = page.table("errors-shared-0-shared")
    assert all(row["wrong"] >= 2 for row in shared)


@pytest.mark.slow
def test_the_accuracy_of_labels_by_epoch_is_explained(uri, tmp_path):
    models = {"network": tk.KerasClassifier(units=4, epochs=3), "knn": KNeighborsClassifier()}
    found = tk.compare(models, X, Y, cv=2, name="curves", tracking_uri=uri, scoring="accuracy")
    page = Page(tk.report(found, tmp_path / "r.html", sections=["learning"], tracking_uri=uri))
    assert "The accuracy of an epoch is the proportion of correct labels" in page.text("learning")
    model = models["network"].fit(X, Y, held_out=(X, Y))
    correct = (model.predict(X) == ARRAY).mean()
    assert model.history_["held_out_accuracy"].iloc[-1] == pytest.approx(correct)


def test_labels_without_probabilities_have_no_curves(uri, tmp_path):
    models = {"svm": MultiOutputClassifier(LinearSVC())}
    found = tk.compare(models, X, ARRAY, cv=2, name="svm", tracking_uri=uri)
    assert found.predictions("svm").y_score is None
    page = Page(tk.report(found, tmp_path / "r.html", sections=SHOWN))
    assert page.figures("best") == ["Confusion by label"]
    assert "The model gives no probabilities" in page.text("best")
    assert [row["class"] for row in page.table("best-0-labels")] == [f"label {i}" for i in range(3)]


def test_several_classes_of_several_targets_have_a_sentence():
    several = replace(multilabelled(), y_true=np.full((120, 3), 2))
    found = evaluation(several, "x", rows="rows", task="classification")
    (sentence,) = found.sentences
    assert sentence.startswith("The confusion of labels cannot be shown: each row has several")
    assert found.figures == ()


@pytest.mark.slow
def test_many_labels_and_targets_are_thinned():
    labels = evaluation(multilabelled(80), "x", rows="rows", task="classification")
    confusion = dict(labels.figures)["confusion"]
    assert len(confusion.panels) == 12
    assert "The 12 of 80 labels with the lowest F1 are drawn." in confusion.caption
    assert len(labels.tables[0].rows) == len(confusion.table.rows) == 50
    assert "5 worst of 80 labels are drawn" in dict(labels.figures)["roc"].caption
    calibrated = dict(labels.figures)["calibration_by_label"]
    assert "The 10 of 80 labels with the largest scores are drawn." in calibrated.caption
    one = regressed(3000)
    many = replace(
        one, y_true=np.tile(one.y_true, (60, 1)).T, y_pred=np.tile(one.y_pred, (60, 1)).T
    )
    targets = evaluation(many, "y", rows="rows")
    for _, figure in targets.figures:
        assert len(figure.panels) == 12
        assert sum(len(panel.svg) for panel in figure.panels) < 80_000
        assert "The 12 of 60 targets with the lowest R² are drawn." in figure.caption
        assert len(figure.table.rows) == 50


@pytest.fixture(scope="module")
def targets():
    data = load_linnerud(as_frame=True)
    return data.data.to_numpy(), data.target


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["study", "comparison"])
def test_targets_have_their_own_figures_and_errors_under_their_names(kind, targets, uri, tmp_path):
    inputs, y = targets
    if kind == "study":
        space = tk.Space(alpha=tk.Float(0.1, 10.0))
        settings = {"n_trials": 2, "cv": 2, "name": "body", "tracking_uri": uri}
        tuner = tk.Tuner(Ridge(), space, **settings).fit(inputs[:14], y[:14])
        tuner.evaluate(inputs[14:], y[14:])
        true, predicted = y[14:], tuner.predict(inputs[14:])
        place = 1
    else:
        models = {"line": LinearRegression()}
        found = tk.compare(models, inputs, y, cv=2, name="lines", tracking_uri=uri)
        predictions = found.predictions("line")
        true, predicted, place = predictions.y_true, predictions.y_pred, 0
    name = "body" if kind == "study" else "lines"
    page = Page(tk.report(name, tmp_path / "r.html", sections=SHOWN, tracking_uri=uri))
    assert page.figures("best") == ["Predicted and true by target", "Residuals by target"] * (
        place + 1
    )
    rows = page.table(f"best-{place}-scatter-targets")
    assert [row["target"] for row in rows] == ["Weight", "Waist", "Pulse"]
    r2 = r2_score(true, predicted, multioutput="raw_values")
    assert [row["r2"] for row in rows] == pytest.approx(list(r2))
    mae = mean_absolute_error(true, predicted, multioutput="raw_values")
    assert [row["mae"] for row in rows] == pytest.approx(list(mae))
    shown = page.figure("best", "Predicted and true by target")
    for target in y.columns:
        assert f"<h5>{target}</h5>" in shown
    assert (
        f"Weight mean {significant(y['Weight'][:14].mean())}" in page.text("measured") or place == 0
    )
    assert {"true/0", "predicted/2"} <= set(page.table("errors-0")[0])
