"""Sizes that would take minutes or all memory are refused at once."""

from __future__ import annotations

import pytest

import tunekit as tk

RATE = tk.Space(rate=tk.Float(0.0, 1.0), n=tk.Int(0, 10))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: RATE.grid(10**9), "there are more than 100,000 configurations; lower resolution"),
        (lambda: tk.Space(n=tk.Int(0, 10**12)).grid(10**6), "there are more than 100,000"),
        (lambda: RATE.sample(10**12), r"n must be at most 1,000,000, got 1000000000000\."),
        (
            lambda: tk.Space(layers=tk.Int(1, 100_000), units=tk.Int(1, 8).per("layers")),
            r'Int\("units"\): .per repeats it at most 1,000 times, but \'layers\' is up to 100,000',
        ),
        (
            lambda: tk.Space(layers=100_000, units=tk.Int(1, 8).per("layers")),
            "at most 1,000 times, but 'layers' is up to 100,000",
        ),
        (
            lambda: tk.Space(n=tk.Categorical(range(10**9))),
            "choices must be at most 100,000, got 1,000,000,000; use an Int or a Float",
        ),
        (lambda: tk.Int(1, 2).when(n=range(10**9)), "at most 100,000 values can be listed"),
    ],
)
def test_a_size_that_is_too_large_is_refused_at_once(ask, message):
    with pytest.raises(tk.SpaceError, match=message):
        ask()


def test_sizes_up_to_the_limits_work():
    assert len(RATE.grid(1000)) == 11 * 1000
    assert len(RATE.sample(1000)) == 1000
    assert len(tk.Space(layers=200, units=tk.Int(1, 8).per("layers")).sample()[0]["units"]) == 200
