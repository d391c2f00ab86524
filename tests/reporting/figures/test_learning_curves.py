"""Figures of learning curves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from fake_curves import curve, falling

from tunekit.reporting.figures.learning_curves import draw_curves, draw_together

SOUND = curve(falling(20), falling(20, 0.12))


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn above


def test_figure_has_a_band_over_folds_and_a_text_with_numbers():
    two = [SOUND, curve(falling(12), falling(12, 0.3))]
    figure = draw_curves(two, "loss", name="c", who="trial 3")
    filled = [each for each in parsed(figure.svg).iter() if "fill-opacity" in each.attrib]
    assert len(filled) == 2  # training and validation rows
    assert "training: from 1.1 to 0.1001 in 20 epochs" in figure.text
    assert "mean of 2 fits" in figure.caption
    assert "from the lowest to the highest fold" in figure.caption
    seeds = draw_together({"a": two, "b": two}, "loss", name="c", fit="seed")
    assert "from the lowest to the highest seed" in seeds.caption
    assert {"lowest seed", "highest seed"} <= {each.label for each in seeds.table.columns}
    accuracy = draw_curves([curve([1, 1, 1], (), [0.1, 0.9, 0.8])], "accuracy", name="c", who="x")
    assert "from 0.1 to 0.8 in 3 epochs, highest 0.9 at epoch 2" in accuracy.text
    single = draw_curves([SOUND], "loss", name="c", who="trial 3")
    assert len(single.svg) < len(figure.svg)
    assert "no band" in single.caption
    assert [row[0] for row in figure.table.rows] == list(range(1, 21))
    assert figure.table.rows[0][1] == pytest.approx(1.1)
    assert draw_curves([SOUND], "auc", name="c", who="x") is None


def test_long_curves_and_hostile_names_give_small_safe_figures():
    name = "<script>x</script>_$1$"
    long = {name: tuple(falling(5_000)), f"val_{name}": tuple(falling(5_000))}
    figure = draw_curves([long, long], name, name="c", who='"<b>')
    assert "<script" not in figure.svg
    assert len(figure.svg) < 40_000
    assert len(figure.table.rows) <= 100
    finalists = {f"<i>{i}": [SOUND, SOUND] for i in range(3)}
    assert "<i>" not in draw_together(finalists, "loss", name="t").svg
