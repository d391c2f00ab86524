"""Saving a fitted estimator as a ``.keras`` file and a JSON file, and loading it."""

from __future__ import annotations

import io
import json
import math
import tempfile
import warnings
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
from tunekit.core.version import VERSION
from tunekit.exceptions import NotFoundError, ParameterError
from tunekit.models.architectures.base import name_of, policy, seeded
from tunekit.models.training.signatures import OPAQUE

_FORMAT = 1
_CONFIG = "config.json"  # member of a .keras file
_MAX_MESSAGE = 300  # characters


def write(path: str | Path, model: Any, described: Mapping[str, Any]) -> Path:
    """Write a network and a description of it.

    Parameters
    ----------
    path : str or Path
        Path of the ``.keras`` file; the suffix is added if it is missing. The description has the
        suffix ``.json``.
    model : keras.Model
    described : mapping
        JSON values, see :func:`describe_params`.

    Returns
    -------
    Path
        Path of the ``.keras`` file.

    Raises
    ------
    NotFoundError
        When the folder does not exist.
    ParameterError
        When Keras could not restore a layer from the file.
    """
    target = _keras_file(path)
    if not target.parent.is_dir():
        raise NotFoundError(f"the folder {target.parent} does not exist: create it first.")
    about = {"format": _FORMAT, "tunekit": VERSION, **described}
    text = json.dumps(about, indent=2, default=_plain)
    _write_model(target, model)
    target.with_suffix(".json").write_text(text, encoding="utf-8")
    return target


def read(path: str | Path, *, owner: str, custom_objects: Any) -> tuple[Any, dict[str, Any]]:
    """Read a network and its description.

    Parameters
    ----------
    path : str or Path
        Path of the ``.keras`` file; the suffix may be omitted.
    owner : str
        Name of the expected estimator.
    custom_objects : mapping or None
        Custom layers and functions, by name.

    Raises
    ------
    NotFoundError
        When a file does not exist.
    ParameterError
        When the file contains another estimator, has another format, or needs objects that are not
        in ``custom_objects``.
    """
    target = _keras_file(path)
    for file in (target, target.with_suffix(".json")):
        if not file.is_file():
            raise NotFoundError(f"{file} does not exist: save() writes a .keras and a .json file.")
    described = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    if described.get("format") != _FORMAT or described.get("estimator") != owner:
        raise ParameterError(
            f"{target.with_suffix('.json')} contains a {described.get('estimator')} in format "
            f"{described.get('format')}, not a {owner} in format {_FORMAT}."
        )
    load_tensorflow()
    try:
        # The file does not contain the dtype policy of a functional model.
        with policy(described["params"]["dtype"]):
            model = load_keras().saving.load_model(target, custom_objects=custom_objects)
    except (TypeError, ValueError) as error:
        raise _unreadable(str(target), error) from error
    return model, described


def as_file(model: Any) -> tuple[bytes, str, dict[str, Any]]:
    """Return a network as the content of a ``.keras`` file, its dtype policy and custom objects."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        _write_model(path, model)
        with zipfile.ZipFile(path) as file:
            custom = custom_objects_in(model, json.loads(file.read(_CONFIG)))
        return path.read_bytes(), model.dtype_policy.name, custom


def from_file(written: tuple[bytes, str, dict[str, Any]]) -> Any:
    """Return a network from the result of :func:`as_file`."""
    content, dtype, custom = written
    with tempfile.TemporaryDirectory() as folder, policy(dtype):
        path = Path(folder) / "network.keras"
        path.write_bytes(content)
        load_tensorflow()
        # Code in the file runs, as it would in a pickle.
        return load_keras().saving.load_model(path, custom_objects=custom, safe_mode=False)


def _write_model(path: Path, model: Any) -> None:
    load_tensorflow()  # Keras would import it with log output to write a file, on any backend
    with seeded(np.random.RandomState(0)):  # layers draw seeds when they are created
        _check_layers(model)
        with warnings.catch_warnings():  # NumPy warns about how Keras converts variables
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(path)
        path.write_bytes(with_all_settings(path.read_bytes(), model))


def _check_layers(model: Any) -> None:
    """Reject layers that Keras does not restore from a file, or restores with other settings."""
    for layer in model._flatten_layers(include_self=False, recursive=False):  # noqa: SLF001
        if isinstance(layer, load_keras().Model):
            _check_layers(layer)
            continue
        if not is_keras(type(layer)) or _has_code(layer):
            continue
        try:
            # See findings/keras-randomshear-saves-what-it-cannot-load.sh.
            copy_of(layer, "layer")
        except ParameterError as error:
            raise ParameterError(
                f"the network cannot be saved, pickle the estimator instead: {error}"
            ) from None


def _has_code(layer: Any) -> bool:
    """Return whether a layer contains functions, which a file stores only by name."""
    return type(layer).__name__ in OPAQUE


def with_all_settings(written: bytes, model: Any) -> bytes:
    """Return the content of a ``.keras`` file with the settings that Keras omits."""
    with zipfile.ZipFile(io.BytesIO(written)) as file:
        content = {each: file.read(each) for each in file.infolist()}
    config = {each.filename: each for each in content}[_CONFIG]
    stored = json.loads(content[config])
    complete = completed(stored, model)
    if complete == stored:
        return written
    content[config] = json.dumps(complete).encode()
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as file:
        for each, data in content.items():
            file.writestr(each, data)
    return result.getvalue()


def _keras_file(path: str | Path) -> Path:
    target = Path(path)
    if target.suffix == ".json":  # the description
        return target.with_suffix(".keras")
    return target if target.suffix == ".keras" else target.with_name(f"{target.name}.keras")


def describe_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters as JSON values: functions by name, Keras objects by their settings.

    Raises
    ------
    ParameterError
        When one cannot be written as JSON.
    """
    described: dict[str, Any] = {}
    for name, value in params.items():
        if name == "callbacks":
            continue  # they do not affect the fitted estimator
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
    """Return a Keras object as JSON values."""
    place, instead = f"{name} {type(part).__name__}", "pickle the estimator instead."
    if isinstance(part, load_keras().Layer) and part.weights:
        raise ParameterError(f"{place} has weights, which JSON cannot contain: {instead}")
    try:
        return serialized(part)
    except (NotImplementedError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:_MAX_MESSAGE] or type(error).__name__
        raise ParameterError(
            f"{place} cannot be written by its get_config() ({reason}): {instead}"
        ) from None


def restore_params(described: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters from the result of :func:`describe_params`.

    Parameters
    ----------
    described : mapping
    custom : mapping
        Custom functions and classes, which a file does not contain, by name; the architecture
        as ``"architecture"``. If one is missing, its name is returned.
    """
    return {name: _restore(name, value, custom) for name, value in described.items()}


def _restore(name: str, value: Any, custom: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        restored = [_restore(name, each, custom) for each in value]
        return restored if name == "metrics" else tuple(restored)
    if isinstance(value, Mapping) and "keras" in value:
        try:
            return load_keras().saving.deserialize_keras_object(
                value["keras"], custom_objects=custom
            )
        except (TypeError, ValueError) as error:
            raise _unreadable(f"the hyperparameter {name}", error) from error
    if isinstance(value, Mapping) and "weights" in value:
        return dict(value["weights"])
    if isinstance(value, Mapping) and "columns" in value:
        return [dict(each) for each in value["columns"]]
    if isinstance(value, Mapping) and "function" in value:
        return custom.get(name) or custom.get(value["function"]) or value["function"]
    return value


def _unreadable(what: str, error: Exception) -> ParameterError:
    reason = " ".join(str(error).split())
    return ParameterError(
        f"{what} cannot be read. Pass custom layers, losses and other objects by name, "
        f"custom_objects={{'name': ...}}. Error in Keras: {reason[:_MAX_MESSAGE]}"
    )


def describe_history(history: pd.DataFrame) -> dict[str, list[float | None]]:
    """Return a history as JSON values."""
    return {
        str(name): [None if math.isnan(value) else float(value) for value in history[name]]
        for name in history
    }


def describe_labels(labels: NDArray[Any]) -> dict[str, Any]:
    """Return labels as JSON values."""
    return {"values": labels.tolist(), "dtype": labels.dtype.str}


def restore_labels(described: Mapping[str, Any]) -> NDArray[Any]:
    """Return labels from the result of :func:`describe_labels`."""
    return np.array(described["values"], dtype=np.dtype(described["dtype"]))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ParameterError(f"cannot save {value!r} as JSON: pickle the estimator instead.")
