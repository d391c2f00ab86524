"""Parameters as Python code, as JSON, and as rows of an HTML table."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tunekit.core.json_values import key, plain
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.parameters import Categorical, Float, Int, Parameter

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


def to_dict(parameter: Parameter) -> dict[str, Any]:
    """Return the parameter as plain data that JSON can represent."""
    form: dict[str, Any] = {"type": type(parameter).__name__}
    if isinstance(parameter, Categorical):
        form |= {"choices": _listed(parameter.choices)}
        form |= {"ordered": True} if parameter.ordered else {}
    else:
        form |= {"low": parameter.low, "high": parameter.high}
        form |= {"log": True} if parameter.log else {}
        form |= {"step": parameter.step} if _has_step(parameter) else {}
    if parameter.repeated is not None:
        form["per"] = parameter.repeated
    if parameter.conditions:
        form["when"] = merged(parameter)
    return form


def constant_to_dict(value: Any) -> Any:
    """Return a constant as plain data; a dictionary is marked, since a parameter is one as well."""
    value = _listed(value)
    return {"type": _CONSTANT, "value": value} if isinstance(value, dict) else value


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
    if not isinstance(form, Mapping):
        return plain(form)
    given = dict(form)
    kind = given.pop("type", None)
    if kind == _CONSTANT and set(given) == {"value"}:
        return plain(given["value"])
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
        parameter = _KINDS[kind](**given)
    except TypeError as error:
        required = "choices" if kind == "Categorical" else "low and high"
        raise SpaceError(f'{kind}("{name}"): requires {required}, got {given!r}.') from error
    parameter = parameter.when(**{str(parent): value for parent, value in conditions.items()})
    return parameter if repeated is None else parameter.per(repeated)


def describe(parameter: Parameter) -> str:
    """Return the Python code of a parameter."""
    text = f"{type(parameter).__name__}({_inside(parameter)})"
    if parameter.repeated is not None:
        text += f'.per("{parameter.repeated}")'
    for name, allowed in parameter.conditions:
        text += f".when({name}={_allowed(allowed)})"
    return text


def merged(parameter: Parameter) -> dict[str, list[Any]]:
    """Return the values of other parameters for which a parameter is active, sorted by name."""
    required: dict[str, list[Any]] = {}
    for name, allowed in sorted(parameter.conditions, key=lambda each: each[0]):
        keys = set(map(key, allowed))
        before = required.get(name, allowed)
        required[name] = sorted((_listed(each) for each in before if key(each) in keys), key=key)
    return required


def table(parameters: Mapping[str, Parameter], constants: Mapping[str, Any]) -> str:
    """Return a space as an HTML table: name, range or choices, scale, and conditions."""
    rows = [_row(name, *_cells(parameter)) for name, parameter in parameters.items()]
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


def _listed(value: Any) -> Any:
    """Return a value with tuples converted to lists, as in JSON."""
    if isinstance(value, (list, tuple)):
        return [_listed(each) for each in value]
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return value
