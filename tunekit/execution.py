"""One execution of a study: what a tuner's fit does, from its settings to its trials."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import optuna
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import _num_samples

from tunekit.difference import identity
from tunekit.engines import make_sampler
from tunekit.engines.sampler import SpaceSampler
from tunekit.evaluation import evaluate, groups_for_fit, reports_steps
from tunekit.exceptions import ParameterError
from tunekit.importances import importances
from tunekit.initial import initial_configs
from tunekit.interrupt import closed_on_sigterm
from tunekit.ledger import (
    end_abandoned,
    enqueue,
    histories,
    name_of_storage,
    open_study,
    quiet_optuna,
    read_records,
)
from tunekit.objectives import Objective, main_objective
from tunekit.pooling import may_be_pooled
from tunekit.progress import Progress
from tunekit.pruning import compares_splits, make_pruner
from tunekit.records import StudyInfo, TrialRecord
from tunekit.results import best_index, trials_frame
from tunekit.search import Budget, Search, open_workers, run_trials
from tunekit.space import Space
from tunekit.splits import Split, describe_splits
from tunekit.tracking.datafacts import data_file
from tunekit.tracking.writer import Tracker
from tunekit.workers import Measure


@dataclass(frozen=True)
class Plan:
    """What is searched, how, and what for. See :class:`~tunekit.tuner.Tuner` for the settings.

    Attributes
    ----------
    estimator : estimator
    space : Space
    objectives : sequence of Objective
    main : int
        Which objective chooses the best trial.
    splits : sequence of (ndarray, ndarray)
    groups : array-like of shape (n_samples,) or None
        Given to estimators whose ``fit`` takes them.
    cv_words : str
        What the splits are, for people.
    name, engine : str
    algorithm, pruner, initial, storage : object
    budget : Budget
    trial_timeout : float or None
    random_state, n_jobs : int or None
    tracking_uri : str or None
        None does not track.
    progress : bool or None
    """

    estimator: Any
    space: Space
    objectives: Sequence[Objective]
    main: int
    splits: Sequence[Split]
    groups: Any
    cv_words: str
    name: str
    engine: str
    algorithm: Any
    pruner: Any
    initial: Sequence[Any]
    storage: Any
    budget: Budget
    trial_timeout: float | None
    random_state: int | None
    n_jobs: int | None
    tracking_uri: str | None
    progress: bool | None


def make_plan(
    settings: Mapping[str, Any],
    *,
    name: str,
    objectives: Sequence[Objective],
    splits: Sequence[Split],
    groups: Any,
    uri: str | None,
) -> Plan:
    """Return the plan of a tuner.

    Parameters
    ----------
    settings : mapping of str to object
        The tuner's parameters by name, checked; its estimator seeded.
    name : str
        Of the study.
    objectives : sequence of Objective
    splits : sequence of (ndarray, ndarray)
    groups : array-like of shape (n_samples,) or None
    uri : str or None
        MLflow store; None does not track.
    """
    same = ("estimator", "space", "engine", "algorithm", "pruner", "initial", "storage")
    also = ("trial_timeout", "random_state", "n_jobs", "progress")
    return Plan(
        **{setting: settings[setting] for setting in (*same, *also)},
        objectives=objectives,
        main=main_objective(objectives, settings["refit"]),
        splits=splits,
        groups=groups,
        cv_words=describe_splits(settings["cv"], splits),
        name=name,
        budget=Budget(settings["n_trials"], settings["timeout"], settings["patience"]),
        tracking_uri=uri,
    )


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


def seeded(estimator: Any, random_state: int | None) -> Any:
    """Return a copy of an estimator of which every ``random_state`` that is None is set.

    Parameters
    ----------
    estimator : estimator
        Also a pipeline; its steps are seeded, too.
    random_state : int or None
        None sets nothing.
    """
    copy = clone(estimator)
    if random_state is None:
        return copy
    unset = {
        name: random_state
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**unset)


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


def _check_steps(plan: Plan, pruner: optuna.pruners.BasePruner) -> None:
    """Refuse a pruner that would be told nothing that it can use before a trial ends."""
    n_splits = len(plan.splits)
    if not reports_steps(plan.estimator, n_splits):
        raise ParameterError(
            f"pruner {_word(plan.pruner, '')!r} has nothing to stop: "
            f"{type(plan.estimator).__name__} has no epochs, and there is one split; give cv more "
            f"than one, or leave the pruner out."
        )
    if n_splits == 1 and compares_splits(pruner):
        raise ParameterError(
            "pruner 'wilcoxon' compares trials split by split, and there is one split: give cv "
            "more than one, or take 'median'."
        )


def _subject(plan: Plan, X: Any, digest: Callable[[], str]) -> dict[str, Any]:
    """Return what makes the scores of two searches comparable, as JSON can hold it."""
    params = plan.estimator.get_params(deep=True)
    tuned = {*plan.space.parameters, *plan.space.constants}
    fixed = {name: identity(value) for name, value in params.items() if name not in tuned}
    sizes = [len(test) for _, test in plan.splits]
    pooled = [each.name for each in plan.objectives if may_be_pooled(each.name, sizes)]
    return {
        "space": plan.space.to_dict(),
        "data": {"shape": list(_shape(X)), "digest": digest()},
        "splits": {"number": len(plan.splits), "digest": str(joblib.hash(list(plan.splits)))},
        "scoring": {
            each.name: f"{each.direction} {identity(each.scorer)}" for each in plan.objectives
        },
        "estimator": {"type": type(plan.estimator).__name__, **fixed},
        # Older versions took the mean over the folds.
        **({"scores of all folds together": ", ".join(pooled)} if pooled else {}),
    }


def _describe(plan: Plan, ledger: str, X: Any, digest: Callable[[], str]) -> StudyInfo:
    several = len(plan.objectives) > 1
    try:
        found = digest()
    except Exception:  # noqa: BLE001 - whatever pickling the data raises
        found = ""
    return StudyInfo(
        name=plan.name,
        ledger=ledger,
        engine=plan.engine,
        algorithm=_word(plan.algorithm, "tpe"),
        pruner=_word(plan.pruner, "none"),
        estimator=type(plan.estimator).__name__,
        scoring=plan.objectives[plan.main].name,
        cv=plan.cv_words,
        task="classification" if is_classifier(plan.estimator) else "regression",
        n_trials=int(plan.budget.n_trials),
        n_splits=len(plan.splits),
        n_rows=_num_samples(X),
        n_features=int(np.prod(_shape(X)[1:])),
        split_ratio=float(np.mean([len(test) / len(train) for train, test in plan.splits])),
        random_state=None if plan.random_state is None else int(plan.random_state),
        objectives={each.name: each.direction for each in plan.objectives} if several else {},
        space=plan.space.to_dict(),
        shape=_shape(X),
        digest=found,
        storage=name_of_storage(plan.storage),
    )


def _word(setting: Any, default: str) -> str:
    if setting is None:
        return default
    return setting if isinstance(setting, str) else type(setting).__name__


def _shape(X: Any) -> tuple[int, ...]:
    if hasattr(X, "shape"):
        return tuple(int(n) for n in X.shape)
    return (len(X), *np.shape(X[:1])[1:])
