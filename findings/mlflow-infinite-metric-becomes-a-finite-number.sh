#!/usr/bin/env bash
# MLflow stores an infinite metric as 1.8e308, which tests for infinity do not detect.
#
# Versions: mlflow 3.17.2. Observed on 2026-11-27.
# Expected: log_metric("val_loss", inf) is read back as inf, or is rejected. NaN is read back as
#   NaN.
# What happens: a database store, which is the default, replaces inf with the largest finite number,
#   without a warning. According to math.isinf and numpy.isfinite, the value is an ordinary number.
# Meaning: a diverged trial passes the filter that should remove it. Means and differences over runs
#   are of the order of 1e308, and overflow to inf only where two such values are combined. A chart
#   has an axis up to 1.8e308, on which all other trials look equal.
# Instead: do not log a value that is not finite; set a tag on the run. When you read the runs of
#   other users, treat values beyond 1e300 as infinite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check mlflow==3.17.2 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import math

import mlflow

mlflow.set_tracking_uri("sqlite:///mlflow.db")
with mlflow.start_run() as run:
    for name, value in (("plus", math.inf), ("minus", -math.inf), ("nan", math.nan)):
        mlflow.log_metric(name, value)
found = mlflow.get_run(run.info.run_id).data.metrics
for name, value in sorted(found.items()):
    print(f"{name}: {value:.2g}, isinf {math.isinf(value)}, isnan {math.isnan(value)}")
PROGRAM
MLFLOW_DISABLE_TELEMETRY=true venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
minus: -1.8e+308, isinf False, isnan False
nan: nan, isinf False, isnan True
plus: 1.8e+308, isinf False, isnan False
EXPECTED
echo "as stated"
