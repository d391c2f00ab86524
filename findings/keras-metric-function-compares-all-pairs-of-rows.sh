#!/usr/bin/env bash
# A function that is correct as a Keras loss compares every target with every prediction if it is
# used as a metric.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: loss=f and metrics=[f] compute the same quantity on the same rows.
# What happens: for targets of shape (n,) and outputs of shape (n, 1), Keras passes arrays of equal
#   shape to a loss function, but passes the arrays unchanged to a metric function. There, y_true -
#   y_pred has the shape (n, n). A perfect model has a loss of 0, but the same function as a metric
#   returns an error of 10.5. Keras's own metrics, such as "mse", are not affected.
# Meaning: a custom metric reflects the variance of the targets, regardless of the model's
#   predictions. A search that uses it selects a model at random, without a warning.
# Instead: pass targets of shape (n, 1), or reshape both arguments inside the function
#   (keras.ops.reshape(y, (-1,))).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras==3.15.1 jax==0.10.2 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras
import numpy as np


def squared_error(y_true, y_pred):
    return keras.ops.square(y_true - y_pred)


y = np.arange(8, dtype="float32")
for targets in (y, y[:, np.newaxis]):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((1,)), layer])  # predicts its input, which is the target
    model.compile("sgd", loss=squared_error, metrics=[squared_error, "mse"])
    found = model.evaluate(y[:, np.newaxis], targets, verbose=0, return_dict=True)
    print(f"targets of shape {targets.shape}:", {name: float(each) for name, each in found.items()})
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
targets of shape (8,): {'loss': 0.0, 'mse': 0.0, 'squared_error': 10.5}
targets of shape (8, 1): {'loss': 0.0, 'mse': 0.0, 'squared_error': 0.0}
EXPECTED
echo "as stated"
