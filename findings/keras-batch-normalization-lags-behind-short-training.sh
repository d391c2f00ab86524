#!/usr/bin/env bash
# A network with batch normalization fits its training rows, but then predicts the same rows badly.
#
# Versions: keras 3.15.1, jax 0.10.2, scikit-learn 1.9.1; the TensorFlow backend does the same.
#   Observed on 2026-11-27.
# Expected: a large gap between the accuracy in training and in evaluate() indicates overfitting. On
#   the training rows themselves, there is no gap.
# What happens: for predictions, batch normalization uses moving averages, which start at 0 and 1.
#   With a momentum of 0.99, these initial values still have a weight of 64% after 45 steps. The
#   averages lag behind the weights, and the accuracy on the same rows is different in prediction.
#   (PyTorch's momentum of 0.1 corresponds to 0.9 here.)
# Meaning: with few rows, large batches or few epochs, batch normalization appears to be harmful.
#   Pruning after the first epochs removes its trials, a search over batch sizes prefers small
#   batches, and learning curves show overfitting where there is none.
# Instead: use BatchNormalization(momentum=0.9), or a lower momentum if a fit has fewer than 50
#   steps.
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
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
X = X / 16
for momentum in (0.99, 0.9):
    keras.utils.set_random_seed(0)
    hidden = [
        layer
        for _ in range(3)
        for layer in (
            keras.layers.Dense(64, "relu"), keras.layers.BatchNormalization(momentum=momentum)
        )
    ]
    model = keras.Sequential(
        [keras.Input((64,)), *hidden, keras.layers.Dense(10, "softmax")]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["acc"])
    history = model.fit(X, y, batch_size=600, epochs=6, verbose=0).history
    trained, evaluated = history["acc"][-1], model.evaluate(X, y, verbose=0)[1]
    print(f"momentum {momentum}: accuracy in training above 0.9: {trained > 0.9}, "
          f"lower by more than 0.3 in evaluate on the same rows: {evaluated < trained - 0.3}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
momentum 0.99: accuracy in training above 0.9: True, lower by more than 0.3 in evaluate on the same rows: True
momentum 0.9: accuracy in training above 0.9: True, lower by more than 0.3 in evaluate on the same rows: False
EXPECTED
echo "as stated"
