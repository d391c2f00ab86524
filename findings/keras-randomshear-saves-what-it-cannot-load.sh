#!/usr/bin/env bash
# keras 3.15.1, tensorflow 2.21.0: a model with RandomShear is saved and cannot be loaded.
#
# RandomShear(0.2, 0.2) trains, and model.save() writes a file without a warning. load_model() of
# that file raises a TypeError: the configuration has the bounds (-0.2, 0.2) that the constructor
# derives from a factor of 0.2, and the constructor accepts no negative bound. clone_model() fails in
# the same way. RandomZoom and RandomRotation, which take the same factors, can be loaded.
#
# Seen: the lines behind EXPECTED.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.1 tensorflow==2.21.0 2>"$folder/errors" || {
  cat "$folder/errors"
  exit 1
}
cat >"$folder/run.py" <<'PROGRAM'
import os
import sys

import keras

layers = {
    "RandomShear(0.2, 0.2)": keras.layers.RandomShear(0.2, 0.2),
    "RandomZoom(0.2, 0.2)": keras.layers.RandomZoom(0.2, 0.2),
    "RandomRotation(0.2)": keras.layers.RandomRotation(0.2),
}
for number, (name, layer) in enumerate(layers.items()):
    model = keras.Sequential([keras.Input((8, 8, 3)), layer, keras.layers.Flatten()])
    path = os.path.join(sys.argv[1], f"{number}.keras")
    model.save(path)
    for step, given in (("load_model", path), ("clone_model", model)):
        try:
            getattr(keras.models, step)(given)
            print(name, step, "works")
        except Exception as error:
            print(name, step, type(error).__name__)
PROGRAM
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/run.py" "$folder" 2>"$folder/errors" >"$folder/seen" || {
  cat "$folder/errors"
  exit 1
}
diff - "$folder/seen" <<'EXPECTED'
RandomShear(0.2, 0.2) load_model TypeError
RandomShear(0.2, 0.2) clone_model TypeError
RandomZoom(0.2, 0.2) load_model works
RandomZoom(0.2, 0.2) clone_model works
RandomRotation(0.2) load_model works
RandomRotation(0.2) clone_model works
EXPECTED
echo "as stated"
