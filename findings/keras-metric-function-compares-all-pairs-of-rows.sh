#!/usr/bin/env bash
# A function that is right as a loss of Keras compares every target with every prediction as a
# metric.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Seen on 2026-11-27.
# Expected: loss=f and metrics=[f] measure the same on the same rows.
# What happens: for targets of shape (n,) and outputs of shape (n, 1), Keras gives a loss function
#   arrays of one shape, and a metric function the arrays as they are. There y_true - y_pred has the
#   shape (n, n). A perfect model has a loss of 0 and, by the same function as a metric, an error of
#   10.5. Keras's own metrics, such as "mse", are not affected.
# Meaning: a metric of one's own is about the variance of the targets, whatever the model predicts.
#   A search by it chooses at random, and no warning says so.
# Instead: give targets of shape (n, 1), or reshape both arguments inside the function
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
