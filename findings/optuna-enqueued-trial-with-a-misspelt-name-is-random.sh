#!/usr/bin/env bash
# A configuration enqueued in Optuna under a misspelt name is dropped, and a random one takes its
# place.
#
# Versions: optuna 5.0.0. Seen on 2026-11-27.
# Expected: study.enqueue_trial({"learning_rat": 0.5}) is refused, or the trial warns that nothing
#   asked for the value.
# What happens: the trial runs and completes with sampled values. There is no warning. The given
#   value is only in the trial's system attributes. A value outside the range is used, with a
#   warning, and can become best_params.
# Meaning: the baseline that a search is to start from, such as the defaults or last month's best,
#   is never evaluated. "The search found something better than the default" is then not tested.
# Instead: compare trial.params of the first trials with what was enqueued, or check the names
#   against the space before.
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
