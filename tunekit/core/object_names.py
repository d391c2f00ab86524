"""Names of the Python objects in a space, so that it can contain any value."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from tunekit.core.json_values import is_json, key, plain
from tunekit.core.named import PYTHON, Named, real
from tunekit.exceptions import SpaceError


def named(value: Any) -> Any:
    """Return a value as a space stores it: a plain JSON value, or an object with a name.

    Numbers of NumPy become those of Python.

    Parameters
    ----------
    value : object
        An object that has no digest is returned unchanged.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> named((1, 2)), named(StandardScaler(with_mean=False)), named({0: 1, 1: 5})
    ((1, 2), StandardScaler(with_mean=False), {0: 1, 1: 5})
    """
    value = _with_plain_numbers(value)
    if is_json(value) or isinstance(value, Named):
        return value
    # Imported late: most spaces contain no objects, and this loads NumPy and joblib.
    from tunekit.core.object_identity import identified

    return identified(value)


def all_named(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return values as a space stores them: copies, and names that differ if the objects do.

    Examples
    --------
    >>> import numpy as np, scipy.special as ss
    >>> all_named([np.exp2, ss.exp2, "exp2"])
    (exp2 ..., exp2 ..., 'exp2')
    """
    listed = list(map(_own, values))
    unique = {key(each): each for each in listed if is_json(each) or isinstance(each, Named)}
    names = Counter(each if isinstance(each, str) else repr(each) for each in unique.values())
    return tuple(
        replace(each, name=f"{each.name} {each.digest[:8]}")
        if isinstance(each, Named) and names[each.name] > 1
        else each
        for each in listed
    )


def _own(value: Any) -> Any:
    """Return a value with its name; an object is copied, so that the user may change it."""
    own = named(value)
    if isinstance(own, Named) and own is not value:
        with contextlib.suppress(SpaceError):  # reported when the space is checked
            return replace(own, value=real(own))
    return own


def decoded(form: Any) -> Any:
    """Return the value of a JSON form, with tuples for lists: the inverse of ``encoded``.

    Of an object, only the name is known. Python literals are values again.

    Examples
    --------
    >>> decoded({"weights": {"__python__": "{0: 1, 1: 5}"}, "units": [64, 32]})
    {'weights': {0: 1, 1: 5}, 'units': (64, 32)}
    """
    if isinstance(form, list):
        return tuple(map(decoded, form))
    if not isinstance(form, Mapping):
        return form
    if PYTHON not in form:
        return {name: decoded(each) for name, each in form.items()}
    if "digest" in form:
        return Named(str(form[PYTHON]), str(form["digest"]))
    try:
        from tunekit.core.object_identity import evaluated

        return named(evaluated(str(form[PYTHON])))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise SpaceError(
            f"{form!r} must contain a Python literal, such as {{{PYTHON!r}: '{{0: 1, 1: 5}}'}}."
        ) from error


def _with_plain_numbers(value: Any) -> Any:
    """Return a value with numbers of NumPy as those of Python; other objects are unchanged."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if isinstance(value, Real) or (kind and kind in "biufU" and value.ndim == 0):
        return plain(value.tolist() if kind else value)
    if isinstance(value, dict):
        return {
            _with_plain_numbers(name): _with_plain_numbers(each) for name, each in value.items()
        }
    if type(value) in (list, tuple):
        return type(value)(map(_with_plain_numbers, value))
    return value
