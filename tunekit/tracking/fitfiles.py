"""A fit of a comparison as one file that can be read without unpickling anything."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tunekit.fits import TEST, Candidate, ComparisonInfo, Fit
from tunekit.hiding import shown
from tunekit.records import Predictions
from tunekit.tracking.predictions import arrays_of

#: The folder of a candidate's run that holds its fits.
FOLDER = "fits"

_PREDICTED = tuple(field.name for field in dataclasses.fields(Predictions))


def fit_path(fit: Fit) -> str:
    """Return the path of a fit's file among the artifacts of its candidate."""
    place = "test" if fit.split == TEST else f"{fit.split:03d}"
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
            arrays = {name: held[name] for name in _PREDICTED if name in held.files}
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
