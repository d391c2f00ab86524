#!/usr/bin/env bash
# In Optuna's trials_dataframe(), a pruned trial has a value, which may be the highest of the study.
#
# Versions: optuna 5.0.0. Observed on 2026-11-27.
# Expected: a pruned trial has no result. The first row of the table sorted by "value" is the best
#   trial.
# What happens: the value of a pruned trial is its last reported value: the score of one fold, after
#   a few epochs, or on a subset of the rows. trials_dataframe() shows it in the same column as
#   final scores, and trial.value contains it, too. Here, a pruned trial with 0.9 on its first fold
#   ranks above a complete trial with a mean of 0.8. study.best_trial ignores pruned trials.
# Meaning: if you sort or plot the table, partial results are ranked among complete ones. If the
#   objective reports a different quantity than it returns, such as a loss, the column even mixes
#   two units.
# Instead: select the rows whose state is "COMPLETE" before you use the column.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check optuna==5.0.0 pandas==3.1.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
FOLDS = {"steady": [0.8, 0.8, 0.8], "lucky": [0.9, 0.3, 0.3]}


class AfterTheFirstFold(optuna.pruners.BasePruner):
    def prune(self, study, trial):
        return trial.params["model"] == "lucky"


def objective(trial):
    scores = FOLDS[trial.suggest_categorical("model", list(FOLDS))]
    for fold, score in enumerate(scores):
        trial.report(score, fold)
        if trial.should_prune():
            raise optuna.TrialPruned
    return sum(scores) / len(scores)


study = optuna.create_study(direction="maximize", pruner=AfterTheFirstFold())
for model in FOLDS:
    study.enqueue_trial({"model": model})
study.optimize(objective, n_trials=2)
table = study.trials_dataframe().sort_values("value", ascending=False)
for row in table.itertuples():
    print(f"{row.params_model}: value {row.value:.1f}, {row.state}")
print("best_trial:", study.best_params["model"])
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
lucky: value 0.9, PRUNED
steady: value 0.8, COMPLETE
best_trial: steady
EXPECTED
echo "as stated"
