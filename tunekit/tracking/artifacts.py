"""Artifacts: names and formats of the files that runs store in MLflow.

Arrays are stored as ``.npz`` files without pickled objects, everything else as JSON.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tunekit.core.comparison_info import TEST_SPLIT, Candidate, ComparisonInfo, Fit
from tunekit.core.json_values import encoded
from tunekit.core.object_names import decoded
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.core.secrets import shown
from tunekit.evaluation.describe import describe_data, describe_estimator
from tunekit.evaluation.mistakes import worst_mistakes
from tunekit.exceptions import warn_user
from tunekit.tracking.store import tracking_errors

#: Files of a parent run: settings, data, best estimator, versions.
CONFIG, DATA = "config.json", "data.json"
ARCHITECTURE, ENVIRONMENT = "architecture.json", "environment.json"

#: Predictions for the validation rows, and for the test split.
VALIDATION_PREDICTIONS, TEST_PREDICTIONS = "predictions.npz", "test_predictions.npz"

#: Inputs of the worst mistakes on the validation rows, and on the test split.
MISTAKES, TEST_MISTAKES = "mistakes.npz", "test_mistakes.npz"

#: Folder of a candidate's run that contains its fits.
FITS_FOLDER = "fits"

#: Environment variable. If it is 0, inputs of mistakes are not stored.
KEEP_INPUTS = "TUNEKIT_KEEP_INPUTS"

_PREDICTION_FIELDS = tuple(field.name for field in dataclasses.fields(Predictions))


def dump_predictions(predictions: Predictions) -> bytes:
    """Return predictions as the content of an ``.npz`` file."""
    file = io.BytesIO()
    # Not compressed: that would take longer than everything else.
    np.savez(file, allow_pickle=False, **arrays_of(predictions))
    return file.getvalue()


def load_predictions(path: Path) -> Predictions:
    """Return the predictions in an ``.npz`` file."""
    with np.load(path, allow_pickle=False) as file:
        # NumPy before 2.3 stores the argument allow_pickle as an array.
        arrays = {name: file[name] for name in file.files if name != "allow_pickle"}
    return Predictions(**{"y_score": None, "classes": None, **arrays})


def arrays_of(predictions: Predictions) -> dict[str, Any]:
    """Return the arrays of predictions by name, with types that need no pickling."""
    return {
        field.name: _plain(getattr(predictions, field.name))
        for field in dataclasses.fields(predictions)
        if getattr(predictions, field.name) is not None
    }


def _plain(array: Any) -> Any:
    array = np.asarray(array)
    return array.astype(str) if array.dtype.kind not in "biufU" else array


def dump_mistakes(mistakes: Mistakes) -> bytes:
    """Return mistakes as the content of an ``.npz`` file."""
    arrays = {
        "rows": mistakes.rows,
        "columns": np.array(mistakes.columns, dtype=str),
        "stride": np.array(mistakes.stride),
        "reason": np.array(mistakes.reason),
    }
    if mistakes.inputs is not None:
        arrays["inputs"] = mistakes.inputs
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def load_mistakes(path: Path) -> Mistakes:
    """Return the mistakes in an ``.npz`` file."""
    with np.load(path, allow_pickle=False) as file:
        return Mistakes(
            rows=file["rows"],
            inputs=file["inputs"] if "inputs" in file.files else None,
            columns=tuple(file["columns"].tolist()),
            stride=int(file["stride"]),
            reason=str(file["reason"]),
        )


def mistakes_file(name: str, predictions: Predictions, X: Any) -> dict[str, bytes]:
    """Return the inputs of the worst mistakes as one file; empty if they must not be stored."""
    if os.environ.get(KEEP_INPUTS, "1") == "0":
        return {}
    try:
        mistakes = worst_mistakes(predictions, X)
        return {} if mistakes is None else {name: dump_mistakes(mistakes)}
    except Exception as error:  # noqa: BLE001 - data of an unknown type can raise anything
        warn_user(f"the worst mistakes are not stored in MLflow: {type(error).__name__}: {error}")
        return {}


def fit_path(fit: Fit) -> str:
    """Return the path of a fit among the artifacts of its candidate's run."""
    split = "test" if fit.split == TEST_SPLIT else f"{fit.split:03d}"
    return f"{FITS_FOLDER}/{split}-seed-{fit.seed}.npz"


def _fields(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, not converted."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def dump_fit(fit: Fit) -> bytes:
    """Return a fit as the content of an ``.npz`` file."""
    facts = _fields(fit)
    del facts["predictions"]
    arrays = arrays_of(fit.predictions) if fit.predictions else {}
    text = json.dumps(shown(encoded(facts)), ensure_ascii=False, default=str)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, facts=np.array(text), **arrays)
    return file.getvalue()


def load_fit(path: Path) -> Fit | None:
    """Return the fit in a file; None if the file is incomplete or of another version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            arrays = {name: file[name] for name in _PREDICTION_FIELDS if name in file.files}
        facts["curve"] = {name: tuple(values) for name, values in facts["curve"].items()}
        facts["params"] = decoded(facts.get("params", {}))
        empty: dict[str, Any] = {"y_score": None, "classes": None}
        return Fit(**facts, predictions=Predictions(**{**empty, **arrays}) if arrays else None)
    except (OSError, TypeError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def dump_info(info: ComparisonInfo) -> bytes:
    """Return the description of a comparison as the content of a JSON file."""
    fields = {**_fields(info), "candidates": list(map(_fields, info.candidates))}
    return json.dumps(encoded(fields), indent=2, ensure_ascii=False).encode()


def load_info(text: str) -> ComparisonInfo:
    """Return the description of a comparison from its JSON text."""
    fields = json.loads(text)
    fields["candidates"] = tuple(
        Candidate(**{**each, "params": decoded(each.get("params", {}))})
        for each in fields["candidates"]
    )
    for name in {"seeds", "shape", "metadata"} & fields.keys():  # older ones have no metadata
        fields[name] = tuple(fields[name])
    return ComparisonInfo(**fields)


def data_file(X: Any, y: Any, *, task: str) -> dict[str, bytes]:
    """Return the description of the data as one file, see :func:`describe_data`."""
    described = describe_data(X, y, task=task)
    return {DATA: json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False).encode()}


def architecture_file(estimator: Any) -> dict[str, bytes]:
    """Return the structure of an estimator as one file; empty if it cannot be described."""
    try:
        described = describe_estimator(estimator)
        return {ARCHITECTURE: json.dumps(described, indent=1, ensure_ascii=False).encode()}
    except Exception as error:  # noqa: BLE001 - no error of a user's estimator ends the study
        warn_user(
            f"the description of {type(estimator).__name__} is not stored in MLflow: "
            f"{type(error).__name__}: {error}"
        )
        return {}


def fetch_predictions(client: Any, run_id: str, name: str) -> Predictions:
    """Return predictions that a run stores; errors of the store are raised unchanged.

    Parameters
    ----------
    client : MlflowClient
    run_id : str
    name : str
        File name.
    """
    with tempfile.TemporaryDirectory() as folder:
        return load_predictions(Path(client.download_artifacts(run_id, name, folder)))


def read_json(client: Any, run_id: str, name: str) -> Any:
    """Return the content of a JSON file of a run; None if there is no such file.

    Parameters
    ----------
    client : MlflowClient
    run_id, name : str

    Raises
    ------
    TrackingError
        When the store fails.
    """
    return _read_file(client, run_id, name, lambda path: json.loads(path.read_text("utf-8")))


def read_mistakes(client: Any, run_id: str, name: str) -> Mistakes | None:
    """Return the inputs of mistakes that a run stores; None if there is no such file.

    Parameters
    ----------
    client : MlflowClient
    run_id, name : str

    Raises
    ------
    TrackingError
        When the store fails.
    """
    mistakes: Mistakes | None = _read_file(client, run_id, name, load_mistakes)
    return mistakes


def _read_file(client: Any, run_id: str, name: str, load: Callable[[Path], Any]) -> Any:
    with (
        tracking_errors(f"run {run_id} cannot be read"),
        tempfile.TemporaryDirectory() as folder,
    ):
        if name not in {each.path for each in client.list_artifacts(run_id)}:
            return None
        return load(Path(client.download_artifacts(run_id, name, folder)))
