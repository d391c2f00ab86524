#!/usr/bin/env bash
# OptunaSearchCV excludes folds whose fit failed from the mean, so a candidate that fails can win.
#
# Versions: optuna 5.0.0, optuna-integration 5.0.0, scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: as in GridSearchCV, whose interface it shares, a candidate that fails in one fold has
#   the score NaN and the last rank.
# What happens: the score of a trial is numpy.nanmean over the folds, so a trial that failed in one
#   fold has the state COMPLETE and the mean of the other folds. Here, 50 neighbours are more than
#   the training rows of the last fold, which is the difficult one. The search selects this
#   candidate with a score of 0.9, from the two easy folds. The refit succeeds.
# Meaning: candidates are compared on different rows. Configurations whose fits fail on difficult or
#   small folds have an advantage.
# Instead: set error_score=0.0 (or another value that is worse than any score), or write a custom
#   search with study.optimize, where the exception ends the trial.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check optuna==5.0.0 optuna-integration==5.0.0 scikit-learn==1.9.1 pandas==3.1.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna_integration import OptunaSearchCV
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier

optuna.logging.set_verbosity(optuna.logging.ERROR)
fold = np.array([0] * 20 + [1] * 20 + [2] * 60)
y = np.tile([0, 1], 50)
noise = np.random.default_rng(0).normal(size=100)
X = (y + np.where(fold == 2, 3.0, 0.1) * noise)[:, np.newaxis]
model, cv = KNeighborsClassifier(weights="distance"), PredefinedSplit(fold)
for number in (5, 50):
    search = GridSearchCV(model, {"n_neighbors": [number]}, cv=cv).fit(X, y)
    scores = [search.cv_results_[f"split{each}_test_score"][0] for each in range(3)]
    print(f"{number} neighbours, score of each fold:", [f"{each:.1f}" for each in scores])
grid = GridSearchCV(model, {"n_neighbors": [5, 50]}, cv=cv).fit(X, y)
print(f"GridSearchCV: {grid.best_params_}, ranks {grid.cv_results_['rank_test_score'].tolist()}")
search = OptunaSearchCV(
    model, {"n_neighbors": CategoricalDistribution([5, 50])}, cv=cv, n_trials=10, random_state=0
).fit(X, y)
print(f"OptunaSearchCV: {search.best_params_}, score {search.best_score_:.1f}, "
      f"{search.best_trial_.state.name}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
5 neighbours, score of each fold: ['0.9', '0.9', '0.5']
50 neighbours, score of each fold: ['0.9', '0.9', 'nan']
GridSearchCV: {'n_neighbors': 5}, ranks [1, 2]
OptunaSearchCV: {'n_neighbors': 50}, score 0.9, COMPLETE
EXPECTED
echo "as stated"
