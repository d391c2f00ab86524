"""Tables of the best model's layers and of its steps."""

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


def test_the_table_is_that_of_keras(tuner, described):
    model = tuner.best_estimator_.model_
    table = layers_table(architecture_of(described))
    *layers, total = table.rows
    assert [row[0] for row in layers] == [each.name for each in model.layers]
    assert [row[4] for row in layers] == [each.count_params() for each in model.layers]
    assert total == ("all layers", "", "", "", model.count_params(), model.count_params())
    assert sum(row[4] for row in layers) == model.count_params()
    assert layers[0][2] == "64"


def test_an_estimator_alone_is_no_step_without_a_name():
    told = {"steps": [{"name": "", "kind": "Ridge", "params": {"alpha": 2.0}}]}
    table = steps_table(architecture_of(told))
    assert [column.label for column in table.columns] == ["kind", "parameters"]
    assert table.rows == (("Ridge", "alpha=2.0"),)
    assert table.caption.startswith("The best estimator,")


def test_a_network_behind_other_steps_has_these_in_a_table_of_their_own():
    told = network(layer("a"))
    told["steps"] = [{"name": "scale", "kind": "StandardScaler", "params": {}}, *told["steps"]]
    assert [row[0] for row in steps_table(architecture_of(told)).rows] == ["scale"]
    assert steps_table(architecture_of(network(layer("a")))) is None
