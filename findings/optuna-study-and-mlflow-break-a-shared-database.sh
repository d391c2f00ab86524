#!/usr/bin/env bash
# An Optuna storage and an MLflow store cannot share a database: the second library cannot open it.
#
# Versions: optuna 5.0.0, mlflow 3.17.2. Observed on 2026-11-27.
# Expected: both libraries store their data in separate tables, so one address, such as
#   sqlite:///study.db, can be used for storage= and for the tracking URI.
# What happens: both libraries manage their tables with Alembic, which stores the version of the
#   schema in a table that has the same name in both. The second library reads the version of the
#   first one: MLflow raises CommandError ("Can't locate revision"), and Optuna raises RuntimeError
#   ("no longer compatible with the table schema"). Tables that the second library has already
#   created remain. Optuna's message recommends an upgrade of Optuna, which does not help.
# Meaning: a search in a team's database that is also tracked in MLflow fails at its start, and the
#   message does not state the cause.
# Instead: use a separate database for each library, or, on PostgreSQL, a separate schema.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check optuna==5.0.0 mlflow==3.17.2 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import mlflow
import optuna


def use(library, address):
    try:
        if library == "optuna":
            optuna.create_study(storage=address)
        else:
            mlflow.MlflowClient(address).search_experiments()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:56]}"
    return "works"


for first, second in (("optuna", "mlflow"), ("mlflow", "optuna")):
    address = f"sqlite:///{first}.db"
    print(f"first {first}:", use(first, address))
    print(f"then {second}:", use(second, address))
    print(f"then {first} again:", use(first, address))
PROGRAM
MLFLOW_DISABLE_TELEMETRY=true venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
first optuna: works
then mlflow: CommandError: Can't locate revision identified by 'v3.2.0.a'
then optuna again: works
first mlflow: works
then optuna: RuntimeError: The runtime optuna version 5.0.0 is no longer compatible
then mlflow again: works
EXPECTED
echo "as stated"
