"""Targets of every kind: taken as what they plainly are, or refused in one sentence."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from dummy_estimators import study
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import tunekit as tk
from tunekit.core.targets import plain_targets

ROWS = np.arange(60)
X = np.c_[ROWS % 2, ROWS % 7].astype(float)
ONES = ROWS % 2
DEPTH = tk.Space(max_depth=tk.Int(1, 2))

INTEGERS = ONES + 1
BOOLEANS = ONES == 1
TEXT = np.where(BOOLEANS, "yes", "no")

CLASSES = {
    "Int64": (pd.Series(INTEGERS, dtype="Int64"), [1, 2]),
    "UInt8": (pd.Series(INTEGERS, dtype="UInt8"), [1, 2]),
    "Arrow integers": (pd.Series(INTEGERS, dtype="int32[pyarrow]"), [1, 2]),
    "boolean": (pd.Series(BOOLEANS, dtype="boolean"), [False, True]),
    "Arrow booleans": (pd.Series(BOOLEANS, dtype="bool[pyarrow]"), [False, True]),
    "string": (pd.Series(TEXT, dtype="string"), ["no", "yes"]),
    "Arrow text": (pd.Series(TEXT, dtype=pd.ArrowDtype(pa.string())), ["no", "yes"]),
    "StringDType": (TEXT.astype(np.dtypes.StringDType()), ["no", "yes"]),
    "categories": (pd.Series(TEXT, dtype="category"), ["no", "yes"]),
    "categories of integers": (pd.Series(INTEGERS, dtype="category"), [1, 2]),
    "categories of booleans": (pd.Series(BOOLEANS, dtype="category"), [False, True]),
    "objects, integers": (INTEGERS.astype(object), [1, 2]),
    "objects, booleans": (BOOLEANS.astype(object), [False, True]),
    "objects, text": (TEXT.astype(object), ["no", "yes"]),
    "Index": (pd.Index(INTEGERS), [1, 2]),
    "Index of text": (pd.Index(TEXT), ["no", "yes"]),
    "Index of Int64": (pd.Index(INTEGERS, dtype="Int64"), [1, 2]),
    "Polars integers": (pl.Series(INTEGERS), [1, 2]),
    "Polars booleans": (pl.Series(BOOLEANS), [False, True]),
    "Polars text": (pl.Series(TEXT.tolist()), ["no", "yes"]),
    "Polars categories": (pl.Series(TEXT.tolist(), dtype=pl.Categorical), ["no", "yes"]),
    "an Arrow array": (pa.array(INTEGERS), [1, 2]),
    "a sparse Series": (pd.Series(ONES, dtype="Sparse[int64]"), [0, 1]),
    "a list": (INTEGERS.tolist(), [1, 2]),
    "a column": (pd.DataFrame({"y": pd.Series(INTEGERS, dtype="Int64")}), [1, 2]),
}

NUMBERS = {
    "Int64": pd.Series(INTEGERS, dtype="Int64"),
    "Float32": pd.Series(INTEGERS / 2, dtype="Float32"),
    "Arrow floats": pd.Series(INTEGERS / 2, dtype="double[pyarrow]"),
    "Arrow decimals": pd.Series(INTEGERS / 2).astype(pd.ArrowDtype(pa.decimal128(8, 2))),
    "decimals": np.array([Decimal(int(each)) / 2 for each in INTEGERS]),
    "objects": (INTEGERS / 2).astype(object),
    "integers and floats": np.array([0.5, 1] * 30, dtype=object),
    "Polars": pl.Series(INTEGERS / 2),
}

DAYS = pd.date_range("2026-01-01", periods=60)
REFUSED = {
    "dates": (pd.Series(DAYS), "dates or times, such as np.datetime64"),
    "dates with a zone": (pd.Series(DAYS.tz_localize("UTC")), "dates or times, such as Timesta"),
    "datetime64": (DAYS.to_numpy(), "dates or times, such as np.datetime64"),
    "timedelta64": ((DAYS - DAYS[0]).to_numpy(), "dates or times, such as np.timedelta64"),
    "durations": (pd.Series(DAYS - DAYS[0]), "dates or times"),
    "date objects": (DAYS.date, r"dates or times, such as datetime.date\(2026, 1, 1\)"),
    "Polars dates": (pl.Series([dt.date(2026, 1, 1)] * 60), "dates or times"),
    "Arrow dates": (pd.Series(DAYS).astype("timestamp[us][pyarrow]"), "dates or times"),
    "periods": (pd.Series(DAYS.to_period("D")), "Period objects, such as Period"),
    "intervals": (pd.cut(pd.Series(ROWS), 2), "Interval objects, such as Interval"),
    "bytes": (np.char.encode(TEXT), r"bytes, such as np.bytes_\(b'no'\): decode them"),
    "objects, bytes": (np.char.encode(TEXT).astype(object), r"bytes, such as b'no': decode them"),
    "complex": (ONES * 1j, "Complex data not supported: y contains complex numbers, such as"),
    "lists": (pd.Series([[1], [1, 2]] * 30), r"several values per row, such as \[1\]: use one"),
    "text and numbers": (np.array(["a", 1] * 30, dtype=object), "several kinds, such as 'a' and 1"),
    "booleans and numbers": (np.array([True, 2] * 30, dtype=object), "kinds, such as True and 2"),
    "large integers": (np.array([2**80, 1] * 30, dtype=object), "do not fit in 64 bits"),
}


def fitted(estimator, y):
    return estimator.fit(X, y)


def assert_classes(given, expected):
    """Check that labels are equal and of the same kind: 1 and True equal 1.0, too."""
    assert [(type(each), each) for each in np.asarray(given).tolist()] == [
        (type(each), each) for each in expected
    ]


@pytest.mark.parametrize("kind", CLASSES)
def test_classes_keep_the_kind_that_they_were_given(kind, engine):
    y, expected = CLASSES[kind]
    tuner = study(DEPTH, engine, estimator=DecisionTreeClassifier(), n_trials=2).fit(X, y)
    assert tuner.best_score_ == tuner.evaluate(X, y) == tuner.score(X, y) == 1.0
    assert_classes(tuner.classes_, expected)
    assert_classes(tuner.predict(X[:2]), expected)
    found = tk.compare({"tree": DecisionTreeClassifier()}, X, y, cv=2, tracking=False)
    assert_classes(found.predictions("tree").classes, expected)
    assert found.ranking()["score"].item() == 1.0
    finalists = tuner.finalists(X, y, k=1, seeds=1)
    assert_classes(finalists.predictions(finalists.info.names[0]).classes, expected)


@pytest.mark.parametrize("kind", CLASSES)
def test_networks_keep_the_kind_of_their_classes(kind):
    y, expected = CLASSES[kind]
    model = tk.KerasClassifier(epochs=1, random_state=0)
    if kind == "a column":
        with pytest.warns(UserWarning, match="column-vector"):
            model.fit(X, y)
    else:
        model.fit(X, y, validation_data=(X, y)).partial_fit(X, y)
    assert_classes(model.classes_, expected)
    assert set(model.predict(X).tolist()) <= set(expected)


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_are_numbers(kind, engine):
    y = NUMBERS[kind]
    tree = DecisionTreeRegressor()
    tuner = study(DEPTH, engine, estimator=tree, n_trials=2).fit(X, y)
    expected = np.array([float(each) for each in y])
    np.testing.assert_allclose(tuner.predict(X), expected)
    assert tuner.evaluate(X, y) == 1.0
    assert tk.compare({"a": tree}, X, y, cv=2, tracking=False).ranking()["score"].item() == 1.0
    assert np.isfinite(tk.KerasRegressor(epochs=1).fit(X, y).predict(X)).all()


@pytest.mark.parametrize("kind", REFUSED)
def test_anything_else_is_refused_in_one_sentence_at_every_entry_point(kind):
    y, message = REFUSED[kind]
    tree = DecisionTreeClassifier()
    networks = tk.KerasClassifier(epochs=1), tk.KerasRegressor(epochs=1)
    tuners = [
        study(DEPTH, estimator=each) for each in (DecisionTreeClassifier(), DecisionTreeRegressor())
    ]
    for fit in (*[each.fit for each in (*networks, *tuners)], networks[0].partial_fit):
        with pytest.raises(tk.DataError, match=message) as caught:
            fit(X, y)
        assert "\n" not in str(caught.value)
    with pytest.raises(tk.DataError, match=message):
        tk.compare({"a": tree}, X, y, tracking=False)
    tuner = study(DEPTH, estimator=tree, n_trials=1).fit(X, ONES)
    for use in (tuner.evaluate, tuner.score, tuner.finalists):
        with pytest.raises(tk.DataError, match=message):
            use(X, y)


@pytest.mark.parametrize(
    "y", [ONES, ONES.tolist(), TEXT, pd.Series(TEXT), pd.Series(ONES / 2), np.c_[ONES, ONES]]
)
def test_plain_targets_are_returned_as_they_are(y):
    assert plain_targets(y) is y


def test_a_series_and_a_frame_keep_their_index_and_names():
    index = pd.Index(ROWS[::-1])
    one = plain_targets(pd.Series(INTEGERS, dtype="Int64", index=index, name="size"))
    pd.testing.assert_series_equal(one, pd.Series(INTEGERS, index=index, name="size"))
    frame = pd.DataFrame({"a": pd.Series(INTEGERS, dtype="Int64"), "b": ONES / 2}).set_axis(index)
    expected = pd.DataFrame({"a": INTEGERS, "b": ONES / 2}, index=index)
    pd.testing.assert_frame_equal(plain_targets(frame), expected)


@pytest.mark.parametrize("library", [pl.DataFrame, pa.table, pd.DataFrame])
def test_several_targets_of_any_library_keep_their_names(library):
    plain = plain_targets(library({"sport": [1, 0, 1], "health": [0, 0, 1]}))
    assert list(plain.columns) == ["sport", "health"]
    assert plain.to_numpy().tolist() == [[1, 0], [0, 0], [1, 1]]
    assert plain.to_numpy().dtype.kind == "i"
