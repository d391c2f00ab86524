"""The code of an estimator creates every kind of parameter again, or names what is missing."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import math
import pickle
import re
import zoneinfo
from collections import OrderedDict, defaultdict, deque, namedtuple
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
import sklearn
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplingPipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import tunekit as tk
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of
from tunekit.evaluation.estimator_code import estimator_code


class Color(enum.Enum):
    RED = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Tag(str):
    __slots__ = ()


class Client:
    def __init__(self, password="", size=1):
        self.password = password
        self.size = size


class Silent(keras.callbacks.Callback):
    def __init__(self, rate=0.1):
        super().__init__()
        self.rate = rate


Bounds = namedtuple("Bounds", ["low", "high"])  # noqa: PYI024 - the kind that most code has


def doubled(X):
    return 2 * X


def wrapping(X):
    return X


@functools.wraps(wrapping)
def _wrapped(X):
    return 3 * X


ESTIMATORS = [
    ColumnTransformer(
        [
            ("n", StandardScaler(), make_column_selector(dtype_include="number")),
            ("c", OneHotEncoder(), make_column_selector("^c", dtype_exclude=[np.number, object])),
        ]
    ),
    FunctionTransformer(doubled, inverse_func=scipy.special.expit),
    FeatureUnion([("a", StandardScaler()), ("b", "passthrough")]),
    VotingClassifier([("a", RandomForestClassifier(random_state=np.random.RandomState(3)))]),
    StackingClassifier([("a", LogisticRegression())], LogisticRegression(C=np.float32(0.1))),
    TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    CalibratedClassifierCV(LogisticRegression(), cv=StratifiedKFold(3, shuffle=True)),
    GridSearchCV(
        make_pipeline(Ridge()),
        {"ridge": [Ridge(math.inf), Ridge(math.nan)]},
        scoring=make_scorer(mean_squared_error, greater_is_better=False),
        cv=TimeSeriesSplit(2),
    ),
    RandomizedSearchCV(
        Ridge(),
        {"alpha": scipy.stats.loguniform(1e-3, 10), "max_iter": scipy.stats.randint(1, high=9)},
        random_state=np.random.default_rng(0),
    ),
    GaussianProcessRegressor(2.0 * RBF([1, 2]) + WhiteKernel(noise_level_bounds="fixed")),
    SamplingPipeline([("s", SMOTE()), ("p", Pipeline([("r", Ridge())]))]),
    tk.KerasClassifier(
        callbacks=[keras.callbacks.EarlyStopping("loss", patience=3), Silent(0.2)],
        optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)),
        architecture=doubled,
        class_weight={0: 1, np.int64(1): 5},
    ),
]
VALUES = {
    "arrays": [np.array([1, 2], "float32"), np.array(["a", "bc"]), np.zeros((0, 3)), np.eye(3) > 0],
    "large array": np.arange(300),
    "pandas": [pd.Series([1, None]), pd.DataFrame({"a": ["x"]}), pd.Timestamp("2020"), pd.NA],
    "dates": [
        dt.date(2020, 1, 2),
        dt.datetime(2020, 1, 2, 3, 4, 5, 6, zoneinfo.ZoneInfo("Europe/Berlin"), fold=1),
        dt.time(1, 2, 3, 4, dt.timezone.utc),  # noqa: UP017 - as older code has it
        dt.timedelta(days=1.5),
    ],
    "numpy": [np.float64(0.1), np.bool_(True), np.str_("x"), np.datetime64("2020", "s")],
    "types": [np.float32, np.dtype("float32"), object, list[int], Tag],
    "numbers": [-0.0, 1 - 2j, complex(math.nan, -math.inf), decimal.Decimal("0.10"), 2**70],
    "strings": ['a"\n\\', "\ud800\u202e\x00é", Tag("x"), b"\x00\xff", bytearray(b"a"), ...],
    "collections": [OrderedDict(b=1, a=2), defaultdict(list, a=[1]), deque([1]), Bounds(1, [2])],
    "more collections": [{1, 2}, set(), frozenset("ab"), slice(1, None), range(3), (), (1,)],
    "functions": [functools.partial(np.clip, a_min=0), str.lower, "x".join, dict.fromkeys, len],
    "members": [Color.RED, Access.READ | Access.WRITE, re.compile("a", re.IGNORECASE), Path("a/b")],
    "objects": [Client(size=2), KFold(3)],
}


def run(code):
    names = {}
    exec("\n".join([*code.imports, *code.setup, f"made = {code.expression}"]), names)  # noqa: S102
    return names["made"]


def assert_same(made, given):
    assert type(made) is type(given)
    if hasattr(given, "get_params") and not isinstance(given, type):
        made, given = made.get_params(deep=False), given.get_params(deep=False)
    if isinstance(given, dict):
        assert list(made) == list(given)
        made, given = list(made.values()), list(given.values())
    if isinstance(given, (list, tuple, deque)):
        assert len(made) == len(given)
        for one, other in zip(made, given, strict=True):
            assert_same(one, other)
    elif is_of_keras(given):
        assert code_of(made) == code_of(given)
    elif isinstance(given, type(scipy.stats.norm())) or hasattr(given, "kwds"):
        assert (made.args, made.kwds) == (given.args, given.kwds)
        assert type(made.dist) is type(given.dist)
    elif isinstance(given, pd.DataFrame):
        pd.testing.assert_frame_equal(made, given)
    else:
        assert repr(pickle.loads(pickle.dumps(made))) == repr(
            pickle.loads(pickle.dumps(given))
        ) or (pickle.dumps(made) == pickle.dumps(given))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_the_code_of_a_composed_estimator_creates_it_again(estimator):
    code = estimator_code(estimator)
    assert code.left_out == ()
    assert_same(run(code), estimator)


@pytest.mark.parametrize("kind", VALUES)
def test_the_code_creates_every_kind_of_value_again(kind):
    estimator = FunctionTransformer(kw_args={"values": VALUES[kind]})
    code = estimator_code(estimator)
    assert code.left_out == ()
    assert_same(run(code), estimator)


def test_random_states_are_created_in_their_state():
    for state in (np.random.RandomState(3), np.random.default_rng(3)):
        state.random(5)
        code = estimator_code(Ridge(random_state=state))
        assert "in the state after fit" in code.expression
        assert run(code).random_state.random() == state.random()


def test_a_frozen_estimator_stays_fitted():
    frozen = FrozenEstimator(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    made = run(estimator_code(CalibratedClassifierCV(frozen)))
    assert made.estimator.predict([[0.9]]) == [1]


def test_requests_of_metadata_and_the_output_are_set():
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight="weight")
        code = estimator_code(make_pipeline(StandardScaler().set_output(transform="polars"), model))
        made = run(code)
    sklearn.set_config(enable_metadata_routing=False)
    assert code.setup == ("sklearn.set_config(enable_metadata_routing=True)",)
    assert made[0]._sklearn_output_config == {"transform": "polars"}
    assert made[1]._metadata_request.fit.requests == {"sample_weight": True}
    assert made[1]._metadata_request.score.requests == {"sample_weight": "weight"}


def test_only_the_part_without_code_is_left_out():
    code = estimator_code(
        FunctionTransformer(
            functools.partial(np.clip, lambda x: x),
            kw_args={"f": [_wrapped, Ridge(np.float64(2))]},
        )
    )
    line = f"test_object_code.py, line {_wrapped.__code__.co_firstlineno}"
    assert code.left_out[0].startswith("func_of_FunctionTransformer: FunctionTransformer.func, a l")
    assert code.left_out[1:] == (
        f"wrapping: FunctionTransformer.kw_args, the function wrapping ({line})",
    )
    assert 'kw_args={"f": [wrapping, Ridge(alpha=np.float64(2.0))]}' in code.expression
    assert "partial(np.clip, func_of_FunctionTransformer)" in code.expression
    with pytest.raises(NameError, match="func_of_FunctionTransformer"):
        run(code)


def test_names_to_define_differ_from_each_other_and_from_imports():
    first, second = FunctionTransformer(lambda x: x), FunctionTransformer(lambda x: -x)
    code = estimator_code(make_pipeline(first, second, first))
    assert [each.partition(":")[0] for each in code.left_out] == [
        "func_of_FunctionTransformer",
        "func_of_FunctionTransformer_2",
    ]
    assert code.expression.count("func=func_of_FunctionTransformer)") == 2


@pytest.mark.parametrize(
    "value",
    [{"password": "hunter2"}, "postgresql://me:hunter2@host/x", Client("hunter2")],
    ids=["mapping", "address", "object"],
)
def test_code_does_not_contain_secrets(value):
    code = estimator_code(make_pipeline(FunctionTransformer(kw_args={"value": value}), Ridge()))
    assert code.left_out == (
        "kw_args_of_FunctionTransformer: FunctionTransformer.kw_args, which may be a secret",
    )
    assert "hunter2" not in code.expression
    assert "Ridge()" in code.expression


def test_what_is_too_large_for_code_is_named():
    code = estimator_code(Ridge(np.zeros((50, 50))))
    assert code.left_out == ("alpha_of_Ridge: Ridge.alpha, ndarray of shape (50, 50)",)
