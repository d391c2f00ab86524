#!/usr/bin/env bash
# If all scores are NaN, GridSearchCV selects the first candidate and issues only a warning.
#
# Versions: scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: a search without any score raises an error, as it does when every fit fails.
# What happens: if a fold contains only one class, roc_auc is NaN, so the mean over folds is NaN for
#   every candidate. All candidates have rank 1, best_params_ is the first entry of the grid,
#   best_score_ is NaN, and refit trains that model, which predict() uses like any other model.
#   Here, a logistic regression with C=1e-9 is preferred to one with C=1, which has an area of 1.00.
# Meaning: with rare classes, groups, or rows sorted by class, a search may not search at all. Its
#   warnings are easily missed among others. In nested cross-validation, the outer scores are finite
#   and look plausible.
# Instead: check numpy.isfinite(search.best_score_), and use StratifiedKFold (with shuffle=True for
#   sorted rows) or StratifiedGroupKFold.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check scikit-learn==1.9.1 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.preprocessing import scale

X, y = load_breast_cancer(return_X_y=True)
X = scale(X)
order = np.argsort(y, kind="stable")
for cv in (KFold(5), StratifiedKFold(5)):
    search = GridSearchCV(LogisticRegression(), {"C": [1e-9, 1.0]}, cv=cv, scoring="roc_auc")
    search.fit(X[order], y[order])
    print(f"{type(cv).__name__}: best {search.best_params_}, score {search.best_score_:.2f}, "
          f"ranks {search.cv_results_['rank_test_score'].tolist()}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
KFold: best {'C': 1e-09}, score nan, ranks [1, 1]
StratifiedKFold: best {'C': 1.0}, score 1.00, ranks [2, 1]
EXPECTED
echo "as stated"
