"""Reading the files that a run may hold, or not: those of an older tunekit lack some."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tunekit.records import Mistakes
from tunekit.tracking.mistakes import load_mistakes
from tunekit.tracking.store import asked, open_store


class InStore(Protocol):
    """A study or a comparison, as far as its files are concerned."""

    @property
    def uri(self) -> str:
        """The store."""
        ...


def read_json(holder: InStore, run_id: str, name: str) -> Any:
    """Return what a run holds in a JSON file; None where there is no such file.

    Raises
    ------
    TrackingError
        When the store fails.
    """
    return _read_file(holder, run_id, name, lambda path: json.loads(path.read_text("utf-8")))


def read_mistakes(holder: InStore, run_id: str, name: str) -> Mistakes | None:
    """Return the inputs of mistakes that a run holds under a file name; None where there are none.

    Raises
    ------
    TrackingError
        When the store fails.
    """
    found: Mistakes | None = _read_file(holder, run_id, name, load_mistakes)
    return found


def _read_file(holder: InStore, run_id: str, name: str, load: Callable[[Path], Any]) -> Any:
    client = open_store(holder.uri, create=False)
    with (
        asked(f"run {run_id} cannot be read"),
        tempfile.TemporaryDirectory() as folder,
    ):
        if name not in {each.path for each in client.list_artifacts(run_id)}:
            return None
        return load(Path(client.download_artifacts(run_id, name, folder)))
