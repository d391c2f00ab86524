"""The estimators on the other backends of Keras, each in a separate process."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

BACKENDS = [name for name in ("jax", "torch") if importlib.util.find_spec(name)]

PROGRAM = """
import json, pickle, sys, tempfile
import numpy as np
import tunekit as tk
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from tunekit.core.runtime import load_keras

X, y = load_iris(return_X_y=True)
X = ((X - X.mean(0)) / X.std(0)).astype("float32")
model = tk.KerasClassifier(units=8, epochs=12, learning_rate=0.03, dropout=0.1, l2=1e-4,
                           lr_schedule="cosine", early_stopping=True, random_state=0)
proba = model.fit(X, y).predict_proba(X)
with tempfile.TemporaryDirectory() as folder:
    loaded = type(model).load(model.save(f"{folder}/model"))
numbers = tk.KerasRegressor(units=8, epochs=30, learning_rate=0.03, random_state=0,
                            metrics=["r2_score"]).fit(X, X[:, 0])
averaging = load_keras().optimizers.SGD(0.05, use_ema=True, ema_momentum=0.8)
averaged = tk.KerasRegressor(units=4, epochs=4, optimizer=averaging, random_state=0)
averaged.fit(X, X[:, 0], held_out=(X, X[:, 0]))
found = {
    "averaged": [averaged.history_["held_out_loss"].iloc[-1],
                 float(((averaged.predict(X) - X[:, 0]) ** 2).mean())],
    "r2": abs(numbers.history_["r2_score"].iloc[-1] - numbers.score(X, X[:, 0])),
    "backend": load_keras().backend.backend(),
    "score": model.score(X, y),
    "columns": list(model.history_),
    "penalized": tk.KerasClassifier(units=8, epochs=3, batch_size=150, l2=0.01, random_state=0,
                                class_weight={0: 1.0, 1: 5.0, 2: 1.0})
             .fit(X, y, held_out=(X, y)).history_.to_dict("list"),
    "pickled": float(np.abs(pickle.loads(pickle.dumps(model)).predict_proba(X) - proba).max()),
    "saved": float(np.abs(loaded.predict_proba(X) - proba).max()),
    "epochs": model.n_iter_,
    "more": model.set_params(early_stopping=False, lr_schedule=None)
            .partial_fit(X, y).n_iter_,
    "error": float(np.abs(numbers.predict(X) - X[:, 0]).mean()),
}
try:
    model.set_params(optimizer="sgd", learning_rate=1e30, lr_schedule=None).fit(X, y)
except tk.TrainingDiverged as error:
    found["diverged"] = str(error)
try:
    double = tk.KerasRegressor(units=4, epochs=1, dtype="float64").fit(X, X[:, 0])
    found["double"] = str(double.model_.weights[0].dtype)
except tk.ParameterError as error:
    found["double"] = str(error)
print(json.dumps(found))
"""


@pytest.mark.interpreter
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.timeout(300)  # JAX compiles each network
def test_estimators_train_predict_and_are_saved_on_other_backends(backend):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""  # no output by default
    found = json.loads(ran.stdout)
    assert found["backend"] == backend
    assert found["score"] > 0.85
    assert found["columns"] == [
        "accuracy", "loss", "val_accuracy", "val_loss", "penalty", "learning_rate"
    ]  # fmt: skip
    # All rows form one batch, so an epoch reports the loss before its update.
    penalized = found["penalized"]
    assert penalized["loss"][1:] == pytest.approx(penalized["held_out_loss"][:-1], rel=1e-5)
    assert penalized["accuracy"][1:] == pytest.approx(penalized["held_out_accuracy"][:-1], rel=1e-5)
    assert all(value > 0 for value in penalized["penalty"])
    assert found["pickled"] == found["saved"] == 0.0
    assert found["more"] == found["epochs"] + 1
    assert found["error"] < 0.2
    assert found["averaged"][0] == pytest.approx(found["averaged"][1], rel=1e-5)
    assert found["r2"] < 1e-6
    assert "the loss is nan at epoch" in found["diverged"]
    if backend == "jax":
        assert "dtype 'float64' needs the environment variable JAX_ENABLE_X64=1" in found["double"]
    else:
        assert "float64" in found["double"]
