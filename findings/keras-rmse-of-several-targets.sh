#!/usr/bin/env bash
# keras 3.15.1, tensorflow 2.21.0, scikit-learn 1.9.1: two meanings of the RMSE of several targets.
#
# Keras takes the root of the mean over all cells, scikit-learn the mean of the root of each target.
# They can rank two models in opposite order: here the first model is better for Keras, and the
# second for scikit-learn.
#
# Seen: the lines behind EXPECTED.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.1 tensorflow==2.21.0 scikit-learn==1.9.1 2>"$folder/errors" || {
  cat "$folder/errors"
  exit 1
}
cat >"$folder/run.py" <<'PROGRAM'
import keras
import numpy as np
from sklearn.metrics import root_mean_squared_error

y = np.zeros((3, 2))
for name, errors in (("first", [2.0, 2.0]), ("second", [3.0, 0.5])):
    said = np.tile(errors, (3, 1))
    metric = keras.metrics.RootMeanSquaredError()
    metric.update_state(y, said)
    print(f"{name} model: keras {float(metric.result()):.3f}, sklearn {root_mean_squared_error(y, said):.3f}")
PROGRAM
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/run.py" 2>"$folder/errors" >"$folder/seen" || {
  cat "$folder/errors"
  exit 1
}
diff - "$folder/seen" <<'EXPECTED'
first model: keras 2.000, sklearn 2.000
second model: keras 2.151, sklearn 1.750
EXPECTED
echo "as stated"
