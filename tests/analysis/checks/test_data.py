"""Checks of the data: TK201 to TK203."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_studies import class_counts, execution, predictions, scores_of, study_data, trial
from statsmodels.stats.proportion import proportion_confint

from tunekit.analysis.checks.data import check_few_rows, check_imbalance, check_reused_test_split


@pytest.mark.parametrize(
    ("tested", "severity"), [((0, 0), None), ((1, 0), None), ((1, 1), "medium"), ((2, 1), "high")]
)
def test_a_reused_test_split_is_reported(tested, severity):
    executions = [
        execution("optuna", tested=tested[0], run_id="a"),
        execution("optuna", tested=tested[1], run_id="b"),
        execution("hyperopt", tested=1, run_id="c"),
    ]
    finding = check_reused_test_split(study_data([trial(0, 0.5)], executions=executions))
    assert (finding and finding.severity) == severity
    if finding:
        assert f"{['', '', 'twice', '3 times'][sum(tested)]} with optuna" in finding.evidence
        assert "once with hyperopt" in finding.evidence


def test_an_interval_wider_than_the_difference_at_stake_is_reported():
    test = predictions([0, 1] * 50, [0, 1] * 45 + [1, 0] * 5)
    close = scores_of(np.linspace(0.90, 0.94, 21))
    finding = check_few_rows(study_data(close, test=test))
    low, high = proportion_confint(90, 100, method="wilson")
    assert f"from {low:.3f} to {high:.3f}" in finding.evidence
    assert "0.020 between the best and the median trial" in finding.evidence
    assert finding.severity == "medium"
    far = scores_of(np.linspace(0.5, 0.94, 21))
    assert check_few_rows(study_data(far, test=test)) is None
    assert check_few_rows(study_data(close, validation=test)).severity == "low"


def test_few_rows_are_reported_for_any_scorer():
    few = predictions(np.arange(49.0), np.arange(49.0), classes=None)
    finding = check_few_rows(study_data(scores_of([0.5, 0.9]), test=few))
    assert "There are 49 rows" in finding.evidence
    more = predictions(np.arange(50.0), np.arange(50.0), classes=None)
    assert check_few_rows(study_data(scores_of([0.5, 0.9]), test=more)) is None
    assert check_few_rows(study_data(scores_of([0.5]))) is None


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
def test_a_rare_class_is_reported(counts, scoring, severity):
    given = study_data([trial(0, 0.5)], data=class_counts(*counts))
    finding = check_imbalance(replace(given, search=replace(given.search, scoring=scoring)))
    assert (finding and finding.severity) == severity
    if finding:
        assert f"'c{len(counts) - 1}'" in finding.evidence
        assert ("accuracy" in finding.evidence) == (scoring == "accuracy")


def test_without_tracked_data_classes_are_counted_in_distinct_validation_rows():
    once = predictions([0] * 90 + [1] * 10, [0] * 100)
    twice = replace(
        once,
        rows=np.tile(once.rows, 2),
        y_true=np.tile(once.y_true, 2),
        y_pred=np.tile(once.y_pred, 2),
        fold=np.repeat([0, 1], 100),
    )
    assert (
        "10 of 100 rows" in check_imbalance(study_data([trial(0, 0.5)], validation=twice)).evidence
    )
    assert check_imbalance(study_data([trial(0, 0.5)])) is None
    numbers = predictions(np.arange(9.0), np.arange(9.0), classes=None)
    assert check_imbalance(study_data([trial(0, 0.5)], validation=numbers)) is None
