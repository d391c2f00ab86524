#!/usr/bin/env bash
# Keras and scikit-learn compute different RMSEs for several targets, and can rank two models in
# opposite orders.
#
# Versions: keras 3.15.1, tensorflow 2.21.0, scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: RootMeanSquaredError and root_mean_squared_error compute the same quantity.
# What happens: Keras computes the root of the mean over all entries. scikit-learn computes the root
#   for each target, and then the mean. Here, the first model is better according to Keras, and the
#   second model according to scikit-learn.
# Meaning: early stopping by val_root_mean_squared_error and model selection by
#   neg_root_mean_squared_error use different definitions. Numbers from both in one table cannot be
#   compared.
# Instead: choose one of the two definitions. The MSE is the same in both libraries.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras==3.15.1 tensorflow==2.21.0 scikit-learn==1.9.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras
import numpy as np
from sklearn.metrics import root_mean_squared_error

y = np.zeros((3, 2))
for name, errors in (("first", [2.0, 2.0]), ("second", [3.0, 0.5])):
    said = np.tile(errors, (3, 1))
    metric = keras.metrics.RootMeanSquaredError()
    metric.update_state(y, said)
    print(f"{name} model: keras {float(metric.result()):.3f}, "
          f"sklearn {root_mean_squared_error(y, said):.3f}")
PROGRAM
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
first model: keras 2.000, sklearn 2.000
second model: keras 2.151, sklearn 1.750
EXPECTED
echo "as stated"
