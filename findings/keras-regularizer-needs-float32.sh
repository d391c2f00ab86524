#!/usr/bin/env bash
# keras 3.15.1, tensorflow 2.21.0: a weight regularizer works in float32 alone.
#
# A layer with dtype="float64" trains, and a layer with a kernel_regularizer trains. Together they
# do not: compiled losses are cast to keras.config.floatx(), penalties keep the dtype of the layer,
# and fit() raises a TypeError where the two are added. The same for "float16" and "bfloat16".
# Mixed policies keep their weights in float32, and work.
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
import keras
import numpy as np

X = np.linspace(-1, 1, 60).reshape(20, 3)
y = X.sum(axis=1)
for dtype in ("float32", "float64", "float16", "bfloat16", "mixed_float16"):
    for regularizer in (None, "l2"):
        layer = keras.layers.Dense(1, dtype=dtype, kernel_regularizer=regularizer)
        model = keras.Sequential([keras.Input((3,)), layer])
        model.compile("sgd", "mse")
        try:
            model.fit(X.astype("float32"), y, verbose=0)
            print(dtype, regularizer, "trains")
        except TypeError:
            print(dtype, regularizer, "TypeError")
PROGRAM
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/run.py" 2>"$folder/errors" >"$folder/seen" || {
  cat "$folder/errors"
  exit 1
}
diff - "$folder/seen" <<'EXPECTED'
float32 None trains
float32 l2 trains
float64 None trains
float64 l2 TypeError
float16 None trains
float16 l2 TypeError
bfloat16 None trains
bfloat16 l2 TypeError
mixed_float16 None trains
mixed_float16 l2 trains
EXPECTED
echo "as stated"
