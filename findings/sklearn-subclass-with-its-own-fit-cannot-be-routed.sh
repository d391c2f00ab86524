#!/usr/bin/env bash
# A subclass of a decision tree, a Lasso or a TfidfVectorizer that has its own fit(X, y) raises an
# error about a parameter that its author never wrote, as soon as metadata is routed.
#
# Versions: scikit-learn 1.9.1. Observed on 2026-11-28.
# Expected: with metadata routing, a subclass whose fit takes X, y and sample_weight receives the
#   weights that it requests, as a subclass of LogisticRegression does.
# What happens: the class is created and fits without routing. get_metadata_routing, and so
#   cross_validate(..., params=...), raises "Trying to remove parameter check_input with UNUSED
#   which doesn't exist", because the base class declares that its parameter check_input is not
#   metadata, and the new signature lacks it. The same holds for ElasticNet, Lasso, their multi-task
#   versions, ExtraTree, CountVectorizer, TfidfVectorizer (raw_documents) and EllipticEnvelope.
# Meaning: a program that works breaks when set_config(enable_metadata_routing=True) is added for
#   another estimator, with a message that names neither the class nor its signature.
# Instead: repeat the parameters of the base class: fit(self, X, y, sample_weight=None,
#   check_input=True).
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
import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_validate
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)


def with_own_fit(kind):
    class Own(kind):
        def fit(self, X, y, sample_weight=None):
            return super().fit(X, y, sample_weight=sample_weight)

    return Own()


class Whole(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None, check_input=True):
        return super().fit(X, y, sample_weight=sample_weight, check_input=check_input)


print("without routing:", with_own_fit(DecisionTreeClassifier).fit(X, y).score(X, y))
sklearn.set_config(enable_metadata_routing=True)
models = {
    "LogisticRegression": with_own_fit(LogisticRegression),
    "DecisionTreeClassifier": with_own_fit(DecisionTreeClassifier),
    "Lasso": with_own_fit(Lasso),
    "the whole signature": Whole(),
}
for name, model in models.items():
    try:
        model.set_fit_request(sample_weight=True)
        scorer = get_scorer("neg_mean_squared_error").set_score_request(sample_weight=False)
        cross_validate(model, X, y, scoring=scorer, params={"sample_weight": np.ones(150)})
        print(f"{name}: fitted")
    except ValueError as error:
        print(f"{name}: {error}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
without routing: 1.0
LogisticRegression: fitted
DecisionTreeClassifier: Trying to remove parameter check_input with UNUSED which doesn't exist.
Lasso: Trying to remove parameter check_input with UNUSED which doesn't exist.
the whole signature: fitted
EXPECTED
echo "as stated"
