"""Predictions as a file that can be read without unpickling anything."""

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
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.core.secrets import shown
from tunekit.evaluation.describe import describe_data, describe_estimator
from tunekit.evaluation.mistakes import worst_mistakes
from tunekit.tracking.store import asked

#: Names of the files of a parent run: settings, data, best estimator, versions.
CONFIG, DATA = "config.json", "data.json"
ARCHITECTURE, ENVIRONMENT = "architecture.json", "environment.json"

#: Names of the artifacts.
VALIDATION_PREDICTIONS, TEST_PREDICTIONS = "predictions.npz", "test_predictions.npz"


def dump_predictions(predictions: Predictions) -> bytes:
    """Return predictions as the content of an ``.npz`` file."""
    file = io.BytesIO()
    # Packing it would take longer than all else.
    np.savez(file, allow_pickle=False, **arrays_of(predictions))
    return file.getvalue()


def arrays_of(predictions: Predictions) -> dict[str, Any]:
    """Return the arrays of predictions by name, in kinds that need no unpickling."""
    return {
        field.name: _plain(getattr(predictions, field.name))
        for field in dataclasses.fields(predictions)
        if getattr(predictions, field.name) is not None
    }


def load_predictions(path: Path) -> Predictions:
    """Return predictions from such a file."""
    with np.load(path, allow_pickle=False) as arrays:
        # NumPy before 2.3 keeps the switch as if it were an array.
        held = {key: arrays[key] for key in arrays.files if key != "allow_pickle"}
    return Predictions(**{"y_score": None, "classes": None, **held})


def fetch_predictions(client: Any, run_id: str, name: str) -> Predictions:
    """Return predictions that a run holds under a file name; whatever the store raises is raised.

    Parameters
    ----------
    client : MlflowClient
    run_id : str
    name : str
    """
    with tempfile.TemporaryDirectory() as folder:
        return load_predictions(Path(client.download_artifacts(run_id, name, folder)))


def _plain(array: Any) -> Any:
    array = np.asarray(array)
    return array.astype(str) if array.dtype.kind not in "biufU" else array


def data_file(X: Any, y: Any, *, task: str) -> dict[str, bytes]:
    """Return the same as the content of a file, by its name."""
    described = describe_data(X, y, task=task)
    return {DATA: json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False).encode()}


#: The folder of a candidate's run that holds its fits.
FOLDER = "fits"


_PREDICTION_FIELDS = tuple(field.name for field in dataclasses.fields(Predictions))


def fit_path(fit: Fit) -> str:
    """Return the path of a fit's file among the artifacts of its candidate."""
    place = "test" if fit.split == TEST_SPLIT else f"{fit.split:03d}"
    return f"{FOLDER}/{place}-seed-{fit.seed}.npz"


def dump_fit(fit: Fit) -> bytes:
    """Return a fit as the content of an ``.npz`` file."""
    facts = {
        field.name: getattr(fit, field.name)
        for field in dataclasses.fields(fit)
        if field.name != "predictions"
    }
    arrays = arrays_of(fit.predictions) if fit.predictions else {}
    text = json.dumps(shown(facts), ensure_ascii=False, default=str)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, facts=np.array(text), **arrays)
    return file.getvalue()


def load_fit(path: Path) -> Fit | None:
    """Return a fit from its file; None where it is not whole, or of another version."""
    try:
        with np.load(path, allow_pickle=False) as held:
            facts = json.loads(str(held["facts"]))
            arrays = {name: held[name] for name in _PREDICTION_FIELDS if name in held.files}
        facts["curve"] = {name: tuple(values) for name, values in facts["curve"].items()}
        empty: dict[str, Any] = {"y_score": None, "classes": None}
        return Fit(**facts, predictions=Predictions(**{**empty, **arrays}) if arrays else None)
    except (OSError, TypeError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def dump_info(info: ComparisonInfo) -> bytes:
    """Return what a comparison is about as the content of a JSON file."""
    return json.dumps(dataclasses.asdict(info), indent=2, ensure_ascii=False).encode()


def load_info(text: str) -> ComparisonInfo:
    """Return what a comparison is about from such a file."""
    held = json.loads(text)
    held["candidates"] = tuple(Candidate(**each) for each in held["candidates"])
    for name in ("seeds", "shape"):
        held[name] = tuple(held[name])
    return ComparisonInfo(**held)


#: Names of the artifacts.
MISTAKES, TEST_MISTAKES = "mistakes.npz", "test_mistakes.npz"


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
    """Return mistakes from such a file."""
    with np.load(path, allow_pickle=False) as held:
        return Mistakes(
            rows=held["rows"],
            inputs=held["inputs"] if "inputs" in held.files else None,
            columns=tuple(held["columns"].tolist()),
            stride=int(held["stride"]),
            reason=str(held["reason"]),
        )


def read_json(client: Any, run_id: str, name: str) -> Any:
    """Return what a run holds in a JSON file; None where there is no such file.

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
    """Return the inputs of mistakes that a run holds under a file name; None where there are none.

    Parameters
    ----------
    client : MlflowClient
    run_id, name : str

    Raises
    ------
    TrackingError
        When the store fails.
    """
    found: Mistakes | None = _read_file(client, run_id, name, load_mistakes)
    return found


def _read_file(client: Any, run_id: str, name: str, load: Callable[[Path], Any]) -> Any:
    with (
        asked(f"run {run_id} cannot be read"),
        tempfile.TemporaryDirectory() as folder,
    ):
        if name not in {each.path for each in client.list_artifacts(run_id)}:
            return None
        return load(Path(client.download_artifacts(run_id, name, folder)))


#: Set to 0 in the environment, it keeps the inputs of mistakes out of the store.
KEEP_INPUTS = "TUNEKIT_KEEP_INPUTS"


def architecture_file(estimator: Any) -> dict[str, bytes]:
    """Return what an estimator is made of as the content of a file, by its name."""
    try:
        described = describe_estimator(estimator)
        return {ARCHITECTURE: json.dumps(described, indent=1, ensure_ascii=False).encode()}
    except Exception:  # noqa: BLE001 - whatever somebody's estimator raises is no reason to fail
        return {}


def mistakes_file(name: str, predictions: Predictions, X: Any) -> dict[str, bytes]:
    """Return the inputs of the worst mistakes as the content of a file; none if not to be kept."""
    if os.environ.get(KEEP_INPUTS, "1") == "0":
        return {}
    try:
        found = worst_mistakes(predictions, X)
        return {} if found is None else {name: dump_mistakes(found)}
    except Exception:  # noqa: BLE001 - whatever data of a kind that we do not know raises
        return {}
