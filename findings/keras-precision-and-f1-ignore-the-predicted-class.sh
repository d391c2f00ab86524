#!/usr/bin/env bash
# Keras's Precision, Recall and F1Score do not use the class that a model predicts.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. scikit-learn 1.9.1.
#   Observed on 2026-11-27.
# Expected: with several classes, the most probable class is predicted. With two classes and one
#   output, the positive class is predicted if its probability is at least 0.5.
# What happens: Precision and Recall apply a threshold of 0.5 to the probability of each class and
#   count over all entries. If the most probable class has a probability below 0.5, no class is
#   predicted: the result is 0 for a model that is right on every row. F1Score() selects the largest
#   output of each row instead. A single output is always the largest, so every row is predicted
#   positive, and every model has the F1 score of that prediction.
# Meaning: val_precision, val_recall and val_f1_score do not measure the quality of the model's
#   predictions. With one output, F1Score() is the same number for every trial of a search.
# Instead: use F1Score(threshold=0.5) for one output. For several classes, compute scikit-learn's
#   scores from predict().argmax(axis=1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras==3.15.1 jax==0.10.2 scikit-learn==1.9.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras
import numpy as np
from sklearn.metrics import f1_score, precision_score


def measured(metric, y, scores):
    metric.update_state(y, scores)
    return f"{float(np.mean(metric.result())):.2f}"


y = np.array([0, 1, 2])
scores = np.full((3, 3), 0.3) + 0.1 * np.eye(3)  # right on every row, with a probability of 0.4
print("three classes, precision: keras", measured(keras.metrics.Precision(), np.eye(3)[y], scores),
      f"sklearn {precision_score(y, scores.argmax(axis=1), average='micro'):.2f}")

y = np.array([0] * 15 + [1] * 5)[:, np.newaxis]
for name, scores in (("right", 0.1 + 0.8 * y), ("wrong", 0.9 - 0.8 * y)):
    print(f"one output, {name} on every row, F1: "
          f"keras {measured(keras.metrics.F1Score(), y, scores)} "
          f"keras, threshold=0.5 {measured(keras.metrics.F1Score(threshold=0.5), y, scores)} "
          f"sklearn {f1_score(y, scores > 0.5):.2f}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
three classes, precision: keras 0.00 sklearn 1.00
one output, right on every row, F1: keras 0.40 keras, threshold=0.5 1.00 sklearn 1.00
one output, wrong on every row, F1: keras 0.40 keras, threshold=0.5 0.00 sklearn 0.00
EXPECTED
echo "as stated"
