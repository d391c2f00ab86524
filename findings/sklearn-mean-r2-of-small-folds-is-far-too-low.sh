#!/usr/bin/env bash
# The mean R2 of cross_val_score depends on the number of folds, and can be below -4 for a good
# model.
#
# Versions: scikit-learn 1.9.1. Observed on 2026-11-27.
# Expected: more folds leave more rows for training, so the score increases slightly.
# What happens: R2 divides by the variance of the targets in a fold. In a fold with few rows, this
#   variance is often small by chance. The R2 of such a fold is far below 0, and it dominates the
#   mean. For the same linear regression, the R2 of all predictions together is 0.49 to 0.50 with
#   any number of folds. The mean is 0.49 with 5 folds, 0.43 with folds of eleven rows, -0.26 with
#   folds of four rows, and -4.84 with folds of three rows. With leave-one-out, it is NaN.
# Meaning: the ranking of models depends on the few folds whose targets happen to be similar. Values
#   of the mean R2 from different numbers of folds, or from subsets, cannot be compared.
# Instead: score the predictions of all folds together (r2_score of cross_val_predict), or search by
#   neg_mean_squared_error, whose mean over folds does not depend on the size of the folds.
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
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score

X, y = load_diabetes(return_X_y=True)
for folds in (5, 40, 110, 147, len(y)):
    cv = KFold(folds, shuffle=True, random_state=0)
    mean = cross_val_score(LinearRegression(), X, y, cv=cv).mean()
    whole = r2_score(y, cross_val_predict(LinearRegression(), X, y, cv=cv))
    print(f"{folds} folds of about {round(len(y) / folds)} rows: "
          f"mean R2 {mean:.2f}, R2 of all predictions {whole:.2f}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
5 folds of about 88 rows: mean R2 0.49, R2 of all predictions 0.50
40 folds of about 11 rows: mean R2 0.43, R2 of all predictions 0.49
110 folds of about 4 rows: mean R2 -0.26, R2 of all predictions 0.49
147 folds of about 3 rows: mean R2 -4.84, R2 of all predictions 0.49
442 folds of about 1 rows: mean R2 nan, R2 of all predictions 0.49
EXPECTED
echo "as stated"
