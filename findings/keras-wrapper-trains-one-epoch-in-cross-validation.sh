#!/usr/bin/env bash
# In cross-validation, Keras's scikit-learn wrappers train for a single epoch, regardless of
# fit_kwargs.
#
# Versions: keras 3.15.1, jax 0.10.2, scikit-learn 1.9.1; the TensorFlow backend does the same.
#   Observed on 2026-11-27.
# Expected: SKLearnClassifier(model, fit_kwargs={"epochs": 30}) trains for 30 epochs, in
#   cross_val_score as well.
# What happens: clone() drops fit_kwargs, so every clone trains with the defaults of model.fit: one
#   epoch, with batches of 32 rows. cross_validate, GridSearchCV and pipelines inside them clone the
#   estimator first. There is no warning.
# Meaning: the scores are those of networks that have hardly been trained, so they lose any
#   comparison with other estimators. GridSearchCV compares models that were trained for one epoch.
# Instead: derive a class from the wrapper that sets the number of epochs itself, or use another
#   estimator. clone(estimator).get_params() shows which parameters a clone keeps.
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
import contextlib
import sys

import keras
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_validate


def network(X, y):
    layer = keras.layers.Dense(y.shape[1], activation="softmax")
    model = keras.Sequential([keras.Input((X.shape[1],)), layer])
    model.compile(keras.optimizers.Adam(0.05), "categorical_crossentropy")
    return model


def epochs(fitted):
    return len(fitted.history_.history["loss"])


X, y = load_iris(return_X_y=True)
estimator = keras.wrappers.SKLearnClassifier(network, fit_kwargs={"epochs": 30, "verbose": 0})
print("fit:", epochs(estimator.fit(X, y)), "epochs")
with contextlib.redirect_stdout(sys.stderr):  # progress bars: "verbose" is lost as well
    folds = cross_validate(estimator, X, y, cv=3, return_estimator=True)["estimator"]
print("cross_validate:", [epochs(each) for each in folds], "epochs")
print("fit_kwargs of a clone:", clone(estimator).get_params()["fit_kwargs"])
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
fit: 30 epochs
cross_validate: [1, 1, 1] epochs
fit_kwargs of a clone: None
EXPECTED
echo "as stated"
