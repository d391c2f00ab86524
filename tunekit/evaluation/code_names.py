"""Names in generated code: imports, and names that a reader has to define."""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
import sys
from pathlib import PurePath
from typing import Any

import numpy as np
import scipy.special
import scipy.stats

from tunekit.core.keras_objects import public_module
from tunekit.core.secret_names import HIDDEN

_MAIN = ("__main__", "__mp_main__")
# Modules with objects that do not know their name, such as ufuncs and distributions.
_LIBRARIES = {"np": np, "scipy.special": scipy.special, "scipy.stats": scipy.stats}


class Names:
    """Names that generated code imports or leaves to the reader."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._plain_imports: dict[str, str] = {}
        self._undefined: dict[str, tuple[Any, str]] = {}

    def imported(self, thing: Any) -> str | None:
        """Return the name of a class, function or ufunc, and record its import.

        None if no import gives this object, for example because it was defined in the main
        program, in another function, or as a lambda.
        """
        module, name = _place_of(thing)
        if module is None:
            return self._of_library(thing)
        module = _public(thing, module, name)
        if module == "builtins":
            return name
        if module == "numpy":
            return f"{self.module('numpy as np')}.{name}"
        top = name.partition(".")[0]
        taken = top in self._undefined or hasattr(builtins, top)
        if taken or self._modules.setdefault(top, module) != module:
            return f"{self.module(module)}.{name}"
        return name

    def _of_library(self, thing: Any) -> str | None:
        name = getattr(thing, "__name__", getattr(thing, "name", None))
        for place, library in _LIBRARIES.items():
            if isinstance(name, str) and getattr(library, name, None) is thing:
                return f"{self.module('numpy as np' if place == 'np' else place)}.{name}"
        return None

    def module(self, imported: str) -> str:
        """Return the name of a module in the code, and record its import.

        Parameters
        ----------
        imported : str
            For example ``"pickle"`` or ``"numpy as np"``.
        """
        name = imported.rpartition(" as ")[2]
        self._plain_imports[name] = imported
        return name

    def undefined(self, value: Any, name: str, what: str) -> str:
        """Return a name that the reader has to define, with the description of its value."""
        free, number = name, 1
        while free in self._modules or self._undefined.get(free, (value,))[0] is not value:
            number += 1
            free = f"{name}_{number}"
        self._undefined[free] = (value, what)
        return free

    def without_undefined(self, code: str) -> str:
        """Return code with the mask of secrets in place of the names to define."""
        for name in self._undefined:
            code = re.sub(rf"\b{re.escape(name)}\b", HIDDEN, code)
        return code

    def imports(self, code: str) -> tuple[str, ...]:
        """Return the sorted import statements that code needs."""
        used = {name: module for name, module in self._modules.items() if _occurs(name, code)}
        lines = {
            f"import {imported}"
            for name, imported in self._plain_imports.items()
            if _occurs(name, code)
        }
        for module in set(used.values()):
            names = sorted(name for name, source in used.items() if source == module)
            lines.add(f"from {module} import {', '.join(names)}")
        return tuple(sorted(lines))

    def left_out(self, code: str) -> tuple[str, ...]:
        """Return the names that the reader has to define, each with what it stands for."""
        return tuple(
            f"{name}: {what}" for name, (_, what) in self._undefined.items() if _occurs(name, code)
        )


def description_of(value: Any) -> str:
    """Return what a value is, and where it was defined if that is known."""
    name = getattr(value, "__name__", "")
    if inspect.isfunction(value):
        kind = "a lambda" if name == "<lambda>" else f"the function {name}"
        file = PurePath(value.__code__.co_filename).name
        line = value.__code__.co_firstlineno
        return f"{kind} ({file}, line {line})" if file.endswith(".py") else kind
    if inspect.isclass(value):
        return f"the class {name}"
    if shape := getattr(value, "shape", None):
        return f"{type(value).__name__} of shape {tuple(shape)}"
    return f"an object of class {type(value).__name__}"


def _occurs(name: str, code: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}\b", code) is not None


def _place_of(thing: Any) -> tuple[str | None, str]:
    """Return the module and the name from which an object can be imported; None if there are none.

    A name may belong to another object, for example if a decorator wraps a function.
    """
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module in _MAIN:
        return None, ""
    words = [*module.split("."), *name.split(".")]
    if not all(each.isidentifier() and not keyword.iskeyword(each) for each in words):
        return None, ""
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    same = found is thing or (inspect.ismethod(thing) and found == thing)
    return (module, name) if same else (None, "")


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
