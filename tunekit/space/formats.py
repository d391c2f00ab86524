"""Parameters as Python code, as JSON, and as rows of an HTML table."""

from __future__ import annotations

import html
import json
import keyword
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from tunekit.core.json_values import encoded, key
from tunekit.core.object_names import decoded
from tunekit.core.text import shortened
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.cases import Cases, Declared, cases_of
from tunekit.space.categorical import Categorical
from tunekit.space.parameters import Float, Int, Parameter

_KINDS: dict[str, type[Float | Int | Categorical]] = {
    "Categorical": Categorical,
    "Float": Float,
    "Int": Int,
}
_FIELDS = {
    name: {each.name for each in fields(kind)} - {"conditions", "repeated"}
    for name, kind in _KINDS.items()
}
_CONSTANT = "Constant"
_LONGEST_CONDITION = 40  # characters


def to_dict(declared: Declared) -> Any:
    """Return a parameter as plain data that JSON can represent; a list if it has several cases."""
    if isinstance(declared, Cases):
        return [_to_dict(each) for each in declared.cases]
    return _to_dict(declared)


def _to_dict(parameter: Parameter) -> dict[str, Any]:
    form: dict[str, Any] = {"type": type(parameter).__name__}
    if isinstance(parameter, Categorical):
        form |= {"choices": encoded(parameter.choices)}
        form |= {"ordered": True} if parameter.ordered else {}
    else:
        form |= {"low": parameter.low, "high": parameter.high}
        form |= {"log": True} if parameter.log else {}
        form |= {"step": parameter.step} if _has_step(parameter) else {}
    if parameter.repeated is not None:
        form["per"] = parameter.repeated
    if parameter.conditions:
        form["when"] = encoded(merged(parameter))
    return form


def constant_to_dict(value: Any) -> Any:
    """Return a constant as plain data.

    A dictionary, or a list with dictionaries, is marked, since a parameter is one as well.
    """
    form = encoded(value)
    parts = form if isinstance(form, list) else [form]
    is_marked = any(isinstance(each, dict) for each in parts)
    return {"type": _CONSTANT, "value": form} if is_marked else form


def from_dict(name: str, form: Any) -> Any:
    """Return the parameter or constant that plain data describes.

    Parameters
    ----------
    name : str
        Name of the parameter, for error messages.
    form : object
        Output of :func:`to_dict` or :func:`constant_to_dict`, or equivalent data.

    Raises
    ------
    SpaceError
        If the data describes neither.
    """
    if isinstance(form, list) and any(isinstance(each, Mapping) for each in form):
        return [_from_dict(name, each) if isinstance(each, Mapping) else each for each in form]
    return _from_dict(name, form) if isinstance(form, Mapping) else decoded(form)


def _from_dict(name: str, form: Mapping[str, Any]) -> Any:
    given = dict(form)
    kind = given.pop("type", None)
    if kind == _CONSTANT and set(given) == {"value"}:
        return decoded(given["value"])
    if not isinstance(kind, str) or kind not in _KINDS:
        hint = did_you_mean(kind, [*_KINDS, _CONSTANT])
        raise SpaceError(f"{name!r}: type must be a kind of parameter, got {kind!r}.{hint}")
    repeated, conditions = given.pop("per", None), given.pop("when", {})
    unknown = sorted(set(given) - _FIELDS[kind], key=str)
    if unknown:
        hint = did_you_mean(unknown[0], [*_FIELDS[kind], "per", "when"])
        raise SpaceError(f'{kind}("{name}"): unknown key {unknown[0]!r}.{hint}')
    if not isinstance(conditions, Mapping):
        raise SpaceError(f'{kind}("{name}"): when must map names to values, got {conditions!r}.')
    try:
        parameter = _KINDS[kind](**{field: _listed(each) for field, each in given.items()})
    except TypeError as error:
        required = "choices" if kind == "Categorical" else "low and high"
        raise SpaceError(f'{kind}("{name}"): requires {required}, got {given!r}.') from error
    parameter = parameter.when(
        **{str(parent): _listed(value) for parent, value in conditions.items()}
    )
    return parameter if repeated is None else parameter.per(repeated)


def describe(declared: Declared) -> str:
    """Return the Python code of a parameter."""
    if isinstance(declared, Cases):
        return f"[{', '.join(map(_describe, declared.cases))}]"
    return _describe(declared)


def _describe(parameter: Parameter) -> str:
    text = f"{type(parameter).__name__}({_inside(parameter)})"
    if parameter.repeated is not None:
        text += f".per({_quoted(parameter.repeated)})"
    for name, allowed in parameter.conditions:
        text += f".when({keywords({name: _allowed(allowed)})})"
    return text


def code_of_value(value: Any) -> str:
    """Return the Python code of a parameter or a constant."""
    return describe(value) if isinstance(value, Declared) else repr(value)


def keywords(arguments: Mapping[str, str]) -> str:
    """Return the code of keyword arguments, unpacked from a dictionary if it must be.

    Examples
    --------
    >>> keywords({"units": "64"}), keywords({"neural-net__units": "64"})
    ('units=64', '**{"neural-net__units": 64}')
    """
    if are_keywords(arguments):
        return ", ".join(f"{name}={code}" for name, code in arguments.items())
    return f"**{{{', '.join(lines(arguments))}}}"


def are_keywords(names: Iterable[str]) -> bool:
    """Return whether all names can be keyword arguments in Python code."""
    return all(name.isidentifier() and not keyword.iskeyword(name) for name in names)


def lines(arguments: Mapping[str, str]) -> list[str]:
    """Return the code of each keyword argument, or of each item of a dictionary of them."""
    if are_keywords(arguments):
        return [f"{name}={code}" for name, code in arguments.items()]
    return [f"{_quoted(name)}: {code}" for name, code in arguments.items()]


def condition_text(name: str, allowed: tuple[Any, ...]) -> str:
    """Return a condition in short, as in ``optimizer=adam``."""
    texts = [each if isinstance(each, str) else repr(each) for each in allowed]
    return shortened(f"{name}={'|'.join(texts)}", _LONGEST_CONDITION)


def merged(parameter: Parameter) -> dict[str, list[Any]]:
    """Return the values of other parameters for which a parameter is active, sorted by name."""
    required: dict[str, list[Any]] = {}
    for name, allowed in sorted(parameter.conditions, key=lambda each: each[0]):
        keys = set(map(key, allowed))
        before = required.get(name, allowed)
        required[name] = sorted((each for each in before if key(each) in keys), key=key)
    return required


def table(parameters: Mapping[str, Declared], constants: Mapping[str, Any]) -> str:
    """Return a space as an HTML table: name, range or choices, scale, and conditions."""
    rows = [
        _row(name, *_cells(each))
        for name, declared in parameters.items()
        for each in cases_of(declared)
    ]
    rows += [_row(name, repr(value), "constant", "") for name, value in constants.items()]
    head = "".join(f"<th>{word}</th>" for word in ("parameter", "values", "scale", "active"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _inside(parameter: Parameter) -> str:
    if isinstance(parameter, Categorical):
        return f"{list(parameter.choices)!r}{', ordered=True' if parameter.ordered else ''}"
    step = f", step={parameter.step}" if _has_step(parameter) else ""
    return f"{parameter.low}, {parameter.high}{', log=True' if parameter.log else ''}{step}"


def _has_step(parameter: Float | Int) -> bool:
    return parameter.step is not None if isinstance(parameter, Float) else parameter.step != 1


def _allowed(allowed: tuple[Any, ...]) -> str:
    is_single = len(allowed) == 1 and not isinstance(allowed[0], tuple)
    return repr(allowed[0] if is_single else list(allowed))


def _cells(parameter: Parameter) -> tuple[str, str, str]:
    if isinstance(parameter, Categorical):
        values = ", ".join(map(repr, parameter.choices))
        scale = "ordered" if parameter.ordered else "unordered"
    else:
        values = f"{parameter.low} to {parameter.high}"
        scale = "logarithmic" if parameter.log else "linear"
        scale += f", step {parameter.step}" if _has_step(parameter) else ""
    active = [f"if {name} is {_allowed(each)}" for name, each in parameter.conditions]
    if parameter.repeated is not None:
        active.insert(0, f"repeated {parameter.repeated} times")
    return values, scale, ", ".join(active)


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _listed(form: Any) -> Any:
    """Return the value of a JSON form; the outer list stays one."""
    return list(map(decoded, form)) if isinstance(form, list) else decoded(form)


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
