"""Learning curves: bands over folds, and what the curves say."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from sklearn.datasets import load_iris
from stand_ins import Curved, study

import tunekit as tk
from tunekit.analysis.learning.bands import band, metrics_of
from tunekit.analysis.learning.diagnosis import diagnose
from tunekit.analysis.study import read_finalists
from tunekit.reporting.figures.learning_curves import draw_curves, draw_together
from tunekit.reporting.sections.learning import learning_section
from tunekit.tracking.study_reader import read_curves, read_study


def curve(loss, val_loss=(), accuracy=(), val_accuracy=()):
    named = {
        "loss": loss,
        "val_loss": val_loss,
        "accuracy": accuracy,
        "val_accuracy": val_accuracy,
    }
    return {name: tuple(map(float, values)) for name, values in named.items() if len(values)}


def falling(n, floor=0.1, rate=0.5):
    """A loss that has come to rest."""
    return floor + np.exp(-rate * np.arange(n))


SOUND = curve(falling(20), falling(20, 0.12))


# Bands.


def test_a_band_is_the_mean_and_the_ends_of_the_folds_that_still_train():
    found = band([{"loss": (4.0, 2.0, 1.0)}, {"loss": (2.0, 1.0)}], "loss")
    assert found.mean.tolist() == [3.0, 1.5, 1.0]
    assert found.low.tolist() == [2.0, 1.0, 1.0]
    assert found.high.tolist() == [4.0, 2.0, 1.0]
    assert found.n_folds.tolist() == [2, 2, 1]


def test_what_is_not_finite_is_left_out_of_a_band():
    found = band([{"loss": (1.0, math.nan, 5.0)}, {"loss": (3.0, math.inf, math.inf)}], "loss")
    assert found.mean.tolist()[::2] == [2.0, 5.0]
    assert found.high[2] == 5.0
    assert np.isnan([found.mean[1], found.low[1], found.high[1]]).all()
    assert band([{"loss": (math.nan,)}], "loss") is None
    assert band([{"loss": (1.0,)}], "accuracy") is None
    assert band([], "loss") is None


def test_a_metric_has_one_name_for_both_kinds_of_rows():
    curves = [{"val_auc": (1.0,), "loss": (1.0,)}, {"val_loss": (1.0,), "auc": (1.0,)}]
    assert metrics_of(curves) == ["loss", "auc"]


# The diagnosis.


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


# Figures and the section.


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn above


def test_a_figure_has_a_band_over_folds_and_numbers_in_words():
    two = [SOUND, curve(falling(12), falling(12, 0.3))]
    figure = draw_curves(two, "loss", name="c", who="trial 3")
    filled = [each for each in parsed(figure.svg).iter() if "fill-opacity" in each.attrib]
    assert len(filled) == 2  # of the rows fitted on, and of those held out
    assert "fitted on: from 1.1 to 0.1001 in 20 epochs" in figure.text
    assert "mean of 2 fits" in figure.caption
    assert "from the lowest fold to the highest" in figure.caption
    seeds = draw_together({"a": two, "b": two}, "loss", name="c", fit="seed")
    assert "from the lowest seed to the highest" in seeds.caption
    assert {"lowest seed", "highest seed"} <= {each.label for each in seeds.table.columns}
    right = draw_curves([curve([1, 1, 1], (), [0.1, 0.9, 0.8])], "accuracy", name="c", who="x")
    assert "from 0.1 to 0.8 in 3 epochs, highest 0.9 at epoch 2" in right.text
    alone = draw_curves([SOUND], "loss", name="c", who="trial 3")
    assert len(alone.svg) < len(figure.svg)
    assert "no band" in alone.caption
    assert [row[0] for row in figure.table.rows] == list(range(1, 21))
    assert figure.table.rows[0][1] == pytest.approx(1.1)
    assert draw_curves([SOUND], "auc", name="c", who="x") is None


def test_long_curves_and_hostile_names_make_small_safe_figures():
    name = "<script>x</script>_$1$"
    long = {name: tuple(falling(5_000)), f"val_{name}": tuple(falling(5_000))}
    figure = draw_curves([long, long], name, name="c", who='"<b>')
    assert "<script" not in figure.svg
    assert len(figure.svg) < 40_000
    assert len(figure.table.rows) <= 100
    finalists = {f"<i>{i}": [SOUND, SOUND] for i in range(3)}
    assert "<i>" not in draw_together(finalists, "loss", name="t").svg


def test_the_best_of_a_study_have_their_curves_drawn(tuners, store):
    study = read_study(f"sqlite:///{store}", "three digits")
    finalists = read_finalists(study)
    assert [pair[0] for pair in finalists.values()] == list(study.trials[:3])
    best = study.trials[0]
    assert next(iter(finalists)) == f"{best.engine} trial {best.number}"
    section = learning_section({who: curves for who, (_, curves) in finalists.items()})
    assert [figure.title.split(" of ")[0] for figure in section.figures] == [
        *("loss", "accuracy", "loss")
    ]
    curves = read_curves(study, best)
    mean = np.mean([each["val_loss"] for each in curves], axis=0)
    assert [row[4] for row in section.figures[0].table.rows] == pytest.approx(mean)
    assert section.words == section.diagnosis.words
    assert len({figure.table.name for figure in section.figures}) == 3


def test_a_configuration_that_was_drawn_again_is_no_second_finalist(folder):
    space = tk.Space(quality=tk.Categorical([0.2, 0.5, 0.8]))
    settings = {
        "n_trials": 5,
        "tracking": True,
        "name": "again",
        "algorithm": "random",
        "random_state": 1,
    }
    tuner = study(space, estimator=Curved(), **settings)
    tuner.fit(*load_iris(return_X_y=True))
    assert tuner.trials_["reused"].notna().any()
    finalists = read_finalists(read_study(tuner.tracking_uri_, "again"))
    scores = [trial.score for trial, _ in finalists.values()]
    assert scores == sorted(set(scores), reverse=True)


def test_without_curves_a_sentence_says_so():
    assert learning_section({}).words == ("The best trials have no learning curves.",)
    short = learning_section({"a": [curve([1.0, 0.5])]})
    assert "too few epochs" in short.words[0]
    assert len(short.figures) == 1
