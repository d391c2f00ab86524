#!/usr/bin/env bash
# Optuna drops a configuration that is enqueued under a misspelt name, and evaluates a random one
# instead.
#
# Versions: optuna 5.0.0. Observed on 2026-11-27.
# Expected: study.enqueue_trial({"learning_rat": 0.5}) raises an error, or the trial issues a
#   warning that the value is not used.
# What happens: the trial runs and completes with sampled values. There is no warning. The enqueued
#   value is stored only in the system attributes of the trial. A value outside the range is used,
#   with a warning, and can become part of best_params.
# Meaning: the baseline from which a search should start, such as the default configuration or the
#   best one of last month, is never evaluated. The statement "The search found something better
#   than the default" is then untested.
# Instead: compare trial.params of the first trials with the enqueued configurations, or check the
#   names against the search space beforehand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check optuna==5.0.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    return trial.suggest_float("learning_rate", 0, 1)


for given in ({"learning_rate": 0.5}, {"learning_rat": 0.5}, {"learning_rate": 7.0}):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        study.enqueue_trial(given)
        study.optimize(objective, n_trials=1)
    value = study.best_params["learning_rate"]
    print(f"given {given}: learning_rate {value:.3f}, {len(seen)} warnings")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
given {'learning_rate': 0.5}: learning_rate 0.500, 0 warnings
given {'learning_rat': 0.5}: learning_rate 0.549, 0 warnings
given {'learning_rate': 7.0}: learning_rate 7.000, 1 warnings
EXPECTED
echo "as stated"
