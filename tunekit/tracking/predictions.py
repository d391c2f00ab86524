"""Predictions as a file that can be read without unpickling anything."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tunekit.records import Predictions

#: Names of the artifacts.
HELD_OUT, TEST = "predictions.npz", "test_predictions.npz"


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
