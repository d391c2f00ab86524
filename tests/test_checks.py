"""The checks: each finds what it is for, and nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from searches import SPACE, drawn, execution, search, trial
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier
from stand_ins import Tame, study
from statsmodels.stats.proportion import proportion_confint

import tunekit as tk
from tunekit.records import Predictions
from tunekit.reporting.checks import compared
from tunekit.reporting.checks.baseline import baseline_score, check_baseline, check_constant
from tunekit.reporting.checks.data import check_imbalance, check_tiny, check_touched
from tunekit.reporting.checks.edges import check_edges
from tunekit.reporting.checks.evidence import Evidence, collect_evidence
from tunekit.reporting.checks.finding import Finding
from tunekit.reporting.checks.folds import check_folds
from tunekit.reporting.checks.registry import CHECKS, run_checks
from tunekit.reporting.checks.searching import check_failures, check_still_improving
from tunekit.reporting.checks.training import (
    check_budget,
    check_overfitting,
    check_stopped_early,
    check_underfitting,
    check_unstable,
)
from tunekit.reporting.checks.widening import code_of, widened
from tunekit.tracking.reader import read_study

X, Y = load_iris(return_X_y=True)
FALLING = tuple((0.1 + np.exp(-0.5 * np.arange(20))).tolist())
SOUND = {"loss": FALLING, "val_loss": tuple(0.02 + each for each in FALLING)}


def evidence(trials=(), space=SPACE, executions=None, **facts):
    data = search(list(trials), space, executions)
    best = next((each for each in data.study.trials if each.state == "complete"), None)
    given = {"search": data, "best": best, "execution": data.study.executions[0], **facts}
    return Evidence(**given)


def predictions(y_true, y_pred, fold=None, classes="labels"):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    rows = np.arange(len(y_true))
    labels = np.unique(y_true) if isinstance(classes, str) else classes
    fold = np.zeros(len(y_true), dtype=int) if fold is None else np.asarray(fold)
    return Predictions(rows, fold, y_true, y_pred, None, labels)


# TK101: the edge of a range.

RATE = tk.Space(rate=tk.Float(1e-4, 1e-1, log=True), depth=tk.Int(1, 4))


def at_rates(rates, depth=2):
    return [
        trial(i, 1.0 - 0.01 * i, params={"rate": rate, "depth": depth})
        for i, rate in enumerate(rates)
    ]


def test_the_best_at_the_upper_end_are_found_with_a_wider_space():
    rates = [0.09, 0.08, 0.1, 0.07, 0.02, *np.geomspace(1e-4, 0.01, 25)]
    found = check_edges(evidence(at_rates(rates), RATE))
    assert (found.code, found.severity) == ("TK101", "medium")
    assert "rate: 4 of the best 5 trials lie at the upper end, 0.1" in found.evidence
    assert "depth" not in found.evidence
    names = {}
    exec(found.code_to_paste, names)  # noqa: S102 - it is made to be pasted
    assert names["space"] == tk.Space(rate=tk.Float(1e-4, 1.0, log=True), depth=tk.Int(1, 4))


def test_on_a_logarithmic_scale_the_edge_is_a_tenth_of_the_logarithms():
    low = [1e-4 * 1000**0.09] * 5  # nine percent of three decades
    rest = [0.01] * 25
    assert "lower end, 0.0001" in check_edges(evidence(at_rates(low + rest), RATE)).evidence
    inside = [1e-4 * 1000**0.11] * 5
    assert check_edges(evidence(at_rates(inside + rest), RATE)) is None


@pytest.mark.parametrize(
    ("best", "found"),
    [
        ([0.1, 0.1, 0.1, 0.01, 0.01], True),
        ([0.1, 0.1, 0.01, 0.01, 0.01], False),
        ([0.01, 0.1, 0.1, 0.1, 0.1], False),
    ],
    ids=["most", "too few", "not the very best"],
)
def test_most_of_the_best_and_the_very_best_must_lie_there(best, found):
    trials = at_rates([*best, *[0.01] * 25])
    assert (check_edges(evidence(trials, RATE)) is not None) == found


def test_few_trials_say_nothing_of_an_edge():
    assert check_edges(evidence(at_rates([0.1] * 19), RATE)) is None
    assert check_edges(evidence(at_rates([0.1] * 20), RATE)) is not None
    assert check_edges(evidence([])) is None


def test_of_few_whole_numbers_all_of_the_best_must_be_the_last():
    trials = [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 4}) for i in range(5)]
    trials += [trial(i, 1 - 0.01 * i, params={"rate": 0.01, "depth": 2}) for i in range(5, 30)]
    found = check_edges(evidence(trials, RATE))
    assert "depth: 5 of the best 5 trials lie at the upper end, 4" in found.evidence
    assert "depth=Int(1, 6)" in found.code_to_paste
    two = tk.Space(depth=tk.Int(1, 2))
    trials = [trial(i, 1 - 0.01 * i, params={"depth": 2}) for i in range(30)]
    assert check_edges(evidence(trials, two)) is None, "five of five by chance: 1 of 32"


def test_on_a_plateau_the_edge_is_no_news():
    rates = [*[0.1] * 5, *[0.01] * 5, *[0.001] * 20]
    trials = [replace(each, score=0.9 if each.number < 10 else 0.5) for each in at_rates(rates)]
    assert check_edges(evidence(trials, RATE)) is None
    better = [replace(each, score=0.95) if each.number < 5 else each for each in trials]
    assert check_edges(evidence(better, RATE)) is not None
    hardly = [replace(each, score=0.905) if each.number < 5 else each for each in trials]
    no_spread = [replace(each, spread=0.0) for each in hardly]
    assert check_edges(evidence(no_spread, RATE)) is None, "of 0.4 above the median one"
    apart = [replace(each, spread=0.6) for each in better]  # so do the folds
    assert check_edges(evidence(apart, RATE)) is None


def test_ends_that_nothing_lies_beyond_are_none():
    space = tk.Space(dropout=tk.Float(0.0, 0.5), layers=tk.Int(1, 9), share=tk.Float(0.1, 1.0))
    params = {"dropout": 0.0, "layers": 1, "share": 1.0}
    trials = [trial(i, 1 - 0.01 * i, params=params) for i in range(30)]
    assert check_edges(evidence(trials, space)) is None


def test_a_random_search_of_parameters_that_do_not_matter_seldom_has_edges():
    space = tk.Space(**{f"p{i}": tk.Float(2.0, 3.0) for i in range(10)})
    wrong = sum(
        check_edges(evidence(drawn(60, space, seed=seed, score=lambda p: 0.0), space)) is not None
        for seed in range(20)
    )
    assert wrong <= 3  # of 200 parameters


@pytest.mark.parametrize(
    ("parameter", "ends", "wider"),
    [
        (tk.Float(0.001, 0.1, log=True), {"low", "high"}, tk.Float(1e-4, 1.0, log=True)),
        (tk.Float(1.0, 100.0, log=True), {"high"}, tk.Float(1.0, 1000.0, log=True)),
        (tk.Float(0.0, 0.9), {"high"}, tk.Float(0.0, 0.95)),
        (tk.Float(0.2, 0.6), {"low"}, tk.Float(0.0, 0.6)),
        (tk.Float(-1.0, 3.0), {"low", "high"}, tk.Float(-3.0, 5.0)),
        (tk.Float(0.0, 0.4, step=0.1), {"high"}, tk.Float(0.0, 0.6, step=0.1)),
        (tk.Float(0.1, 0.5, step=0.1), {"low"}, tk.Float(0.0, 0.5, step=0.1)),
        (tk.Int(8, 32, log=True), {"low", "high"}, tk.Int(4, 64, log=True)),
        (tk.Int(2, 6), {"low", "high"}, tk.Int(1, 8)),
        (tk.Int(32, 128, step=32), {"high"}, tk.Int(32, 192, step=32)),
        (tk.Int(1, 4), {"low"}, None),
        (tk.Categorical(["a", "b"]), {"low"}, None),
    ],
    ids=str,
)
def test_a_range_grows_by_half_on_its_own_scale(parameter, ends, wider):
    found = widened(tk.Space(x=parameter, y=tk.Int(0, 1)), {"x": ends})
    assert found == (None if wider is None else tk.Space(x=wider, y=tk.Int(0, 1)))


def test_a_wider_space_keeps_conditions_constants_and_repeats():
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(8, 64, log=True).per("layers"),
        kind=tk.Categorical(["a", "b"]),
        rate=tk.Float(0.1, 0.2).when(kind="a"),
        epochs=9,
        extra={"deep": [1, 2]},
    )
    found = widened(space, {"layers": {"high"}, "rate": {"high"}})
    names = {}
    exec(code_of(found), names)  # noqa: S102 - it is made to be pasted
    assert names["space"] == found
    assert [leaf.name for leaf in found.leaves][:4] == [
        "layers",
        *(f"units[{i}]" for i in range(3)),
    ]
    assert found.parameters["rate"].conditions == (("kind", ("a",)),)
    assert found.constants == space.constants


# TK102 and TK103: how the search went.


def scores_of(scores, **facts):
    return [trial(i, score, **facts) for i, score in enumerate(scores)]


def test_a_late_gain_that_is_more_than_noise_is_found():
    early = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6]
    found = check_still_improving(evidence(scores_of([*early, 0.6, 0.8])))
    assert found.code == "TK102"
    assert "last fifth of 10 trials raised the best accuracy by 0.1, to 0.8" in found.evidence
    assert "n_trials=20" in found.code_to_paste


@pytest.mark.parametrize(
    ("scores", "facts"),
    [
        ([0.5] * 7 + [0.9, 0.6, 0.6], {}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8], {"spread": 0.2}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.704], {"spread": 0.0}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.9], {}),
        ([0.7] * 10, {}),
        ([math.nan] * 10, {}),
        ([], {}),
    ],
    ids=["early", "within the folds", "next to nothing", "few", "equal", "failed", "none"],
)
def test_a_search_that_came_to_rest_is_left_alone(scores, facts):
    assert check_still_improving(evidence(scores_of(scores, **facts))) is None


def test_a_search_that_runs_or_has_tried_everything_did_not_stop():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    running = [execution(status="RUNNING")]
    assert check_still_improving(evidence(scores_of(scores), executions=running)) is None
    small = tk.Space(a=tk.Int(1, 10))
    trials = [trial(i, score, params={"a": i + 1}) for i, score in enumerate(scores)]
    assert check_still_improving(evidence(trials, small)) is None


def test_with_one_split_there_is_no_spread_to_ask():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    one = [execution(info={"n_splits": "1"})]
    found = check_still_improving(evidence(scores_of(scores, spread=0.0), executions=one))
    assert found is not None


@pytest.mark.parametrize(
    ("n_failed", "severity"), [(1, "low"), (2, "medium"), (9, "medium"), (10, "high")]
)
def test_failed_trials_are_counted_with_their_reasons(n_failed, severity):
    failed = [trial(i, error=f"ValueError: layers={i}") for i in range(n_failed)]
    good = [trial(i + 50, 0.5) for i in range(20 - n_failed - 1)] + [trial(99, state="pruned")]
    found = check_failures(evidence([*failed, *good, trial(98, state="killed")]))
    assert (found.code, found.severity) == ("TK103", severity)
    assert f"{n_failed} of 20 trials" in found.evidence
    assert f"{n_failed} × ValueError: layers=0" in found.evidence


def test_of_failures_divergence_is_told():
    diverged = trial(0, error="TrainingDiverged: the loss is nan (split 0)")
    found = check_failures(evidence([diverged, trial(1, error=""), trial(2, 0.5)]))
    assert "1 diverged" in found.remedy
    assert "no reason is known" in found.evidence
    assert check_failures(evidence([trial(0, 0.5)])) is None
    assert check_failures(evidence([])) is None


# TK201 to TK203: the data.


@pytest.mark.parametrize(
    ("tested", "severity"), [((0, 0), None), ((1, 0), None), ((1, 1), "medium"), ((2, 1), "high")]
)
def test_a_test_split_that_was_used_again_is_found(tested, severity):
    executions = [
        execution("optuna", tested=tested[0], run_id="a"),
        execution("optuna", tested=tested[1], run_id="b"),
        execution("hyperopt", tested=1, run_id="c"),
    ]
    found = check_touched(evidence([trial(0, 0.5)], executions=executions))
    assert (found and found.severity) == severity
    if found:
        assert f"{['', '', 'twice', '3 times'][sum(tested)]} with optuna" in found.evidence
        assert "once with hyperopt" in found.evidence


def test_an_interval_wider_than_what_is_at_stake_is_found():
    test = predictions([0, 1] * 50, [0, 1] * 45 + [1, 0] * 5)
    close = scores_of(np.linspace(0.90, 0.94, 21))
    found = check_tiny(evidence(close, test=test))
    low, high = proportion_confint(90, 100, method="wilson")
    assert f"from {low:.3f} to {high:.3f}" in found.evidence
    assert "0.020 between the best and the median trial" in found.evidence
    assert found.severity == "medium"
    far = scores_of(np.linspace(0.5, 0.94, 21))
    assert check_tiny(evidence(far, test=test)) is None
    assert check_tiny(evidence(close, held_out=test)).severity == "low"


def test_a_handful_of_rows_is_small_for_any_score():
    few = predictions(np.arange(49.0), np.arange(49.0), classes=None)
    found = check_tiny(evidence(scores_of([0.5, 0.9]), test=few))
    assert "There are 49 rows" in found.evidence
    more = predictions(np.arange(50.0), np.arange(50.0), classes=None)
    assert check_tiny(evidence(scores_of([0.5, 0.9]), test=more)) is None
    assert check_tiny(evidence(scores_of([0.5]))) is None


def classes(*counts):
    return {"classes": [{"label": f"c{i}", "count": n} for i, n in enumerate(counts)]}


@pytest.mark.parametrize(
    ("counts", "scoring", "severity"),
    [
        ((50, 50), "accuracy", None),
        ((80, 20), "accuracy", None),
        ((81, 19), "accuracy", "medium"),
        ((81, 19), "roc_auc", "low"),
        ((995, 5), "roc_auc", "medium"),
        ((30, 30, 30, 10), "accuracy", None),
        ((30, 30, 35, 4), "accuracy", "medium"),
        ((100,), "accuracy", None),
    ],
)
def test_a_rare_class_is_found(counts, scoring, severity):
    given = evidence([trial(0, 0.5)], data=classes(*counts))
    found = check_imbalance(replace(given, search=replace(given.search, scoring=scoring)))
    assert (found and found.severity) == severity
    if found:
        assert f"'c{len(counts) - 1}'" in found.evidence
        assert ("accuracy" in found.evidence) == (scoring == "accuracy")


def test_without_tracked_data_classes_are_counted_in_the_rows_held_out_once_each():
    held = predictions([0] * 90 + [1] * 10, [0] * 100)
    twice = replace(
        held,
        rows=np.tile(held.rows, 2),
        y_true=np.tile(held.y_true, 2),
        y_pred=np.tile(held.y_pred, 2),
        fold=np.repeat([0, 1], 100),
    )
    assert "10 of 100 rows" in check_imbalance(evidence([trial(0, 0.5)], held_out=twice)).evidence
    assert check_imbalance(evidence([trial(0, 0.5)])) is None
    numbers = predictions(np.arange(9.0), np.arange(9.0), classes=None)
    assert check_imbalance(evidence([trial(0, 0.5)], held_out=numbers)) is None


# TK301 to TK306: training and folds.

LINE = tuple(np.linspace(1.0, 0.2, 20).tolist())
OVER = (*np.linspace(1.0, 0.5, 10).tolist(), *np.linspace(0.52, 0.6, 10).tolist())


@pytest.mark.parametrize(
    ("check", "code", "curve"),
    [
        (check_overfitting, "TK301", {"loss": LINE, "val_loss": OVER}),
        (check_underfitting, "TK302", {"loss": (1.0,) * 20, "val_loss": (1.0,) * 20}),
        (check_stopped_early, "TK303", {"loss": LINE, "val_loss": LINE}),
        (check_unstable, "TK305", {"loss": (1.0, 0.3) * 10, "val_loss": (1.0, 0.3) * 10}),
    ],
)
def test_what_curves_say_is_a_finding(check, code, curve):
    found = check(evidence([trial(0, 0.5)], curves=[curve, curve]))
    assert found.code == code
    assert found.evidence[0].isupper()
    assert found.evidence.endswith(".")
    assert check(evidence([trial(0, 0.5)], curves=[SOUND])) is None
    assert check(evidence([trial(0, 0.5)])) is None
    assert check(evidence([])) is None


def network(**training):
    return {"network": {"training": training}}


def test_early_stopping_keeps_the_best_weights_and_stops_on_purpose():
    curve = {"loss": LINE, "val_loss": OVER}
    stopped = network(epochs=50, early_stopping=True)
    given = evidence([trial(0, 0.5)], curves=[curve], architecture=stopped)
    assert check_overfitting(given) is None
    by_trial = evidence([trial(0, 0.5, params={"early_stopping": True})], curves=[curve])
    assert check_overfitting(by_trial) is None
    line = {"loss": LINE, "val_loss": LINE}
    early = evidence([trial(0, 0.5)], curves=[line], architecture=stopped)
    assert check_stopped_early(early) is None
    to_the_end = network(epochs=20, early_stopping=True)
    assert check_stopped_early(replace(early, architecture=to_the_end)).code == "TK303"


def test_epochs_that_nobody_chose_are_found_where_they_are_for_nothing():
    rests = (*np.linspace(1.0, 0.2, 10).tolist(), *np.full(10, 0.201).tolist())
    curve = {"loss": rests, "val_loss": rests}
    given = evidence(
        [trial(0, 0.5)], curves=[curve], architecture=network(epochs=20, early_stopping=False)
    )
    found = check_budget(given)
    assert (found.code, found.severity) == ("TK304", "low")
    assert "All 20 epochs were trained" in found.evidence
    assert "lowest at epoch 10" in found.evidence
    assert (
        check_budget(replace(given, architecture=network(epochs=20, early_stopping=True))) is None
    )
    assert check_budget(replace(given, architecture=None)) is None
    assert check_budget(replace(given, curves=[{"loss": LINE, "val_loss": LINE}])) is None
    tuned = tk.Space(epochs=tk.Int(5, 20), depth=tk.Int(1, 4))
    chosen = replace(given, search=replace(given.search, space=tuned))
    assert check_budget(chosen) is None


def test_folds_that_differ_more_than_trials_are_found():
    near = [trial(i, 0.9 - 0.001 * i, spread=0.02, fold_scores=(0.88, 0.92)) for i in range(12)]
    found = check_folds(evidence(near))
    assert (found.code, found.severity) == ("TK306", "medium")
    assert "differ by 0.02 from fold to fold (0.88, 0.92)" in found.evidence
    far = [replace(each, score=0.5) if each.number > 9 else each for each in near]
    far += [trial(i, 0.5) for i in range(12, 30)]
    assert check_folds(evidence(far)).severity == "low"
    assert "best ten trials lie within 0.009" in check_folds(evidence(far)).evidence
    apart = [trial(i, 0.9 - 0.01 * i, spread=0.02) for i in range(12)]
    assert check_folds(evidence(apart)) is None
    assert check_folds(evidence(near[:9])) is None
    one = [execution(info={"n_splits": "1"})]
    assert check_folds(evidence(near, executions=one)) is None


# TK401 and TK402: better than a guess.


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "neg_log_loss", "f1_macro"])
def test_the_baseline_of_labels_is_scikit_learns(scoring):
    cv = KFold(5, shuffle=True, random_state=0)
    guess = DummyClassifier(strategy="prior")
    expected = cross_val_score(guess, X, Y, cv=cv, scoring=scoring).mean()
    assert baseline_score(held_out(Y, cv), scoring) == pytest.approx(expected)


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error"])
def test_the_baseline_of_numbers_is_scikit_learns(scoring):
    y, cv = X[:, 0], KFold(4)
    expected = cross_val_score(DummyRegressor(), X, y, cv=cv, scoring=scoring).mean()
    assert baseline_score(held_out(y, cv, classes=None), scoring) == pytest.approx(expected)


def held_out(y, cv, classes="labels"):
    folds = list(cv.split(X))
    order = np.concatenate([test for _, test in folds])
    fold = np.concatenate([np.full(len(test), i) for i, (_, test) in enumerate(folds)])
    found = predictions(y[order], y[order], fold, classes)
    return replace(found, rows=order)


def test_one_split_is_its_own_prior_and_odd_scorers_have_no_baseline():
    held = predictions([0, 0, 0, 1], [0, 0, 0, 1])
    assert baseline_score(held, "accuracy") == 0.75
    assert baseline_score(held, "roc_auc") == 0.5
    assert math.isnan(baseline_score(held, "my own"))
    numbers = predictions([1.0, 2.0], [1.0, 2.0], classes=None)
    assert math.isnan(baseline_score(numbers, "neg_log_loss"))


def test_a_model_that_is_no_better_than_a_guess_is_found():
    held = predictions([0] * 60 + [1] * 40, [0] * 100)
    for score, found in ((0.59, True), (0.6, True), (0.61, False)):
        given = evidence([trial(0, score)], held_out=held)
        assert (check_baseline(given) is not None) == found
    finding = check_baseline(evidence([trial(0, 0.6)], held_out=held))
    assert (finding.code, finding.severity) == ("TK401", "high")
    assert "has 0.6 on the same rows" in finding.evidence
    assert check_baseline(evidence([trial(0, 0.6)])) is None
    assert check_baseline(evidence([], held_out=held)) is None


def test_a_model_that_says_the_same_of_every_row_is_found():
    held = predictions([0] * 60 + [1] * 40, [0] * 100)
    found = check_constant(evidence([trial(0, 0.6)], held_out=held))
    assert (found.code, found.evidence[-3:]) == ("TK402", " 0.")
    by_fold = predictions([0, 1] * 4, [0] * 4 + [1] * 4, [0] * 4 + [1] * 4)
    assert "0, 1" in check_constant(evidence([trial(0, 0.5)], held_out=by_fold)).evidence
    good = predictions([0, 1] * 4, [0, 1] * 4)
    assert check_constant(evidence([trial(0, 1.0)], held_out=good)) is None
    one_class = predictions(["a"] * 4, ["a"] * 4)
    assert check_constant(evidence([trial(0, 1.0)], held_out=one_class)) is None
    rounding = predictions([1.0, 5.0], [3.0, 3.0 + 1e-9], classes=None)
    assert check_constant(evidence([trial(0, 0.0)], held_out=rounding)).code == "TK402"
    differs = predictions([1.0, 5.0], [3.0, 3.1], classes=None)
    assert check_constant(evidence([trial(0, 0.0)], held_out=differs)) is None


# All of them, and of real studies.


def test_findings_come_by_severity_and_then_by_code():
    held = predictions([0] * 90 + [1] * 10, [0] * 100)
    trials = [*scores_of([0.9] * 3), trial(9, error="x")]
    found = run_checks(evidence(trials, held_out=held))
    severities = ["high", "medium", "low"]
    ranks = [(severities.index(each.severity), each.code) for each in found]
    assert ranks == sorted(ranks)
    assert {"TK103", "TK203", "TK401", "TK402"} <= {each.code for each in found}
    assert len({each.code for each in found}) == len(found)


@pytest.mark.parametrize(
    "given",
    [
        evidence([]),
        evidence([trial(0), trial(1, state="pruned")]),
        evidence([trial(0, 0.5)]),
        evidence([trial(i, 0.5, spread=math.nan) for i in range(30)]),
        evidence(scores_of([1e300, -1e300] * 15)),
        evidence(
            [trial(0, 0.5)],
            held_out=predictions(np.arange(500), np.arange(500)),
            data=classes(*range(1, 501)),
        ),
        evidence([trial(0, 0.5)], held_out=predictions([0, 1], [1, 0], fold=[0, 1])),
        evidence(
            [trial(0, 0.5)], held_out=predictions(np.eye(6, dtype=int), np.eye(6), classes=None)
        ),
        evidence([trial(0, 0.5)], curves=[{"loss": (math.nan,) * 5, "val_loss": (0.0,) * 5}]),
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
    page = (Path(__file__).parent.parent / "docs" / "checks.md").read_text()
    of_comparisons = (compared._unfinished, compared._failed, compared._undecided)
    codes = [check.__doc__.split(":")[0] for check in (*CHECKS, *of_comparisons)]
    assert len(set(codes)) == len(codes) == 17
    assert [line[2:7] for line in page.splitlines() if line.startswith("| TK")] == codes


def test_the_checks_of_a_study_of_both_engines(tuners, store):
    given = collect_evidence(read_study(f"sqlite:///{store}", "three digits"))
    best = max(tuners.values(), key=lambda tuner: tuner.best_score_)
    assert given.best.score == best.best_score_
    assert given.execution.run_id == best.run_id_
    assert len(given.curves) == 2
    assert len(given.held_out.rows) == 210
    assert len(given.test.rows) == 90
    assert given.data["n_classes"] == 3
    assert given.training["epochs"] == 3
    assert given.chance == pytest.approx(1 / 3, abs=0.02)
    codes = {finding.code for finding in run_checks(given)}
    assert codes <= {"TK102", "TK103", "TK202", "TK301", "TK303", "TK306"}


def test_the_checks_of_a_search_with_its_best_at_the_edge(folder, engine):
    space = tk.Space(quality=tk.Float(0.0, 0.5))
    tuner = study(space, engine, tracking=True, name="edge", n_trials=60, algorithm="random")
    tuner.fit(X, Y)
    tuner.evaluate(X, Y)
    tuner.evaluate(X, Y)
    found = {
        each.code: each
        for each in run_checks(collect_evidence(read_study(tuner.tracking_uri_, "edge")))
    }
    assert "quality=Float(0.0, 0.75)" in found["TK101"].code_to_paste
    assert "twice" in found["TK201"].evidence
    assert "TK402" in found  # the stand-in says the same of every row


def test_the_checks_of_a_healthy_regression_find_no_more_than_a_plateau(folder):
    X_ = np.random.default_rng(0).normal(size=(400, 3))
    y = X_ @ [1.0, 2.0, 3.0] + np.random.default_rng(1).normal(size=400)
    space = tk.Space(alpha=tk.Float(1e-3, 1e3, log=True))
    tuner = study(space, estimator=Ridge(), tracking=True, name="good", n_trials=30).fit(X_, y)
    found = run_checks(collect_evidence(read_study(tuner.tracking_uri_, "good")))
    assert {each.code for each in found} <= {"TK306"}


def test_the_checks_of_a_search_in_which_all_fails(folder):
    tuner = study(
        tk.Space(quality=tk.Float(0.0, 1.0)),
        estimator=Tame(deed="raise"),
        tracking=True,
        name="bad",
        n_trials=3,
    )
    with pytest.raises(tk.StudyError):
        tuner.fit(X, Y)
    (finding,) = run_checks(collect_evidence(read_study(tuner.tracking_uri_, "bad")))
    assert (finding.code, finding.severity) == ("TK103", "high")
    assert "is too bad" in finding.evidence


def test_the_checks_of_a_tree_have_no_curves_to_look_at(folder):
    space = tk.Space(max_depth=tk.Int(1, 5))
    tree = DecisionTreeClassifier(random_state=0)
    tuner = study(space, estimator=tree, tracking=True, name="tree", n_trials=5).fit(X, Y)
    given = collect_evidence(read_study(tuner.tracking_uri_, "tree"))
    assert given.curves == ()
    assert given.training == {}
    run_checks(given)
