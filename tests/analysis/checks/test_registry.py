"""All checks together, for unusual and for real studies."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from collected import collected
from dummy_estimators import ScriptedEstimator, study
from fake_studies import class_counts, predictions, scores_of, study_data, trial
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.checks.finding import Finding
from tunekit.analysis.checks.registry import CHECKS, run_checks

X, Y = load_iris(return_X_y=True)


def test_findings_are_sorted_by_severity_and_code():
    constant = predictions([0] * 90 + [1] * 10, [0] * 100)
    trials = [*scores_of([0.9] * 3), trial(9, error="x")]
    findings = run_checks(study_data(trials, validation=constant))
    severities = ["high", "medium", "low"]
    ranks = [(severities.index(each.severity), each.code) for each in findings]
    assert ranks == sorted(ranks)
    assert {"TK103", "TK203", "TK401", "TK402"} <= {each.code for each in findings}
    assert len({each.code for each in findings}) == len(findings)


@pytest.mark.parametrize(
    "given",
    [
        study_data([]),
        study_data([trial(0), trial(1, state="pruned")]),
        study_data([trial(0, 0.5)]),
        study_data([trial(i, 0.5, spread=math.nan) for i in range(30)]),
        study_data(scores_of([1e300, -1e300] * 15)),
        study_data(
            [trial(0, 0.5)],
            validation=predictions(np.arange(500), np.arange(500)),
            data=class_counts(*range(1, 501)),
        ),
        study_data([trial(0, 0.5)], validation=predictions([0, 1], [1, 0], fold=[0, 1])),
        study_data(
            [trial(0, 0.5)], validation=predictions(np.eye(6, dtype=int), np.eye(6), classes=None)
        ),
        study_data([trial(0, 0.5)], curves=[{"loss": (math.nan,) * 5, "val_loss": (0.0,) * 5}]),
    ],
    ids=[
        *("nothing", "no score", "one", "constant", "huge", "500 classes", "two rows"),
        *("several labels", "nan"),
    ],
)
def test_unusual_studies_raise_no_error(given):
    for finding in run_checks(given):
        assert isinstance(finding, Finding)
        assert "nan" not in finding.evidence


def test_every_check_is_documented_with_its_title():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "checks.md").read_text()
    codes = [check.code for check in CHECKS]
    assert len(set(codes)) == len(codes) == 17
    rows = [line.split("|")[1:4] for line in page.splitlines() if line.startswith("| TK")]
    assert [code.strip() for code, _, _ in rows] == codes
    titles = [title.strip(" []").partition("]")[0] for _, _, title in rows]
    assert titles == [check.title for check in CHECKS]


def test_the_checks_of_a_study_of_both_engines(tuners, store):
    given = collected(f"sqlite:///{store}", "three digits")
    best = max(tuners.values(), key=lambda tuner: tuner.best_score_)
    assert given.best.score == best.best_score_
    assert given.execution.run_id == best.run_id_
    assert len(given.best_curves) == 2
    assert len(given.validation.rows) == 210
    assert len(given.test.rows) == 90
    assert given.data["n_classes"] == 3
    assert given.training["epochs"] == 3
    assert given.reference.chance == pytest.approx(1 / 3, abs=0.02)
    codes = {finding.code for finding in run_checks(given)}
    assert codes <= {"TK102", "TK103", "TK202", "TK301", "TK303", "TK306"}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_the_checks_of_a_search_with_the_best_values_at_the_edge(folder, engine):
    space = tk.Space(quality=tk.Float(0.0, 0.5))
    tuner = study(space, engine, tracking=True, name="edge", n_trials=60, algorithm="random")
    tuner.fit(X, Y)
    tuner.evaluate(X, Y)
    tuner.evaluate(X, Y)
    findings = {each.code: each for each in run_checks(collected(tuner.tracking_uri_, "edge"))}
    assert "quality=Float(0.0, 0.75)" in findings["TK101"].code_to_paste
    assert "twice" in findings["TK201"].evidence
    assert "TK402" in findings  # the fake estimator predicts the same value for every row


@pytest.mark.slow
def test_the_checks_of_a_healthy_regression_report_at_most_a_plateau(folder):
    X_ = np.random.default_rng(0).normal(size=(400, 3))
    y = X_ @ [1.0, 2.0, 3.0] + np.random.default_rng(1).normal(size=400)
    space = tk.Space(alpha=tk.Float(1e-3, 1e3, log=True))
    tuner = study(space, estimator=Ridge(), tracking=True, name="good", n_trials=30).fit(X_, y)
    findings = run_checks(collected(tuner.tracking_uri_, "good"))
    assert {each.code for each in findings} <= {"TK306"}


def test_the_checks_of_a_search_in_which_all_trials_fail(folder):
    tuner = study(
        tk.Space(quality=tk.Float(0.0, 1.0)),
        estimator=ScriptedEstimator(deed="raise"),
        tracking=True,
        name="bad",
        n_trials=3,
    )
    with pytest.raises(tk.StudyError):
        tuner.fit(X, Y)
    (finding,) = run_checks(collected(tuner.tracking_uri_, "bad"))
    assert (finding.code, finding.severity) == ("TK103", "high")
    assert "is too bad" in finding.evidence


@pytest.mark.slow
def test_the_checks_of_a_tree_work_without_curves(folder):
    space = tk.Space(max_depth=tk.Int(1, 5))
    tree = DecisionTreeClassifier(random_state=0)
    tuner = study(space, estimator=tree, tracking=True, name="tree", n_trials=5).fit(X, Y)
    given = collected(tuner.tracking_uri_, "tree")
    assert given.curves == {}
    assert given.training == {}
    run_checks(given)
