#!/usr/bin/env bash
# MLflow stores an infinite metric as 1.8e308, which no test for infinity finds again.
#
# Versions: mlflow 3.17.2. Seen on 2026-11-27.
# Expected: log_metric("val_loss", inf) is read back as inf, or is refused. NaN comes back as NaN.
# What happens: a store in a database, which is the default, replaces inf by the largest finite
#   number, silently. math.isinf and numpy.isfinite say that the value is an ordinary one.
# Meaning: a trial that diverged passes the filter that would remove it. Means and differences over
#   runs are of the order of 1e308, and overflow to inf only where two of them meet. A chart has an
#   axis up to 1.8e308, on which all other trials are equal.
# Instead: do not log a value that is not finite; mark the run with a tag. When reading runs of
#   others, treat a value beyond 1e300 as infinite.
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
