"""Names and digests of Python objects."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import json
import math
import operator
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from keras import losses, optimizers
from sklearn.base import BaseEstimator, clone
from sklearn.gaussian_process.kernels import RBF
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from tunekit.core.json_values import encoded, key
from tunekit.core.named import Named, by_name, real
from tunekit.core.object_names import all_named, decoded, named
from tunekit.exceptions import SpaceError


def doubled(x):
    return 2 * x


class Limits:
    """A class without parameters and without a repr."""

    def __init__(self, low):
        self.low = low


class Silent(Limits):
    def __repr__(self):
        return "Silent()"


class Colour(enum.Enum):
    RED = 1


NAMES = {
    "StandardScaler()": StandardScaler(),
    "MinMaxScaler(feature_range=(0, 2))": MinMaxScaler((0, 2)),
    "FunctionTransformer(func=doubled)": FunctionTransformer(doubled),
    "Pipeline(steps=[('my scaler', StandardScaler()), ('svc', SVC())])": None,
    "StandardScaler": StandardScaler,
    "doubled": doubled,
    "lambda": lambda x: x + 1,
    "partial(doubled, x=2)": functools.partial(doubled, x=2),
    "log1p": np.log1p,
    "len": len,
    "float32": np.float32,
    "str.upper": "a".upper,
    "{0: 1, 1: 5}": {1: 5, 0: 1},
    "{0: 0.5}": {np.int64(0): np.float64(0.5)},
    "{1, 2}": {2, 1},
    "frozenset({'a'})": frozenset({"a"}),
    "b'x'": b"x",
    "nan": math.nan,
    "-inf": -math.inf,
    "array([0.1, 0.9])": np.array([0.1, 0.9]),
    "<Colour.RED: 1>": Colour.RED,
    "datetime.date(2020, 1, 1)": dt.date(2020, 1, 1),
    "KFold(n_splits=3, random_state=None, shuffle=False)": KFold(3),
    "RBF(length_scale=2)": RBF(2.0),
    "Huber(delta=3.0)": losses.Huber(delta=3.0),
    "Adam": optimizers.Adam,
    "SGD(learning_rate=0.1, momentum=0.9)": optimizers.SGD(0.1, momentum=0.9),
    "Limits": Limits(1),
    "[('a', StandardScaler()), None]": [("a", StandardScaler()), None],
}
NAMES["Pipeline(steps=[('my scaler', StandardScaler()), ('svc', SVC())])"] = Pipeline(
    [("my scaler", StandardScaler()), ("svc", SVC())]
)


@pytest.mark.parametrize("name", [name for name in NAMES if len(name) <= 60])
def test_an_object_has_a_short_name_and_a_json_form(name):
    given = named(NAMES[name])
    assert isinstance(given, Named)
    assert (given.name, repr(given), str(given), by_name((given, 1))) == (
        name,
        name,
        name,
        (name, 1),
    )
    assert given.value is NAMES[name] or key(named(given.value)) == key(given)
    assert named(real(given)) == given  # a copy is equal
    restored = decoded(json.loads(json.dumps(encoded({"a": given}))))["a"]
    assert restored == given
    assert repr(restored) == name


def test_a_python_literal_is_a_value_again_and_other_objects_are_names():
    for literal in ({0: 1, 1: 5}, {2, 1}, b"x", math.inf, {"a": (1, {2: None})}):
        assert decoded(encoded(named(literal))).value == literal
    assert math.isnan(decoded(encoded(named(math.nan))).value)
    assert decoded(encoded(named(StandardScaler()))).value is None
    # A dictionary that looks like the form of an object stays what it is.
    form = {"__python__": "StandardScaler()", "digest": "0"}
    assert decoded(encoded(named(form))).value == form
    with pytest.raises(SpaceError, match=r"'1 \+'} must contain a Python literal, such as"):
        decoded({"__python__": "1 +"})


def test_values_that_json_can_represent_are_kept():
    for value in (None, True, 1, 0.5, "a", (1, (2,)), [1, 2], {"a": [None]}):
        assert named(value) == value
        assert type(named(value)) is type(value)
    assert repr(named([np.int64(1), np.float32(0.5), np.bool_(True), np.str_("a")])) == (
        "[1, 0.5, True, 'a']"
    )


def test_equal_names_get_a_digest_of_the_content():
    several = all_named(
        [Limits(1), Limits(2), Silent(1), Silent(2), lambda x: x, lambda x: -x, StandardScaler()]
    )
    assert len({each.digest for each in several}) == 7
    for each in several[:6]:
        assert re.fullmatch(r"(Limits|Silent\(\)|lambda) [0-9a-f]{8}", each.name)
    assert several[6].name == "StandardScaler()"
    assert all_named(several) == several
    pair = all_named(["doubled", doubled])
    assert pair[0] == "doubled"
    assert pair[1].name.startswith("doubled ")


def test_a_long_name_is_shortened_and_has_a_digest():
    long = [named({i: i for i in range(n)}) for n in (40, 41)]
    assert all(len(each.name) <= 71 for each in long)
    assert long[0].name != long[1].name
    assert decoded(encoded(long[0])).value == {i: i for i in range(40)}


def test_different_settings_have_different_digests():
    def scaled(factor):
        return lambda x: factor * x

    groups = [
        (SimpleImputer(), SimpleImputer(missing_values=0), SimpleImputer(strategy="median")),
        (scaled(1), scaled(2)),
        (functools.partial(doubled, 1), functools.partial(doubled, 2)),
        (np.array([1, 2]), np.array([1, 3]), np.array([1.0, 2.0])),
        (operator.attrgetter("a"), operator.attrgetter("b")),
        (FunctionTransformer(doubled), FunctionTransformer(np.exp)),
        ({0: 1}, {0: 1.0}, {0: True}, {"0": 1, 1: 1}),
    ]
    for group in groups:
        assert len({key(named(each)) for each in group}) == len(group)
    assert named(clone(SimpleImputer(missing_values=math.nan))) == named(SimpleImputer())


@pytest.mark.interpreter
def test_digests_are_equal_in_another_process():
    code = (
        "import functools, math, numpy as np\n"
        "from sklearn.preprocessing import *\n"
        "from sklearn.svm import SVC\n"
        "from tunekit.core.object_names import named\n"
        "values = [StandardScaler(), FunctionTransformer(lambda x: x + 1), SVC, np.log1p, {0, 1},\n"
        "    {0: 'a', 1: None}, math.nan, functools.partial(max, 3), np.arange(3), [SVC(C=2.0)],\n"
        "    np.random.RandomState(0), {'x', 'y', 'z'}]\n"
        "print([named(each).digest for each in values])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert runs.pop().count(",") == 11


def test_an_object_without_a_digest_is_returned_unchanged():
    lock = threading.Lock()
    assert named(lock) is lock


def test_each_copy_is_new_and_unfitted():
    given = named(StandardScaler().fit([[1.0], [2.0]]))
    one, other = real({"a": given, "b": (given,)}).values()
    assert isinstance(one, StandardScaler)
    assert one is not other[0] is not given.value
    assert not hasattr(one, "mean_")


def test_an_object_that_cannot_be_copied_is_refused():
    class Stubborn(BaseEstimator):
        def __init__(self, size=1):
            self.size = size + 1

    with pytest.raises(SpaceError, match=r"Stubborn\(size=2\) cannot be copied, which every trial"):
        real(named(Stubborn()))
