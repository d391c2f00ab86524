"""One execution of a study: what a tuner's fit does, from its settings to its trials."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import optuna
from sklearn.base import clone

from tunekit.core.callbacks import Measure
from tunekit.core.progress import Progress
from tunekit.core.runtime import quiet_optuna
from tunekit.core.signals import closed_on_sigterm
from tunekit.core.trial import TrialRecord
from tunekit.engines.registry import make_sampler
from tunekit.engines.sampler import SpaceSampler
from tunekit.evaluation.evaluate import evaluate, groups_for_fit
from tunekit.space.space import Space
from tunekit.study.importances import importances
from tunekit.study.optimize import Search, open_workers, run_trials
from tunekit.study.plan import Plan, _check_steps, _describe, _subject, initial_configs
from tunekit.study.pruners import make_pruner
from tunekit.study.results import best_index, trials_frame
from tunekit.study.storage import (
    end_abandoned,
    enqueue,
    histories,
    open_study,
    read_records,
)
from tunekit.tracking.artifacts import data_file
from tunekit.tracking.study_tracker import Tracker


@dataclass(frozen=True)
class Outcome:
    """What an execution leaves.

    Attributes
    ----------
    study : optuna.Study
    records : list of TrialRecord
        Every finished trial of the study, by number.
    stopped : str
        Why it ended, in words.
    tracker : Tracker or None
        Writes to MLflow, while the execution lasts.
    """

    study: optuna.Study
    records: list[TrialRecord]
    stopped: str
    tracker: Tracker | None


@contextlib.contextmanager
def execution(plan: Plan, X: Any, y: Any) -> Iterator[Outcome]:
    """Run a study until its budget is spent; what is done with its outcome belongs to it.

    It is a context, at whose end the parent run in MLflow is closed, also by an exception,
    Ctrl-C and SIGTERM.

    Parameters
    ----------
    plan : Plan
    X, y : array-like
        The data, checked.

    Yields
    ------
    Outcome
    """
    with quiet_optuna(), closed_on_sigterm(), contextlib.ExitStack() as stack:
        digest = functools.cache(lambda: str(joblib.hash((X, y))))  # large data take a while
        study, ledger = _open(plan, X, digest)
        end_abandoned(study, plan.space)
        before = read_records(study, plan.space)
        measure = _measure(plan, X, y)
        n_left = max(0, plan.budget.n_trials - len(before))
        with contextlib.ExitStack() as meanwhile:
            workers = open_workers(
                measure,
                n_jobs=plan.n_jobs,
                trial_timeout=plan.trial_timeout,
                n_trials=n_left,
                pruned=plan.pruner is not None,
            )
            if workers is not None:
                meanwhile.enter_context(workers)  # they start while the tracker does
            tracker = None
            if plan.tracking_uri:
                info = _describe(plan, ledger, X, digest)
                tracker = Tracker(
                    plan.tracking_uri, info, n_here=0 if workers is not None else n_left
                )
                _settle(stack.enter_context(tracker), study, plan.space)
                tracker.attach(data_file(X, y, task=info.task))
            before = read_records(study, plan.space)
            search = Search(
                study,
                plan.space,
                before,
                engine=plan.engine,
                budget=plan.budget,
                listeners=[*([tracker] if tracker else []), _watch(plan, before, meanwhile)],
            )
            stopped = run_trials(search, measure, workers=workers, pruned=plan.pruner is not None)
        records = read_records(study, plan.space)
        if tracker:
            tracker.attach(_tables(study, records, plan.main))
            tracker.note_end(stopped, failed=best_index(records) is None)
        yield Outcome(study, records, stopped, tracker)


def _measure(plan: Plan, X: Any, y: Any) -> Measure:
    """Return what evaluates a configuration."""
    # Without the plan, which may hold what cannot be sent to another process.
    return functools.partial(
        evaluate,
        plan.estimator,
        X=X,
        y=y,
        splits=plan.splits,
        groups=plan.groups,
        objectives=plan.objectives,
        main=plan.main,
    )


def _settle(tracker: Tracker, study: optuna.Study, space: Space) -> None:
    """Make what MLflow holds agree with the study."""
    while study.get_trials(deepcopy=False):
        killed = tracker.settle(read_records(study, space), histories(study))
        if not end_abandoned(study, space, killed):
            return


def _watch(plan: Plan, records: Sequence[TrialRecord], stack: contextlib.ExitStack) -> Progress:
    place = best_index(records)
    best = None if place is None else records[place].evaluation.score
    todo = max(0, plan.budget.n_trials - len(records))
    return stack.enter_context(
        Progress(plan.name, plan.engine, todo, best=best, shown=plan.progress)
    )


def _tables(study: optuna.Study, records: Sequence[TrialRecord], main: int) -> dict[str, bytes]:
    """Return what the parent run keeps of all trials, as files."""
    if not records:
        return {}
    shares = json.dumps(importances(study, main), indent=2)
    return {
        "trials.csv": trials_frame(records).to_csv().encode(),
        "importances.json": shares.encode(),
    }


def refitted(estimator: Any, params: Mapping[str, Any], X: Any, y: Any, groups: Any) -> Any:
    """Return a copy of an estimator with the best configuration, fitted on all rows."""
    best = clone(estimator).set_params(**params)
    try:
        return best.fit(X, y, **groups_for_fit(best, groups))
    except Exception as error:
        error.add_note(
            "Tuner: the search is done; this was raised when the best configuration was "
            "fitted on all rows, which refit=False leaves out."
        )
        raise


def _open(plan: Plan, X: Any, digest: Callable[[], str]) -> tuple[optuna.Study, str]:
    pruner = make_pruner(plan.pruner)
    if plan.pruner is not None:
        _check_steps(plan, pruner)
    initial = initial_configs(plan.initial, plan.estimator, plan.space)
    study, ledger = open_study(
        plan.name,
        plan.storage,
        sampler=make_sampler(
            plan.engine, plan.space, algorithm=plan.algorithm, seed=plan.random_state
        ),
        pruner=pruner,
        directions=[each.direction for each in plan.objectives],
        # A study in memory is always new: there is nothing to compare with.
        subject={} if plan.storage is None else _subject(plan, X, digest),
    )
    if study.get_trials(deepcopy=False) and not isinstance(study.sampler, SpaceSampler):
        study.sampler.reseed_rng()  # with its seed it would draw again what it drew before
    enqueue(study, initial)
    return study, ledger
