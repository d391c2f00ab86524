#!/usr/bin/env bash
# An MLflow model whose signature has a column of type double rejects integers, except 0 and 1.
#
# Versions: mlflow 3.17.2, pandas 3.1.1, scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: a column of type double either accepts integers, as scikit-learn does, or rejects them.
# What happens: the result depends on the values. A data frame with an int64 column of zeros and
#   ones is accepted, but a data frame with a 2 in this column raises MlflowException: int64 does
#   not convert to float64 without loss. (An int32 column is always accepted.)
# Meaning: a test with a few rows of small numbers passes, but the model fails later in production,
#   when a column of a batch happens to contain only whole numbers. A column with one price of 2.50
#   is read as float64, but the next batch, with only whole prices, is read as int64.
# Instead: convert the data before prediction (frame.astype("float64")), or load the model with
#   mlflow.sklearn.load_model, which does not apply a signature.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import logging

import mlflow
import pandas as pd
from sklearn.linear_model import LinearRegression

logging.disable(logging.WARNING)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
X = pd.DataFrame({"price": [0.5, 1.5, 2.5]})
model = LinearRegression().fit(X, [1.0, 2.0, 3.0])
signature = mlflow.models.infer_signature(X, model.predict(X))
with mlflow.start_run():
    saved = mlflow.sklearn.log_model(model, name="model", signature=signature)
served = mlflow.pyfunc.load_model(saved.model_uri)
for prices, dtype in (
    ([0.5, 2.0], "float64"), ([0, 1], "int64"), ([0, 2], "int64"), ([2, 3], "int64"),
    ([2, 3], "int32"),
):
    frame = pd.DataFrame({"price": prices}, dtype=dtype)
    try:
        served.predict(frame)
        answer = "predicts"
    except mlflow.exceptions.MlflowException as error:
        answer = type(error).__name__
    print(f"{prices} ({dtype}): pyfunc {answer}, "
          f"scikit-learn predicts {model.predict(frame).round(1).tolist()}")
PROGRAM
MLFLOW_DISABLE_TELEMETRY=true venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
[0.5, 2.0] (float64): pyfunc predicts, scikit-learn predicts [1.0, 2.5]
[0, 1] (int64): pyfunc predicts, scikit-learn predicts [0.5, 1.5]
[0, 2] (int64): pyfunc MlflowException, scikit-learn predicts [0.5, 2.5]
[2, 3] (int64): pyfunc MlflowException, scikit-learn predicts [2.5, 3.5]
[2, 3] (int32): pyfunc predicts, scikit-learn predicts [2.5, 3.5]
EXPECTED
echo "as stated"
