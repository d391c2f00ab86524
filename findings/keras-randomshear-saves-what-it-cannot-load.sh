#!/usr/bin/env bash
# A Keras model with RandomShear is saved without a warning and cannot be loaded.
#
# Versions: keras 3.15.1, tensorflow 2.21.0. Observed on 2026-11-27.
# Expected: load_model() loads what model.save() has written.
# What happens: load_model() raises a TypeError. The configuration contains the bounds (-0.2, 0.2),
#   which the constructor derives from a factor of 0.2, but the constructor rejects negative bounds.
#   clone_model() fails in the same way. RandomZoom and RandomRotation, which accept the same
#   factors, can be loaded.
# Meaning: the best model of a search is lost, and the error appears only when the model is needed.
#   All other code that copies the model from its configuration fails as well.
# Instead: load a saved model immediately, as a check. With RandomShear, use nonnegative bounds,
#   such as (0.0, 0.2), or save only the weights.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras==3.15.1 tensorflow==2.21.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras

layers = {
    "RandomShear(0.2, 0.2)": keras.layers.RandomShear(0.2, 0.2),
    "RandomZoom(0.2, 0.2)": keras.layers.RandomZoom(0.2, 0.2),
    "RandomRotation(0.2)": keras.layers.RandomRotation(0.2),
}
for number, (name, layer) in enumerate(layers.items()):
    model = keras.Sequential([keras.Input((8, 8, 3)), layer, keras.layers.Flatten()])
    path = f"{number}.keras"
    model.save(path)
    for step, given in (("load_model", path), ("clone_model", model)):
        try:
            getattr(keras.models, step)(given)
            print(name, step, "works")
        except Exception as error:
            print(name, step, type(error).__name__)
PROGRAM
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
RandomShear(0.2, 0.2) load_model TypeError
RandomShear(0.2, 0.2) clone_model TypeError
RandomZoom(0.2, 0.2) load_model works
RandomZoom(0.2, 0.2) clone_model works
RandomRotation(0.2) load_model works
RandomRotation(0.2) clone_model works
EXPECTED
echo "as stated"
