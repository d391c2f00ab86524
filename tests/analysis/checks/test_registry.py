"""All checks together: of odd studies and of real ones."""

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


def test_findings_come_by_severity_and_then_by_code():
    held = predictions([0] * 90 + [1] * 10, [0] * 100)
    trials = [*scores_of([0.9] * 3), trial(9, error="x")]
    found = run_checks(study_data(trials, validation=held))
    severities = ["high", "medium", "low"]
    ranks = [(severities.index(each.severity), each.code) for each in found]
    assert ranks == sorted(ranks)
    assert {"TK103", "TK203", "TK401", "TK402"} <= {each.code for each in found}
    assert len({each.code for each in found}) == len(found)


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
def test_odd_studies_are_no_accident(given):
    for finding in run_checks(given):
        assert isinstance(finding, Finding)
        assert "nan" not in finding.evidence


def test_every_code_is_documented_once(tuners):
    page = (Path(__file__).parents[3] / "docs" / "reference" / "checks.md").read_text()
    codes = [check.code for check in CHECKS]
    assert len(set(codes)) == len(codes) == 17
    assert [line[2:7] for line in page.splitlines() if line.startswith("| TK")] == codes


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
def test_the_checks_of_a_search_with_its_best_at_the_edge(folder, engine):
    space = tk.Space(quality=tk.Float(0.0, 0.5))
    tuner = study(space, engine, tracking=True, name="edge", n_trials=60, algorithm="random")
    tuner.fit(X, Y)
    tuner.evaluate(X, Y)
    tuner.evaluate(X, Y)
    found = {each.code: each for each in run_checks(collected(tuner.tracking_uri_, "edge"))}
    assert "quality=Float(0.0, 0.75)" in found["TK101"].code_to_paste
    assert "twice" in found["TK201"].evidence
    assert "TK402" in found  # the stand-in says the same of every row


@pytest.mark.slow
def test_the_checks_of_a_healthy_regression_find_no_more_than_a_plateau(folder):
    X_ = np.random.default_rng(0).normal(size=(400, 3))
    y = X_ @ [1.0, 2.0, 3.0] + np.random.default_rng(1).normal(size=400)
    space = tk.Space(alpha=tk.Float(1e-3, 1e3, log=True))
    tuner = study(space, estimator=Ridge(), tracking=True, name="good", n_trials=30).fit(X_, y)
    found = run_checks(collected(tuner.tracking_uri_, "good"))
    assert {each.code for each in found} <= {"TK306"}


def test_the_checks_of_a_search_in_which_all_fails(folder):
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
def test_the_checks_of_a_tree_have_no_curves_to_look_at(folder):
    space = tk.Space(max_depth=tk.Int(1, 5))
    tree = DecisionTreeClassifier(random_state=0)
    tuner = study(space, estimator=tree, tracking=True, name="tree", n_trials=5).fit(X, Y)
    given = collected(tuner.tracking_uri_, "tree")
    assert given.curves == {}
    assert given.training == {}
    run_checks(given)
