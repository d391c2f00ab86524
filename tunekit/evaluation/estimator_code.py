"""Python code that creates an estimator."""

from __future__ import annotations

import enum
import inspect
import json
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from tunekit.core.json_values import plain
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of, settings_of
from tunekit.core.secrets import without_secrets
from tunekit.evaluation.code_names import Names, description_of
from tunekit.evaluation.object_code import Call, call_of, pickle_of

_WIDTH = 88  # characters of a line
_PLAIN = (str, bool, int, float, type(None), bytes)
_ROUTING = "sklearn.set_config(enable_metadata_routing=True)"  # set_fit_request requires it
_REQUESTS = (
    *("fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "decision_function"),
    *("score", "split", "transform", "inverse_transform"),
)
_COLLECTIONS = (dict, list, set, tuple)
_RANDOM = (np.random.RandomState, np.random.Generator, np.random.BitGenerator)


@dataclass(frozen=True)
class Code:
    """Python code that creates an estimator.

    Attributes
    ----------
    imports : tuple of str
        Sorted import statements.
    setup : tuple of str
        Other statements that must run before the expression.
    expression : str
        The expression, with lines of at most 88 characters if possible.
    left_out : tuple of str
        Names in the expression that the reader has to define, with what they stand for, such as
        ``"func_of_FunctionTransformer: FunctionTransformer.func, a lambda (study.py, line 12)"``:
        what was defined in the main program or in a function, or cannot be pickled, is large or
        may be a secret.
    """

    imports: tuple[str, ...]
    setup: tuple[str, ...]
    expression: str
    left_out: tuple[str, ...]


class _CannotWriteError(Exception):
    """No Python expression recreates a value."""


def estimator_code(estimator: Any) -> Code:
    """Return the Python code that creates an unfitted copy of an estimator.

    Parameters
    ----------
    estimator : estimator
        It may be a pipeline or another estimator that contains estimators. Parameters with their
        default value are omitted. An object without a literal is written as the call that creates
        it, or as a pickle.

    Returns
    -------
    Code

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> estimator_code(Ridge(alpha=0.5))
    Code(imports=('from sklearn.linear_model import Ridge',), setup=(), \
expression='Ridge(alpha=0.5)', left_out=())
    """
    names = Names()
    expression = _Writer(names).value(estimator, 0)
    setup = (_ROUTING,) if "_request(" in expression else ()
    code = "\n".join((*setup, expression))
    if setup:
        names.module("sklearn")
    return Code(names.imports(code), setup, expression, names.left_out(expression))


def changed_params(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that differ from their default, without nested ones."""
    signature = inspect.signature(type(estimator).__init__)
    defaults = {name: each.default for name, each in signature.parameters.items()}
    given = estimator.get_params(deep=False)
    return {
        name: value
        for name, value in given.items()
        if name not in defaults or not _same(value, defaults[name])
    }


def in_short(value: Any, longest: int) -> str:
    """Return the code of a parameter's value in one line, truncated if it is too long."""
    try:
        text = " ".join(_Writer(Names(), short=True).value(value, 0).split())
    except _CannotWriteError:
        text = code_of(value) if is_of_keras(value) else " ".join(repr(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Writer:
    """Writes values as code.

    A value without code raises _CannotWriteError, or becomes a name that the reader has to define:
    as a part of a value, it raises first, since the pickle of the whole may be code.

    Parameters
    ----------
    names : Names
        Collects the names in the code.
    short : bool, default=False
        Whether to write on one line, NumPy numbers as Python numbers, and no pickles.
    """

    def __init__(self, names: Names, *, short: bool = False) -> None:
        self._names = names
        self._short = short
        self._width = sys.maxsize if short else _WIDTH
        self._raises = short
        self._place = ""  # the parameter, such as "Ridge.alpha"

    def value(self, value: Any, indent: int) -> str:
        """Return the code of a value that begins after a number of blanks."""
        text = self._whole(value, indent)
        if text is not None:
            return text
        if self._raises:
            raise _CannotWriteError
        if type(value) in _COLLECTIONS:
            return self._collection(value, indent)
        if _is_estimator(value):
            return self._estimator(value, indent)
        call = None if is_of_keras(value) else call_of(value)
        if call is not None and self._names.imported(call.function) is not None:
            return self._call(call, indent)
        return self._undefined(value, description_of(value))

    def _whole(self, value: Any, indent: int) -> str | None:
        """Return code without names to define; None if there is none."""
        raises, self._raises = self._raises, True
        try:
            return self._readable(value, indent)
        except (_CannotWriteError, RecursionError):
            pickled = not (self._short or _is_estimator(value) or is_of_keras(value))
            return self._pickled(value, indent) if pickled else None
        finally:
            self._raises = raises

    def _readable(self, value: Any, indent: int) -> str:
        if (simple := self._simple(value)) is not None:
            return simple
        if type(value) in _COLLECTIONS:
            return self._collection(value, indent)
        if is_of_keras(value):
            return self._keras(value, indent)
        if _is_estimator(value):
            return self._estimator(value, indent)
        call = None if isinstance(value, FrozenEstimator) else call_of(value)
        if call is None:
            raise _CannotWriteError
        return self._call(call, indent)

    def _simple(self, value: Any) -> str | None:
        """Return a literal or a name; None if a value has neither."""
        if isinstance(value, np.generic):
            if not self._short:
                self._names.module("numpy as np")
                return repr(value)
            value = plain(value)
        if type(value) in _PLAIN:
            return _literal(value)
        if isinstance(value, enum.Enum) and value._name_ in type(value).__members__:
            return f"{self._imported(type(value))}.{value._name_}"
        return "..." if value is Ellipsis else self._names.imported(value)

    def _estimator(self, estimator: Any, indent: int) -> str:
        kind = type(estimator)
        written = self._names.imported(kind)
        if written is None:
            written = self._undefined(kind, description_of(kind))
        parts, place = [], self._place
        for name, value in changed_params(estimator).items():
            self._place = f"{kind.__name__}.{name}"
            text = self.value(value, indent + 4)
            setting = f"{name}={self._names.without_undefined(text)}"
            if not self._short and without_secrets(setting) != setting:
                text = self._undefined(value, "which may be a secret")
            parts.append(f"{name}={text}")
        self._place = place
        return self._brackets(f"{written}(", parts, f"){_settings(estimator)}", indent)

    def _undefined(self, value: Any, what: str) -> str:
        """Return a name that the reader has to define."""
        if self._raises:
            raise _CannotWriteError
        kind, _, param = self._place.rpartition(".")
        own = getattr(value, "__name__", "")
        name = own if own.isidentifier() else f"{param}_of_{kind}" if param else "the_estimator"
        return self._names.undefined(value, name, f"{self._place}, {what}".removeprefix(", "))

    def _keras(self, value: Any, indent: int) -> str:
        try:
            settings = settings_of(value)
        except (NotImplementedError, TypeError):
            raise _CannotWriteError from None
        return self._call(Call(type(value), (), settings), indent)

    def _call(self, call: Call, indent: int) -> str:
        parts = [self.value(each, indent + 4) for each in call.args]
        parts += [f"{name}={self.value(each, indent + 4)}" for name, each in call.kwargs.items()]
        return self._brackets(f"{self._imported(call.function)}(", parts, ")", indent)

    def _pickled(self, value: Any, indent: int) -> str | None:
        data = pickle_of(value)
        if data is None:
            return None
        inner = indent + 8
        after_fit = ", in the state after fit" if isinstance(value, _RANDOM) else ""
        lines = [f"# {type(value).__name__}{after_fit}"]
        lines += [f'"{line}"' for line in textwrap.wrap(data, max(20, self._width - inner - 2))]
        text = "".join(f"{' ' * inner}{line}\n" for line in lines)
        base64, pickle = self._names.module("base64"), self._names.module("pickle")
        return (
            f"{pickle}.loads(\n{' ' * (indent + 4)}{base64}.b64decode(\n{text}"
            f"{' ' * (indent + 4)})\n{' ' * indent})"
        )

    def _collection(self, value: Any, indent: int) -> str:
        if isinstance(value, Mapping):
            pairs = [
                f"{self.value(key, indent + 4)}: {self.value(each, indent + 4)}"
                for key, each in value.items()
            ]
            return self._brackets("{", pairs, "}", indent)
        if isinstance(value, set):  # in an order that does not depend on the process
            parts = [self.value(each, indent + 4) for each in sorted(value, key=repr)]
            return self._brackets("{", parts, "}", indent) if parts else "set()"
        parts = [self.value(each, indent + 4) for each in value]
        if isinstance(value, list):
            return self._brackets("[", parts, "]", indent)
        if len(parts) == 1 and "\n" not in parts[0]:
            return f"({parts[0]},)"
        return self._brackets("(", parts, ")", indent)

    def _brackets(self, start: str, parts: list[str], end: str, indent: int) -> str:
        """Return parts on one line, or one per line."""
        line = start + ", ".join(parts) + end
        if not parts or ("\n" not in line and indent + len(line) <= self._width):
            return line
        inside = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
        return f"{start}\n{inside}{' ' * indent}{end}"

    def _imported(self, thing: Any) -> str:
        name = self._names.imported(thing)
        if name is None:
            raise _CannotWriteError
        return name


def _is_estimator(value: Any) -> bool:
    """Return whether a value is created by its parameters alone."""
    return hasattr(value, "get_params") and not isinstance(value, (type, FrozenEstimator))


def _settings(estimator: Any) -> str:
    """Return calls of the methods whose settings a clone of the estimator keeps."""
    output = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    calls = [] if output is None else [f".set_output(transform={_literal(output)})"]
    routing = getattr(estimator, "_metadata_request", None)
    for method in _REQUESTS if routing is not None else ():
        requests = getattr(routing, method).requests
        given = [f"{name}={_literal(each)}" for name, each in requests.items() if each is not None]
        if given and hasattr(estimator, f"set_{method}_request"):
            calls.append(f".set_{method}_request({', '.join(given)})")
    return "".join(calls)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if text.isprintable() else repr(value)
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _same(value: Any, default: Any) -> bool:
    """Return whether a value is the default, without calling its ``__eq__``."""
    if value is default:
        return True
    if type(value) is not type(default) or not isinstance(value, (*_PLAIN, complex, tuple)):
        return False
    return repr(value) == repr(default)
