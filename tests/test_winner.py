"""What is kept of a search's winner: its make-up, its worst mistakes, and the surroundings."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import optuna
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from stand_ins import QUALITY, study

import tunekit as tk
from tunekit.core.predictions import Predictions
from tunekit.evaluation.describe import describe_estimator
from tunekit.evaluation.mistakes import KEPT, LARGEST, worst_mistakes
from tunekit.models.summary import layout
from tunekit.study.storage import read_records
from tunekit.tracking.artifacts import dump_mistakes, load_mistakes, read_json, read_mistakes
from tunekit.tracking.study_reader import read_execution, read_predictions, read_study
from tunekit.tracking.study_tracker import Leaders

X, Y = load_iris(return_X_y=True)
DEPTHS = tk.Space(max_depth=tk.Int(1, 3))


def predictions(y_true, y_pred, y_score=None, classes=None, rows=None):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    rows = np.arange(len(y_true)) if rows is None else np.asarray(rows)
    return Predictions(rows, np.zeros_like(rows), y_true, y_pred, y_score, classes)


@pytest.fixture
def tracked(tuner, uri):
    return read_execution(uri, tuner.run_id_)


# What the best estimator is made of.


def test_layers_are_those_that_keras_tells(tuner, tracked):
    described = read_json(tracked, tuner.run_id_, "architecture.json")
    network, model = described["network"], tuner.best_estimator_.model_
    assert described["kind"] == "network"
    assert network["n_params"] == model.count_params()
    assert network["n_layers"] == len(model.layers)
    for told, layer in zip(network["layers"], model.layers, strict=True):
        assert told["name"] == layer.name
        assert told["kind"] == type(layer).__name__
        assert told["n_params"] == layer.count_params()
        assert told["shape"] == list(layer.output.shape[1:])
    assert network["layers"][1]["activation"] == "relu"
    assert network["training"]["epochs"] == network["training"]["n_iter_"] == 3


def test_the_python_that_is_kept_makes_the_winner(tuner, tracked, digits):
    code = read_json(tracked, tuner.run_id_, "architecture.json")["python"]
    names = {}
    exec("\n".join(code["imports"]), names)  # noqa: S102 - what the study wrote
    again = eval(code["expression"], names)
    assert repr(again.get_params()) == repr(tuner.best_estimator_.get_params())
    again.fit(digits[0], digits[2])
    np.testing.assert_array_equal(again.predict(digits[1]), tuner.predict(digits[1]))


def test_frozen_weights_rates_and_networks_inside_are_told():
    class Holder:
        model_ = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, trainable=False, name="frozen"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.25),
                keras.Sequential([keras.Input((6, 6, 4)), keras.layers.Flatten()], name="inner"),
                keras.layers.Dense(2, activation="softmax"),
            ]
        )

    found = layout(Holder())
    by_kind = {each["kind"]: each for each in found["layers"]}
    assert by_kind["Conv2D"]["n_params"] == 4 * 9 + 4
    assert by_kind["Conv2D"]["n_trainable"] == 0
    assert (by_kind["BatchNormalization"]["n_params"], found["n_trainable"]) == (16, 8 + 290)
    assert by_kind["Dropout"]["rate"] == 0.25
    assert by_kind["Sequential"]["n_layers"] == 1
    assert by_kind["Dense"]["activation"] == "softmax"
    assert layout(DecisionTreeClassifier().fit(X, Y)) is None


def test_what_has_no_single_shape_and_what_is_no_layer_is_told_too():
    inputs = keras.Input((4, 2))
    outputs, state = keras.layers.GRU(3, return_state=True, name="memory")(inputs)

    class Holder:
        model_ = keras.Model(inputs, keras.ops.add(outputs, state))

    layers = {each["name"]: each for each in layout(Holder())["layers"]}
    assert layers["memory"]["shape"] is None
    assert layers["memory"]["n_params"] == Holder.model_.count_params()
    assert "Add" in {each["kind"] for each in layers.values()}


def test_steps_of_a_pipeline_are_told_with_what_was_changed():
    pipeline = make_pipeline(
        make_column_transformer((StandardScaler(), [0]), remainder="passthrough"),
        FunctionTransformer(lambda x: x),
        "passthrough",
        DecisionTreeClassifier(max_depth=2, random_state=0),
    ).fit(X, Y)
    described = describe_estimator(pipeline)
    assert described["kind"] == "estimator"
    assert "network" not in described
    assert [each["kind"] for each in described["steps"]] == [
        "ColumnTransformer",
        "FunctionTransformer",
        "passthrough",
        "DecisionTreeClassifier",
    ]
    assert described["steps"][3]["params"] == {"max_depth": "2", "random_state": "0"}
    assert "StandardScaler()" in described["steps"][0]["params"]["transformers"]
    assert described["python"]["left_out"] == ["FunctionTransformer.func"]
    json.dumps(described)


# Which rows are mistakes, and what is kept of them.


def test_the_surest_mistakes_of_a_classifier_come_first():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.45, 0.55]])
    held = predictions([0, 0, 0, 1, 1], [0, 1, 1, 0, 1], scores, np.array([0, 1]))
    found = worst_mistakes(held, X)
    assert found.rows.tolist() == [2, 3, 1]
    np.testing.assert_array_equal(found.inputs, X[[2, 3, 1]])
    assert (found.columns, found.stride, found.reason) == ((), 1, "")


def test_it_counts_how_sure_it_was_of_the_class_that_it_named():
    # The second row's largest probability is of another class than the one that was predicted.
    scores = np.array([[0.6, 0.4, 0.0], [0.9, 0.0, 0.1]])
    held = predictions(["b", "b"], ["a", "c"], scores, np.array(["a", "b", "c"]))
    assert worst_mistakes(held, X).rows.tolist() == [0, 1]
    unknown = predictions(["b", "b"], ["zebra", "a"], scores, np.array(["a", "b", "c"]))
    assert worst_mistakes(unknown, X).rows.tolist() == [1, 0]


def test_the_largest_errors_of_a_regression_come_first():
    held = predictions([1.0, 2.0, 3.0, 4.0], [1.0, 2.5, 0.0, np.nan])
    assert worst_mistakes(held, X).rows.tolist() == [2, 1]
    whole = predictions([1, 2, 3], [3, 2, 4])
    assert worst_mistakes(whole, X).rows.tolist() == [0, 2]


def test_outputs_of_different_sizes_weigh_the_same():
    y_true = np.column_stack([[0.0, 1.0, 2.0], [0.0, 1000.0, 2000.0]])
    y_pred = y_true + np.array([[1.0, 0.0], [0.0, 900.0], [0.0, 0.0]])
    assert worst_mistakes(predictions(y_true, y_pred), X).rows.tolist() == [0, 1]


def test_labels_without_probabilities_are_taken_in_their_order():
    assert worst_mistakes(predictions(["a", "b"], ["b", "b"]), X).rows.tolist() == [0]
    multilabel = predictions(np.eye(3, dtype=int), np.eye(3, dtype=int)[[0, 2, 1]])
    assert worst_mistakes(multilabel, X).rows.tolist() == [1, 2]


def test_no_mistake_is_none_and_a_row_counts_once():
    assert worst_mistakes(predictions([0, 1], [0, 1], classes=np.array([0, 1])), X) is None
    again = predictions([0, 0, 0], [1, 1, 1], classes=np.array([0, 1]), rows=[5, 5, 7])
    assert worst_mistakes(again, X).rows.tolist() == [5, 7]
    many = predictions(np.zeros(150), np.arange(150.0))
    assert worst_mistakes(many, X).rows.tolist() == list(range(149, 149 - KEPT, -1))


ALL = predictions(np.zeros(30), np.arange(30.0))  # the worst row is the last


def kept(inputs):
    found = worst_mistakes(ALL, inputs)
    return found, dump_mistakes(found)


def test_a_table_keeps_names_and_texts():
    frame = pd.DataFrame({"age": np.arange(30.0), "<b>": ["x"] * 29 + [None]})
    found, _ = kept(frame)
    assert found.columns == ("age", "<b>")
    assert found.inputs[0].tolist() == ["29", ""]
    assert found.inputs[1].tolist() == ["28", "x"]
    numbers, _ = kept(pd.DataFrame({"a": range(30), "b": np.linspace(0, 1, 30)}))
    assert numbers.inputs.dtype == np.float64
    assert numbers.inputs[0].tolist() == [29.0, 1.0]


def test_other_kinds_of_inputs_are_kept_as_they_are():
    found, _ = kept(sparse.csr_array(np.diag(np.arange(30.0))))
    assert found.inputs[0, 29] == 29.0
    words, _ = kept([f"text {i}" for i in range(30)])
    assert words.inputs[0] == "text 29"
    long, content = kept(["x" * 100_000] * 30)
    assert len(long.inputs[0]) == 2000
    assert len(content) < 2 * LARGEST


def test_large_images_are_thinned_and_keep_their_channels():
    images = np.zeros((30, 200, 300, 3), dtype=np.uint8)
    images[29, ::2, ::2] = 7
    found, _ = kept(images)
    assert found.stride == 3
    np.testing.assert_array_equal(found.inputs[0], images[29, ::3, ::3])
    small, _ = kept(np.zeros((30, 28, 28)))
    assert (small.inputs.shape, small.stride) == ((KEPT, 28, 28), 1)
    assert found.inputs.nbytes <= LARGEST


def test_what_is_too_large_is_left_out_with_a_reason():
    wide, content = kept(np.zeros((30, 20_000)))
    assert wide.inputs is None
    assert wide.reason == "a row has 20,000 values"
    assert len(content) < 10_000
    texts, _ = kept(np.full((30, 6_000), "x", dtype=object))
    assert texts.reason == "a row has 6,000 values"
    fits, _ = kept(np.zeros((30, 10_000)))  # in single precision
    assert fits.inputs.dtype == np.float32


@pytest.mark.parametrize("inputs", [X, np.zeros((30, 20_000)), ["a"] * 30])
def test_mistakes_are_read_back_as_they_were(inputs, tmp_path):
    found, content = kept(inputs)
    (tmp_path / "m.npz").write_bytes(content)
    again = load_mistakes(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.rows, found.rows)
    np.testing.assert_array_equal(again.inputs, found.inputs)
    assert (again.columns, again.stride, again.reason) == (
        found.columns,
        found.stride,
        found.reason,
    )


# What a study writes, and what is read of one.


def test_a_study_keeps_the_inputs_of_its_mistakes(tuner, tracked, digits):
    best = tracked.trials[0]
    held = read_predictions(tracked, best.run_id, "predictions.npz")
    found = read_mistakes(tracked, best.run_id, "mistakes.npz")
    wrong = held.y_pred != held.y_true
    assert len(found.rows) == min(KEPT, wrong.sum()) > 0
    assert set(found.rows) <= set(held.rows[wrong])
    np.testing.assert_array_equal(found.inputs, digits[0][found.rows])
    judged = read_mistakes(tracked, tuner.run_id_, "test_mistakes.npz")
    wrong = np.flatnonzero(tuner.predict(digits[1]) != digits[3])
    assert (judged is None) == (len(wrong) == 0)
    if judged:
        assert set(judged.rows) <= set(wrong)
        np.testing.assert_array_equal(judged.inputs, digits[1][judged.rows])


def test_a_search_that_is_gone_on_with_keeps_the_mistakes_of_an_earlier_trial(folder, engine):
    settings = {"tracking": True, "name": "on", "storage": "sqlite:///s.db", "n_trials": 3}
    for n_trials in (3, 4):
        settings["n_trials"] = n_trials
        settings["initial"] = [{"quality": 1.0}]
        tuner = study(QUALITY, engine, **settings).fit(X, Y)
        assert tuner.best_index_ == 0
        tracked = read_study(tuner.tracking_uri_, "on")
        assert read_mistakes(tracked, tracked.trials[0].run_id, "mistakes.npz") is not None
        for path in Path("mlruns").rglob("mistakes.npz"):
            path.unlink()


def test_inputs_are_not_kept_where_the_environment_says_so(folder, monkeypatch):
    monkeypatch.setenv("TUNEKIT_KEEP_INPUTS", "0")
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), tracking=True, name="quiet")
    tuner.fit(X, Y)
    tuner.evaluate(X, 2 - Y)
    assert list(Path("mlruns").rglob("*mistakes.npz")) == []
    assert len(list(Path("mlruns").rglob("test_predictions.npz"))) == 1


def test_without_a_refit_mistakes_are_kept_all_the_same(folder):
    tuner = study(
        DEPTHS,
        estimator=DecisionTreeRegressor(),
        tracking=True,
        name="bare",
        refit=False,
    ).fit(X, Y.astype(float))
    tracked = read_study(tuner.tracking_uri_, "bare")
    assert read_json(tracked, tuner.run_id_, "architecture.json") is None
    assert len(read_json(tracked, tuner.run_id_, "data.json")["targets"]) == 1
    found = read_mistakes(tracked, tracked.trials[0].run_id, "mistakes.npz")
    assert 0 < len(found.rows) <= KEPT


def test_of_equal_trials_the_first_of_the_study_leads_whichever_ended_first(tuners):
    (first, second) = read_records(tuners["optuna"].study_, tuners["optuna"].space)[:2]
    same = replace(second.evaluation, scores=(0.5,), predictions=predictions([1], [1]))
    other = replace(same, predictions=predictions([0], [0]))
    leaders = Leaders()
    assert leaders.is_better(replace(second, evaluation=same))
    assert not leaders.is_better(replace(first, evaluation=other))
    assert leaders.predictions(first.number) is other.predictions
    assert leaders.predictions(second.number) is None
    assert not leaders.is_better(replace(second, number=7, evaluation=same))
    assert leaders.predictions(first.number) is other.predictions


def test_trials_tell_when_they_ran_and_how_fast_they_predict(tuner, tracked):
    for trial in tracked.trials:
        row = tuner.cv_results_["split0_test_score"][trial.number]
        other = tuner.cv_results_["split1_test_score"][trial.number]
        assert trial.fold_scores == (row, other)
        assert np.mean(trial.fold_scores) == pytest.approx(trial.score)
        assert trial.ended - trial.started == pytest.approx(1000 * trial.duration, rel=0.5, abs=50)
        assert 0 < trial.predict_time < trial.fit_time
    evaluation = read_records(tuner.study_, tuner.space)[0].evaluation
    assert sum(evaluation.n_test) == 210
    first = next(each for each in tracked.trials if each.number == 0)
    assert first.predict_time == pytest.approx(sum(evaluation.predict_times) / 210)


def test_the_command_is_kept_without_passwords(tracked, tuner):
    (execution,) = tracked.executions
    started = hasattr(sys.modules["__main__"], "__file__")  # xdist's workers are not
    assert execution.command == (shlex.join(sys.argv) if started else "")
    assert execution.program
    assert len(execution.commit) == 40


def test_passwords_in_a_command_are_hidden(tmp_path):
    program = tmp_path / "run it.py"
    text = "from tunekit.tracking.metadata import source_tags as tags; print(tags())"
    program.write_text(text)
    words = [sys.executable, str(program), "--storage", "postgresql://me:secret@db/x"]
    found = subprocess.run(words, capture_output=True, text=True)
    command = eval(found.stdout)["tunekit.command"]
    assert shlex.split(command) == [str(program), "--storage", "postgresql://me:***@db/x"]
    nobody = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert "tunekit.command" not in eval(nobody.stdout)


def test_a_store_of_an_older_version_is_read(folder):
    tuner = study(QUALITY, n_trials=2, tracking=True, name="old").fit(X, Y)
    with closing(sqlite3.connect("mlflow.db")) as store, store:
        store.execute("DELETE FROM tags WHERE key IN ('tunekit.fold_scores', 'tunekit.command')")
        store.execute("DELETE FROM latest_metrics WHERE key = 'predict_time'")
    for name in ("data.json", "architecture.json", "mistakes.npz"):
        for path in Path("mlruns").rglob(name):
            path.unlink()
    tracked = read_study(tuner.tracking_uri_, "old")
    assert tracked.executions[0].command == ""
    for trial in tracked.trials:
        assert trial.fold_scores == ()
        assert np.isnan(trial.predict_time)
    assert read_json(tracked, tuner.run_id_, "data.json") is None
    assert read_mistakes(tracked, tracked.trials[0].run_id, "mistakes.npz") is None


def test_a_study_of_an_older_version_is_gone_on_with():
    facts = {"scores": [0.5], "fit_times": [1.0], "score_times": [0.1]}
    found = optuna.trial.create_trial(
        params={"quality": 0.5},
        distributions={"quality": optuna.distributions.FloatDistribution(0, 1)},
        value=0.5,
        user_attrs={
            "tunekit.evaluation": facts,
            "tunekit.engine": "optuna",
            "tunekit.duration": 2.0,
        },
    )
    old = optuna.create_study(direction="maximize")
    old.add_trial(found)
    (record,) = read_records(old, QUALITY)
    assert record.evaluation.score == 0.5
    assert np.isnan(record.evaluation.predict_time)
