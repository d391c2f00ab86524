"""Grid search."""

from __future__ import annotations

from engine_runs import run

import tunekit as tk


def test_a_grid_is_searched_once_in_shuffled_order():
    space = tk.Space(
        layers=tk.Int(1, 3),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.8, step=0.4).when(optimizer="sgd"),
    )
    asked = run("optuna", space, lambda c: 0.0, 12, algorithm="grid")[1]
    assert sorted(map(repr, asked)) == sorted(map(repr, space.grid()))
    assert asked != space.grid()
