"""Name and digest of a Python object."""

from __future__ import annotations

import ast
import copy
import functools
import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

import joblib
import numpy as np

from tunekit.core.estimators import is_estimator
from tunekit.core.fingerprints import fingerprint
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of, settings_of
from tunekit.core.named import Named
from tunekit.core.secrets import without_secrets
from tunekit.core.text import has_address

_LONGEST = 60  # characters of a name
_LITERALS = (str, bool, int, float, complex, bytes, type(None))
_COLLECTIONS = (Mapping, list, tuple, set, frozenset)
_FLOATS = ("nan", "inf", "-inf")


class _NoDigestError(Exception):
    """Nothing identifies an object in another process."""


def identified(value: Any) -> Any:
    """Return an object with its name and its digest; the object itself if it has no digest."""
    try:
        digest = _digest(value)
    except _NoDigestError:
        return value
    name = without_secrets(_name(value))
    literal = name if _is_literal(name, digest) else ""
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}… {digest[:8]}"
    return Named(name, digest, value, literal)


def evaluated(text: str) -> Any:
    """Return the value of a Python literal; numbers may be infinite or NaN."""
    return float(text) if text in _FLOATS else ast.literal_eval(text)


def _is_literal(text: str, digest: str) -> bool:
    """Return whether a text is a Python literal of the value with a digest."""
    try:
        return _digest(evaluated(text)) == digest
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _digest(value: Any) -> str:
    text = json.dumps(_identity(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _identity(value: Any) -> Any:
    """Return a JSON value that is equal for equal objects, also in other processes."""
    if isinstance(value, _COLLECTIONS):
        return [type(value).__name__, *_items(value)]
    if isinstance(value, type) or hasattr(value, "__code__") or is_of_keras(value):
        return fingerprint(value)
    return [f"{type(value).__module__}.{type(value).__qualname__}", *_state(value)]


def _items(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        pairs = [[_identity(name), _identity(each)] for name, each in value.items()]
        return sorted(pairs, key=json.dumps)
    items = list(map(_identity, value))
    return sorted(items, key=json.dumps) if isinstance(value, (set, frozenset)) else items


def _state(value: Any) -> list[Any]:
    """Return what identifies an object among those of its class."""
    if type(value) in _LITERALS:
        return [repr(value)]
    if isinstance(value, functools.partial):
        return list(map(_identity, (value.func, value.args, value.keywords)))
    if inspect.ismethod(value):
        return [_identity(value.__self__), _identity(value.__func__)]
    return [_identity(value.get_params(deep=False))] if is_estimator(value) else _content(value)


def _content(value: Any) -> list[str]:
    """Return the ``repr`` of an object, if it has no address, and a hash of its content."""
    text = repr(value)
    texts = [] if has_address(text) else [text]
    try:
        content = str(joblib.hash(value))
        texts += [content] if content == joblib.hash(copy.deepcopy(value)) else []
    except Exception:  # noqa: BLE001 - pickling or copying may raise anything
        content = ""
    if not texts:
        raise _NoDigestError
    return texts


def _name(value: Any) -> str:
    """Return an object as short Python code."""
    if isinstance(value, _COLLECTIONS):
        return _collection(value)
    if isinstance(value, functools.partial):
        return _call("partial", [value.func, *value.args], value.keywords)
    if is_of_keras(value):
        return _name_of_keras(value)
    if is_estimator(value) and not isinstance(value, type):
        return _call(type(value).__name__, [], _changed_params(value))
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    text = " ".join(repr(value).split())
    if callable(value) and isinstance(name, str):
        text = name.rpartition("<locals>.")[2].strip("<>")
    return type(value).__name__ if has_address(text) else text


def _name_of_keras(part: Any) -> str:
    try:
        settings = settings_of(part)
    except Exception:  # noqa: BLE001 - a user-defined get_config() may raise anything
        return code_of(part)
    return _call(type(part).__name__, [], {name: _short(each) for name, each in settings.items()})


def _short(value: Any) -> Any:
    """Return a number that Keras has rounded to 32 bits as the user wrote it."""
    is_rounded = isinstance(value, float) and float(np.float32(value)) == value
    return float(str(np.float32(value))) if is_rounded else value


def _collection(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [(_name(name), _name(each)) for name, each in _in_order(value.items())]
        return f"{{{', '.join(f'{name}: {each}' for name, each in pairs)}}}"
    if isinstance(value, (set, frozenset)):
        inside = ", ".join(map(_name, _in_order(value)))
        text = f"{{{inside}}}" if value else "set()"
        return text if isinstance(value, set) else f"frozenset({text if value else ''})"
    inside = ", ".join(map(_name, value))
    if isinstance(value, list):
        return f"[{inside}]"
    return f"({inside},)" if len(value) == 1 else f"({inside})"


def _in_order(values: Any) -> list[Any]:
    """Return values sorted by themselves, or by their text if they have no order."""
    try:
        return sorted(values)
    except Exception:  # noqa: BLE001 - a comparison may raise anything
        return sorted(values, key=repr)


def _call(name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> str:
    parts = [*map(_name, args), *(f"{each}={_name(value)}" for each, value in keywords.items())]
    return f"{name}({', '.join(parts)})"


def _changed_params(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that differ from their default."""
    signature = inspect.signature(type(estimator).__init__).parameters
    defaults = {name: each.default for name, each in signature.items()}
    params = estimator.get_params(deep=False)
    return {
        name: value
        for name, value in params.items()
        if name not in defaults or _name(value) != _name(defaults[name])
    }
