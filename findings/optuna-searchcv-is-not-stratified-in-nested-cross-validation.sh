#!/usr/bin/env bash
# OptunaSearchCV with a classifier is not recognized as a classifier, so cross_val_score does not
# stratify its folds.
#
# Versions: optuna 5.0.0, optuna-integration 5.0.0, scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: cross_val_score(search, X, y, cv=3) uses stratified folds for a search over a
#   classifier, as it does for the classifier itself and for GridSearchCV over it.
# What happens: is_classifier(OptunaSearchCV(SVC(), ...)) is False. An outer cross-validation uses
#   unstratified folds, in the order of the rows. In iris, the rows are sorted by class, so each
#   fold consists of a class that does not occur in the training rows: the score is 0.0, and the
#   score of GridSearchCV over the same model is 0.96.
# Meaning: nested scores of OptunaSearchCV and of other estimators are computed on different splits,
#   even if cv is the same number. If the rows are only partly sorted, the score is wrong but
#   plausible.
# Instead: always pass the splitter itself, cv=StratifiedKFold(3, shuffle=True, random_state=0), for
#   every model in a comparison.
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
import optuna
from optuna.distributions import CategoricalDistribution
from optuna_integration import OptunaSearchCV
from sklearn.base import is_classifier
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.svm import SVC

optuna.logging.set_verbosity(optuna.logging.ERROR)
X, y = load_iris(return_X_y=True)
searches = {
    "GridSearchCV": GridSearchCV(SVC(), {"C": [0.1, 1.0]}),
    "OptunaSearchCV": OptunaSearchCV(
        SVC(), {"C": CategoricalDistribution([0.1, 1.0])}, n_trials=3, random_state=0
    ),
}
for name, search in searches.items():
    print(f"{name}: is_classifier {is_classifier(search)}", end="")
    for cv in (3, StratifiedKFold(3)):
        print(f", cv={cv if cv == 3 else 'StratifiedKFold(3)'}:", end="")
        print(f" {cross_val_score(search, X, y, cv=cv).mean():.2f}", end="")
    print()
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
GridSearchCV: is_classifier True, cv=3: 0.96, cv=StratifiedKFold(3): 0.96
OptunaSearchCV: is_classifier False, cv=3: 0.00, cv=StratifiedKFold(3): 0.96
EXPECTED
echo "as stated"
