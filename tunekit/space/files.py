"""Reading and writing a space as a JSON or YAML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunekit.exceptions import NotFoundError, ParameterError, SpaceError
from tunekit.space.space import Space

_SUFFIXES = (".json", ".yaml", ".yml")


def read_space(path: Path) -> Space:
    """Return the space that a file holds.

    Parameters
    ----------
    path : Path
        A ``.json``, ``.yaml`` or ``.yml`` file with what :meth:`Space.to_dict` gives. YAML is
        read as version 1.2: ``1e-4`` is a number, ``no`` a text.

    Raises
    ------
    NotFoundError
        When there is no such file.
    ParameterError
        When it cannot be read, is no JSON or YAML, or is empty.
    SpaceError
        When it holds no space.
    """
    _check_suffix(path)
    if not path.is_file():
        raise NotFoundError(f"there is no space file {path}.")
    try:
        text = path.read_text(encoding="utf-8")
        form = json.loads(text) if path.suffix == ".json" else _yaml().load(text)
    except Exception as error:
        raise ParameterError(f"the space file {path} cannot be read: {_reason(error)}.") from error
    if form is None:
        raise ParameterError(f"the space file {path} is empty: give it names and parameters.")
    try:
        return Space.from_dict(form)
    except SpaceError as error:
        raise SpaceError(f"the space file {path}: {error}") from error


def write_space(space: Space, path: Path) -> None:
    """Write a space to a file, as :func:`read_space` reads it.

    Raises
    ------
    ParameterError
        When the file's name says neither JSON nor YAML, or it cannot be written.
    """
    _check_suffix(path)
    form = space.to_dict()
    try:
        with path.open("w", encoding="utf-8") as file:
            if path.suffix == ".json":
                json.dump(form, file, indent=2, ensure_ascii=False)
                file.write("\n")
            else:
                _yaml().dump(form, file)
    except OSError as error:
        raise ParameterError(f"cannot write the space to {path}: {error.strerror}.") from error


def _reason(error: Exception) -> str:
    """Return what is wrong with a file, and where, in a few words."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    what = " ".join(" ".join(part for part in parts if part).split())
    return f"{what} (line {mark.line + 1}, column {mark.column + 1})"


def _check_suffix(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        raise ParameterError(f"a space file must end in {', '.join(_SUFFIXES)}, got {path}.")


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # parameters stay in the order they have
    yaml.default_flow_style = None  # lists of plain values on one line
    return yaml
