"""Initial configurations of a search."""

from __future__ import annotations

import pytest
from dummy_estimators import QUALITY, study
from sklearn.datasets import load_iris

import tunekit as tk

X, y = load_iris(return_X_y=True)


@pytest.mark.slow
def test_initial_configurations_are_evaluated_first_and_completed(engine):
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(4, 64, log=True).per("layers"),
        learning_rate=tk.Float(1e-4, 0.1, log=True),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    )
    whole = {"layers": 2, "units": (8, 4), "learning_rate": 0.01, "optimizer": "adam"}
    first = ["default", whole, {"units": (16, 16, 16)}, {"optimizer": "sgd"}, {"units": 32}]
    model = tk.KerasClassifier(epochs=1, layers=2)
    tuner = study(space, engine, estimator=model, initial=first, n_trials=6, cv=0.3).fit(X, y)
    params = tuner.cv_results_["params"]
    assert params[0] == {
        "layers": 2,
        "units": (64, 64),
        "learning_rate": 0.001,
        "optimizer": "adam",
    }
    assert params[1] == whole
    assert params[2]["layers"] == 3
    assert params[2]["units"] == (16, 16, 16)
    assert (params[3]["optimizer"], "momentum" in params[3]) == ("sgd", True)
    assert set(params[4]["units"]) == {32}
    assert all(config in space for config in params)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ([{"quality": 3.0}], r"initial\[0\]: 'quality' must lie in Float\(0.0, 1.0\), got 3.0"),
        ([{"quality": 0.5}, {"qualty": 1}], r"initial\[1\]: .* Did you mean 'quality'"),
        ([3], r"initial\[0\] must be a configuration or 'default', got 3"),
        ("defaults", "initial must be a list of configurations, got 'defaults'"),
        ({"quality": 0.5}, "initial must be a list of configurations"),
    ],
)
def test_invalid_initial_configurations_are_rejected(initial, message):
    with pytest.raises(tk.SpaceError, match=message):
        study(QUALITY, initial=initial).fit(X, y)


@pytest.mark.slow
def test_defaults_include_only_active_parameters(engine):
    space = tk.Space(
        optimizer=tk.Categorical(["adam", "sgd"]),
        layers=tk.Int(1, 3),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd", layers=1),
    )
    model = tk.KerasClassifier(epochs=1, optimizer="sgd", layers=2)
    tuner = study(space, engine, estimator=model, initial=["default"], n_trials=1, cv=0.3)
    assert tuner.fit(X, y).cv_results_["params"] == [{"optimizer": "sgd", "layers": 2}]


def test_defaults_outside_the_space_are_rejected():
    space = tk.Space(quality=tk.Float(0.6, 1.0))
    with pytest.raises(tk.SpaceError, match=r"initial\[0\]: 'quality' must lie in .* got 0.5"):
        study(space, initial=["default"]).fit(X, y)
