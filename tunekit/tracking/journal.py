"""Keeps on disk what a store is to be told, until it was."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

from filelock import FileLock

from tunekit.core.processes import is_dead
from tunekit.core.secrets import shown_address
from tunekit.tracking.operations import Operation

_HEADER, _LINES, _FILES, _DONE, _LOCK = "about.json", "operations.jsonl", "files", "done", "lock"


_PATIENCE = 120.0  # seconds for another process to do what a journal holds


@dataclass(frozen=True)
class Header:
    """Whose operations a journal holds.

    Attributes
    ----------
    uri : str
        The store.
    experiment_id : str
    owner : str
        The process that wrote it.
    runs : mapping of str to str
        Runs that exist, by name; those that the journal makes may be missing.
    """

    uri: str
    experiment_id: str
    owner: str
    runs: Mapping[str, str]


class Journal:
    """A folder with operations, in order, and a mark for each that has been done.

    Parameters
    ----------
    folder : Path
        Of one execution.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._open: dict[str, FileIO] = {}

    def begin(self, header: Header) -> None:
        """Make the folder, for its owner's eyes alone.

        Raises
        ------
        OSError
            When it cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (_LINES, _DONE):
            (self.folder / name).write_bytes(b"")
        self.describe(header)

    def _add(self, name: str, content: bytes) -> None:
        if name not in self._open:
            self._open[name] = FileIO(self.folder / name, "a")
        file = self._open[name]
        if os.fstat(file.fileno()).st_nlink == 0:  # somebody removed it
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        if file.write(content) != len(content):  # a part of it fitted
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    def describe(self, header: Header) -> None:
        """Say whose it is, and which runs exist.

        Raises
        ------
        OSError
            When the disk is full.
        """
        new = self.folder / f"{_HEADER}.new"
        new.write_text(json.dumps(asdict(header)), encoding="utf-8")
        new.replace(self.folder / _HEADER)  # as a whole or not at all

    def append(self, operation: Operation) -> None:
        """Add an operation.

        Raises
        ------
        OSError
            When the disk is full.
        """
        for path, content in operation.files.items():
            target = self.folder / _FILES / str(self._count) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        line = {"do": operation.do, "run": operation.run, "facts": operation.facts}
        line["files"] = list(operation.files)
        self._add(_LINES, f"{json.dumps(line)}\n".encode())
        self._count += 1

    def touch(self) -> None:
        """Give a sign of life, for those who cannot see whether its owner lives."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / _LINES)

    def tick(self) -> None:
        """Note that the first operation that was left has been done.

        Raises
        ------
        OSError
            When the disk is full.
        """
        self._add(_DONE, b".")

    def header(self) -> Header:
        """Return whose it is."""
        return Header(**json.loads((self.folder / _HEADER).read_text(encoding="utf-8")))

    def release(self) -> None:
        """Leave it to whoever opens the store next."""
        self._close()
        with contextlib.suppress(OSError):
            self.describe(replace(self.header(), owner=""))

    @property
    def is_left(self) -> bool:
        """Whether nobody writes it any more."""
        owner = self.header().owner
        silent = time.time() - (self.folder / _LINES).stat().st_mtime
        return not owner or is_dead(owner, silent)

    def operations(self) -> Iterator[tuple[Operation, bool]]:
        """Return all operations, and of each whether it has been done; what is done has no files.

        A line that was cut off in writing becomes an operation that does nothing.
        """
        done = (self.folder / _DONE).stat().st_size
        lines = (self.folder / _LINES).read_text(encoding="utf-8").split("\n")[:-1]
        for number, text in enumerate(lines):
            try:
                line: dict[str, Any] = json.loads(text)
            except ValueError:
                line = {"do": "log", "run": "", "facts": {}, "files": []}
            paths = line["files"] if number >= done else []
            place = self.folder / _FILES / str(number)
            files = {path: (place / path).read_bytes() for path in paths}
            yield Operation(line["do"], line["run"], line["facts"], files), number < done

    def _close(self) -> None:
        while self._open:
            _, file = self._open.popitem()
            with contextlib.suppress(OSError):  # of a full disk, as some tell it
                file.close()

    def remove(self) -> None:
        """Remove the folder, with everything in it."""
        self._close()
        with contextlib.suppress(OSError):
            (self.folder / _HEADER).unlink()  # without it nobody looks at the rest
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # another study's journal lies there
            self.folder.parent.rmdir()


def places(uri: str) -> list[Path]:
    """Return the folders in which the journals of a store may lie, the best first."""
    store = hashlib.sha256(shown_address(uri).encode()).hexdigest()[:16]
    mine = f"tunekit-{os.getuid()}" if hasattr(os, "getuid") else "tunekit"
    found = [Path(tempfile.gettempdir()) / mine / store]
    with contextlib.suppress(RuntimeError):  # a user without a home
        state = os.environ.get("XDG_STATE_HOME")
        home = Path(state) if state else Path.home() / ".local" / "state"
        found.insert(0, home / "tunekit" / store)
    return found


@contextlib.contextmanager
def left_behind(uri: str) -> Iterator[list[Journal]]:
    """Find the journals of a store whose processes are gone; nobody else gets them meanwhile."""
    with contextlib.ExitStack() as stack:
        found = []
        for place in places(uri):
            for journal in _journals(place):
                with contextlib.suppress(OSError):  # another process has done it meanwhile
                    if not _is_ours(journal.folder) or not journal.is_left:
                        continue
                    stack.enter_context(FileLock(journal.folder / _LOCK, timeout=_PATIENCE))
                    if journal.is_left:
                        found.append(journal)
        yield found


def _journals(place: Path) -> list[Journal]:
    try:
        return [Journal(header.parent) for header in sorted(place.glob(f"*/{_HEADER}"))]
    except OSError:  # a home that nobody may look into
        return []


def _is_ours(folder: Path) -> bool:
    """Tell whether we own a folder: anybody may make one where temporary files lie."""
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
