"""Registered models give the predictions of the tuner for all column types, or an error."""

from __future__ import annotations

import datetime as dt

import mlflow
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

import tunekit as tk
from tunekit.tracking.model_files import pack

N = 40
RNG = np.random.default_rng(0)
DAYS = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 900, N), unit="D"))
NUMBERS = RNG.normal(size=N)
Y = RNG.normal(size=N)
UNITS = ["s", "ms", "us", "ns"]


def dated(unit="us"):
    return pd.DataFrame({"day": DAYS.dt.as_unit(unit), "size": NUMBERS})


def columns(transformer):
    return make_column_transformer((transformer, ["day"]), (StandardScaler(), ["size"]))


def taken_apart(frame):
    """What is read of dates; the number is that of their unit."""
    day = frame["day"]
    return np.column_stack([day.dt.day_of_year, day.astype("int64") % 1_000_003, frame["size"]])


def of_index(frame):
    return np.column_stack([frame.index.astype("int64") % 1_000_003, frame["size"]])


class Seen(RegressorMixin, BaseEstimator):
    """An estimator whose prediction depends on the type, columns and values of its input."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        kinds = [str(each) for each in X.dtypes] if isinstance(X, pd.DataFrame) else []
        kinds += [str(each) for each in getattr(X, "columns", ())]
        shape, rows = getattr(X, "shape", ()), X.toarray() if sparse.issparse(X) else list(X)
        told = f"{type(X).__name__} {kinds} {shape} {getattr(X, 'dtype', '')} {rows}"
        length = shape[0] if shape else len(X)
        return np.full(length, sum(map(ord, told)), dtype=float)


def load(estimator, X, folder):
    """A fitted estimator, loaded from MLflow."""
    for path, content in pack(estimator, X)[0].items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return mlflow.pyfunc.load_model(str(folder))


def check(estimator, X, folder, *others):
    """The predictions for each table equal those of the estimator."""
    model = load(estimator.fit(X, Y), X, folder)
    for rows in (X, *others):
        np.testing.assert_array_equal(model.predict(rows), estimator.predict(rows))
    return model.metadata.signature


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(columns(StandardScaler()), Ridge()),
        make_pipeline(columns(OrdinalEncoder()), DecisionTreeRegressor(random_state=0)),
        make_pipeline(FunctionTransformer(taken_apart), DecisionTreeRegressor(random_state=0)),
    ],
    ids=["scaled", "encoded", "taken apart"],
)
def test_dates_of_every_unit_give_the_predictions_of_the_estimator(pipeline, unit, tmp_path):
    # Including other units than in training.
    signature = check(pipeline, dated(unit), tmp_path, *map(dated, UNITS))
    assert signature.inputs.input_names() == ["day", "size"]
    assert signature.outputs is not None


SPANS = DAYS - DAYS.min()


@pytest.mark.parametrize(
    "day",
    [
        DAYS.dt.tz_localize("Europe/Berlin"),
        DAYS.dt.as_unit("us").where(DAYS.dt.day > 3),
        DAYS.dt.date,
        DAYS.dt.to_period("M"),
        *[SPANS.dt.as_unit(unit) for unit in UNITS],
        *[pd.Series(NUMBERS * 9).astype(name) for name in ("int8", "int16", "float16")],
        *[pd.Series(np.abs(NUMBERS * 9)).astype(f"uint{bits}") for bits in (8, 16, 32, 64)],
        *[pd.Series([*range(N - 1), None], dtype=name) for name in ("Int64", "Float64", "Int8")],
        pd.Series([True, None] * (N // 2), dtype="boolean"),
        pd.Series(["a", "b"] * (N // 2), dtype="category"),
        pd.Series([1, 2] * (N // 2), dtype="category"),
        pd.Series([1, 2] * (N // 2), dtype=object),
        pd.Series(["a", 2] * (N // 2), dtype=object),
        pd.Series([dt.date(2026, 11, 27), None] * (N // 2)),
    ],
    ids=lambda column: f"{column.dtype} of {type(column[0]).__name__}",
)
def test_a_column_reaches_the_model_unchanged(day, tmp_path):
    # MLflow would convert some types, and drop the next column for others.
    frame = dated().assign(day=day)
    check(Seen(), frame, tmp_path, frame[["size", "day"]])


@pytest.mark.parametrize("name", ["bool", "int64", "float64", "str", "M8[s]", "m8[ns]"])
def test_a_column_that_mlflow_does_not_convert_is_in_the_signature(name, tmp_path):
    values = ["a", "b"] if name == "str" else [0, 1]
    frame = pd.DataFrame({"a": pd.Series(values * (N // 2)).astype(name), "b": NUMBERS})
    signature = check(Seen(), frame, tmp_path)
    assert signature.inputs.input_names() == ["a", "b"]
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing inputs"):
        load(Seen().fit(frame, Y), frame, tmp_path).predict(frame[["b"]])


IMPUTED = make_pipeline(SimpleImputer(), DecisionTreeRegressor(random_state=0))
LATER = {
    "integers for floats": pd.DataFrame({"a": [1, 5], "b": [0, 3]}),
    "small integers": pd.DataFrame({"a": [1, 5], "b": [0, 3]}, dtype="int8"),
    "missing values": pd.DataFrame({"a": [1.0, None], "b": [None, 3.0]}),
    "booleans": pd.DataFrame({"a": [True, False], "b": [False, True]}),
    "float32": pd.DataFrame({"a": [1.5, 2.5], "b": [0.1, 0.2]}, dtype="float32"),
    "nullable": pd.DataFrame({"a": [1.5, None], "b": [0.1, 0.2]}, dtype="Float64"),
}


@pytest.mark.parametrize("trained", ["floats", "integers", "floats with missing values"])
@pytest.mark.parametrize("later", LATER)
def test_later_rows_of_other_types_give_the_predictions_of_the_estimator(trained, later, tmp_path):
    values = {"floats": NUMBERS, "integers": np.arange(N)}.get(trained, np.r_[np.nan, NUMBERS[1:]])
    frame = pd.DataFrame({"a": values, "b": values[::-1]})
    check(IMPUTED, frame, tmp_path, LATER[later])


@pytest.mark.parametrize("names", [[1, 0], [("x", "a"), ("x", "b")], ["", "b"]])
def test_a_header_of_any_kind_gives_the_predictions_of_the_estimator(names, tmp_path):
    header = pd.MultiIndex.from_tuples(names) if isinstance(names[0], tuple) else names
    frame = pd.DataFrame(np.c_[NUMBERS, Y], columns=header)
    last = FunctionTransformer(np.asarray)
    pipeline = make_pipeline(last, DecisionTreeRegressor(random_state=0))
    check(pipeline, frame, tmp_path, frame.iloc[:, ::-1], frame * 2)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": NUMBERS, "b": Y}),
        pl.DataFrame({"a": [None, *NUMBERS[1:]], "b": np.arange(N)}),
    ],
)
def test_a_table_of_polars_gives_the_predictions_of_the_estimator(frame, tmp_path):
    check(IMPUTED, frame, tmp_path, frame[::-1], frame.select("a", "b").head(3))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", "b", None, "a"] * (N // 4), dtype="category"),
        pd.Series([1, 2, None, 1] * (N // 4), dtype="category"),
        pd.Series([1, 2, None, 1] * (N // 4), dtype="Int64"),
        pd.Series([1, 2, None, 1] * (N // 4), dtype="int64[pyarrow]"),
        pd.Series([True, None] * (N // 2), dtype="boolean"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_boosting_of_categories_and_missing_values(column, tmp_path):
    frame = pd.DataFrame({"a": column, "b": NUMBERS})
    model = HistGradientBoostingRegressor(max_iter=3, categorical_features="from_dtype")
    check(model, frame, tmp_path, frame.iloc[::-1], frame.iloc[:7])


class Unlike(RegressorMixin, BaseEstimator):
    """Predicts something else after it was pickled."""

    offset = 0.0

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return np.full(len(X), self.offset)

    def __setstate__(self, state):
        self.__dict__.update(state, offset=1.0)


class Unloadable(Unlike):
    """Cannot be unpickled."""

    def __setstate__(self, state):
        raise OSError("it needs a file")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Unlike(), "does not predict what the tuner predicts, it predicts other values for some"),
        (Unloadable(), "does not predict what the tuner predicts, it fails: .*it needs a file"),
    ],
)
def test_a_model_that_is_not_the_estimator_any_more_is_said(estimator, message, folder):
    pipeline = Pipeline([("it", estimator)])
    tuner = tk.Tuner(pipeline, tk.Space(memory=tk.Categorical([None])), n_trials=1, name="it")
    with pytest.warns(tk.TrackingWarning, match=message):
        tuner.set_params(scoring="neg_mean_squared_error").fit(dated(), Y)
    assert len(tk.load_study("it").trials) == 1


def test_dates_in_the_index_reach_the_model(tmp_path):
    frame = dated("s").set_index("day")
    pipeline = make_pipeline(FunctionTransformer(of_index), DecisionTreeRegressor(random_state=0))
    check(pipeline, frame, tmp_path, frame.iloc[::-1])


def test_rows_are_selected_by_position_and_not_by_label(tmp_path):
    frame = pd.DataFrame({"a": NUMBERS, "b": Y}, index=np.linspace(50.0, 60.0, N))
    check(make_pipeline(StandardScaler(), Ridge()), frame, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [*UNITS, "D"])
@pytest.mark.parametrize("n_columns", [1, 2])
def test_dates_in_an_array_give_the_predictions_of_the_estimator_or_an_error(
    unit, n_columns, tmp_path
):
    array = np.column_stack([DAYS.to_numpy().astype(f"M8[{unit}]")] * n_columns)
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(array, Y)
    model = load(pipeline, array, tmp_path)
    np.testing.assert_array_equal(model.predict(array), pipeline.predict(array))
    others = [array.astype(f"M8[{other}]") for other in (*UNITS, "D")]
    for rows in (*others, pd.DataFrame(array.astype("M8[s]"))):
        if n_columns == 1 or np.asarray(rows).dtype == array.dtype:
            np.testing.assert_array_equal(model.predict(rows), pipeline.predict(rows))
        else:
            with pytest.raises(mlflow.exceptions.MlflowException, match="does not match expected"):
                model.predict(rows)


WORDS = ["red green", "blue", "green blue", "red"] * (N // 4)


@pytest.mark.parametrize(
    "rows",
    [
        pd.Series(WORDS),
        WORDS,
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        [[each, each] for each in NUMBERS],
        sparse.csr_array(np.diag(NUMBERS)),
        sparse.csr_matrix(np.diag(NUMBERS)),
        np.arange(N, dtype=np.float32)[:, None],
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_other_kinds_of_inputs_reach_the_model_unchanged(rows, tmp_path):
    check(Seen(), rows, tmp_path)


def test_a_table_with_one_column_is_not_converted_to_the_training_type(tmp_path):
    pipeline = make_pipeline(StandardScaler(), Ridge())
    whole = np.arange(N)[:, None]
    check(pipeline, whole, tmp_path, whole + 0.75, (whole + 0.75).tolist())
    model = load(pipeline, whole, tmp_path)
    with pytest.warns(UserWarning, match="X has feature names"):
        found = model.predict(pd.DataFrame({"a": [0.75, 1.75]}))
    np.testing.assert_array_equal(found, pipeline.predict(np.array([[0.75], [1.75]])))


def test_a_series_of_strings_is_not_converted_to_a_table(tmp_path):
    check(make_pipeline(CountVectorizer(), Ridge()), pd.Series(WORDS), tmp_path, WORDS)


# From a store, in every documented way.

LATE = np.where(DAYS.rank() > N / 2, "late", "early")


def late(engine, last, **settings):
    name = last.__class__.__name__.lower()
    values = {
        "logisticregression": {"C": tk.Float(1.0, 100.0, log=True)},
        "kerasclassifier": {"units": tk.Int(8, 32)},
    }[name]
    return tk.Tuner(
        make_pipeline(columns(StandardScaler()), last),
        tk.Space(**{f"{name}__{parameter}": value for parameter, value in values.items()}),
        engine=engine,
        n_trials=2,
        cv=0.3,
        name="late",
        random_state=0,
        **settings,
    ).fit(dated("us"), LATE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "last", [LogisticRegression(), tk.KerasClassifier(epochs=20, learning_rate=0.05)]
)
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_every_way_to_load_a_champion_gives_the_predictions_of_the_tuner(engine, last, folder):
    tuner = late(engine, last)
    said = tuner.predict(dated("us"))
    assert np.mean(said == LATE) > 0.9
    mlflow.set_tracking_uri(tuner.tracking_uri_)
    try:
        ways = [
            mlflow.pyfunc.load_model("models:/late@champion"),
            mlflow.sklearn.load_model("models:/late@champion"),
            tk.load_study("late").champion,
        ]
    finally:
        mlflow.set_tracking_uri(None)
    for unit in UNITS:
        expected = tuner.predict(dated(unit))
        for model in ways:
            np.testing.assert_array_equal(model.predict(dated(unit)), expected)


def test_a_champion_with_dates_can_be_loaded_from_a_server(server, bare_folder):
    tuner = late("optuna", LogisticRegression(), tracking_uri=server.uri)
    mlflow.set_tracking_uri(server.uri)
    try:
        model = mlflow.pyfunc.load_model("models:/late@champion")
    finally:
        mlflow.set_tracking_uri(None)
    for unit in UNITS:
        np.testing.assert_array_equal(model.predict(dated(unit)), tuner.predict(dated(unit)))
    loaded = tk.load_study("late", tracking_uri=server.uri).champion
    np.testing.assert_array_equal(loaded.predict(dated("s")), tuner.predict(dated("s")))
