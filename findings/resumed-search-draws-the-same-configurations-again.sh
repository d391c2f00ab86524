#!/usr/bin/env bash
# A resumed search with a seed draws configurations that it has already evaluated.
#
# Versions: optuna 5.0.0, hyperopt 0.3.0. Observed on 2026-11-27.
# Expected: a resumed search continues from where it stopped, and a seed makes it repeatable: 8
#   trials and 8 more equal the 16 trials of an uninterrupted search, or are at least 16 different
#   trials.
# What happens: both libraries store the trials, but neither stores the state of the random number
#   generator. A new process with the same seed starts the generator from the beginning. Until the
#   algorithm has enough trials to learn from (10 in Optuna's TPE, 20 in Hyperopt's), and always in
#   random search, it draws the same values again, and the same configurations are trained again.
# Meaning: half of a random search that was resumed once is repetition. Workers that share a storage
#   and a seed do the same work. Sequences with and without an interruption differ, so the seed does
#   not reproduce the study.
# Instead: use another seed, or None, for each process that joins or resumes a study. To reproduce a
#   study, run it without an interruption.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check optuna==5.0.0 hyperopt==0.3.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import hyperopt
import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
STORAGE = "sqlite:///study.db"
SAMPLERS = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
for name, sampler in SAMPLERS.items():
    for _ in range(2):
        study = optuna.create_study(
            storage=STORAGE, study_name=name, load_if_exists=True, sampler=sampler(seed=0)
        )
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=8)
    values = [trial.params["x"] for trial in study.trials]
    print(f"optuna, {name}: {len(values)} trials, {len(set(values))} configurations")

for name in ("rand", "tpe"):
    trials = hyperopt.Trials()
    for evaluations in (8, 16):
        hyperopt.fmin(
            lambda x: x, hyperopt.hp.uniform("x", 0, 1), getattr(hyperopt, name).suggest,
            evaluations, trials=trials, rstate=np.random.default_rng(0), show_progressbar=False,
        )
    values = trials.vals["x"]
    print(f"hyperopt, {name}: {len(values)} trials, {len(set(values))} configurations")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
optuna, random: 16 trials, 8 configurations
optuna, tpe: 16 trials, 14 configurations
hyperopt, rand: 16 trials, 8 configurations
hyperopt, tpe: 16 trials, 8 configurations
EXPECTED
echo "as stated"
