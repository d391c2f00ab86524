#!/usr/bin/env bash
# A Keras layer with a weight regularizer cannot be trained in any dtype other than float32.
#
# Versions: keras 3.15.1, tensorflow 2.21.0. Observed on 2026-11-27.
# Expected: a layer with dtype="float64" can be trained, and so can a layer with a
#   kernel_regularizer. A layer with both can therefore be trained, too.
# What happens: Keras casts compiled losses to keras.config.floatx(), while penalties keep the dtype
#   of the layer, and fit() raises a TypeError when it adds the two. The same happens with "float16"
#   and "bfloat16". Mixed policies keep the weights in float32, and work.
# Meaning: in a search over dtypes, or over the strength of a penalty in float64, every trial with a
#   penalty fails, and the search selects a model without a penalty.
# Instead: call keras.config.set_floatx("float64") at the start of the program, or use a mixed
#   policy.
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
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
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
