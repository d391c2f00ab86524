"""Diagnosis of learning curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_curves import curve, falling

from tunekit.analysis.learning.diagnosis import diagnose

SOUND = curve(falling(20), falling(20, 0.12))


def test_curves_that_converge_together_show_no_problem():
    diagnosis = diagnose([SOUND, SOUND])
    assert diagnosis.verdicts == ()
    assert diagnosis.words == (
        "These curves show no problem: the validation loss is lowest at epoch 20 of 20.",
    )


def test_without_a_validation_curve_nothing_is_declared_healthy():
    alone = curve(falling(20))
    assert diagnose([alone]).words == (
        "The training loss is lowest at epoch 20 of 20.",
        "Without a validation curve, over- or underfitting cannot be detected.",
    )
    flat = diagnose([curve([1.0] * 20)])
    assert flat.verdicts == ("underfitting",)
    assert flat.words[1] == "Without a validation curve, overfitting cannot be detected."
    assert not diagnose([curve([*falling(10), *[0.2] * 10])]).trains_too_long


def test_useless_epochs_are_reported_if_the_last_weights_were_kept():
    idle = curve(falling(20), [*falling(10, 0.12), *[0.14] * 10])
    diagnosis = diagnose([idle])
    assert diagnosis.trains_too_long
    assert diagnosis.words == (
        "The validation loss is lowest at epoch 10 of 20: later epochs did not help.",
    )
    kept = diagnose([idle], restored=True)
    assert not kept.trains_too_long
    assert kept.words[0].endswith("epoch 10 of 20, and the weights of that epoch were kept.")


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_overfitting():
    validation = np.concatenate([np.linspace(1.0, 0.5, 10), np.linspace(0.52, 0.6, 10)])
    diagnosis = diagnose([curve(falling(20, 0.01, 0.2), validation)])
    assert diagnosis.rise == pytest.approx(100 * (0.6 / 0.5 - 1))  # Prechelt's definition
    assert (diagnosis.best_epoch, diagnosis.epochs) == (10, 20)
    assert diagnosis.verdicts == ("overfitting",)
    assert "lowest at epoch 10 of 20 and ends 20% above" in diagnosis.words[0]


def test_a_rise_has_no_effect_if_the_best_weights_were_restored():
    validation = np.concatenate([np.linspace(1.0, 0.5, 10), np.linspace(0.52, 0.6, 10)])
    curves = [curve(falling(20, 0.3, 0.2), validation)]
    assert diagnose(curves, restored=True).verdicts == ()
    assert diagnose(curves, restored=False).verdicts == ("overfitting",)


def test_noise_and_a_rise_of_both_losses_are_not_overfitting():
    tiny = np.concatenate([falling(19, 1e-4, 1.0), [1.2e-4]])  # 20% of a negligible loss
    assert "overfitting" not in diagnose([curve(falling(20, 5e-5, 1.0), tiny)]).verdicts
    both = np.concatenate([falling(10), falling(10)[::-1]])
    assert "overfitting" not in diagnose([curve(both, both)]).verdicts


@pytest.mark.parametrize(("gap", "verdicts"), [(0.11, ("overfitting",)), (0.09, ())])
def test_a_gap_in_accuracy_is_overfitting(gap, verdicts):
    right = 1 - falling(20, 0.0)
    diagnosis = diagnose([{**SOUND, **curve([1], [1], right, right - gap), **SOUND}], chance=0.1)
    assert diagnosis.gap == pytest.approx(gap)
    assert diagnosis.verdicts == verdicts


def test_the_evidence_of_a_gap_in_some_folds_names_the_accuracies():
    right = 1 - falling(20, 0.0)
    folds = [
        {**curve([1], [1], right, right - gap), **SOUND} for gap in (0.12, 0.12, 0.12, 0.0, 0.0)
    ]
    diagnosis = diagnose(folds, chance=0.1)
    assert diagnosis.verdicts == ("overfitting",)
    (sentence,) = diagnosis.words
    assert sentence.startswith("Overfitting: in 60% of the folds, the training accuracy exceeds")


def test_without_accuracy_the_losses_are_compared():
    assert diagnose([curve(falling(20, 0.1), falling(20, 0.5))]).verdicts == ("overfitting",)
    diagnosis = diagnose([curve(falling(20, 0.1), falling(20, 0.15))])
    assert diagnosis.verdicts == ()
    assert diagnosis.times == pytest.approx(1.5, rel=0.01)
    small = diagnose([curve(falling(20, 0.001), falling(20, 0.003))])
    assert small.verdicts == (), "the difference is negligible"


def test_an_accuracy_close_to_that_of_the_most_frequent_class_is_underfitting():
    right = np.full(20, 0.63)
    curves = [{**SOUND, "accuracy": tuple(right), "val_accuracy": tuple(right)}]
    diagnosis = diagnose(curves, chance=0.6)
    assert diagnosis.learned == pytest.approx(0.03 / 0.4)
    assert diagnosis.verdicts == ("underfitting",)
    assert "achieved only 8% of the possible improvement" in diagnosis.words[0]
    assert diagnose(curves, chance=0.3).verdicts == ()
    guessing = [{**curves[0], "val_accuracy": (0.4,) * 20}]
    assert diagnose(guessing, chance=0.6).verdicts == ("underfitting",), "nothing was learned"


def test_without_accuracy_a_loss_that_hardly_falls_is_underfitting():
    flat = 1 - 0.05 * (1 - np.exp(-np.arange(20)))
    assert diagnose([curve(flat, flat)]).verdicts == ("underfitting",)


def test_a_loss_that_still_falls_was_stopped_too_early():
    line = np.linspace(1.0, 0.2, 20)
    diagnosis = diagnose([curve(line, line)])
    assert diagnosis.verdicts == ("stopped too early",)
    assert diagnosis.progress == pytest.approx((line[15] - line[19]) / (line[0] - line[19]))
    assert "last fifth of the epochs still brought 21%" in diagnosis.words[0]
    assert diagnose([curve(line)]).verdicts == ("stopped too early",)  # on training rows


def test_an_oscillating_loss_is_unstable():
    noisy = np.tile([1.0, 0.3], 10)
    diagnosis = diagnose([curve(noisy, noisy)])
    assert diagnosis.wobble == pytest.approx(9.0)
    assert "unstable" in diagnosis.verdicts


def test_one_fold_of_three_is_not_decisive():
    line = np.linspace(1.0, 0.2, 20)
    assert diagnose([SOUND, SOUND, curve(line, line)]).verdicts == ()
    assert diagnose([SOUND, curve(line, line), curve(line, line)]).verdicts == (
        "stopped too early",
    )


@pytest.mark.parametrize(
    "curves",
    [
        [],
        [{}],
        [curve([1, 0.5])],
        [{"accuracy": (0.1, 0.2, 0.3)}],
        [curve([math.nan] * 9, [math.nan] * 9)],
    ],
)
def test_short_or_missing_curves_have_no_diagnosis(curves):
    assert diagnose(curves) is None


@pytest.mark.parametrize(
    "values",
    [np.zeros(9), -np.arange(9.0), np.full(9, 7.0), np.array([1.0, math.nan, 0.5, 0.4, math.inf])],
)
def test_unusual_losses_raise_no_error(values):
    diagnosis = diagnose([curve(values, values), curve(values, values)], chance=1.0)
    assert all(isinstance(word, str) for word in diagnosis.words)


def test_an_oscillating_plateau_is_not_overfitting():
    rng = np.random.default_rng(0)
    plateau = np.r_[np.geomspace(0.7, 0.1, 10), 0.1 + 0.03 * rng.random(20)]
    noisy = diagnose([curve(falling(30), plateau)])
    assert noisy.rise > 5, "it does end above its minimum"
    assert "overfitting" not in noisy.verdicts
    rising = np.r_[np.geomspace(0.7, 0.1, 10), np.linspace(0.1, 0.3, 20)]
    assert "overfitting" in diagnose([curve(falling(30), rising)]).verdicts
