"""Axes of parameters."""

from __future__ import annotations

from fake_studies import SPACE

import tunekit as tk
from tunekit.analysis.search.axes import axis_of


def test_choices_with_the_same_text_are_distinct():
    space = tk.Space(a=tk.Categorical([1, "1", None, (8, 8), {"<b>": True}]))
    axis = axis_of(space.leaves[0])
    assert len(set(axis.categories)) == 5
    assert [axis.number(each) for each in (1, "1", None, [8, 8], {"<b>": True})] == [0, 1, 2, 3, 4]
    plain = axis_of(tk.Space(a=tk.Categorical(["relu", True, 2])).leaves[0])
    assert plain.categories == ("relu", "true", "2")


def test_ranges_with_few_values_are_drawn_as_categories():
    layers, units = (axis_of(leaf).in_steps() for leaf in SPACE.leaves[:2])
    assert (layers.kind, layers.categories, layers.number(3)) == ("category", ("1", "2", "3"), 2.0)
    assert units.kind == "log"
    tenths = axis_of(tk.Space(a=tk.Float(0, 0.5, step=0.1)).leaves[0]).in_steps()
    assert tenths.categories == ("0", "0.1", "0.2", "0.3", "0.4", "0.5")
    assert tenths.number(0.30000000000000004) == 3.0
