"""Architecture of the best model, and its summary."""

from __future__ import annotations

import pytest
from fake_networks import layer, network

from tunekit.analysis.architecture import architecture_of, summarised
from tunekit.reporting.figures.architecture import draw_parts
from tunekit.reporting.tables.architecture import layers_table


def test_a_deep_network_is_summarised():
    layers = [layer(f"layer_{i:03}") for i in range(200)]
    found = architecture_of(network(*layers))
    figure = draw_parts(found)
    assert "… 181 more …" in figure.svg
    assert "layer_009" in figure.svg
    assert "layer_191" in figure.svg
    assert "layer_100" not in figure.svg
    assert len(layers_table(found).rows) == 201
    cut = architecture_of(network(*layers, n_layers=900))
    assert layers_table(cut).rows[-2][0] == "700 more"
    assert "… 881 more …" in draw_parts(cut).svg
    assert "layer_199" not in draw_parts(cut).svg, "the last ones are unknown"
    twenty = architecture_of(network(*layers[:20]))
    assert "more …" not in draw_parts(twenty).svg


@pytest.mark.parametrize("n", [1, 19, 20, 21, 22, 500])
def test_a_summary_counts_the_hidden_parts(n):
    parts = architecture_of(network(*(layer(str(i)) for i in range(n)))).parts
    shown = summarised(parts, n, 20)
    assert sum(each if isinstance(each, int) else 1 for each in shown) == n
    assert len(shown) <= 20
