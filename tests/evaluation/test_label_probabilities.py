"""Probabilities of several labels per row, of every kind of estimator."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tunekit.evaluation.predict import predict

X, Y = make_multilabel_classification(80, n_features=6, n_classes=3, random_state=0)

BY_LABEL = {  # one array per label
    "forest": RandomForestClassifier(5, random_state=0),
    "pipeline": make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "several": MultiOutputClassifier(LogisticRegression()),
}
IN_COLUMNS = {
    "chain": ClassifierChain(LogisticRegression()),
    "one against the rest": OneVsRestClassifier(LogisticRegression()),
    "network": MLPClassifier((4,), tol=1.0, random_state=0),
}


@pytest.mark.parametrize("name", [*BY_LABEL, *IN_COLUMNS])
def test_each_label_has_the_probability_of_the_estimator(name):
    model = (BY_LABEL | IN_COLUMNS)[name].fit(X, Y)
    expected = model.predict_proba(X)
    if name in BY_LABEL:
        expected = np.column_stack([each[:, 1] for each in expected])
    predictions = predict(model, X, Y)
    np.testing.assert_array_equal(predictions.y_score, expected)
    assert predictions.classes is None


@pytest.mark.parametrize("name", ["forest", "pipeline"])
@pytest.mark.parametrize("constant", [0, 1])
def test_a_label_with_one_value_in_training_has_probability_0_or_1(name, constant):
    only = Y.copy()
    only[:, 1] = constant
    predictions = predict(BY_LABEL[name].fit(X, only), X, Y)
    assert (predictions.y_score[:, 1] == constant).all()


def test_without_predict_proba_there_are_none():
    model = MultiOutputClassifier(LinearSVC()).fit(X, Y)
    assert predict(model, X, Y).y_score is None
