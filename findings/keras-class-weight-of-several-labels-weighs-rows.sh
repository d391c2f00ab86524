#!/usr/bin/env bash
# With several labels per row, Keras's class_weight weights the whole row by its first positive
# label.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: with class_weight={0: 1, 1: 1, 2: 9}, errors in the rare label 2 count nine times in
#   each row, or fit raises an error.
# What happens: fit uses the position of the largest target in a row as the class of the row. A row
#   with only label 2 counts nine times, for all three of its labels. A row with labels 0 and 2
#   counts once, and so does a row without a label. There is no warning.
# Meaning: a rare label that occurs together with other labels is not weighted at all, and the
#   weights of frequent labels are arbitrary. A search over class weights does not tune what the
#   name of the parameter suggests.
# Instead: weight the labels inside the loss, for example with a binary cross-entropy multiplied by
#   a vector of weights, or pass sample_weight to weight rows.
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


def loss(labels, class_weight=None):
    layer = keras.layers.Dense(3, activation="sigmoid", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    history = model.fit(
        np.zeros((1, 1)), np.array([labels]), class_weight=class_weight, verbose=0
    ).history
    return history["loss"][0]


for labels in ([1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 0, 0]):
    weight = loss(labels, class_weight={0: 1, 1: 1, 2: 9}) / loss(labels)
    print(f"labels {labels}: weight {weight:.2f}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
labels [1, 0, 0]: weight 1.00
labels [0, 0, 1]: weight 9.00
labels [1, 0, 1]: weight 1.00
labels [0, 0, 0]: weight 1.00
EXPECTED
echo "as stated"
