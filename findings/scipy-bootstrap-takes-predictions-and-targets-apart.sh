#!/usr/bin/env bash
# scipy.stats.bootstrap of a score returns an interval that does not contain the score.
#
# Versions: scipy 1.17.1. Observed on 2026-11-27.
# Expected: bootstrap((y_true, y_pred), accuracy) resamples rows and computes the accuracy of each
#   resample.
# What happens: without paired=True, the two arrays are resampled independently of each other.
#   Predictions are then compared with the targets of other rows, and the interval is about that of
#   a model that guesses: 0.25 to 0.75 for an accuracy of 0.92. There is no warning, although the
#   arrays have the same length.
# Meaning: a good model appears no better than chance, and two different models appear equal. For a
#   score of two paired arrays, the default is never the intended method.
# Instead: set paired=True, or resample row positions and index both arrays with them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check scipy==1.17.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import numpy as np
from scipy.stats import bootstrap


def accuracy(y_true, y_pred):
    return np.mean(y_true == y_pred)


y_true = np.array([0, 1] * 6)
y_pred = np.array([1, 1] + [0, 1] * 5)
print(f"accuracy {accuracy(y_true, y_pred):.2f}")
for paired in (False, True):
    low, high = bootstrap(
        (y_true, y_pred), accuracy, paired=paired, vectorized=False, method="percentile", rng=0
    ).confidence_interval
    print(f"paired={paired}: {low:.2f} to {high:.2f}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
accuracy 0.92
paired=False: 0.25 to 0.75
paired=True: 0.75 to 1.00
EXPECTED
echo "as stated"
