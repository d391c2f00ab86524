#!/usr/bin/env bash
# Keras's AUC can rank two models in the wrong order, because it compares scores with 200 fixed
# thresholds.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. scikit-learn 1.9.1.
#   Observed on 2026-11-27.
# Expected: the area under the ROC curve depends only on the order of the scores.
# What happens: the curve has 200 points, at thresholds evenly spaced from 0 to 1. Rows whose scores
#   lie between two adjacent thresholds are tied. For a model of a rare class, with probabilities
#   from 0.001 to 0.005, the area is exactly 0.5, while scikit-learn computes 0.90.
# Meaning: a search that maximizes val_auc prefers models whose probabilities are spread out. Early
#   stopping on val_auc sees no improvement while the probabilities of a rare class are small.
# Instead: compute the area from all predictions with roc_auc_score. More thresholds
#   (num_thresholds) help as long as the range of the scores is wider than the distance between two
#   thresholds.
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
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(0)
y = rng.random(2000) < 0.05


def sigmoid(logit):
    return 1 / (1 + np.exp(-logit))


models = {
    "strong model, small probabilities": 0.001 + 0.004 * sigmoid(2 * y + rng.normal(size=2000)),
    "weak model": sigmoid(1.2 * y + rng.normal(size=2000)),
}
for name, scores in models.items():
    metric = keras.metrics.AUC()
    metric.update_state(y, scores)
    print(f"{name}: keras {float(metric.result()):.2f}, sklearn {roc_auc_score(y, scores):.2f}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
strong model, small probabilities: keras 0.50, sklearn 0.90
weak model: keras 0.79, sklearn 0.79
EXPECTED
echo "as stated"
