"""Saves a fitted estimator as a ``.keras`` file and plain JSON beside it, and loads it again."""

from __future__ import annotations

import importlib.metadata
import io
import json
import math
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunekit.core.keras_attributes import custom_objects_in, is_keras, is_of_keras
from tunekit.core.keras_objects import completed, copy_of, serialized
from tunekit.core.runtime import load_keras, load_tensorflow
from tunekit.exceptions import NotFoundError, ParameterError
from tunekit.models.architectures.base import name_of, policy, seeded
from tunekit.models.training.signatures import OPAQUE

_FORMAT = 1
_CONFIG = "config.json"  # of a file of Keras
_SHORT = 300  # letters of a message


def write(path: str | Path, model: Any, described: Mapping[str, Any]) -> Path:
    """Write a network and a description of it.

    Parameters
    ----------
    path : str or Path
        Where; ``.keras`` is added where it is missing. The description gets ``.json`` instead.
    model : keras.Model
    described : mapping
        What JSON can hold, see :func:`describe_params`.

    Returns
    -------
    Path
        Of the ``.keras`` file.

    Raises
    ------
    NotFoundError
        When the folder is not there.
    ParameterError
        When Keras could not make a layer again.
    """
    target = _keras_file(path)
    if not target.parent.is_dir():
        raise NotFoundError(f"the folder {target.parent} is not there: make it first.")
    about = {"format": _FORMAT, "tunekit": importlib.metadata.version("tunekit"), **described}
    text = json.dumps(about, indent=2, default=_plain)
    _write_model(target, model)
    target.with_suffix(".json").write_text(text, encoding="utf-8")
    return target


def read(path: str | Path, *, owner: str, custom_objects: Any) -> tuple[Any, dict[str, Any]]:
    """Return the network and the description of it.

    Parameters
    ----------
    path : str or Path
        As it was written to, with ``.keras`` or without.
    owner : str
        Name of the estimator that the file must be of.
    custom_objects : mapping or None
        Custom layers and functions, by name.

    Raises
    ------
    NotFoundError
        When a file is not there.
    ParameterError
        When it is of another estimator, or of a newer tunekit, or holds parts that are not
        among ``custom_objects``.
    """
    target = _keras_file(path)
    for file in (target, target.with_suffix(".json")):
        if not file.is_file():
            raise NotFoundError(f"{file} is not there: save() writes a .keras and a .json file.")
    described = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    if described.get("format") != _FORMAT or described.get("estimator") != owner:
        raise ParameterError(
            f"{target.with_suffix('.json')} is of a {described.get('estimator')} in format "
            f"{described.get('format')}, not of a {owner} in format {_FORMAT}."
        )
    load_tensorflow()
    try:
        # The policy of a functional model is not in the file.
        with policy(described["params"]["dtype"]):
            model = load_keras().saving.load_model(target, custom_objects=custom_objects)
    except (TypeError, ValueError) as error:
        raise _unreadable(str(target), error) from error
    return model, described


def as_file(model: Any) -> tuple[bytes, str, dict[str, Any]]:
    """Return a network as the content of a file of Keras, its dtype policy, and code in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        _write_model(path, model)
        with zipfile.ZipFile(path) as file:
            own = custom_objects_in(model, json.loads(file.read(_CONFIG)))
        return path.read_bytes(), model.dtype_policy.name, own


def from_file(written: tuple[bytes, str, dict[str, Any]]) -> Any:
    """Return a network from the file that :func:`as_file` made."""
    content, dtype, own = written
    with tempfile.TemporaryDirectory() as folder, policy(dtype):
        path = Path(folder) / "network.keras"
        path.write_bytes(content)
        load_tensorflow()
        # Code in it runs, as that of a pickle does.
        return load_keras().saving.load_model(path, custom_objects=own, safe_mode=False)


def _write_model(path: Path, model: Any) -> None:
    load_tensorflow()  # Keras loads it to write a file on any backend, and not silently
    with seeded(np.random.RandomState(0)):  # layers draw seeds when they are made
        _check_layers(model)
        model.save(path)
        path.write_bytes(with_all_settings(path.read_bytes(), model))


def _check_layers(model: Any) -> None:
    """Refuse layers that Keras does not recreate, or recreates with other settings, from a file."""
    for layer in model._flatten_layers(include_self=False, recursive=False):  # noqa: SLF001
        if isinstance(layer, load_keras().Model):
            _check_layers(layer)
            continue
        if not is_keras(type(layer)) or _has_code(layer):
            continue
        try:
            copy_of(layer, "layer")
        except ParameterError as error:
            raise ParameterError(
                f"the network cannot be saved, pickle the estimator instead: {error}"
            ) from None


def _has_code(layer: Any) -> bool:
    """Tell whether a layer holds functions, which a file has only the names of."""
    return type(layer).__name__ in OPAQUE


def with_all_settings(written: bytes, model: Any) -> bytes:
    """Return the content of a file of Keras with the settings that it leaves out."""
    with zipfile.ZipFile(io.BytesIO(written)) as file:
        content = {each: file.read(each) for each in file.infolist()}
    config = {each.filename: each for each in content}[_CONFIG]
    told = json.loads(content[config])
    whole = completed(told, model)
    if whole == told:
        return written
    content[config] = json.dumps(whole).encode()
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as file:
        for each, data in content.items():
            file.writestr(each, data)
    return result.getvalue()


def _keras_file(path: str | Path) -> Path:
    target = Path(path)
    if target.suffix == ".json":  # the other of the two
        return target.with_suffix(".keras")
    return target if target.suffix == ".keras" else target.with_name(f"{target.name}.keras")


def describe_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters as JSON holds them; functions by name, parts of Keras by settings.

    Raises
    ------
    ParameterError
        When one cannot be written so; the message says what to do.
    """
    described: dict[str, Any] = {}
    for name, value in params.items():
        if name == "callbacks":
            continue  # they say how the training was watched, not what came out
        if name == "class_weight" and isinstance(value, Mapping):
            described[name] = {"weights": list(value.items())}
        elif name == "class_weight" and isinstance(value, (list, tuple)):
            described[name] = {"columns": [list(each.items()) for each in value]}
        else:
            described[name] = _described(name, value)
    return described


def _described(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_described(name, each) for each in value]
    if is_of_keras(value) or (name == "metrics" and callable(value)):
        return {"keras": _written(name, value)}
    if isinstance(value, np.random.RandomState):
        return None
    return {"function": name_of(value)} if callable(value) else value


def _written(name: str, part: Any) -> Any:
    """Return a part of Keras as JSON holds it."""
    place, instead = f"{name} {type(part).__name__}", "pickle the estimator instead."
    if isinstance(part, load_keras().Layer) and part.weights:
        raise ParameterError(f"{place} has weights, which JSON does not hold: {instead}")
    try:
        return serialized(part)
    except (NotImplementedError, TypeError, ValueError) as error:
        why = " ".join(str(error).split())[:_SHORT] or type(error).__name__
        raise ParameterError(
            f"{place} cannot be written by its get_config() ({why}): {instead}"
        ) from None


def restore_params(described: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters from what :func:`describe_params` made of them.

    Parameters
    ----------
    described : mapping
    own : mapping
        Custom functions and classes, which a file does not contain, by name; the architecture
        as ``"architecture"``. Of those that are missing the names are returned.
    """
    return {name: _restore(name, value, own) for name, value in described.items()}


def _restore(name: str, value: Any, own: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        restored = [_restore(name, each, own) for each in value]
        return restored if name == "metrics" else tuple(restored)
    if isinstance(value, Mapping) and "keras" in value:
        try:
            return load_keras().saving.deserialize_keras_object(value["keras"], custom_objects=own)
        except (TypeError, ValueError) as error:
            raise _unreadable(f"the hyperparameter {name}", error) from error
    if isinstance(value, Mapping) and "weights" in value:
        return dict(value["weights"])
    if isinstance(value, Mapping) and "columns" in value:
        return [dict(each) for each in value["columns"]]
    if isinstance(value, Mapping) and "function" in value:
        return own.get(name) or own.get(value["function"]) or value["function"]
    return value


def _unreadable(what: str, error: Exception) -> ParameterError:
    why = " ".join(str(error).split())
    return ParameterError(
        f"{what} cannot be read. Layers, losses and other parts of your own are given by name, "
        f"custom_objects={{'name': ...}}. Keras says: {why[:_SHORT]}"
    )


def describe_history(history: pd.DataFrame) -> dict[str, list[float | None]]:
    """Return the history as JSON holds it."""
    return {
        str(name): [None if math.isnan(value) else float(value) for value in history[name]]
        for name in history
    }


def describe_labels(labels: NDArray[Any]) -> dict[str, Any]:
    """Return labels as JSON holds them."""
    return {"values": labels.tolist(), "dtype": labels.dtype.str}


def restore_labels(described: Mapping[str, Any]) -> NDArray[Any]:
    """Return labels from what :func:`describe_labels` made of them."""
    return np.array(described["values"], dtype=np.dtype(described["dtype"]))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ParameterError(f"cannot save {value!r} as JSON: pickle the estimator instead.")
