"""Tables of the layers and of the steps of the best model."""

from __future__ import annotations

import pytest
from fake_networks import layer, network

from tunekit.analysis.architecture import architecture_of
from tunekit.reporting.tables.architecture import layers_table, steps_table
from tunekit.tracking.artifacts import read_json
from tunekit.tracking.store import open_store


@pytest.fixture
def described(tuner, uri):
    return read_json(open_store(uri, create=False), tuner.run_id_, "architecture.json")


def test_layers_match_those_of_keras(tuner, described):
    model = tuner.best_estimator_.model_
    table = layers_table(architecture_of(described))
    *layers, total = table.rows
    assert [row[0] for row in layers] == [each.name for each in model.layers]
    assert [row[4] for row in layers] == [each.count_params() for each in model.layers]
    assert total == ("all layers", "", "", "", model.count_params(), model.count_params())
    assert sum(row[4] for row in layers) == model.count_params()
    assert layers[0][2] == "64"


def test_single_estimator_has_no_step_name():
    description = {"steps": [{"name": "", "kind": "Ridge", "params": {"alpha": 2.0}}]}
    table = steps_table(architecture_of(description))
    assert [column.label for column in table.columns] == ["kind", "parameters"]
    assert table.rows == (("Ridge", "alpha=2.0"),)
    assert table.caption.startswith("The best estimator,")


def test_steps_before_a_network_have_their_own_table():
    description = network(layer("a"))
    description["steps"] = [
        {"name": "scale", "kind": "StandardScaler", "params": {}},
        *description["steps"],
    ]
    assert [row[0] for row in steps_table(architecture_of(description)).rows] == ["scale"]
    assert steps_table(architecture_of(network(layer("a")))) is None
