"""The wider space for best values at an edge."""

from __future__ import annotations

import pytest

import tunekit as tk
from tunekit.analysis.checks.wider_space import code_of, widened


@pytest.mark.parametrize(
    ("parameter", "ends", "wider"),
    [
        (tk.Float(0.001, 0.1, log=True), ("low", "high"), tk.Float(1e-4, 1.0, log=True)),
        (tk.Float(1.0, 100.0, log=True), ("high",), tk.Float(1.0, 1000.0, log=True)),
        (tk.Float(0.0, 0.9), ("high",), tk.Float(0.0, 0.95)),
        (tk.Float(0.2, 0.6), ("low",), tk.Float(0.0, 0.6)),
        (tk.Float(-1.0, 3.0), ("low", "high"), tk.Float(-3.0, 5.0)),
        (tk.Float(0.0, 0.4, step=0.1), ("high",), tk.Float(0.0, 0.6, step=0.1)),
        (tk.Float(0.1, 0.5, step=0.1), ("low",), tk.Float(0.0, 0.5, step=0.1)),
        (tk.Int(8, 32, log=True), ("low", "high"), tk.Int(4, 64, log=True)),
        (tk.Int(2, 6), ("low", "high"), tk.Int(1, 8)),
        (tk.Int(32, 128, step=32), ("high",), tk.Int(32, 192, step=32)),
        (tk.Int(1, 4), ("low",), None),
        (tk.Categorical(["a", "b"]), ("low",), None),
    ],
    ids=str,
)
def test_a_range_is_extended_by_half_on_its_own_scale(parameter, ends, wider):
    found = widened(tk.Space(x=parameter, y=tk.Int(0, 1)), {"x": set(ends)})
    assert found == (None if wider is None else tk.Space(x=wider, y=tk.Int(0, 1)))


def test_a_wider_space_keeps_conditions_constants_and_repeats():
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(8, 64, log=True).per("layers"),
        kind=tk.Categorical(["a", "b"]),
        rate=tk.Float(0.1, 0.2).when(kind="a"),
        epochs=9,
        extra={"deep": [1, 2]},
    )
    found = widened(space, {"layers": {"high"}, "rate": {"high"}})
    names = {}
    exec(code_of(found), names)  # noqa: S102 - code of the report
    assert names["space"] == found
    assert [leaf.name for leaf in found.leaves][:4] == [
        "layers",
        *(f"units[{i}]" for i in range(3)),
    ]
    assert found.parameters["rate"].conditions == (("kind", ("a",)),)
    assert found.constants == space.constants
