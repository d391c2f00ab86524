"""The search itself: ask for a configuration, measure it, tell the study, tell the listeners."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import optuna

from tunekit.core.callbacks import Listener, LiveCurve, Measure, Point
from tunekit.core.json_values import key
from tunekit.core.signals import graceful_interrupt
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.engines.sampler import SpaceSampler
from tunekit.exceptions import ParameterError
from tunekit.space.space import Space
from tunekit.study.pruners import compares_splits
from tunekit.study.results import best_index
from tunekit.study.storage import abandon, ask, note, tell
from tunekit.study.worker_pool import Workers

_HOPELESS = 10  # trials that all fail before a study gives up


@dataclass(frozen=True)
class Budget:
    """When a search ends.

    Attributes
    ----------
    n_trials : int
        Trials of the study in all, those that it holds already included.
    timeout : float or None
        Seconds after which no further trial begins.
    patience : int or None
        Trials without a better one after which the search ends.
    """

    n_trials: int
    timeout: float | None = None
    patience: int | None = None


class Search:
    """The running trials of one study. Its methods may be called from several threads.

    Parameters
    ----------
    study : optuna.Study
        Suggests, and remembers.
    space : Space
        What may be tried.
    records : sequence of TrialRecord
        The trials that the study holds already.
    engine : str
        Name of the engine, for the records.
    budget : Budget
    listeners : sequence of Listener
        Told of each trial, in this process.
    """

    def __init__(
        self,
        study: optuna.Study,
        space: Space,
        records: Sequence[TrialRecord],
        *,
        engine: str,
        budget: Budget,
        listeners: Sequence[Listener],
    ) -> None:
        self._study = study
        self._space = space
        self._engine = engine
        self._budget = budget
        self._listeners = listeners
        self._lock = threading.RLock()
        self._end = time.monotonic() + (budget.timeout or 0.0)
        self._interrupted = False
        self._running: dict[int, tuple[optuna.Trial, Mapping[str, Any], float]] = {}
        self._waiting: dict[str, list[int]] = {}
        self._records = list(records)
        # What failed for want of time or memory is tried again by another execution.
        self._found = {
            key(record.params): record
            for record in self._records
            if record.reused is None and not record.evaluation.circumstantial
        }
        self._spent = False
        self._n_before = len(self._records)
        self._splits = compares_splits(study.pruner)

    def stop(self) -> None:
        """Begin no further trial."""
        self._interrupted = True

    def why_stop(self) -> str | None:
        """Return why no further trial is to begin, in words; None where one may."""
        with self._lock:
            budget = self._budget
            n_trials = len(self._records) + len(self._running)
            late = budget.timeout is not None and time.monotonic() >= self._end
            reasons: tuple[tuple[Callable[[], bool], str], ...] = (
                (lambda: self._interrupted, "it was interrupted"),
                (self._is_hopeless, f"its first {_HOPELESS} trials all failed"),
                (lambda: n_trials > budget.n_trials, f"it had {n_trials} trials already"),
                (lambda: n_trials == budget.n_trials, f"it had its {n_trials} trials"),
                (lambda: late, f"timeout={budget.timeout} s was over"),
                (self._is_exhausted, "every configuration of the space was tried"),
                (self._is_walked_through, "every configuration of the grid was tried"),
                (lambda: self._spent, "its sampler had nothing more to suggest"),
                (self._is_stale, f"{budget.patience} trials had found nothing better"),
            )
            return next((why for holds, why in reasons if holds()), None)

    def ask(self) -> tuple[int, Mapping[str, Any]] | None:
        """Begin a trial and return what to evaluate.

        None where the configuration is known: then its result is taken over, at once or when the
        trial that evaluates it ends.
        """
        with self._lock:
            start = time.perf_counter()
            trial = ask(self._study)
            self._running[trial.number] = (trial, {}, start)
            params = self._suggest(trial)
            self._running[trial.number] = (trial, params, start)
            for listener in self._listeners:
                listener.trial_started(trial.number, params)
            name = key(params)
            if name in self._found:
                self._reuse(trial.number, self._found[name])
                return None
            if name in self._waiting:
                self._waiting[name].append(trial.number)
                return None
            self._waiting[name] = []
            return trial.number, params

    def _suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        sampler = self._study.sampler
        try:
            return self._space.suggest(trial)
        except ValueError as error:
            if isinstance(sampler, SpaceSampler):
                raise
            raise ParameterError(
                f"algorithm {type(sampler).__name__} cannot suggest a configuration of the "
                f"space: {error}"
            ) from error

    def report(self, number: int, step: int, scores: Sequence[float]) -> bool:
        """Take note of how a trial goes and return whether to stop it."""
        with self._lock:
            if number not in self._running:  # its process was killed while it called
                return True
            trial = self._running[number][0]
            trial.report(scores[-1] if self._splits else float(np.mean(scores)), step)
            return trial.should_prune()

    def watch(self, number: int, points: Sequence[Point]) -> None:
        """Pass on a part of a running trial's curve."""
        with self._lock:
            if number in self._running:
                for listener in self._listeners:
                    listener.trial_progressed(number, points)

    def tell(self, number: int, evaluation: Evaluation) -> None:
        """End a trial, and those that waited for the same configuration."""
        with self._lock:
            record = self._finish(number, evaluation, None)
            name = key(record.params)
            self._found[name] = record
            for follower in self._waiting.pop(name, []):
                self._reuse(follower, record)

    def abandon(self) -> None:
        """Leave no trial running in the study."""
        for trial, _, _ in self._running.values():
            abandon(self._study, trial)
        self._running = {}

    def _reuse(self, number: int, known: TrialRecord) -> None:
        trial = self._running[number][0]
        if known.evaluation.pruned:  # samplers and pruners rank it by what it reported last
            told = self._study.get_trials(deepcopy=False)[known.number].intermediate_values
            trial.report(told[max(told)], max(told))
        self._finish(number, known.evaluation, known.number)

    def _finish(self, number: int, evaluation: Evaluation, reused: int | None) -> TrialRecord:
        trial, params, start = self._running.pop(number)
        record = TrialRecord(
            number=number,
            params=params,
            evaluation=evaluation,
            engine=self._engine,
            duration=time.perf_counter() - start,
            reused=reused,
        )
        note(trial, record)
        for listener in self._listeners:
            listener.trial_measured(record)
        if not tell(self._study, number, evaluation):
            self._spent = True
        self._records.append(record)
        for listener in self._listeners:
            listener.trial_finished(record)
        return record

    def _is_exhausted(self) -> bool:
        return len(self._seen()) >= self._space.size

    def _is_walked_through(self) -> bool:
        sampler = self._study.sampler
        return isinstance(sampler, SpaceSampler) and sampler.is_exhausted(self._seen())

    def _seen(self) -> set[str]:
        return self._found.keys() | self._waiting.keys()

    def _is_stale(self) -> bool:
        best = best_index(self._records)
        patience = self._budget.patience
        if patience is None or best is None:
            return False
        return len(self._records) - 1 - best >= patience

    def _is_hopeless(self) -> bool:
        new = len(self._records) - self._n_before
        return new >= _HOPELESS and all(each.state == "failed" for each in self._records)


def open_workers(
    measure: Measure,
    *,
    n_jobs: int | None,
    trial_timeout: float | None,
    n_trials: int,
    pruned: bool,
) -> Workers | None:
    """Return the processes that run trials; None where trials run in this one.

    Parameters
    ----------
    measure : callable
        Takes a configuration and whom to report to, returns an Evaluation.
    n_jobs : int or None
        How many trials at a time, each in a process of its own; None is 1, and -1 is one for
        each core.
    trial_timeout : float or None
        Seconds that a trial may take; it then runs in a process of its own, too.
    n_trials : int
        Trials that are left, 0 or more; no more processes are started.
    pruned : bool
        Whether a pruner wants to be told of each step.
    """
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1 and trial_timeout is None:
        return None
    return Workers(min(n_workers, n_trials), measure, trial_timeout=trial_timeout, reports=pruned)


def run_trials(search: Search, measure: Measure, *, workers: Workers | None, pruned: bool) -> str:
    """Run trials until the budget is spent, one after another or several at a time.

    Parameters
    ----------
    search : Search
        Whose trials.
    measure : callable
        See :func:`open_workers`.
    workers : Workers or None
        Where trials run; None is here, one after another.
    pruned : bool
        Whether a pruner wants to be told of each step.

    Returns
    -------
    str
        Why the search ended, in words.
    """
    try:
        with graceful_interrupt(search.stop):
            if workers is None:
                return _run_here(search, measure, pruned=pruned)
            workers.report_to(search.report, search.watch)
            return _run_there(search, workers)
    finally:
        search.abandon()


def _run_here(search: Search, measure: Measure, *, pruned: bool) -> str:
    while (why := search.why_stop()) is None:
        task = search.ask()
        if task is not None:
            number, params = task
            report = functools.partial(search.report, number) if pruned else None
            watch = LiveCurve(functools.partial(search.watch, number))
            search.tell(number, measure(params, report=report, watch=watch))
    return why


def _run_there(search: Search, workers: Workers) -> str:
    while (why := search.why_stop()) is None or workers.n_running:
        # Each suggestion is made when a process is free, so that it knows the most.
        if why is None and workers.is_free:
            task = search.ask()
            if task is not None:
                workers.submit(*task)
            continue
        for number, evaluation in workers.finished():
            search.tell(number, evaluation)
    return why
