"""What learning curves say of a training."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_curves import curve, falling

from tunekit.analysis.learning.diagnosis import diagnose

SOUND = curve(falling(20), falling(20, 0.12))


def test_nothing_is_wrong_with_curves_that_come_to_rest_together():
    found = diagnose([SOUND, SOUND])
    assert found.verdicts == ()
    assert found.words == (
        "Nothing is wrong with these curves: the loss held out is lowest at epoch 20 of 20.",
    )


def test_without_a_curve_held_out_nothing_is_said_to_be_right():
    alone = curve(falling(20))
    assert diagnose([alone]).words == (
        "The loss on the rows fitted on is lowest at epoch 20 of 20.",
        "Without a curve of rows held out, over- or underfitting cannot be seen.",
    )
    flat = diagnose([curve([1.0] * 20)])
    assert flat.verdicts == ("underfitting",)
    assert flat.words[1] == "Without a curve of rows held out, overfitting cannot be seen."
    assert not diagnose([curve([*falling(10), *[0.2] * 10])]).rests_early


def test_epochs_that_did_not_help_are_told_where_the_last_weights_were_kept():
    idle = curve(falling(20), [*falling(10, 0.12), *[0.14] * 10])
    found = diagnose([idle])
    assert found.rests_early
    assert found.words == (
        "The loss held out is lowest at epoch 10 of 20: the epochs behind it did not help.",
    )
    kept = diagnose([idle], restored=True)
    assert not kept.rests_early
    assert kept.words[0].endswith("epoch 10 of 20, and the weights of that epoch were kept.")


def test_a_loss_that_rises_again_while_the_other_falls_is_overfitting():
    held = np.concatenate([np.linspace(1.0, 0.5, 10), np.linspace(0.52, 0.6, 10)])
    found = diagnose([curve(falling(20, 0.01, 0.2), held)])
    assert found.rise == pytest.approx(100 * (0.6 / 0.5 - 1))  # Prechelt's definition
    assert (found.best_epoch, found.epochs) == (10, 20)
    assert found.verdicts == ("overfitting",)
    assert "lowest at epoch 10 of 20 and ends 20% above" in found.words[0]


def test_the_best_weights_kept_the_rise_did_no_harm():
    held = np.concatenate([np.linspace(1.0, 0.5, 10), np.linspace(0.52, 0.6, 10)])
    curves = [curve(falling(20, 0.3, 0.2), held)]
    assert diagnose(curves, restored=True).verdicts == ()
    assert diagnose(curves, restored=False).verdicts == ("overfitting",)


def test_a_rise_that_is_noise_or_of_both_losses_is_none():
    tiny = np.concatenate([falling(19, 1e-4, 1.0), [1.2e-4]])  # 20% of next to nothing
    assert "overfitting" not in diagnose([curve(falling(20, 5e-5, 1.0), tiny)]).verdicts
    both = np.concatenate([falling(10), falling(10)[::-1]])
    assert "overfitting" not in diagnose([curve(both, both)]).verdicts


@pytest.mark.parametrize(("gap", "verdicts"), [(0.11, ("overfitting",)), (0.09, ())])
def test_a_gap_in_accuracy_is_overfitting(gap, verdicts):
    right = 1 - falling(20, 0.0)
    found = diagnose([{**SOUND, **curve([1], [1], right, right - gap), **SOUND}], chance=0.1)
    assert found.gap == pytest.approx(gap)
    assert found.verdicts == verdicts


def test_without_accuracy_the_losses_are_compared():
    assert diagnose([curve(falling(20, 0.1), falling(20, 0.5))]).verdicts == ("overfitting",)
    found = diagnose([curve(falling(20, 0.1), falling(20, 0.15))])
    assert found.verdicts == ()
    assert found.times == pytest.approx(1.5, rel=0.01)
    small = diagnose([curve(falling(20, 0.001), falling(20, 0.003))])
    assert small.verdicts == (), "three times next to nothing is next to nothing"


def test_who_is_hardly_better_than_the_most_frequent_label_underfits():
    right = np.full(20, 0.63)
    curves = [{**SOUND, "accuracy": tuple(right), "val_accuracy": tuple(right)}]
    found = diagnose(curves, chance=0.6)
    assert found.learned == pytest.approx(0.03 / 0.4)
    assert found.verdicts == ("underfitting",)
    assert "learned 8% of what there is to learn" in found.words[0]
    assert diagnose(curves, chance=0.3).verdicts == ()


def test_a_loss_that_hardly_falls_is_underfitting_where_there_are_no_labels():
    flat = 1 - 0.05 * (1 - np.exp(-np.arange(20)))
    assert diagnose([curve(flat, flat)]).verdicts == ("underfitting",)


def test_a_loss_that_still_falls_was_stopped_too_early():
    line = np.linspace(1.0, 0.2, 20)
    found = diagnose([curve(line, line)])
    assert found.verdicts == ("stopped too early",)
    assert found.progress == pytest.approx((line[15] - line[19]) / (line[0] - line[19]))
    assert "last fifth of the epochs still brought 21%" in found.words[0]
    assert diagnose([curve(line)]).verdicts == ("stopped too early",)  # of the rows fitted on


def test_a_loss_that_goes_up_and_down_is_unstable():
    noisy = np.tile([1.0, 0.3], 10)
    found = diagnose([curve(noisy, noisy)])
    assert found.wobble == pytest.approx(9.0)
    assert "unstable" in found.verdicts


def test_one_fold_of_three_decides_nothing():
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
def test_of_too_little_nothing_is_said(curves):
    assert diagnose(curves) is None


@pytest.mark.parametrize(
    "values",
    [np.zeros(9), -np.arange(9.0), np.full(9, 7.0), np.array([1.0, math.nan, 0.5, 0.4, math.inf])],
)
def test_odd_losses_are_no_accident(values):
    found = diagnose([curve(values, values), curve(values, values)], chance=1.0)
    assert all(isinstance(word, str) for word in found.words)


def test_a_loss_that_goes_up_and_down_anyway_is_no_overfitting():
    rng = np.random.default_rng(0)
    plateau = np.r_[np.geomspace(0.7, 0.1, 10), 0.1 + 0.03 * rng.random(20)]
    noisy = diagnose([curve(falling(30), plateau)])
    assert noisy.rise > 5, "it does end above its minimum"
    assert "overfitting" not in noisy.verdicts
    rising = np.r_[np.geomspace(0.7, 0.1, 10), np.linspace(0.1, 0.3, 20)]
    assert "overfitting" in diagnose([curve(falling(30), rising)]).verdicts
