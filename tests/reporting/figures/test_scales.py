"""The ticks of axes."""

from __future__ import annotations

from matplotlib.figure import Figure
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import tunekit as tk
from tunekit.analysis.search.axes import axis_of
from tunekit.reporting.figures.scales import set_scale


def half(x):
    return x / 2


def double(x):
    return 2 * x


def test_labels_of_choices_stay_different_when_they_are_shortened():
    choices = [FunctionTransformer(half), FunctionTransformer(double), StandardScaler(), None, 1]
    space = tk.Space(scaler=tk.Categorical(choices))
    ax = Figure().add_subplot()
    set_scale(ax, "x", axis_of(space.leaves[0]))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[0].endswith("…nc=half)")
    assert labels[1].endswith("…=double)")
    assert {len(label) for label in labels[:2]} == {len("StandardScaler()")}
    assert labels[2:] == ["StandardScaler()", "None", "1"]


def test_long_numbers_leave_out_every_second_tick():
    space = tk.Space(rate=tk.Float(1e-4, 10, log=True), C=tk.Float(0.1, 1e3, log=True))
    ticks = {}
    for leaf in space.leaves:
        ax = Figure().add_subplot()
        set_scale(ax, "x", axis_of(leaf))
        ticks[leaf.name] = ax.get_xticks().tolist()
    assert ticks == {"rate": [0.0001, 0.01, 1.0], "C": [0.1, 1.0, 10.0, 100.0, 1000.0]}
