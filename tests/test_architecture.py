"""What the best model is made of, and what it takes to make it again."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from searches import execution, trial
from sklearn.datasets import load_iris
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from stand_ins import Tame

import tunekit as tk
from tunekit.analysis.architecture import architecture_of, summarised
from tunekit.analysis.reproduction import reproduction, seeds_of
from tunekit.evaluation.describe import describe_estimator
from tunekit.reporting.figures.architecture import draw_parts
from tunekit.reporting.tables.architecture import layers_table, steps_table
from tunekit.tracking.artifacts import read_json
from tunekit.tracking.study_reader import read_execution

IRIS = load_iris(return_X_y=True)


def layer(name, units=8, n_params=72, **facts):
    return {
        "name": name,
        "kind": "Dense",
        "shape": [units],
        "n_params": n_params,
        "n_trainable": n_params,
        **facts,
    }


def network(*layers, **facts):
    total = sum(each["n_params"] for each in layers)
    told = {"n_layers": len(layers), "n_params": total, "n_trainable": total, **facts}
    return {
        "steps": [{"name": "", "kind": "Net", "params": {}}],
        "network": {"layers": layers, **told},
    }


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn above


@pytest.fixture
def described(tuner, uri):
    return read_json(read_execution(uri, tuner.run_id_), tuner.run_id_, "architecture.json")


def test_the_table_is_that_of_keras(tuner, described):
    model = tuner.best_estimator_.model_
    table = layers_table(architecture_of(described))
    *layers, total = table.rows
    assert [row[0] for row in layers] == [each.name for each in model.layers]
    assert [row[4] for row in layers] == [each.count_params() for each in model.layers]
    assert total == ("all layers", "", "", "", model.count_params(), model.count_params())
    assert sum(row[4] for row in layers) == model.count_params()
    assert layers[0][2] == "64"


def test_the_picture_names_every_layer_of_a_small_network(tuner, described):
    figure = draw_parts(architecture_of(described))
    words = " ".join(parsed(figure.svg).itertext())
    for each in tuner.best_estimator_.model_.layers:
        assert each.name in words
    assert f"{tuner.best_estimator_.n_params_:,} parameters" in figure.text
    assert len(figure.svg) < 20_000


def test_boxes_are_as_wide_as_their_layers():
    figure = draw_parts(architecture_of(network(*(layer(f"l{n}", n) for n in (8, 64, 512)))))
    boxes = [each.get("d") for each in parsed(figure.svg).iter("path") if each.get("fill-opacity")]
    numbers = [[float(each) for each in re.findall(r"[\d.]+", box)] for box in boxes]
    widths = [max(each[::2]) - min(each[::2]) for each in numbers]
    small, middle, large = widths
    assert middle - small == pytest.approx(large - middle, rel=0.02)  # of equal ratios
    assert small < middle


def test_shapes_rates_and_frozen_weights_are_told():
    found = architecture_of(
        network(
            layer("a", shape=[26, None, 32], activation="relu", n_trainable=0),
            layer("b", n_params=0, kind="Dropout", rate=0.25),
            layer("c", shape=None, n_layers=7),
            layer("d", shape=[]),
        )
    )
    first, second, third, fourth = found.parts
    assert (first.shape_words, first.details) == ("26 × any × 32", "relu")
    assert second.details == "rate 0.25"
    assert (third.shape_words, third.details) == ("", "7 layers inside")
    assert fourth.shape_words == "1"
    svg = draw_parts(found).svg
    assert "not trained" in svg
    assert "<pattern" in svg
    assert "<pattern" not in draw_parts(architecture_of(network(layer("a")))).svg


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
    assert "layer_199" not in draw_parts(cut).svg, "nobody knows the last ones"
    twenty = architecture_of(network(*layers[:20]))
    assert "more" not in draw_parts(twenty).svg


@pytest.mark.parametrize("n", [1, 19, 20, 21, 22, 500])
def test_a_summary_hides_as_many_as_it_says(n):
    parts = architecture_of(network(*(layer(str(i)) for i in range(n)))).parts
    shown = summarised(parts, n, 20)
    assert sum(each if isinstance(each, int) else 1 for each in shown) == n
    assert len(shown) <= 20


def test_a_pipeline_has_its_steps_drawn():
    pipeline = make_pipeline(StandardScaler(with_mean=False), DecisionTreeClassifier(max_depth=3))
    found = architecture_of(describe_estimator(pipeline.fit(np.eye(4), [0, 1, 0, 1])))
    assert layers_table(found) is None
    assert steps_table(found).rows == (
        ("standardscaler", "StandardScaler", "with_mean=False"),
        ("decisiontreeclassifier", "DecisionTreeClassifier", "max_depth=3"),
    )
    figure = draw_parts(found)
    assert "2 steps" in figure.text
    assert "max_depth=3" in " ".join(parsed(figure.svg).itertext())


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


def test_hostile_names_stay_text_and_nothing_is_nothing():
    evil = '<script>alert("1")</script>$1$'
    found = architecture_of(network(layer(evil, kind=evil, activation=evil)))
    assert "<script" not in draw_parts(found).svg
    assert architecture_of(None) is None
    assert architecture_of({}) is None
    assert draw_parts(architecture_of(network())) is None
    assert draw_parts(architecture_of({"steps": network(layer("a"))["steps"]})) is None
    flat = draw_parts(architecture_of(network(layer("a", 1), layer("b", 1))))
    assert "nan" not in flat.svg


def test_the_picture_of_a_network_names_the_steps_before_it():
    told = network(layer("a"), layer("b"))
    alone = draw_parts(architecture_of(told)).caption
    assert alone.startswith("From top to bottom, as data go through it.")
    scaler, reducer = (
        {"name": kind.lower(), "kind": kind, "params": {}} for kind in ("StandardScaler", "PCA")
    )
    for steps, words in (
        ([scaler], "behind the step StandardScaler, which is not drawn."),
        ([scaler, reducer], "behind the steps StandardScaler and PCA, which are not drawn."),
    ):
        figure = draw_parts(architecture_of({**told, "steps": [*steps, *told["steps"]]}))
        assert f"The network alone, from top to bottom; it stands {words}" in figure.caption
        assert figure.text.startswith("The network of the best estimator has 2 layers")


# What it takes to do it again.


def test_the_python_makes_the_best_estimator_again(tuner, uri, described, digits):
    tracked = read_execution(uri, tuner.run_id_)
    environment = read_json(tracked, tuner.run_id_, "environment.json")
    found = reproduction(
        tracked.trials[0],
        tracked.executions[0],
        architecture=described,
        environment=environment,
    )
    names = {}
    exec(found.python, names)  # noqa: S102 - it is made to be run
    made = names["estimator"].fit(digits[0], digits[2])
    np.testing.assert_array_equal(made.predict(digits[1]), tuner.predict(digits[1]))
    assert json.loads(found.configuration) == json.loads(json.dumps(tuner.best_params_))
    assert found.note == ""
    assert "random_state=0 seeded" in found.seed
    assert dict(found.versions)["scikit-learn"]
    assert found.versions[0][0] == "Python"
    assert len(found.commit.split(",")[0]) == 40


def test_what_cannot_be_written_is_said():
    pipeline = make_pipeline(FunctionTransformer(lambda x: x), DecisionTreeClassifier())
    told = describe_estimator(pipeline.fit(np.eye(4), [0, 1, 0, 1]))
    found = reproduction(trial(0, 0.5), execution(), architecture=told, environment=None)
    assert "FunctionTransformer.func" in found.note
    assert "make_pipeline" not in found.python
    compile(found.python, "pasted", "exec")


def test_of_an_older_store_there_is_what_there_is():
    old = execution(info={"random_state": "None"})
    found = reproduction(
        trial(0, 0.5, params={"rate": 0.1, "kind": "<b>"}),
        old,
        architecture=None,
        environment=None,
    )
    assert json.loads(found.configuration) == {"rate": 0.1, "kind": "<b>"}
    assert found.python == ""
    assert "was not kept" in found.note
    assert "No random_state" in found.seed
    assert (found.versions, found.command, found.commit) == ((), "", "")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("studies/digits.py --n 3", "python studies/digits.py --n 3"),
        ("'my study.py' 'a b'", "python 'my study.py' 'a b'"),
        ("/usr/bin/tunekit run x.yaml", "/usr/bin/tunekit run x.yaml"),
        ("'cut off.py …", "'cut off.py …"),
    ],
)
def test_a_command_is_one_for_a_shell(command, shown):
    found = reproduction(
        trial(0, 0.5),
        execution(command=command, commit="abc", changed=True),
        architecture=None,
        environment=None,
    )
    assert found.command == shown
    assert found.commit == "abc, with changes that were not committed"


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({"cv": None}, "The splits were shuffled, seeded by", "Where"),
        ({"cv": 0.3}, "The splits were shuffled, seeded by", "Where"),
        ({"cv": 3}, "Where the splits shuffle,", "The splits were shuffled"),
        ({"cv": 3, "test_size": 0.2}, "The test split was drawn", "The splits were shuffled"),
        ({"cv": TimeSeriesSplit(3)}, "no row was shuffled", "seeded by"),
        ({"cv": 2}, "that was None was set to 7, and every other one, too, where", "one by one"),
        ({"cv": 2, "seeds": 3}, "every random_state set to 7, 8 and 9, one by one", "was None"),
    ],
)
def test_of_the_seeds_of_a_comparison_what_is_known_is_said(settings, said, unsaid):
    found = tk.compare({"a": Tame()}, *IRIS, random_state=7, tracking=False, **settings)
    told = seeds_of(found.info)
    assert said in told
    assert unsaid not in told
