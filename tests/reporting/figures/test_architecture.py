"""The diagram of the architecture of the best model."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fake_networks import layer, network
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tunekit.analysis.architecture import architecture_of
from tunekit.evaluation.describe import describe_estimator
from tunekit.reporting.figures.architecture import draw_parts
from tunekit.reporting.tables.architecture import layers_table, steps_table
from tunekit.tracking.artifacts import read_json
from tunekit.tracking.store import open_store


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn above


@pytest.fixture
def described(tuner, uri):
    return read_json(open_store(uri, create=False), tuner.run_id_, "architecture.json")


def test_diagram_names_every_layer_of_a_small_network(tuner, described):
    figure = draw_parts(architecture_of(described))
    text = " ".join(parsed(figure.svg).itertext())
    for each in tuner.best_estimator_.model_.layers:
        assert each.name in text
    assert f"{tuner.best_estimator_.n_params_:,} parameters" in figure.text
    assert len(figure.svg) < 20_000


def test_width_of_boxes_follows_the_layer_size():
    figure = draw_parts(architecture_of(network(*(layer(f"l{n}", n) for n in (8, 64, 512)))))
    boxes = [each.get("d") for each in parsed(figure.svg).iter("path") if each.get("fill-opacity")]
    numbers = [[float(each) for each in re.findall(r"[\d.]+", box)] for box in boxes]
    widths = [max(each[::2]) - min(each[::2]) for each in numbers]
    small, middle, large = widths
    assert middle - small == pytest.approx(large - middle, rel=0.02)  # of equal ratios
    assert small < middle


def test_shapes_rates_and_frozen_weights_are_shown():
    architecture = architecture_of(
        network(
            layer("a", shape=[26, None, 32], activation="relu", n_trainable=0),
            layer("b", n_params=0, kind="Dropout", rate=0.25),
            layer("c", shape=None, n_layers=7),
            layer("d", shape=[]),
        )
    )
    first, second, third, fourth = architecture.parts
    assert (first.shape_words, first.details) == ("26 × any × 32", "relu")
    assert second.details == "rate 0.25"
    assert (third.shape_words, third.details) == ("", "7 inner layers")
    assert fourth.shape_words == "1"
    svg = draw_parts(architecture).svg
    assert "frozen" in svg
    assert "<pattern" in svg
    assert "<pattern" not in draw_parts(architecture_of(network(layer("a")))).svg


def test_steps_of_a_pipeline_are_drawn():
    pipeline = make_pipeline(StandardScaler(with_mean=False), DecisionTreeClassifier(max_depth=3))
    architecture = architecture_of(describe_estimator(pipeline.fit(np.eye(4), [0, 1, 0, 1])))
    assert layers_table(architecture) is None
    assert steps_table(architecture).rows == (
        ("standardscaler", "StandardScaler", "with_mean=False"),
        ("decisiontreeclassifier", "DecisionTreeClassifier", "max_depth=3"),
    )
    figure = draw_parts(architecture)
    assert "2 steps" in figure.text
    assert "max_depth=3" in " ".join(parsed(figure.svg).itertext())


def test_hostile_names_are_escaped_and_empty_descriptions_give_none():
    evil = '<script>alert("1")</script>$1$'
    architecture = architecture_of(network(layer(evil, kind=evil, activation=evil)))
    assert "<script" not in draw_parts(architecture).svg
    assert architecture_of(None) is None
    assert architecture_of({}) is None
    assert draw_parts(architecture_of(network())) is None
    assert draw_parts(architecture_of({"steps": network(layer("a"))["steps"]})) is None
    flat = draw_parts(architecture_of(network(layer("a", 1), layer("b", 1))))
    assert "nan" not in flat.svg


def test_caption_of_a_network_names_the_steps_before_it():
    description = network(layer("a"), layer("b"))
    alone = draw_parts(architecture_of(description)).caption
    assert alone.startswith("From input to output, top to bottom.")
    scaler, reducer = (
        {"name": kind.lower(), "kind": kind, "params": {}} for kind in ("StandardScaler", "PCA")
    )
    for steps, steps_text in (
        ([scaler], "the step StandardScaler, which is not shown."),
        ([scaler, reducer], "the steps StandardScaler and PCA, which are not shown."),
    ):
        figure = draw_parts(
            architecture_of({**description, "steps": [*steps, *description["steps"]]})
        )
        assert f"The network alone, top to bottom; it follows {steps_text}" in figure.caption
        assert figure.text.startswith("The network of the best estimator has 2 layers")
