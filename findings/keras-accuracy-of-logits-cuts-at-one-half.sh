#!/usr/bin/env bash
# For a network with one output unit, Keras's "accuracy" uses a threshold of 0.5, even for logits.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: with BinaryCrossentropy(from_logits=True), metrics=["accuracy"] predicts the positive
#   class for logits above 0, which correspond to probabilities above 0.5.
# What happens: Keras replaces the name with BinaryAccuracy and a threshold of 0.5, regardless of
#   the loss. Rows with a logit between 0 and 0.5 count as negative. Here, a network that separates
#   the classes without an error has an accuracy of 0.5. With several classes, the metric is
#   correct, because the largest logit belongs to the largest probability.
# Meaning: the accuracy is too low, especially in the first epochs, when logits are small, and for
#   well-regularized networks. Pruning, early stopping and model selection by val_accuracy depend on
#   the size of the logits.
# Instead: use metrics=[keras.metrics.BinaryAccuracy(threshold=0)] for logits, or a network that
#   ends in a sigmoid.
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

y = np.array([0, 1] * 50)
X = np.where(y == 1, 0.3, -0.3)[:, np.newaxis]
zero = keras.metrics.BinaryAccuracy(threshold=0)
for activation, metric in ((None, "accuracy"), (None, zero), ("sigmoid", "accuracy")):
    layer = keras.layers.Dense(1, activation, use_bias=False, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((1,)), layer])
    loss = keras.losses.BinaryCrossentropy(from_logits=activation is None)
    model.compile("sgd", loss, metrics=[metric])
    outputs = "logits" if activation is None else "probabilities"
    cut = "threshold 0" if metric is zero else "accuracy"
    print(f"{outputs} of -0.3 and 0.3, {cut}: {model.evaluate(X, y, verbose=0)[1]:.2f}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
logits of -0.3 and 0.3, accuracy: 0.50
logits of -0.3 and 0.3, threshold 0: 1.00
probabilities of -0.3 and 0.3, accuracy: 1.00
EXPECTED
echo "as stated"
