#!/usr/bin/env bash
# mlflow 3.17.2, pandas 3.1.1: a model gets the first column of a frame alone, without a warning.
#
# infer_signature has no type for a column of time differences, of periods or of uint64. It then
# describes the whole frame as one nameless column of "Any", and a model that is loaded by
# mlflow.pyfunc predicts from the first column: the others are gone. Other columns are converted:
# dates of every unit to nanoseconds, small integers and floats to larger ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 pandas==3.1.1 2>"$folder/errors" || {
  cat "$folder/errors"
  exit 1
}
cat >"$folder/run.py" <<'PROGRAM'
import logging
import tempfile
import warnings

import mlflow
import numpy as np
import pandas as pd

logging.disable(logging.WARNING)
warnings.simplefilter("ignore")


class Echo(mlflow.pyfunc.PythonModel):
    """Predicts the names and types of the columns that it is given."""

    def predict(self, context, model_input, params=None):
        types = (f"{name}:{dtype}" for name, dtype in model_input.dtypes.items())
        return [" ".join(types)]


columns = {
    "time difference": pd.to_timedelta([1, 2, 3], unit="s"),
    "period": pd.period_range("2026-01", periods=3, freq="M"),
    "uint64": np.array([1, 2, 3], "uint64"),
    "date": pd.to_datetime(["2026-11-27"] * 3),
    "int8": np.array([1, 2, 3], "int8"),
}
for kind, values in columns.items():
    X = pd.DataFrame({"a": values, "size": [1.0, 2.0, 3.0]})
    with tempfile.TemporaryDirectory() as name:
        signature = mlflow.models.infer_signature(X)
        mlflow.pyfunc.save_model(
            f"{name}/m", python_model=Echo(), signature=signature, pip_requirements=[]
        )
        seen = mlflow.pyfunc.load_model(f"{name}/m").predict(X)[0]
    print(f"{kind}: given a:{X['a'].dtype} size:float64, seen {seen}")
PROGRAM
cd "$folder"
"$folder/venv/bin/python" "$folder/run.py" 2>"$folder/errors" >"$folder/seen" || {
  cat "$folder/errors"
  exit 1
}
diff - "$folder/seen" <<'EXPECTED'
time difference: given a:timedelta64[us] size:float64, seen a:timedelta64[us]
period: given a:period[M] size:float64, seen a:period[M]
uint64: given a:uint64 size:float64, seen a:int64
date: given a:datetime64[us] size:float64, seen a:datetime64[ns] size:float64
int8: given a:int8 size:float64, seen a:int32 size:float64
EXPECTED
echo "as stated"
