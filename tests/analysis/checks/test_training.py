"""Checks of training: TK301 to TK305."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_studies import study_data, trial

import tunekit as tk
from tunekit.analysis.checks.training import (
    check_budget,
    check_overfitting,
    check_stopped_early,
    check_underfitting,
    check_unstable,
)
from tunekit.analysis.learning.diagnosis import diagnose

FALLING = tuple((0.1 + np.exp(-0.5 * np.arange(20))).tolist())
SOUND = {"loss": FALLING, "val_loss": tuple(0.02 + each for each in FALLING)}
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
def test_problems_of_curves_are_reported(check, code, curve):
    finding = check(study_data([trial(0, 0.5)], curves=[curve, curve]))
    assert finding.code == code
    assert finding.evidence[0].isupper()
    assert finding.evidence.endswith(".")
    assert check(study_data([trial(0, 0.5)], curves=[SOUND])) is None
    assert check(study_data([trial(0, 0.5)])) is None
    assert check(study_data([])) is None


def with_curve(data, curve):
    return replace(data, curves={data.best.name: [curve]})


def network(**training):
    return {"network": {"training": training}}


def test_early_stopping_neither_overfits_nor_stops_too_early():
    curve = {"loss": LINE, "val_loss": OVER}
    stopped = network(epochs=50, early_stopping=True)
    given = study_data([trial(0, 0.5)], curves=[curve], architecture=stopped)
    assert check_overfitting(given) is None
    by_trial = study_data([trial(0, 0.5, params={"early_stopping": True})], curves=[curve])
    assert check_overfitting(by_trial) is None
    accuracies = {"accuracy": (0.5, *[1.0] * 19), "val_accuracy": (0.5, *[0.6] * 19)}
    right = {"loss": LINE, "val_loss": LINE, **accuracies}
    for settings, named in (({"early_stopping": True}, False), ({}, True)):
        wide = study_data([trial(0, 0.5)], curves=[right], architecture=network(**settings))
        assert ("early_stopping=True" in check_overfitting(wide).remedy) is named
    line = {"loss": LINE, "val_loss": LINE}
    early = study_data([trial(0, 0.5)], curves=[line], architecture=stopped)
    assert check_stopped_early(early) is None
    to_the_end = network(epochs=20, early_stopping=True)
    assert check_stopped_early(replace(early, architecture=to_the_end)).code == "TK303"


def test_useless_epochs_that_were_not_searched_are_reported():
    plateau = (*np.linspace(1.0, 0.2, 10).tolist(), *np.full(10, 0.201).tolist())
    curve = {"loss": plateau, "val_loss": plateau}
    given = study_data(
        [trial(0, 0.5)], curves=[curve], architecture=network(epochs=20, early_stopping=False)
    )
    finding = check_budget(given)
    assert (finding.code, finding.severity) == ("TK304", "low")
    assert "All 20 epochs were trained" in finding.evidence
    assert "lowest at epoch 10" in finding.evidence
    assert (
        check_budget(replace(given, architecture=network(epochs=20, early_stopping=True))) is None
    )
    assert check_budget(replace(given, architecture={})) is None
    assert check_budget(with_curve(given, {"loss": plateau})) is None, "there is no validation loss"
    assert diagnose([curve]).words[0].startswith("The validation loss is lowest at epoch 10 of 20")
    assert check_budget(with_curve(given, {"loss": LINE, "val_loss": LINE})) is None
    tuned = tk.Space(epochs=tk.Int(5, 20), depth=tk.Int(1, 4))
    chosen = replace(given, search=replace(given.search, space=tuned))
    assert check_budget(chosen) is None
