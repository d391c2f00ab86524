#!/usr/bin/env bash
# A TPESampler that is used for a second study no longer samples its parameters jointly.
#
# Versions: optuna 5.0.0. Observed on 2026-11-27.
# Expected: a sampler object only contains settings, such as seed or n_startup_trials. It can be
#   used for several studies, one for each model in a comparison.
# What happens: the sampler stores the joint space of the first study, and the number of its trials
#   that it has read. In a second in-memory study, it continues from this state. The parameters of
#   the second model do not occur in this space, so the joint space, which TPE uses by default since
#   Optuna 5, is empty, and each parameter is sampled independently. There is no warning. (With two
#   studies in one database, Optuna raises a ValueError.)
# Meaning: in a comparison of models, only the first model is tuned with the intended sampling
#   method. The order of the models matters.
# Instead: create a new sampler for each study.
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
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
SPACES = {"ridge": ("alpha", "tol"), "forest": ("max_depth", "max_features")}


def joint_space(sampler, names):
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: sum(trial.suggest_float(each, 0, 1) for each in names), 40)
    return sorted(sampler.infer_relative_search_space(study, study.trials[-1]))


for model, names in SPACES.items():
    print(f"{model}, new sampler: joint space", joint_space(optuna.samplers.TPESampler(), names))
shared = optuna.samplers.TPESampler()
for model, names in SPACES.items():
    print(f"{model}, shared sampler: joint space", joint_space(shared, names))
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
ridge, new sampler: joint space ['alpha', 'tol']
forest, new sampler: joint space ['max_depth', 'max_features']
ridge, shared sampler: joint space ['alpha', 'tol']
forest, shared sampler: joint space []
EXPECTED
echo "as stated"
