"""Journals: pending writes to a store, kept on disk until the store has them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
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

# Names of the files of a journal.
_HEADER, _LINES, _FILES, _DONE, _LOCK = "about.json", "operations.jsonl", "files", "done", "lock"

_LOCK_TIMEOUT = 120.0  # seconds for another process to deliver a journal
_LONGEST_CHANGE = 60.0  # seconds to create or remove a folder


@dataclass(frozen=True)
class Header:
    """Target and owner of the operations in a journal.

    Attributes
    ----------
    uri : str
        The store.
    experiment_id : str
    owner : str
        The process that writes the journal; empty if it was released.
    runs : mapping of str to str
        IDs of existing runs, by name. Runs that the journal creates may be missing.
    """

    uri: str
    experiment_id: str
    owner: str
    runs: Mapping[str, str]


class Journal:
    """A folder with operations in order, and a mark for each one that is done.

    Parameters
    ----------
    folder : Path
        Folder of one execution.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._open: dict[str, FileIO] = {}

    def begin(self, header: Header) -> None:
        """Create the folder, readable by the current user only.

        Raises
        ------
        OSError
            When it cannot be created.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (_LINES, _DONE):
            (self.folder / name).write_bytes(b"")
        self.describe(header)

    def _add(self, name: str, content: bytes) -> None:
        if name not in self._open:
            self._open[name] = FileIO(self.folder / name, "a")
        file = self._open[name]
        if os.fstat(file.fileno()).st_nlink == 0:  # the file was removed
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        if file.write(content) != len(content):  # the disk is full
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    def describe(self, header: Header) -> None:
        """Write the header.

        Raises
        ------
        OSError
            When the disk is full.
        """
        new = self.folder / f"{_HEADER}.new"
        new.write_text(json.dumps(asdict(header)), encoding="utf-8")
        new.replace(self.folder / _HEADER)  # atomic

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
        """Update the heartbeat, for processes on other machines."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / _LINES)

    def tick(self) -> None:
        """Mark the first pending operation as done.

        Raises
        ------
        OSError
            When the disk is full.
        """
        self._add(_DONE, b".")

    def header(self) -> Header:
        """Return the header."""
        return Header(**json.loads((self.folder / _HEADER).read_text(encoding="utf-8")))

    def release(self) -> None:
        """Leave the journal to the next process that opens the store."""
        self._close()
        with contextlib.suppress(OSError):
            self.describe(replace(self.header(), owner=""))

    @property
    def is_abandoned(self) -> bool:
        """Whether no process writes to the journal."""
        owner = self.header().owner
        silent = time.time() - (self.folder / _LINES).stat().st_mtime
        return not owner or is_dead(owner, silent)

    def operations(self) -> Iterator[tuple[Operation, bool]]:
        """Yield all operations, each with whether it is done; those that are done have no files.

        An incomplete line becomes an operation without effect.
        """
        done = (self.folder / _DONE).stat().st_size
        lines = (self.folder / _LINES).read_text(encoding="utf-8").split("\n")[:-1]
        for number, text in enumerate(lines):
            try:
                line: dict[str, Any] = json.loads(text)
            except ValueError:
                line = {"do": "log", "run": "", "facts": {}, "files": []}
            paths = line["files"] if number >= done else []
            folder = self.folder / _FILES / str(number)
            files = {path: (folder / path).read_bytes() for path in paths}
            yield Operation(line["do"], line["run"], line["facts"], files), number < done

    def _close(self) -> None:
        while self._open:
            _, file = self._open.popitem()
            with contextlib.suppress(OSError):  # some file systems report a full disk here
                file.close()

    def remove(self) -> None:
        """Remove the folder and its content."""
        self._close()
        with contextlib.suppress(OSError):
            (self.folder / _HEADER).unlink()  # a folder without a header is ignored
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # it may contain journals of other studies
            self.folder.parent.rmdir()


def journal_folders(uri: str) -> list[Path]:
    """Return the folders that may contain journals of a store, in order of preference."""
    store = hashlib.sha256(shown_address(uri).encode()).hexdigest()[:16]
    user = f"tunekit-{os.getuid()}" if hasattr(os, "getuid") else "tunekit"
    folders = [Path(tempfile.gettempdir()) / user / store]
    with contextlib.suppress(RuntimeError):  # the user has no home directory
        state = os.environ.get("XDG_STATE_HOME")
        home = Path(state) if state else Path.home() / ".local" / "state"
        folders.insert(0, home / "tunekit" / store)
    return folders


@contextlib.contextmanager
def abandoned_journals(uri: str) -> Iterator[list[Journal]]:
    """Return the journals of dead processes for a store, locked until the context ends."""
    with contextlib.ExitStack() as stack:
        abandoned = []
        for folder in journal_folders(uri):
            _remove_incomplete(folder)
            for journal in journals_in(folder):
                with contextlib.suppress(OSError):  # another process has just delivered it
                    if not _is_ours(journal.folder) or not journal.is_abandoned:
                        continue
                    stack.enter_context(FileLock(journal.folder / _LOCK, timeout=_LOCK_TIMEOUT))
                    if journal.is_abandoned:
                        abandoned.append(journal)
        yield abandoned


def journals_in(folder: Path) -> list[Journal]:
    """Return the journals in a folder, the oldest first."""
    try:
        return [Journal(header.parent) for header in sorted(folder.glob(f"*/{_HEADER}"))]
    except OSError:  # the folder is not readable
        return []


def _remove_incomplete(folder: Path) -> None:
    """Remove journals without a header, whose process was killed while it created or removed them.

    They contain no pending operations. Any user can create a folder or a link with a known name in
    the temporary directory, so only what is certainly an old journal of ours is removed.
    """
    if not all(_is_own_folder(each) for each in (folder.parent, folder)):
        return
    try:
        folders = list(folder.iterdir())
    except OSError:  # another process has just removed it
        return
    for each in folders:
        with contextlib.suppress(OSError):  # another process removes it
            if _is_incomplete(each):
                shutil.rmtree(each, ignore_errors=True)


def _is_incomplete(folder: Path) -> bool:
    names = {each.name for each in folder.iterdir()}
    return (
        _is_own_folder(folder)
        and re.match(r"\d+-", folder.name) is not None
        and names <= {_LINES, _FILES, _DONE, _LOCK, f"{_HEADER}.new"}
        and time.time() - folder.stat().st_mtime > _LONGEST_CHANGE
    )


def _is_own_folder(folder: Path) -> bool:
    """Return whether we own a folder that is not a symbolic link."""
    return folder.is_dir() and not folder.is_symlink() and _is_ours(folder)


def _is_ours(folder: Path) -> bool:
    """Return whether we own a folder: any user can create one in the temporary directory."""
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
