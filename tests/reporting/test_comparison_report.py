"""The report of comparisons shows the computed results."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest
from dummy_estimators import (
    InconsistentSVC,
    InterruptingEstimator,
    ScriptedEstimator,
    TooLarge,
)
from report_parser import Page
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_breast_cancer(return_X_y=True)
MODELS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "tree": DecisionTreeClassifier(max_depth=3),
    "prior": DummyClassifier(),
}


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('compared')}/mlflow.db"


@pytest.fixture(scope="module")
def found(uri):
    space = tk.Space(max_depth=tk.Int(1, 3))
    tuned = tk.Tuner(DecisionTreeClassifier(), space, n_trials=2, cv=2)
    return tk.compare(
        {**MODELS, "tuned": tuned},
        X,
        y,
        cv=4,
        scoring=["accuracy", "roc_auc"],
        test_size=0.25,
        name="cancer",
        tracking_uri=uri,
    )


@pytest.fixture(scope="module")
def page(found, tmp_path_factory):
    return Page(tk.report(found, tmp_path_factory.mktemp("page") / "r.html"))


def test_sections_are_in_order(page):
    assert page.sections == [
        *("verdict", "checks", "ranking", "measured", "search", "candidates", "best", "errors"),
        *("architecture", "statistics", "reproduce"),
    ]


def test_verdict_names_the_best_with_interval_and_cost(page, found):
    ranking, tested = found.ranking(), found.ranking(on="test")
    best = ranking.iloc[0]
    ends = f"{best['low']:.3f} to {best['high']:.3f}"
    assert f"“{ranking.index[0]}” ranks first among 4 candidates" in page.verdict
    assert f"accuracy {best['score']:.3f} (95% interval {ends})" in page.verdict
    assert f"{tested.loc[ranking.index[0], 'score']:.3f} (95% interval" in page.verdict
    assert "on a separate test split of 143 rows" in page.verdict
    similar = [name for name in ranking.index[1:] if "a" in ranking.loc[name, "group"]]
    different = [name for name in ranking.index[1:] if name not in similar]
    for name in similar:
        assert re.search(rf"not significantly better than [^:;]*“{name}”", page.verdict)
    assert different, "the prior differs from the models"
    for name in different:
        assert re.search(rf"it is significantly better than [^.;]*“{name}”", page.verdict)
    assert "to fit and" in page.verdict


def test_table_of_candidates_is_the_ranking(page, found):
    ranking = found.ranking()
    rows = page.table("models-0")
    assert [row["candidate"] for row in rows] == list(ranking.index)
    for row in rows:
        expected = ranking.loc[row["candidate"]]
        assert row["score"] == pytest.approx([expected["score"], expected["low"], expected["high"]])
        assert row["group"] == expected["group"]
        assert row["scorer/roc_auc"] == pytest.approx(expected["roc_auc"])
        assert row["run"][1].startswith("http://127.0.0.1:5000/#/experiments/")


def test_statistics_match_the_comparison(page, found):
    text = page.text("statistics")
    assert "Nadeau and Bengio's corrected t-test" in text
    assert "Cochran's Q for all, then McNemar's test" in text
    for on in ("folds", "test"):
        rows = page.table(f"statistics-0-{on}-pairs")
        pairs = found.pairwise(on=on)
        assert [row["corrected"] for row in rows] == pytest.approx(list(pairs["p_corrected"]))
        assert [row["verdict"] for row in rows] == list(pairs["verdict"])
    assert page.figures("statistics") == ["Differences", "Scores by fold", "Differences"]


def test_choices_of_a_nested_tuner_are_listed_by_fold(page, found):
    rows = page.table("chosen-0-0")
    fits = [fit for fit in found.fits if fit.candidate == "tuned"]
    assert [row["parameter/max_depth"] for row in rows] == [fit.params["max_depth"] for fit in fits]
    assert rows[-1]["split"] == "test split"
    assert "“tuned” searched inside each training part" in page.text("measured")


def test_mistakes_are_listed_with_inputs_and_shared_mistakes(page, found):
    best = found.ranking().index[0]
    predictions = found.predictions(best, on="test")
    wrong = set(predictions.rows[predictions.y_true != predictions.y_pred].tolist())
    listed = page.table("errors-0")
    assert {row["row"] for row in listed} == wrong
    for row in listed[:2]:
        assert row["input/0"] == pytest.approx(X[row["row"], 0])
    shared = page.table("errors-shared-0-shared")
    assert all(row["wrong"] >= 2 for row in shared)
    assert max(row["wrong"] for row in shared) <= 3
    assert not any("model3" in row for row in shared), "the dummy is left out"


def test_best_candidate_can_be_reproduced(page, found):
    text = page.text("reproduce")
    assert f"cancer: {found.ranking().index[0]}" in text
    code = re.search(r"<pre data-copy>(from .*?)</pre>", page.section("reproduce"), re.DOTALL)[1]
    scope = {}
    exec(html.unescape(code), scope)  # noqa: S102 - our own page
    assert scope["estimator"].fit(X, y).score(X, y) > 0.9


@pytest.mark.slow
def test_models_on_several_data_sets_are_ranked_over_them(uri, tmp_path):
    models = {"bayes": GaussianNB(), "tree": DecisionTreeClassifier(), "prior": DummyClassifier()}
    found = [
        tk.compare(models, *load(return_X_y=True), cv=2, name=name, tracking_uri=uri)
        for name, load in (("iris", load_iris), ("wine", load_wine))
    ]
    page = Page(tk.report(found, tmp_path / "r.html", sections=["verdict", "statistics"]))
    assert page.figures("statistics")[-1] == "Mean ranks over data sets"
    across = tk.across_datasets(found)
    rows = page.table("statistics-ranks-data")
    assert rows[0]["rank_first"] == across.ranks[rows[0]["first"]]
    assert page.headings("verdict") == ["iris", "wine", "Across data sets"]
    assert "Over 2 data sets, “" in page.verdict
    no_pair = (
        "No pair is significantly different by Wilcoxon's signed-rank test with Holm's correction"
    )
    assert no_pair in page.verdict
    assert no_pair in page.text("statistics")
    again = [found[0], "iris", found[0]]
    once = Page(tk.report(again, tmp_path / "o.html", sections=["ranking"], tracking_uri=uri))
    assert once.headings("ranking") == ["Candidates of iris"], "each is shown once"


@pytest.mark.slow
def test_study_and_comparison_with_the_same_name_share_a_page(uri, tmp_path):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    settings = {"n_trials": 3, "random_state": 0, "name": "both", "tracking_uri": uri}
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    tuner = tk.Tuner(DecisionTreeClassifier(), space, cv=folds, **settings).fit(X, y)
    tuner.finalists(k=2, seeds=2)
    tk.compare({"bayes": GaussianNB()}, X, y, cv=2, name="both", tracking_uri=uri)
    shown = ["verdict", "ranking", "statistics"]
    page = Page(tk.report("both", tmp_path / "r.html", sections=shown, tracking_uri=uri))
    assert page.headings("ranking") == [
        *(
            "Finalists of both, optuna",
            "Candidates of both, comparison",
            "Best trials of both",
            "Trials of both",
        ),
    ]
    assert "their search scores were" in page.verdict
    assert "There is no other candidate" in page.verdict
    assert "Optimism of the search" in page.figures("statistics")


@pytest.mark.slow
def test_unfinished_comparison_is_reported_as_unfinished(folder):
    InterruptingEstimator.count = 0
    with pytest.raises(KeyboardInterrupt):
        tk.compare({"bayes": GaussianNB(), "breaks": InterruptingEstimator(at=4)}, X, y, cv=4)
    page = Page(
        tk.report("comparison", "r.html", sections=["verdict", "checks", "ranking", "measured"])
    )
    assert "Problem: The comparison is not finished." in page.text("checks")
    assert "Problem: The comparison is not finished." in page.verdict
    assert "not finished: some fits are missing" in page.text("measured")
    states = {row["candidate"]: row["state"] for row in page.table("models-0")}
    assert states == {"bayes": "complete", "breaks": "unfinished"}


@pytest.mark.slow
def test_findings_of_a_comparison(folder):
    rare = np.r_[np.zeros(95, int), np.ones(5, int)]
    noise = np.random.default_rng(0).normal(size=(100, 3))
    bad = TooLarge(most=40)
    flat = DecisionTreeClassifier(min_samples_leaf=0.5)
    found = tk.compare({"tree": flat, "bad": bad}, noise, rare, test_size=0.2)
    text = Page(tk.report(found, "r.html", sections=["checks"])).text("checks")
    for words in (
        "Warning: Candidates failed. 1 candidate failed in at least one fit. bad: ValueError",
        "Warning: A class is rare.",
        "Warning: The test split is too small for the differences at stake. There are 20 rows",
        "Problem: The best model is no better than chance.",
        "Problem: The best model predicts the same value for every row.",
    ):
        assert words in text
    assert text.index("Problem") < text.index("Warning")


@pytest.mark.slow
def test_verdict_without_an_applicable_test(folder):
    models = {"svm": InconsistentSVC(), "bayes": GaussianNB()}
    found = tk.compare(models, X, y, cv=0.3, scoring="roc_auc")
    page = Page(tk.report(found, "r.html", sections=["verdict", "checks"]))
    assert "was not tested: the score cannot be computed again" in page.verdict
    assert "not significantly better" not in page.verdict
    assert "TK503" not in page.text("checks")


@pytest.mark.slow
def test_checks_without_findings(folder):
    found = tk.compare(MODELS, X, y, cv=4)
    page = Page(tk.report(found, "r.html", sections=["checks"]))
    assert "No findings." in page.text("checks")


EVIL = "<script>alert(1)</script>"


@pytest.mark.slow
def test_hostile_names_of_candidates_and_classes_are_escaped(folder):
    labels = np.array([EVIL, "a\x00b\u202e", ""])[load_iris().target]
    models = {
        EVIL: GaussianNB(),
        "x" * 300: DummyClassifier(),
        '"><img src=x onerror=alert(1)>': ScriptedEstimator(),
    }
    found = tk.compare(models, load_iris().data, labels, cv=2, name=f"{EVIL} \"q' & more")
    page = Page(tk.report(found, "r.html"))
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert {row["candidate"] for row in page.table("models-0")} == set(models)


@pytest.mark.slow
def test_five_hundred_classes_of_two_rows_make_a_page(folder):
    rng = np.random.default_rng(0)
    many = np.repeat(np.arange(500), 2)
    inputs = np.c_[many + rng.normal(scale=0.2, size=1000), rng.normal(size=1000)]
    found = tk.compare({"bayes": GaussianNB(), "prior": DummyClassifier()}, inputs, many)
    page = Page(tk.report(found, "r.html"))
    assert len(page.html.encode()) < 1_500_000
    assert "500" in page.text("measured")


def test_errors_for_what_cannot_be_reported(folder):
    found = tk.compare({"bayes": GaussianNB()}, X, y, cv=2, tracking=False)
    with pytest.raises(tk.ParameterError, match="this comparison was made with tracking=False"):
        tk.report(found, "r.html")
    with pytest.raises(tk.ParameterError, match="at least one study or comparison, got an empty"):
        tk.report([], "r.html")
    with pytest.raises(tk.NotFoundError, match="there is no study or comparison 'nothing' in"):
        tk.report("nothing", "r.html")
    with pytest.raises(tk.ParameterError, match="sections must be a list of names, got 'best'"):
        tk.report("nothing", "r.html", sections="best")
    with pytest.raises(tk.ParameterError, match="there is no section 'bst'. Did you mean 'best'"):
        tk.report("nothing", "r.html", sections=["bst"])
    with pytest.raises(tk.ParameterError, match="at least one section, got none"):
        tk.report("nothing", "r.html", sections=[])


def test_copy_is_logged_to_the_comparison(page, found, uri):
    import mlflow

    client = mlflow.MlflowClient(uri)
    artifacts = {each.path for each in client.list_artifacts(found.run_id)}
    assert {"report.html", "ranking.csv", "data.json"} <= artifacts


@pytest.mark.slow
def test_a_regression_has_no_confusion(folder):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(120, 3))
    target = inputs @ [1.0, 2.0, 0.0] + rng.normal(size=120)
    found = tk.compare({"weak": Ridge(1e4), "ridge": Ridge()}, inputs, target, cv=3)
    page = Page(tk.report(found, "r.html", sections=["verdict", "best"]))
    assert page.figures("best")[0] == "Predicted and true"
    assert "“ridge” ranks first among 2 candidates, with R²" in page.verdict
