"""An estimator as the Python that makes it."""

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
    """Python that makes an estimator.

    Attributes
    ----------
    imports : tuple of str
        Lines, sorted.
    expression : str
        What makes it, in lines of at most 88 characters where that can be.
    left_out : tuple of str
        What cannot be written, such as ``"FunctionTransformer.func"`` that is a lambda, or the
        import of a class of the program itself.
    """

    imports: tuple[str, ...]
    expression: str
    left_out: tuple[str, ...]


class _CannotWriteError(Exception):
    """A value has no form in Python that makes it again."""


def estimator_code(estimator: Any) -> Code:
    """Return the Python that makes an unfitted copy of an estimator.

    Parameters
    ----------
    estimator : estimator
        Also a pipeline or another one that holds estimators. Parameters that are at their default
        are not written.

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
    """Return the parameters of an estimator that are not at their default, without nested ones."""
    signature = inspect.signature(type(estimator).__init__)
    defaults = {name: each.default for name, each in signature.parameters.items()}
    given = estimator.get_params(deep=False)
    return {
        name: value
        for name, value in given.items()
        if name not in defaults or not _same(value, defaults[name])
    }


def in_short(value: Any, longest: int) -> str:
    """Return a parameter's value as one would write it, in one line, cut where it is too long."""
    try:
        text = " ".join(_Writer(width=sys.maxsize).value(value, 0).split())
    except _CannotWriteError:
        text = code_of(value) if is_of_keras(value) else " ".join(repr(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Writer:
    """Writes values, and keeps what has to be imported for them."""

    def __init__(self, width: int = _WIDTH) -> None:
        self._width = width
        self._modules: dict[str, str] = {}
        self._whole: set[str] = set()
        self.left_out: list[str] = []

    def imports(self) -> tuple[str, ...]:
        """Return the lines that have to stand before what was written."""
        lines = {f"import {name}" for name in self._whole}
        for module in set(self._modules.values()):
            names = sorted(name for name, own in self._modules.items() if own == module)
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
            self._whole.add("numpy as np")
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
            self._whole.add("numpy as np")
            return f"np.array({self.value(value.tolist(), indent)})"
        if isinstance(value, (set, frozenset)):
            inside = self.value(sorted(value, key=repr), indent)
            return f"{type(value).__name__}({inside})"
        parts = [self.value(each, indent + 4) for each in value]
        if isinstance(value, list):
            return self._brackets("[", parts, "]", indent)
        return f"({parts[0]},)" if len(parts) == 1 else self._brackets("(", parts, ")", indent)

    def _brackets(self, start: str, parts: list[str], end: str, indent: int) -> str:
        """Return parts in one line, or each in a line of its own."""
        line = start + ", ".join(parts) + end
        if "\n" not in line and indent + len(line) <= self._width:
            return line
        if not parts:
            return line
        inside = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
        return f"{start}\n{inside}{' ' * indent}{end}"

    def _imported(self, thing: Any) -> str:
        """Return the name of a class or function, and note where it comes from."""
        module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "<")
        if module is None or "<" in name or module == "__main__":
            raise _CannotWriteError
        module = _public(thing, module, name)
        if module == "builtins":
            return name
        top = name.partition(".")[0]
        if self._modules.setdefault(top, module) != module:  # another one has this name
            self._whole.add(module)
            return f"{module}.{name}"
        return name


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _public(thing: Any, module: str, name: str) -> str:
    """Return the shortest loaded package in which a thing has its name."""
    parts = module.split(".")
    if parts[0] == "keras" and (found := public_module(thing)):
        return found
    for n in range(1, len(parts)):
        package = ".".join(parts[:n])
        if getattr(sys.modules.get(package), name, None) is thing:
            return package
    return module


def _same(value: Any, default: Any) -> bool:
    """Return whether a value is the default, without trusting its own comparison."""
    if value is default:
        return True
    if type(value) is not type(default) or not isinstance(value, (*_PLAIN, float, tuple)):
        return False
    return repr(value) == repr(default)
