"""The packages that a pickled estimator requires."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import pickletools
import sys
from collections.abc import Collection

from tunekit.core.version import DISTRIBUTION, VERSION

_ALWAYS = ("cloudpickle", "mlflow", "numpy", "pandas", "scikit-learn", "scipy")
_PACKAGES = {"sklearn": "scikit-learn", "tunekit": DISTRIBUTION}  # by module
_NO_PACKAGE = {"__main__", *sys.stdlib_module_names}
_SUBIMPORT = "subimport"  # cloudpickle's function for modules that functions refer to


def modules_in(pickled: bytes) -> set[str]:
    """Return the names of the modules that a pickle refers to.

    Parameters
    ----------
    pickled : bytes
        Pickle of protocol 4 or later. It is not loaded.

    Examples
    --------
    >>> import pickle
    >>> from collections import OrderedDict
    >>> modules_in(pickle.dumps({"torch": OrderedDict()}))
    {'collections'}
    """
    found: set[str] = set()
    texts: list[str] = []  # the strings on top of the stack
    memo: dict[int, str | None] = {}
    n_memoized, importing = 0, False
    for operation, argument, _ in pickletools.genops(pickled):
        name = operation.name
        if name == "MEMOIZE":
            memo[n_memoized] = texts[-1] if texts else None
            n_memoized += 1
            continue
        if "UNICODE" in name:
            texts.append(str(argument))
        elif name.endswith("BINGET") and memo.get(int(argument or 0)) is not None:
            texts.append(str(memo[int(argument or 0)]))
        elif name == "STACK_GLOBAL":
            module, attribute = texts[-2:]
            found.add(module)
            importing = attribute == _SUBIMPORT
            texts = []
            continue
        else:
            texts = []
            continue
        if importing:
            found.add(texts[-1])
            importing = False
    return found


def requirements(modules: Collection[str]) -> list[str]:
    """Return the packages of modules, with their versions, and those that every model requires."""
    tops = {each.partition(".")[0] for each in modules}
    names = {*_ALWAYS, *filter(None, map(_package, tops))}
    if "tunekit" in tops:
        names |= {"keras", os.environ.get("KERAS_BACKEND", "tensorflow")}
    return sorted(f"{name}=={_version(name)}" for name in names)


def _version(package: str) -> str:
    return VERSION if package == DISTRIBUTION else importlib.metadata.version(package)


@functools.cache  # a search of all packages takes most of a second
def _package(module: str) -> str | None:
    """Return the package of a module; None for the standard library and the user's modules."""
    if module in _PACKAGES or module in _NO_PACKAGE:
        return _PACKAGES.get(module)
    return next(iter(importlib.metadata.packages_distributions().get(module, ())), None)
