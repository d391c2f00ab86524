"""One execution of a study: what the ``fit`` of a tuner does."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import optuna

from tunekit.core.callbacks import Measure
from tunekit.core.databases import one_at_a_time
from tunekit.core.estimators import configured
from tunekit.core.progress import Progress
from tunekit.core.runtime import no_autologging, quiet_optuna
from tunekit.core.signals import closed_on_sigterm
from tunekit.core.trial import TrialRecord
from tunekit.engines.registry import make_sampler
from tunekit.engines.sampler import SpaceSampler
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.fold import fit_params
from tunekit.evaluation.metadata import data_to_hash, routed
from tunekit.space.space import Space
from tunekit.study.best_model import BestPredictions
from tunekit.study.feasibility import problem_finder, refuse
from tunekit.study.importances import importances
from tunekit.study.optimize import Search, open_workers, run_trials
from tunekit.study.plan import (
    Plan,
    check_pruner,
    describe_study,
    initial_configs,
    study_subject,
)
from tunekit.study.pruners import make_pruner
from tunekit.study.results import best_index, trials_frame
from tunekit.study.storage import (
    end_abandoned,
    enqueue,
    histories,
    open_study,
    read_records,
)
from tunekit.study.worker_pool import Workers
from tunekit.tracking.artifacts import data_file
from tunekit.tracking.study_tracker import StudyTracker


@dataclass(frozen=True)
class Outcome:
    """Outcome of an execution.

    Attributes
    ----------
    study : optuna.Study
    records : list of TrialRecord
        All finished trials of the study, by number.
    stopped : str
        Why it ended.
    tracker : StudyTracker or None
        Writes to MLflow until the execution ends.
    predictions : BestPredictions
        Validation predictions of the best trial of this execution.
    """

    study: optuna.Study
    records: list[TrialRecord]
    stopped: str
    tracker: StudyTracker | None
    predictions: BestPredictions


@contextlib.contextmanager
def execution(plan: Plan, X: Any, y: Any) -> Iterator[Outcome]:
    """Run a study until its budget is used up, and yield its outcome.

    When the ``with`` block ends, also by an exception, Ctrl-C or SIGTERM, the parent run in MLflow
    is closed.

    Parameters
    ----------
    plan : Plan
    X, y : array-like
        Validated data.

    Yields
    ------
    Outcome
    """
    with (
        quiet_optuna(),
        no_autologging(),
        closed_on_sigterm(),
        contextlib.ExitStack() as stack,
    ):
        data = data_to_hash(X, y, plan.metadata)
        digest = functools.cache(lambda: str(joblib.hash(data)))  # slow for large data
        initial = initial_configs(plan.initial, plan.given, plan.space)
        study, ledger = _open(plan, X, digest)
        end_abandoned(study, plan.space)
        earlier = read_records(study, plan.space)
        measure = _measure(plan, X, y)
        n_left = max(0, plan.budget.n_trials - len(earlier))
        with contextlib.ExitStack() as search_stack:
            workers = _checked_workers(plan, X, y, measure, n_left, earlier, search_stack)
            tracker = None
            if plan.tracking_uri:
                info = describe_study(plan, ledger, X, digest)
                tracker = StudyTracker(
                    plan.tracking_uri, info, n_here=0 if workers is not None else n_left
                )
                _synchronize(stack.enter_context(tracker), study, plan.space)
                tracker.attach(data_file(X, y, task=info.task))
            with one_at_a_time(plan.storage if initial else None):
                enqueue(study, initial)  # again, if the process that evaluated them was killed
            earlier = read_records(study, plan.space)
            predictions = BestPredictions()
            search = Search(
                study,
                plan.space,
                earlier,
                engine=plan.engine,
                budget=plan.budget,
                listeners=[
                    predictions,
                    *([tracker] if tracker else []),
                    _progress(plan, earlier, search_stack),
                ],
            )
            stopped = run_trials(search, measure, workers=workers, pruned=plan.pruner is not None)
        records = read_records(study, plan.space)
        if tracker:
            tracker.attach(_tables(study, records, plan.main))
            tracker.note_end(stopped, failed=best_index(records) is None)
        yield Outcome(study, records, stopped, tracker, predictions)


def _measure(plan: Plan, X: Any, y: Any) -> Measure:
    """Return the function that evaluates a configuration."""
    # Not bound to the plan, parts of which may not be picklable.
    return functools.partial(
        evaluate,
        plan.estimator,
        X=X,
        y=y,
        splits=plan.splits,
        groups=plan.groups,
        metadata=plan.metadata,
        objectives=plan.objectives,
        main=plan.main,
        random_state=plan.random_state,
    )


def _checked_workers(
    plan: Plan,
    X: Any,
    y: Any,
    measure: Measure,
    n_left: int,
    earlier: Sequence[TrialRecord],
    stack: contextlib.ExitStack,
) -> Workers | None:
    """Start the processes that run trials, if any, and refuse a study that cannot succeed."""
    find_problem = problem_finder(plan, X, y)
    workers = open_workers(
        measure,
        find_problem,
        n_jobs=plan.n_jobs,
        trial_timeout=plan.trial_timeout,
        n_trials=n_left,
        pruned=plan.pruner is not None,
    )
    if workers is not None:
        stack.enter_context(workers)
    succeeded = any(each.state == "complete" for each in earlier)
    if plan.sanity_check and n_left and not succeeded:
        refuse(plan, find_problem() if workers is None else workers.find_problem())
    return workers


def _synchronize(tracker: StudyTracker, study: optuna.Study, space: Space) -> None:
    """Update MLflow with the trials of the study."""
    while study.get_trials(deepcopy=False):
        killed = tracker.synchronize(read_records(study, space), histories(study))
        if not end_abandoned(study, space, killed):
            return


def _progress(plan: Plan, records: Sequence[TrialRecord], stack: contextlib.ExitStack) -> Progress:
    index = best_index(records)
    best = None if index is None else records[index].evaluation.score
    n_left = max(0, plan.budget.n_trials - len(records))
    return stack.enter_context(
        Progress(plan.name, plan.engine, n_left, best=best, shown=plan.progress)
    )


def _tables(study: optuna.Study, records: Sequence[TrialRecord], main: int) -> dict[str, bytes]:
    """Return the tables of all trials that the parent run stores, as files."""
    if not records:
        return {}
    shares = json.dumps(importances(study, main), indent=2)
    return {
        "trials.csv": trials_frame(records).to_csv().encode(),
        "importances.json": shares.encode(),
    }


def refitted(plan: Plan, params: Mapping[str, Any], X: Any, y: Any) -> Any:
    """Return a copy of the estimator with the best configuration, fitted on all rows."""
    best = configured(plan.estimator, params, plan.random_state)
    try:
        with routed(plan.metadata):
            return best.fit(X, y, **fit_params(best, plan.groups, plan.metadata))
    except Exception as error:
        error.add_note(
            "Tuner: the search is complete; this error was raised when the best configuration was "
            "fitted on all rows, which refit=False skips."
        )
        raise


def _open(plan: Plan, X: Any, digest: Callable[[], str]) -> tuple[optuna.Study, str]:
    pruner = make_pruner(plan.pruner)
    if plan.pruner is not None:
        check_pruner(plan, pruner)
    study, ledger = open_study(
        plan.name,
        plan.storage,
        sampler=make_sampler(
            plan.engine, plan.space, algorithm=plan.algorithm, seed=plan.random_state
        ),
        pruner=pruner,
        directions=[each.direction for each in plan.objectives],
        # A study in memory is always new, so there is nothing to compare.
        subject={} if plan.storage is None else study_subject(plan, X, digest),
    )
    if study.get_trials(deepcopy=False) and not isinstance(study.sampler, SpaceSampler):
        study.sampler.reseed_rng()  # the same seed would repeat the earlier suggestions
    return study, ledger
