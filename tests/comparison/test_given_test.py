"""A test split that the user gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tunekit as tk

X, y = load_iris(return_X_y=True)
WORDS = np.array(["a", "b", "c"])[y]
FOLDS, TEST = np.arange(0, 150, 2), np.arange(1, 150, 2)
LINEAR = LogisticRegression(C=0.01)


def compare(X, y, test, model=LINEAR, **settings):
    settings = {"cv": 2, "tracking": False, "progress": False, **settings}
    return tk.compare({"linear": model}, X, y, test=test, **settings)


def score(found):
    return found.ranking(on="test")["score"].iloc[0]


KINDS = {
    "array": np.asarray,
    "list": lambda rows: np.asarray(rows).tolist(),
    "table": lambda rows: pd.DataFrame(rows, columns=list("abcd")),
    "polars": lambda rows: pl.DataFrame(rows, schema=list("abcd"), orient="row"),
    "sparse": scipy.sparse.csr_matrix,
}


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_fitted_on_all_other_rows_and_scored_on_the_test_split(kind):
    convert = KINDS[kind]
    found = compare(convert(X[FOLDS]), WORDS[FOLDS], (convert(X[TEST]), WORDS[TEST]))
    expected = LINEAR.fit(X[FOLDS], WORDS[FOLDS]).score(X[TEST], WORDS[TEST])
    assert score(found) == expected
    assert found.info.n_test == 75
    assert found.info.n_splits == 2
    in_folds = {row for fit in found.fits if fit.split >= 0 for row in fit.predictions.rows}
    assert in_folds == set(range(75))


def test_the_test_split_has_its_own_weights():
    weight = np.random.default_rng(0).uniform(0, 5, 150)
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression(C=0.01).set_fit_request(sample_weight=True)
        found = compare(
            X[FOLDS],
            y[FOLDS],
            (X[TEST], y[TEST], {"sample_weight": weight[TEST]}),
            model,
            scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
            params={"sample_weight": weight[FOLDS]},
        )
    predicted = LINEAR.fit(X[FOLDS], y[FOLDS], sample_weight=weight[FOLDS]).predict(X[TEST])
    expected = accuracy_score(y[TEST], predicted, sample_weight=weight[TEST])
    assert score(found) == pytest.approx(expected)


def test_groups_belong_to_the_rows_of_the_folds():
    groups = np.repeat(np.arange(15), 5)
    found = compare(X[FOLDS], y[FOLDS], (X[TEST], y[TEST]), groups=groups, cv=GroupKFold(3))
    assert score(found) == LINEAR.fit(X[FOLDS], y[FOLDS]).score(X[TEST], y[TEST])


def test_categories_are_those_of_the_other_rows():
    table = pd.DataFrame({"kind": pd.Categorical(WORDS), "size": X[:, 0]})
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["kind"])), LogisticRegression()
    )
    text = table.iloc[TEST].assign(kind=WORDS[TEST])
    found = compare(table.iloc[FOLDS], y[FOLDS], (text, y[TEST]), model)
    assert score(found) == 1
    strange = text.assign(kind="d")
    with pytest.raises(tk.DataError, match="X has the value 'd' in 'kind', which is not"):
        compare(table.iloc[FOLDS], y[FOLDS], (strange, y[TEST]), model)


TABLE = pd.DataFrame(X, columns=list("abcd"))
REFUSED = {
    "something else": ({"test": 0.2}, "test must be .*, got float"),
    "two test splits": ({"test_size": 0.2}, "test and test_size=0.2 are two test splits"),
    "another width": ({"test": (X[:, :3], y)}, r"rows of X must have the shape \(4,\)"),
    "text": ({"test": (X, WORDS)}, "y must have the type of the other rows, int64, got <U1"),
    "other columns": (
        {"X": TABLE, "test": (TABLE.rename(columns={"a": "e"}), y)},
        r"missing \['a'\], not expected \['e'\]",
    ),
    "another length": ({"test": (X, y[1:])}, "149"),
    "more metadata": ({"test": (X, y, {"sample_weight": y})}, "must have the metadata of"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_test_split_that_does_not_fit_the_other_rows_is_refused(case):
    changed, message = REFUSED[case]
    arguments = {"X": X, "y": y, "test": (X, y), **changed}
    with pytest.raises(ValueError, match=message) as caught:
        compare(**arguments)
    assert isinstance(caught.value, tk.TunekitError)
