"""Reading and writing of spaces as JSON or YAML files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunekit.exceptions import NotFoundError, ParameterError, SpaceError
from tunekit.space.space import Space

_SUFFIXES = (".json", ".yaml", ".yml")


def read_space(path: Path) -> Space:
    """Return the space stored in a file.

    Parameters
    ----------
    path : Path
        A ``.json``, ``.yaml`` or ``.yml`` file with the output of :meth:`Space.to_dict`. YAML is
        read as version 1.2: ``1e-4`` is a number, ``no`` a string.

    Raises
    ------
    NotFoundError
        If the file does not exist.
    ParameterError
        If the file cannot be read, is not valid JSON or YAML, or is empty.
    SpaceError
        If the file does not describe a space.
    """
    _check_suffix(path)
    if not path.is_file():
        raise NotFoundError(f"the space file {path} does not exist.")
    try:
        text = path.read_text(encoding="utf-8")
        form = json.loads(text) if path.suffix == ".json" else _yaml().load(text)
    except Exception as error:
        raise ParameterError(f"the space file {path} cannot be read: {_reason(error)}.") from error
    if form is None:
        raise ParameterError(f"the space file {path} is empty: add names and parameters.")
    try:
        return Space.from_dict(form)
    except SpaceError as error:
        raise SpaceError(f"the space file {path}: {error}") from error


def write_space(space: Space, path: Path) -> None:
    """Write a space to a file, as :func:`read_space` reads it.

    Raises
    ------
    ParameterError
        If the file does not end in ``.json``, ``.yaml`` or ``.yml``, or cannot be written.
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
    """Return why a file is invalid, with line and column if the parser reports them."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    problem = " ".join(" ".join(part for part in parts if part).split())
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})"


def _check_suffix(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        raise ParameterError(f"a space file must end in {', '.join(_SUFFIXES)}, got {path}.")


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # keep the order of the parameters
    yaml.default_flow_style = None  # lists of plain values on one line
    return yaml
