"""Calls and pickles that create objects which are no estimators, for generated code."""

from __future__ import annotations

import base64
import copyreg
import datetime as dt
import functools
import inspect
import pathlib
import pickle
import pickletools
import re
import zoneinfo
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.stats
from scipy.stats.distributions import rv_frozen
from sklearn.metrics import make_scorer

from tunekit.core.secret_names import is_secret
from tunekit.core.secrets import without_secrets

_MOST_VALUES = 100  # of an array that is written out
_LONGEST = 10_000  # characters of a pickle
_MAIN = ("__main__", "__mp_main__")


@dataclass(frozen=True)
class Call:
    """The call ``function(*args, **kwargs)``, which creates an object."""

    function: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def call_of(value: Any) -> Call | None:
    """Return the call that creates an equal object; None if no call is known to.

    The class of an object may be called with what its pickle holds, or with its attributes. Such a
    call is returned only if it gives an object with an equal pickle.

    Examples
    --------
    >>> from sklearn.model_selection import KFold
    >>> call_of(KFold(3)).kwargs
    {'n_splits': 3}
    """
    if known := _CALLS.get(type(value)):
        return known(value)
    if isinstance(value, np.dtype):
        return Call(np.dtype, (value.str,)) if np.dtype(value.str) == value else None
    if isinstance(value, rv_frozen):
        return _frozen(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return Call(type(value), tuple(value))
    try:
        return next((call for call in _candidates(value) if _creates(call, value)), None)
    except Exception:  # noqa: BLE001 - a class may raise anything
        return None


def _array(value: np.ndarray[Any, Any]) -> Call | None:
    if value.size > _MOST_VALUES or value.dtype.kind not in "biufcUS":
        return None
    values = value.tolist()
    again = np.array(values)
    if again.shape != value.shape:  # an empty table
        return Call(np.empty, (value.shape,), {"dtype": value.dtype.str})
    kwargs = {} if again.dtype == value.dtype else {"dtype": value.dtype.str}
    return Call(np.array, (values,), kwargs)


def _frozen(value: Any) -> Call | None:
    distribution = getattr(scipy.stats, value.dist.name or "", None)
    if type(distribution) is not type(value.dist):
        return None
    return Call(distribution, value.args, value.kwds)


def _pattern(value: re.Pattern[Any]) -> Call:
    default = re.compile(value.pattern).flags
    return Call(re.compile, (value.pattern, *([value.flags] if value.flags != default else [])))


def _scorer(value: Any) -> Call:
    """Return a call of make_scorer."""
    kwargs = {"response_method": value._response_method, **value._kwargs}  # noqa: SLF001
    if kwargs["response_method"] == "predict":
        del kwargs["response_method"]
    if value._sign < 0:  # noqa: SLF001 - its settings have no public names
        kwargs["greater_is_better"] = False
    return Call(make_scorer, (value._score_func,), kwargs)  # noqa: SLF001


def _zone(value: Any) -> dict[str, Any]:
    given = {"tzinfo": value.tzinfo, "fold": value.fold}
    return {name: each for name, each in given.items() if each}


_CALLS: dict[type, Callable[[Any], Call | None]] = {
    bytearray: lambda value: Call(bytearray, (bytes(value),)),
    complex: lambda value: Call(complex, (value.real, value.imag)),
    dt.date: lambda value: Call(dt.date, (value.year, value.month, value.day)),
    dt.timedelta: lambda value: Call(dt.timedelta, (value.days, value.seconds, value.microseconds)),
    dt.datetime: lambda value: Call(
        dt.datetime, (*value.timetuple()[:6], value.microsecond), _zone(value)
    ),
    dt.time: lambda value: Call(
        dt.time, (value.hour, value.minute, value.second, value.microsecond), _zone(value)
    ),
    defaultdict: lambda value: Call(defaultdict, (value.default_factory, dict(value))),
    frozenset: lambda value: Call(frozenset, (set(value),) if value else ()),
    functools.partial: lambda value: Call(
        functools.partial, (value.func, *value.args), value.keywords
    ),
    np.ndarray: _array,
    OrderedDict: lambda value: Call(OrderedDict, (dict(value),)),
    pathlib.PosixPath: lambda value: Call(pathlib.Path, (str(value),)),
    re.Pattern: _pattern,
    zoneinfo.ZoneInfo: lambda value: Call(zoneinfo.ZoneInfo, (value.key,)),
    slice: lambda value: Call(slice, (value.start, value.stop, value.step)),
    range: lambda value: Call(range, (value.start, value.stop, value.step)),
}


def _candidates(value: Any) -> Iterator[Call]:
    """Yield calls that may create an object."""
    if hasattr(value, "_score_func"):
        yield _scorer(value)
    function, args, *rest = value.__reduce_ex__(4)
    if not any(rest):
        if function is copyreg.__newobj__:  # type: ignore[attr-defined]
            function, *args = args
        if not function.__name__.startswith("_"):
            yield Call(function, tuple(args))
    parameters = inspect.signature(type(value).__init__).parameters.values()
    kwargs = {}
    for each in list(parameters)[1:]:
        stored = [name for name in (each.name, f"_{each.name}") if hasattr(value, name)]
        if stored and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
            kwargs[each.name] = getattr(value, stored[0])
    defaults = {each.name: each.default for each in parameters}
    changed = {name: each for name, each in kwargs.items() if not _same(each, defaults[name])}
    yield Call(type(value), (), changed)
    yield Call(type(value), (), kwargs)


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and repr(value) == repr(default))


def _creates(call: Call, value: Any) -> bool:
    again = call.function(*call.args, **call.kwargs)
    return type(again) is type(value) and pickle.dumps(again) == pickle.dumps(value)


def pickle_of(value: Any) -> str | None:
    """Return the pickle of an object as Base64 text.

    None if the object cannot be pickled, if its pickle needs the main program, is too long to be
    read, or contains names or addresses with secrets, which nobody could recognize in it.
    """
    try:
        data = pickle.dumps(value, protocol=4)
        pickle.loads(data)  # noqa: S301 - the pickle just written
    except Exception:  # noqa: BLE001 - pickling may raise anything
        return None
    if len(data) * 4 > _LONGEST * 3:
        return None
    texts = [each for _, each, _ in pickletools.genops(data) if isinstance(each, str)]
    if any(each in _MAIN or is_secret(each) or without_secrets(each) != each for each in texts):
        return None
    return base64.b64encode(data).decode()
