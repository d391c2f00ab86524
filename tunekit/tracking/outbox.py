"""Sends operations to a store, one after another, while the study goes on.

Each operation is in a journal on disk before it is done, so that a process that is killed loses
none; and a store that fails is tried again, so that no trial fails with it or waits for long.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tunekit.core.databases import in_short
from tunekit.core.processes import PULSE, this_process
from tunekit.core.secrets import shown_address, shown_cause
from tunekit.exceptions import TrackingError, warn_user
from tunekit.tracking.journal import Header, Journal, left_behind, places
from tunekit.tracking.operations import EXECUTION, HEARTBEAT, Operation, OperationRunner, now
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.writer_process import WriterProcess

#: Seconds that a trial waits for the one before to be written, at most.
MOMENT = 0.1

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts
_LAST_CALL = 10.0  # seconds for a store that fails when everything was sent


_CHATTER = logging.getLogger("urllib3.connectionpool")


class Outbox:
    """Does operations on a store in a thread of its own, in order.

    It is a context. When it is left, everything has been done, or, where the store fails, waits
    in a folder for the next process that writes to this store.

    Parameters
    ----------
    uri : str
        The store.
    experiment_id : str
    desk : OperationRunner or Clerk
        Does them; it knows the parent run.
    """

    def __init__(self, uri: str, experiment_id: str, desk: OperationRunner | WriterProcess) -> None:
        self._address = shown_address(uri)
        self._experiment = experiment_id
        self._desk = desk
        self._waiting: deque[Operation] = deque()
        self._failed: Operation | None = None
        self._places = deque(places(uri))
        self._journal: Journal | None = None
        self._news = threading.Condition()  # held for a moment, never while the store is asked
        self._over = threading.Event()  # the journal is no longer ours
        self._end: float | None = None  # when to give up, once everything was sent
        self._untold: list[str] = []
        self._told: set[str] = set()
        self._users = threading.get_ident()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._next_journal()
        self._thread.start()
        _CHATTER.addFilter(self._is_of_others)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._news:
            self._end = time.monotonic() + _LAST_CALL
            self._news.notify_all()
        try:
            self._thread.join()
        finally:  # also where somebody presses Ctrl-C meanwhile
            _CHATTER.removeFilter(self._is_of_others)
            with self._news:
                self._over.set()
                if self._journal and self._waiting:
                    self._journal.release()
                elif self._journal:
                    self._journal.remove()
                elif self._waiting:
                    self._note("loss", f"{len(self._waiting)} writes to {self._address} are lost.")
            self._tell()

    def send(self, operation: Operation) -> None:
        """Take an operation to be done as soon as may be."""
        with self._news:
            self._waiting.append(operation)
            if self._journal:
                try:
                    self._journal.append(operation)
                except OSError:  # this disk is full, another one may not be
                    self._journal.remove()
                    self._next_journal()
            self._news.notify_all()
        self._tell()

    def catch_up(self) -> None:
        """Wait until everything is done: for a moment, and not at all while the store fails."""
        with self._news:
            self._news.wait_for(lambda: not self._waiting or self._failed is not None, MOMENT)

    def know(self, runs: Mapping[str, str]) -> None:
        """Take note of runs that exist, by name."""
        with self._news:
            self._desk.runs.update(runs)
            if self._journal:
                try:
                    self._journal.describe(self._header())
                except OSError:
                    self._journal.remove()
                    self._next_journal()

    def _is_of_others(self, record: logging.LogRecord) -> bool:
        """Hold back what urllib3 says of each attempt: the user is told once, by us."""
        return record.thread != self._thread.ident

    def _next_journal(self) -> None:
        """Begin a journal with what waits; where no disk takes it, it waits in memory alone."""
        self._journal = None
        while self._places and self._journal is None:
            # A name of its own: an earlier one of this execution may still wait there.
            name = f"{time.time_ns()}-{self._desk.runs[EXECUTION]}"
            journal = Journal(self._places.popleft() / name)
            try:
                journal.begin(self._header())
                for operation in self._waiting:
                    journal.append(operation)
                self._journal = journal
            except OSError:
                journal.remove()

    def _header(self) -> Header:
        return Header(self._address, self._experiment, this_process(), dict(self._desk.runs))

    def _work(self) -> None:
        pause, pulse = _FIRST_PAUSE, time.monotonic() + PULSE
        while True:
            with self._news:
                if not self._waiting and self._end is None:
                    self._news.wait(max(0.0, pulse - time.monotonic()))
            if not self._deliver():
                late = self._end is not None and time.monotonic() > self._end
                if late or self._over.is_set():
                    return
                self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if self._end is not None and not self._waiting:
                return
            if time.monotonic() >= pulse:
                with contextlib.suppress(Exception):  # the next operation fails, too, and tells
                    self._desk.do(Operation("log", EXECUTION, {"tags": {HEARTBEAT: str(now())}}))
                self._touch()
                pulse = time.monotonic() + PULSE

    def _pause(self, seconds: float) -> None:
        """Wait before the next attempt, shortly once everything was sent."""
        self._touch()
        if self._end is not None:
            time.sleep(_FIRST_PAUSE)
            return
        with self._news:
            self._news.wait_for(lambda: self._end is not None, seconds)

    def _touch(self) -> None:
        with self._news:
            if self._journal:
                self._journal.touch()

    def _deliver(self) -> bool:
        """Do what waits, and return whether nothing is left."""
        while self._waiting:
            if self._over.is_set():
                return False
            operation = self._waiting[0]
            try:
                self._desk.do(operation, again=operation is self._failed)
            except Exception as error:  # noqa: BLE001 - told, and done again or left out
                if not is_refusal(error, operation):
                    self._note_failure(error)
                    with self._news:
                        self._failed = operation
                        self._news.notify_all()
                    return False
                self._note_refusal(operation, error)
            with self._news:
                if self._over.is_set():
                    return False
                self._failed = None
                self._waiting.popleft()
                if self._journal:
                    with contextlib.suppress(OSError):  # it is made to be done twice
                        self._journal.tick()
                if not self._waiting:
                    self._news.notify_all()
        return True

    def _note_failure(self, error: Exception) -> None:
        with self._news:
            where = (
                f"waits in {self._journal.folder} and is written when the store works again: by "
                f"this study, by the next one in this store, or by 'tunekit studies --repair'."
                if self._journal
                else "waits in memory, for want of a disk with room, and is written if the store "
                "works again while it runs."
            )
        self._note(
            "failure",
            f"the MLflow store {self._address} fails ({in_short(error)}). The study goes on; what "
            f"it writes {where}",
        )

    def _note_refusal(self, operation: Operation, error: Exception) -> None:
        self._note(
            "refusal",
            f"MLflow refuses a part of what tunekit writes to {self._address}, which is left out "
            f"({operation.do}, run {operation.run}: {in_short(error)}). The study goes on.",
        )

    def _note(self, what: str, sentence: str) -> None:
        """Keep a sentence for the user, who hears of each kind once."""
        if what not in self._told:
            self._told.add(what)
            self._untold.append(sentence)

    def _tell(self) -> None:
        """Say what there is to say, in the thread in which the user waits."""
        while self._untold and threading.get_ident() == self._users:
            warn_user(self._untold.pop(0))


def deliver_left_behind(uri: str, client: Any) -> int:
    """Do what earlier processes could not, and return how many operations that were.

    Parameters
    ----------
    uri : str
        The store.
    client : MlflowClient
        On it.

    Raises
    ------
    TrackingError
        When the store fails again; what is left waits on.
    """
    done = 0
    with left_behind(uri) as journals:
        for journal in journals:
            try:
                done += _finish(journal, client)
            except Exception as error:  # noqa: BLE001 - raised in our words
                journal.release()
                place = shown_address(uri)
                raise TrackingError(f"the store {place} fails: {in_short(error)}") from shown_cause(
                    error
                )
    return done


def _finish(journal: Journal, client: Any) -> int:
    """Do what a journal still holds, and remove it."""
    header, done = journal.header(), 0
    desk = OperationRunner(lambda: client, header.experiment_id, header.runs)
    made: dict[str, Operation] = {}
    for operation, was_done in journal.operations():
        if was_done:
            if operation.do == "create":
                made[operation.run] = operation
            continue
        if operation.run in made:
            _do_late(desk, made.pop(operation.run))  # finds it
        _do_late(desk, operation)
        journal.tick()
        done += 1
    journal.remove()
    return done


def _do_late(desk: OperationRunner, operation: Operation) -> None:
    try:
        desk.do(operation, again=True)
    except Exception as error:
        if not is_refusal(error, operation):
            raise
