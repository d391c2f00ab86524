"""The code of an estimator creates an equal one."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from dummy_estimators import ScriptedEstimator
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.evaluation.estimator_code import changed_params, estimator_code, in_short

X, Y = load_iris(return_X_y=True)


def made(code):
    names = {}
    exec("\n".join(code.imports), names)  # noqa: S102 - code written above
    return eval(code.expression, names)


NESTED = Pipeline(
    [
        ("scale", StandardScaler(with_mean=False)),
        ("log", FunctionTransformer(np.log1p)),
        ("bag", BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=4)),
    ]
).set_params(bag__random_state=0, bag__estimator__random_state=1)


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        Ridge(alpha=0.5, solver="svd"),
        RandomForestClassifier(n_estimators=7, class_weight={0: 2.0, 1: 1}, random_state=0),
        NESTED,
        ColumnTransformer(
            [("a", OneHotEncoder(categories=[["x", 'q"\n<b>']]), ["größe"]), ("b", "drop", [2])]
        ),
        tk.KerasClassifier(layers=2, units=(16, 8), dropout=0.1, epochs=3, random_state=4),
        ScriptedEstimator(quality=0.25, deed="nan"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_code_creates_an_estimator_with_the_same_parameters(estimator):
    code = estimator_code(estimator)
    assert code.left_out == ()
    assert repr(made(code)) == repr(estimator)
    given, again = estimator.get_params(), made(code).get_params()
    assert {name: repr(value) for name, value in given.items()} == {
        name: repr(value) for name, value in again.items()
    }


def test_the_created_estimator_makes_the_same_predictions():
    again = made(estimator_code(NESTED)).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), NESTED.fit(X, Y).predict_proba(X))


def test_numbers_without_a_literal_are_written():
    encoder = FunctionTransformer(kw_args={"posinf": math.inf, "weights": np.array([0.5, 1.0])})
    code = estimator_code(encoder)
    assert code.left_out == ()
    params = made(code).get_params()["kw_args"]
    assert params["posinf"] == math.inf
    np.testing.assert_array_equal(params["weights"], [0.5, 1.0])


def test_classes_with_the_same_name_are_distinguished(monkeypatch):
    class Ridge(LogisticRegression):
        __module__ = "elsewhere.models"
        __qualname__ = "Ridge"

    monkeypatch.setitem(sys.modules, "elsewhere.models", SimpleNamespace(Ridge=Ridge))
    code = estimator_code(make_pipeline(ScriptedEstimator(), BaggingClassifier(Ridge())))
    assert "from elsewhere.models import Ridge" in code.imports
    both = estimator_code(BaggingClassifier(make_pipeline(globals()["Ridge"](), Ridge())))
    assert "import elsewhere.models" in both.imports
    assert "elsewhere.models.Ridge()" in both.expression


def test_parameters_without_code_are_listed():
    class Own(ScriptedEstimator):
        """A class that cannot be imported."""

    estimator = make_pipeline(
        FunctionTransformer(lambda x: x), Own(marks=np.zeros(2000)), memory=object()
    )
    code = estimator_code(estimator)
    names = [each.partition(":")[0] for each in code.left_out]
    assert names == ["func_of_FunctionTransformer", "Own", "marks_of_Own"]
    assert "Own(marks=marks_of_Own)" in code.expression


def test_lines_are_short_if_possible():
    code = estimator_code(NESTED)
    assert max(map(len, code.expression.splitlines())) <= 88
    assert len(code.expression.splitlines()) > 5


def test_only_changed_parameters_count():
    assert changed_params(Ridge()) == {}
    assert changed_params(Ridge(alpha=1.0)) == {}
    assert changed_params(Ridge(alpha=2)) == {"alpha": 2}
    assert changed_params(ScriptedEstimator(deed="x", marks=None)) == {"deed": "x"}


def test_a_value_is_written_in_one_short_line():
    assert in_short("a\nb", 20) == '"a\\nb"'
    assert (
        in_short(DecisionTreeClassifier(max_depth=2), 99) == "DecisionTreeClassifier(max_depth=2)"
    )
    assert in_short(np.float32(0.5), 99) == "0.5"
    assert in_short(list(range(100)), 10) == "[0, 1, 2,…"
    assert "lambda" in in_short(lambda x: x, 99)
