"""The inputs of mistakes as a file that can be read without unpickling anything."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from tunekit.records import Mistakes

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
