"""The search loop: ask for a configuration, evaluate it, tell the study and the listeners."""

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
from tunekit.core.problem import FindProblem
from tunekit.core.signals import graceful_interrupt
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.engines.sampler import SpaceSampler
from tunekit.exceptions import ParameterError
from tunekit.space.adapters.optuna import ask as suggested
from tunekit.space.space import Space
from tunekit.study.pruners import compares_splits
from tunekit.study.results import best_index
from tunekit.study.storage import abandon, ask, store_result, tell
from tunekit.study.worker_pool import Workers

_MAX_FAILURES = 10  # trials that fail from the start before the search ends


@dataclass(frozen=True)
class Budget:
    """Limits of a search.

    Attributes
    ----------
    n_trials : int
        Total number of trials, including those already stored.
    timeout : float or None
        Seconds after which no new trial starts.
    patience : int or None
        Number of trials without improvement after which the search ends.
    """

    n_trials: int
    timeout: float | None = None
    patience: int | None = None


class Search:
    """The running trials of one study. Its methods are thread-safe.

    Parameters
    ----------
    study : optuna.Study
        Suggests configurations and stores trials.
    space : Space
        The search space.
    records : sequence of TrialRecord
        The finished trials that the study already contains.
    engine : str
        Name of the engine, for the records.
    budget : Budget
    listeners : sequence of Listener
        Called for each trial, in this process.
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
        # Trials that failed for lack of time or memory are evaluated again.
        self._evaluated = {
            key(record.params): record
            for record in self._records
            if record.reused is None and not record.evaluation.circumstantial
        }
        self._sampler_ended = False
        self._n_before = len(self._records)
        self._splits = compares_splits(study.pruner)

    def stop(self) -> None:
        """Start no new trial."""
        self._interrupted = True

    def why_stop(self) -> str | None:
        """Return why no new trial may start; None if one may."""
        with self._lock:
            budget = self._budget
            n_trials = len(self._records) + len(self._running)
            late = budget.timeout is not None and time.monotonic() >= self._end
            reasons: tuple[tuple[Callable[[], bool], str], ...] = (
                (lambda: self._interrupted, "it was interrupted"),
                (self._all_failed, f"the first {_MAX_FAILURES} trials all failed"),
                (lambda: n_trials > budget.n_trials, f"it already had {n_trials} trials"),
                (lambda: n_trials == budget.n_trials, f"all {n_trials} trials were run"),
                (lambda: late, f"the timeout of {budget.timeout} s was reached"),
                (self._is_space_exhausted, "every configuration of the space was tried"),
                (self._is_grid_exhausted, "every configuration of the grid was tried"),
                (lambda: self._sampler_ended, "the sampler had no more suggestions"),
                (self._is_stale, f"the last {budget.patience} trials brought no improvement"),
            )
            return next((why for applies, why in reasons if applies()), None)

    def ask(self) -> tuple[int, Mapping[str, Any]] | None:
        """Start a trial and return its number and configuration.

        Return None if an earlier trial has the same configuration. Its result is then reused, now
        or when that trial ends.
        """
        with self._lock:
            start = time.perf_counter()
            trial = ask(self._study)
            self._running[trial.number] = (trial, {}, start)
            params = self._suggest(trial)
            self._running[trial.number] = (trial, params, start)
            for listener in self._listeners:
                listener.trial_started(trial.number, params)
            config = key(params)
            if config in self._evaluated:
                self._reuse(trial.number, self._evaluated[config])
                return None
            if config in self._waiting:
                self._waiting[config].append(trial.number)
                return None
            self._waiting[config] = []
            return trial.number, params

    def _suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        sampler = self._study.sampler
        try:
            return self._space.resolve_names(self._space.walk(functools.partial(suggested, trial)))
        except ValueError as error:
            if isinstance(sampler, SpaceSampler):
                raise
            raise ParameterError(
                f"algorithm {type(sampler).__name__} cannot suggest a configuration of the "
                f"space: {error}"
            ) from error

    def report(self, number: int, step: int, scores: Sequence[float]) -> bool:
        """Report the scores of a running trial to the pruner, and return whether to stop it."""
        with self._lock:
            if number not in self._running:  # its process was killed after the call
                return True
            trial = self._running[number][0]
            trial.report(scores[-1] if self._splits else float(np.mean(scores)), step)
            return trial.should_prune()

    def watch(self, number: int, points: Sequence[Point]) -> None:
        """Pass a part of the learning curve of a running trial to the listeners."""
        with self._lock:
            if number in self._running:
                for listener in self._listeners:
                    listener.trial_progressed(number, points)

    def tell(self, number: int, evaluation: Evaluation) -> None:
        """End a trial, and the trials that wait for the result of the same configuration."""
        with self._lock:
            record = self._finish(number, evaluation, None)
            config = key(record.params)
            self._evaluated[config] = record
            for waiting in self._waiting.pop(config, []):
                self._reuse(waiting, record)

    def abandon(self) -> None:
        """End all running trials in the study without a result."""
        for trial, _, _ in self._running.values():
            abandon(self._study, trial)
        self._running = {}

    def _reuse(self, number: int, earlier: TrialRecord) -> None:
        trial = self._running[number][0]
        if earlier.evaluation.pruned:  # samplers and pruners use its last reported value
            values = self._study.get_trials(deepcopy=False)[earlier.number].intermediate_values
            trial.report(values[max(values)], max(values))
        self._finish(number, earlier.evaluation, earlier.number)

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
        store_result(trial, record)
        for listener in self._listeners:
            listener.trial_measured(record)
        if not tell(self._study, number, evaluation):
            self._sampler_ended = True
        self._records.append(record)
        for listener in self._listeners:
            listener.trial_finished(record)
        return record

    def _is_space_exhausted(self) -> bool:
        return len(self._tried()) >= self._space.size

    def _is_grid_exhausted(self) -> bool:
        sampler = self._study.sampler
        return isinstance(sampler, SpaceSampler) and sampler.is_exhausted(self._tried())

    def _tried(self) -> set[str]:
        return self._evaluated.keys() | self._waiting.keys()

    # A failed trial counts; see findings/hyperopt-early-stopping-raises-after-a-failed-trial.sh.
    def _is_stale(self) -> bool:
        best = best_index(self._records)
        patience = self._budget.patience
        if patience is None or best is None:
            return False
        return len(self._records) - 1 - best >= patience

    def _all_failed(self) -> bool:
        n_new = len(self._records) - self._n_before
        return n_new >= _MAX_FAILURES and all(each.state == "failed" for each in self._records)


def open_workers(
    measure: Measure,
    find_problem: FindProblem,
    *,
    n_jobs: int | None,
    trial_timeout: float | None,
    n_trials: int,
    pruned: bool,
) -> Workers | None:
    """Return the processes that run trials; None if trials run in this process.

    Parameters
    ----------
    measure : callable
        Takes a configuration and callbacks, and returns an Evaluation.
    find_problem : callable
        Returns why no trial can succeed, or None.
    n_jobs : int or None
        Number of concurrent trials, each in a separate process. None means 1, and -1 means one
        per core.
    trial_timeout : float or None
        Maximum seconds per trial. If it is set, trials run in separate processes.
    n_trials : int
        Number of remaining trials, 0 or more. It limits the number of processes.
    pruned : bool
        Whether trials report each step to a pruner.
    """
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1 and trial_timeout is None:
        return None
    return Workers(
        min(n_workers, n_trials), measure, find_problem, trial_timeout=trial_timeout, reports=pruned
    )


def run_trials(search: Search, measure: Measure, *, workers: Workers | None, pruned: bool) -> str:
    """Run trials until the budget is used up, sequentially or in parallel.

    Parameters
    ----------
    search : Search
        The search.
    measure : callable
        See :func:`open_workers`.
    workers : Workers or None
        Processes that run the trials; None runs them in this process.
    pruned : bool
        Whether trials report each step to a pruner.

    Returns
    -------
    str
        Why the search ended.
    """
    try:
        with graceful_interrupt(search.stop):
            if workers is None:
                return _run_sequentially(search, measure, pruned=pruned)
            workers.set_callbacks(search.report, search.watch)
            return _run_in_workers(search, workers)
    finally:
        search.abandon()


def _run_sequentially(search: Search, measure: Measure, *, pruned: bool) -> str:
    while (why := search.why_stop()) is None:
        task = search.ask()
        if task is not None:
            number, params = task
            report = functools.partial(search.report, number) if pruned else None
            watch = LiveCurve(functools.partial(search.watch, number))
            search.tell(number, measure(params, report=report, watch=watch))
    return why


def _run_in_workers(search: Search, workers: Workers) -> str:
    while (why := search.why_stop()) is None or workers.n_running:
        # Suggest only when a process is free, so that the sampler knows more results.
        if why is None and workers.is_free:
            task = search.ask()
            if task is not None:
                workers.submit(*task)
            continue
        for number, evaluation in workers.finished():
            search.tell(number, evaluation)
    return why
