"""The search itself: ask for a configuration, measure it, tell the study, tell the listeners."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import joblib
import optuna

from tunekit.engines.optuna import suggest
from tunekit.ledger import tell
from tunekit.records import Evaluation, TrialRecord
from tunekit.space import Space

#: Takes a configuration and says how good it is. It must be picklable to run in a worker.
Measure = Callable[[Mapping[str, Any]], Evaluation]


class Listener(Protocol):
    """What wants to know of trials: a tracker, a progress display."""

    def start_trial(self, number: int, params: Mapping[str, Any]) -> None:
        """Take note that a trial begins."""

    def end_trial(self, record: TrialRecord) -> None:
        """Take note of what a trial found."""


class _Search:
    """The running trials of one study. Its methods may be called from several threads."""

    def __init__(
        self, study: optuna.Study, space: Space, engine: str, listeners: Sequence[Listener]
    ) -> None:
        self._study = study
        self._space = space
        self._engine = engine
        self._listeners = listeners
        self._lock = threading.Lock()
        self._running: dict[int, tuple[optuna.Trial, Mapping[str, Any], float]] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        with self._lock:
            start = time.perf_counter()
            trial = self._study.ask()
            self._running[trial.number] = (trial, {}, start)
            params = suggest(trial, self._space)
            self._running[trial.number] = (trial, params, start)
            for listener in self._listeners:
                listener.start_trial(trial.number, params)
            return trial.number, params

    def tell(self, number: int, evaluation: Evaluation) -> None:
        with self._lock:
            trial, params, start = self._running.pop(number)
            record = TrialRecord(
                number=number,
                params=params,
                evaluation=evaluation,
                engine=self._engine,
                duration=time.perf_counter() - start,
            )
            tell(self._study, trial, record)
            for listener in self._listeners:
                listener.end_trial(record)

    def abandon(self) -> None:
        """Leave no trial running in the study: one would repel the sampler for ever."""
        for trial, _, _ in self._running.values():
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        self._running = {}


def run_trials(
    study: optuna.Study,
    space: Space,
    measure: Measure,
    *,
    n_trials: int,
    n_jobs: int | None,
    engine: str,
    listeners: Sequence[Listener],
) -> None:
    """Run trials, one after another or several at a time.

    Parameters
    ----------
    study : optuna.Study
        Suggests, and remembers.
    space : Space
        What may be tried.
    measure : callable
        Takes a configuration, returns an Evaluation.
    n_trials : int
        How many trials to run, 0 or more.
    n_jobs : int or None
        How many at a time, each in a process of its own that joblib starts; None is 1, and
        -1 is one for each core.
    engine : str
        Name of the engine, for the records.
    listeners : sequence of Listener
        Told of each trial, in the parent process.
    """
    search = _Search(study, space, engine, listeners)
    workers = joblib.effective_n_jobs(n_jobs)
    try:
        if workers == 1:
            for _ in range(n_trials):
                number, params = search.ask()
                search.tell(number, measure(params))
        else:
            # Tasks are made as workers become free, so that each suggestion knows the most.
            pool = joblib.Parallel(workers, return_as="generator_unordered", pre_dispatch=workers)
            for number, evaluation in pool(_tasks(search, measure, n_trials)):
                search.tell(number, evaluation)
    finally:
        search.abandon()


def _tasks(search: _Search, measure: Measure, n_trials: int) -> Iterator[Any]:
    for _ in range(n_trials):
        number, params = search.ask()
        yield joblib.delayed(_measured)(measure, number, params)


def _measured(measure: Measure, number: int, params: Mapping[str, Any]) -> tuple[int, Evaluation]:
    return number, measure(params)
