"""Check of whether the folds differ more than the trials: TK306."""

from __future__ import annotations

from dataclasses import replace

from fake_studies import execution, study_data, trial

from tunekit.analysis.checks.folds import check_folds


def test_folds_that_differ_more_than_trials_are_reported():
    close = [trial(i, 0.9 - 0.001 * i, spread=0.02, fold_scores=(0.880, 0.920)) for i in range(12)]
    finding = check_folds(study_data(close))
    assert (finding.code, finding.severity) == ("TK306", "medium")
    assert "a standard deviation of 0.02 over the folds (0.880, 0.920)" in finding.evidence
    far = [replace(each, score=0.5) if each.number > 9 else each for each in close]
    far += [trial(i, 0.5) for i in range(12, 30)]
    assert check_folds(study_data(far)).severity == "low"
    assert "best ten trials lie within 0.009" in check_folds(study_data(far)).evidence
    distant = [trial(i, 0.9 - 0.01 * i, spread=0.02) for i in range(12)]
    assert check_folds(study_data(distant)) is None
    assert check_folds(study_data(close[:9])) is None
    one = [execution(info={"n_splits": "1"})]
    assert check_folds(study_data(close, executions=one)) is None
