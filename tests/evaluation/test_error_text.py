"""Errors of trials begin with the sentence that matters."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import mlflow
import numpy as np
import pytest
from dummy_estimators import study
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

import tunekit as tk
from tunekit.evaluation.error_text import reason_of

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(0, 10, (60, 5))
TOKENS[20:] = 55  # more than the vocabulary
y = np.arange(60) % 2


def embedded(meta, dim=4):
    return keras.Sequential(
        [
            keras.layers.Input(meta.input_shape),
            keras.layers.Embedding(10, dim),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def reshaped(meta):
    layers = [keras.layers.Reshape((3,)), keras.layers.Dense(1)]
    return keras.Sequential([keras.layers.Input(meta.input_shape), *layers])


def too_flat(meta):
    layers = [keras.layers.Conv1D(4, 3), keras.layers.Dense(1)]
    return keras.Sequential([keras.layers.Input(meta.input_shape), *layers])


def raised(fit):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        fit()
    return caught.value


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        (embedded, r"InvalidArgumentError: indices\[\d+,\d\] = 55 is not in \[0, 10\)"),
        (
            reshaped,
            r"ValueError: The total size of the tensor must be .* \(in Reshape\.call\)$",
        ),
        (too_flat, r"ValueError: Input 0 .* incompatible with the layer: expected min_ndim=3"),
    ],
)
def test_the_reason_of_a_network_comes_first(architecture, reason):
    model = tk.KerasClassifier(architecture=architecture, epochs=1, batch_size=16)
    error = raised(lambda: model.fit(TOKENS, y))
    text = reason_of(error)
    assert re.match(reason, text), text
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 200


def test_the_reason_of_a_search_of_scikit_learn_is_that_of_its_fits():
    search = GridSearchCV(LogisticRegression(), {"C": [-1.0]}, cv=2)
    text = reason_of(raised(lambda: search.fit(TOKENS, y)))
    assert text.startswith("ValueError: sklearn.utils._param_validation.InvalidParameterError: The")
    assert "'C' parameter of LogisticRegression must be" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("a\n  b"), "ValueError: a b"),
        (ValueError(), "ValueError"),
        (MemoryError(), "out of memory"),
        (OSError("Traceback (most recent call last) is missing"), None),
    ],
)
def test_other_errors_are_kept(error, text):
    assert reason_of(error) == (text or f"OSError: {error}")


def test_a_trial_begins_with_the_reason_and_keeps_the_rest_in_a_file(engine, folder):
    model = tk.KerasClassifier(architecture=embedded, epochs=1, batch_size=16)
    space = tk.Space(learning_rate=tk.Float(1e-3, 1e-2))
    tuner = study(space, engine, estimator=model, n_trials=2, cv=2, tracking=True, name="tokens")
    with pytest.raises(tk.StudyError, match=r"2 × InvalidArgumentError: indices\[.* = 55 is not"):
        tuner.fit(TOKENS, y)
    assert tuner.trials_["error"].str.match(r"InvalidArgumentError: indices\[").all()
    client = mlflow.MlflowClient(tuner.tracking_uri_)
    experiment = client.get_experiment_by_name("tokens").experiment_id
    runs = client.search_runs([experiment], "tags.`tunekit.kind` = 'trial'")
    for run in runs:
        assert run.data.tags["tunekit.error"].startswith("InvalidArgumentError: indices[")
        path = client.download_artifacts(run.info.run_id, "error.txt")
        rest = Path(path).read_text()
        assert rest.startswith("Traceback")
        assert "= 55 is not in" in rest
        assert len(rest) > 1000
