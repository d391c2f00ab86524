"""Python code that creates an estimator."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunekit.core.json_values import plain
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of, public_module, settings_of

_WIDTH = 88  # characters of a line
_LARGEST = 100  # values of an array that is written out
_PLAIN = (str, bool, int, type(None), bytes, complex)


@dataclass(frozen=True)
class Code:
    """Python code that creates an estimator.

    Attributes
    ----------
    imports : tuple of str
        Sorted import statements.
    expression : str
        The expression, with lines of at most 88 characters if possible.
    left_out : tuple of str
        Parts that cannot be expressed, such as ``"FunctionTransformer.func"`` if it is a lambda,
        or a class defined in the main program.
    """

    imports: tuple[str, ...]
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
        default value are omitted.

    Returns
    -------
    Code

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> estimator_code(Ridge(alpha=0.5))
    Code(imports=('from sklearn.linear_model import Ridge',), expression='Ridge(alpha=0.5)', \
left_out=())
    """
    writer = _Writer()
    expression = writer.estimator(estimator, 0)
    return Code(writer.imports(), expression, tuple(writer.left_out))


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
        text = " ".join(_Writer(width=sys.maxsize).value(value, 0).split())
    except _CannotWriteError:
        text = code_of(value) if is_of_keras(value) else " ".join(repr(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Writer:
    """Writes values as code and collects the imports that they need."""

    def __init__(self, width: int = _WIDTH) -> None:
        self._width = width
        self._modules: dict[str, str] = {}
        self._plain_imports: set[str] = set()
        self.left_out: list[str] = []

    def imports(self) -> tuple[str, ...]:
        """Return the import statements for the code written so far."""
        lines = {f"import {name}" for name in self._plain_imports}
        for module in set(self._modules.values()):
            names = sorted(name for name, source in self._modules.items() if source == module)
            lines.add(f"from {module} import {', '.join(names)}")
        return tuple(sorted(lines))

    def estimator(self, estimator: Any, indent: int) -> str:
        kind = type(estimator).__name__
        try:
            written = self._imported(type(estimator))
        except _CannotWriteError:
            written = kind
            self.left_out.append(f"class {kind}")
        parts = []
        for name, value in changed_params(estimator).items():
            try:
                text = self.value(value, indent + 4)
            except _CannotWriteError:
                self.left_out.append(f"{kind}.{name}")
            else:
                parts.append(f"{name}={text}")
        return self._brackets(f"{written}(", parts, ")", indent)

    def value(self, value: Any, indent: int) -> str:
        if isinstance(value, np.generic):
            value = plain(value)
        if isinstance(value, (*_PLAIN, float)):
            return _literal(value)
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self.estimator(value, indent)
        if is_of_keras(value):
            try:
                settings = settings_of(value).items()
            except (NotImplementedError, TypeError):
                raise _CannotWriteError from None
            parts = [f"{name}={self.value(each, indent + 4)}" for name, each in settings]
            return self._brackets(f"{self._imported(type(value))}(", parts, ")", indent)
        if isinstance(value, (Mapping, list, tuple, set, frozenset, np.ndarray, slice, range)):
            return self._collection(value, indent)
        if isinstance(value, np.ufunc):
            self._plain_imports.add("numpy as np")
            return f"np.{value.__name__}"
        if callable(value):
            return self._imported(value)
        raise _CannotWriteError

    def _collection(self, value: Any, indent: int) -> str:
        if isinstance(value, Mapping):
            pairs = [
                f"{self.value(key, indent + 4)}: {self.value(each, indent + 4)}"
                for key, each in value.items()
            ]
            return self._brackets("{", pairs, "}", indent)
        if isinstance(value, (slice, range)):
            return repr(value)
        if isinstance(value, np.ndarray):
            if value.size > _LARGEST or value.dtype.kind not in "biufU":
                raise _CannotWriteError
            self._plain_imports.add("numpy as np")
            return f"np.array({self.value(value.tolist(), indent)})"
        if isinstance(value, (set, frozenset)):
            inside = self.value(sorted(value, key=repr), indent)
            return f"{type(value).__name__}({inside})"
        parts = [self.value(each, indent + 4) for each in value]
        if isinstance(value, list):
            return self._brackets("[", parts, "]", indent)
        return f"({parts[0]},)" if len(parts) == 1 else self._brackets("(", parts, ")", indent)

    def _brackets(self, start: str, parts: list[str], end: str, indent: int) -> str:
        """Return parts on one line, or one per line."""
        line = start + ", ".join(parts) + end
        if "\n" not in line and indent + len(line) <= self._width:
            return line
        if not parts:
            return line
        inside = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
        return f"{start}\n{inside}{' ' * indent}{end}"

    def _imported(self, thing: Any) -> str:
        """Return the name of a class or function, and record its import."""
        module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "<")
        if module is None or "<" in name or module == "__main__":
            raise _CannotWriteError
        module = _public(thing, module, name)
        if module == "builtins":
            return name
        top = name.partition(".")[0]
        if self._modules.setdefault(top, module) != module:  # the name is taken
            self._plain_imports.add(module)
            return f"{module}.{name}"
        return name


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _public(thing: Any, module: str, name: str) -> str:
    """Return the shortest imported package that exports an object under its name."""
    parts = module.split(".")
    if parts[0] == "keras" and (public := public_module(thing)):
        return public
    for n in range(1, len(parts)):
        package = ".".join(parts[:n])
        if getattr(sys.modules.get(package), name, None) is thing:
            return package
    return module


def _same(value: Any, default: Any) -> bool:
    """Return whether a value is the default, without calling its ``__eq__``."""
    if value is default:
        return True
    if type(value) is not type(default) or not isinstance(value, (*_PLAIN, float, tuple)):
        return False
    return repr(value) == repr(default)
