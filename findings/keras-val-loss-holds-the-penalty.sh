#!/usr/bin/env bash
# Keras's val_loss contains the penalties of regularizers, so it always favours less regularization.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: the loss on the validation rows shows how well the model predicts them. The penalty is
#   part of the training objective only.
# What happens: val_loss and the loss of evaluate() are the compiled loss plus the penalty. Here,
#   each network has the weights that are optimal on the training rows for its penalty. The network
#   with l2=0.1 predicts the validation rows best (mse), but the loss ranks it behind the network
#   without a penalty.
# Meaning: a search over the strength of a penalty that minimizes val_loss selects the lowest
#   strength. Two trials with different strengths are compared by different quantities. Early
#   stopping waits for the penalty to fall.
# Instead: compile the loss as a metric, too (metrics=["mse"]), and use val_mse for comparisons,
#   early stopping and searches.
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

rng = np.random.default_rng(4)
X = rng.normal(size=(60, 20))
y = X @ np.full(20, 0.5) + 0.5 * rng.normal(size=60)
train, validation = slice(30), slice(30, 60)
found = {}
for strength in (0.0, 0.01, 0.1, 1.0):
    layer = keras.layers.Dense(
        1, use_bias=False, kernel_regularizer=keras.regularizers.L2(strength)
    )
    model = keras.Sequential([keras.Input((20,)), layer])
    model.compile("sgd", "mse", metrics=["mse"])
    # The minimum of mse + penalty on the training rows, as training would find it.
    inner = X[train].T @ X[train] / 30 + strength * np.eye(20)
    layer.kernel.assign(np.linalg.solve(inner, X[train].T @ y[train] / 30)[:, np.newaxis])
    found[strength] = model.evaluate(X[validation], y[validation], verbose=0, return_dict=True)
    print(f"l2={strength}:", {name: f"{each:.2f}" for name, each in found[strength].items()})
for name in ("loss", "mse"):
    print(f"lowest {name} on the validation rows: l2={min(found, key=lambda l2: found[l2][name])}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
l2=0.0: {'loss': '0.64', 'mse': '0.64'}
l2=0.01: {'loss': '0.66', 'mse': '0.60'}
l2=0.1: {'loss': '0.89', 'mse': '0.42'}
l2=1.0: {'loss': '2.68', 'mse': '0.89'}
lowest loss on the validation rows: l2=0.0
lowest mse on the validation rows: l2=0.1
EXPECTED
echo "as stated"
