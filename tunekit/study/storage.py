"""Optuna storage of a study: open it, write trials to it, and read them.

It contains everything that is needed to resume a study, in this process or another one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState

from tunekit.core.databases import (
    database_path,
    holds_mlflow,
    holds_optuna,
    in_short,
    one_at_a_time,
    tables_of,
)
from tunekit.core.fingerprints import differences
from tunekit.core.json_values import tupled
from tunekit.core.processes import is_dead, this_process
from tunekit.core.secrets import shown, shown_address, shown_cause
from tunekit.core.study_info import Direction
from tunekit.core.trial import Evaluation, History, TrialRecord
from tunekit.engines.history import EVALUATION, INTERRUPTED, values_of, was_interrupted
from tunekit.exceptions import ParameterError
from tunekit.space.space import Space

_LEDGER = "tunekit.ledger"
_SUBJECT = "tunekit.subject"
_OWNER = "tunekit.owner"
_WRITE_TIMEOUT = 60.0  # seconds to wait for other processes
_SHOWN = 3  # differences in an error message

# Optuna creates this index only right after the table. If the process is killed in between, the
# storage accepts a name twice.
_UNIQUE_NAMES = "CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)"

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

#: Fields of an Evaluation that are stored; the others are only written to MLflow.
_STORED = tuple(
    each.name
    for each in dataclasses.fields(Evaluation)
    if each.name not in ("curves", "predictions", "traceback")
)


def open_study(
    name: str,
    storage: Any,
    *,
    sampler: optuna.samplers.BaseSampler,
    pruner: optuna.pruners.BasePruner,
    directions: Sequence[Direction],
    subject: Mapping[str, Any],
) -> tuple[optuna.Study, str]:
    """Return the Optuna study with a name and its ID; the study is created if it does not exist.

    Parameters
    ----------
    name : str
        Name of the study.
    storage : str, optuna storage or None
        Where the study is stored; None keeps it in memory.
    sampler : optuna.samplers.BaseSampler
    pruner : optuna.pruners.BasePruner
    directions : sequence of {"maximize", "minimize"}
        One per objective.
    subject : mapping
        Settings that make scores comparable, such as the space and the data, as JSON values. They
        must equal those of a stored study.

    Returns
    -------
    study : optuna.Study
    ledger : str
        ID of the search, equal for all processes and executions that resume it.

    Raises
    ------
    ParameterError
        When the storage is neither a URL nor an Optuna storage, cannot be opened, or contains a
        study of this name with other settings.
    """
    _check_storage(storage)
    with contextlib.ExitStack() as stack:
        with _opening(storage):
            stack.enter_context(one_at_a_time(storage))
            _check_tables(storage)
            study = optuna.create_study(
                study_name=name,
                storage=_with_timeout(storage),
                sampler=sampler,
                pruner=pruner,
                directions=list(directions),
                load_if_exists=True,
            )
        _check_same(study, directions, subject)
        if _LEDGER not in study.user_attrs:
            study.set_user_attr(_SUBJECT, shown(subject))
            study.set_user_attr(_LEDGER, uuid.uuid4().hex)
        # Processes that may have trials without an owner, see end_abandoned.
        study.set_user_attr(f"{_OWNER}.{uuid.uuid4().hex[:8]}", this_process())
    return study, str(study.user_attrs[_LEDGER])


@contextlib.contextmanager
def _opening(storage: Any) -> Iterator[None]:
    """Convert errors of Optuna or a database to a ParameterError."""
    try:
        yield
    except ParameterError:
        raise
    except Exception as error:  # noqa: BLE001 - raised as our own error
        place = shown_address(storage) if isinstance(storage, str) else storage
        reason = in_short(error)
        raise ParameterError(f"storage {place!r} cannot be opened: {reason}") from shown_cause(
            error
        )


def _check_tables(storage: Any) -> None:
    """Reject an MLflow store, before Optuna adds its tables to it."""
    if not isinstance(storage, str):
        return
    tables = tables_of(storage)
    if holds_mlflow(tables) and not holds_optuna(tables):
        raise ParameterError(
            f"storage {shown_address(storage)!r} is an MLflow store; Optuna and MLflow cannot "
            f"share a database: name another one for storage or for tracking_uri."
        )


def name_of_storage(storage: Any) -> str:
    """Return the address of a storage without its password, or its type; empty for None."""
    if isinstance(storage, str):
        return shown_address(storage)
    return "" if storage is None else type(storage).__name__


def _with_timeout(storage: Any) -> Any:
    """Return a storage with a write timeout for an SQLite address, or the storage unchanged."""
    if isinstance(storage, str) and storage.startswith("sqlite:"):
        sqlite = RDBStorage(storage, engine_kwargs={"connect_args": {"timeout": _WRITE_TIMEOUT}})
        with sqlite.engine.begin() as connection:
            connection.exec_driver_sql(_UNIQUE_NAMES)
        return sqlite
    return storage


def _check_storage(storage: Any) -> None:
    is_url = isinstance(storage, str) and "://" in storage
    if storage is not None and not is_url and not isinstance(storage, BaseStorage):
        raise ParameterError(
            f"storage must be a URL such as 'sqlite:///study.db', an Optuna storage or None, "
            f"got {storage!r}."
        )
    path = database_path(storage) if isinstance(storage, str) else None
    if path is not None and not path.parent.is_dir():
        raise ParameterError(
            f"storage {shown_address(storage)!r}: the folder {path.parent} does not exist: create "
            f"it, or correct the address."
        )


def _check_same(
    study: optuna.Study, directions: Sequence[Direction], subject: Mapping[str, Any]
) -> None:
    """Refuse to resume a study that has other settings."""
    name = study.study_name
    stored = [each.name.lower() for each in study.directions]
    if stored != list(directions):
        raise ParameterError(
            f"the storage already contains a study {name!r} with the directions "
            f"{' and '.join(stored)}, not {' and '.join(directions)}: choose another name."
        )
    if _SUBJECT not in study.user_attrs and study.get_trials(deepcopy=False):
        raise ParameterError(
            f"the storage already contains a study {name!r} with trials that tunekit did not "
            f"create: choose another name."
        )
    changes = differences(shown(study.user_attrs.get(_SUBJECT, subject)), shown(subject))
    if changes == ["splits: the values differ"]:
        changes = [f"{changes[0]}, as with a cv that shuffles without a random_state"]
    if changes:
        more = f", and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
        raise ParameterError(
            f"the storage already contains a study {name!r} with other settings: "
            f"{'; '.join(changes[:_SHOWN])}{more}. Choose another name, or restore those settings "
            f"to resume it."
        )


def enqueue(study: optuna.Study, configs: Sequence[Mapping[str, Any]]) -> None:
    """Enqueue configurations, as Optuna stores them, that are not in the study yet."""
    known = [
        trial.system_attrs.get("fixed_params")
        for trial in study.get_trials(deepcopy=False)
        if not was_interrupted(trial)
    ]
    for config in configs:
        if dict(config) not in known:
            study.enqueue_trial(dict(config))
            known.append(dict(config))


def store_result(trial: optuna.Trial, record: TrialRecord) -> None:
    """Write the result of a trial to the study; the trial is still running until :func:`tell`."""
    evaluation = record.evaluation
    stored = {name: getattr(evaluation, name) for name in _STORED}
    attrs = {
        "tunekit.error": evaluation.error,
        "tunekit.reused": record.reused,
        "tunekit.engine": record.engine,
        "tunekit.duration": record.duration,
        # Last, because a trial with this attribute counts as evaluated.
        EVALUATION: {name: value for name, value in stored.items() if value},
    }
    with contextlib.suppress(UpdateFinishedTrialError):  # another process considered us dead
        for name, value in attrs.items():
            if value is not None:
                trial.set_user_attr(name, value)


def tell(study: optuna.Study, number: int, evaluation: Evaluation) -> bool:
    """Finish a trial in the study.

    Returns
    -------
    bool
        Whether the study continues; some samplers stop it when they have no more suggestions.
    """
    try:
        if evaluation.error:
            study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        elif evaluation.pruned:
            study.tell(number, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            study.tell(number, list(evaluation.values), skip_if_finished=True)
    except RuntimeError as error:
        # Study.stop only works in Optuna's own loop. It raises after the trial is written.
        if "Study.stop" not in str(error):
            raise
        return False
    return True


def ask(study: optuna.Study) -> optuna.Trial:
    """Start a trial that stores its owner."""
    trial = study.ask()
    trial.set_user_attr(_OWNER, this_process())
    return trial


def abandon(study: optuna.Study, trial: optuna.Trial) -> None:
    """End a trial without a result. Samplers would keep avoiding a trial that stays running."""
    with contextlib.suppress(UpdateFinishedTrialError):  # another process considered us dead
        trial.set_user_attr(INTERRUPTED, True)
        study.tell(trial, state=TrialState.FAIL)


def end_abandoned(study: optuna.Study, space: Space, killed: Collection[int] = ()) -> bool:
    """End the running trials of dead processes, with their result if they have one.

    Parameters
    ----------
    study : optuna.Study
    space : Space
        Space of the study.
    killed : collection of int, default=()
        Numbers of trials whose process is known to be dead, such as one on another machine.

    Returns
    -------
    bool
        Whether there were such trials.
    """
    no_other_process = all(
        owner == this_process() or _has_ended(str(owner))
        for name, owner in study.user_attrs.items()
        if name.startswith(f"{_OWNER}.")
    )
    dead = set(killed)
    for trial in _running(study):
        owner = trial.user_attrs.get(_OWNER)
        # Without an owner, its process was killed at once, or is about to store the owner.
        if no_other_process if owner is None else _has_ended(owner):
            dead.add(trial.number)
    # Read the trials again: their attributes are final only now.
    abandoned = [trial for trial in _running(study) if trial.number in dead] if dead else []
    for trial in abandoned:
        if EVALUATION in trial.user_attrs:
            tell(study, trial.number, _record(trial, space).evaluation)
        else:
            # A new Trial, because a FrozenTrial is read-only.
            abandon(study, optuna.trial.Trial(study, trial._trial_id))  # noqa: SLF001
    return bool(abandoned)


def _running(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def _has_ended(owner: str) -> bool:
    return is_dead(owner, seconds_silent=0.0)


def histories(study: optuna.Study) -> dict[int, History]:
    """Return owner and times of each finished trial, by number."""
    now = datetime.now()  # noqa: DTZ005 - Optuna uses local time
    return {
        trial.number: History(
            str(trial.user_attrs.get(_OWNER, "")),
            int(1000 * (trial.datetime_start or now).timestamp()),
            int(1000 * (trial.datetime_complete or now).timestamp()),
        )
        for trial in study.get_trials(deepcopy=False, states=_FINISHED)
    }


def read_records(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """Return all finished trials of a study, by number, without curves and predictions."""
    trials = study.get_trials(deepcopy=False, states=_FINISHED)
    return [_record(trial, space) for trial in trials if EVALUATION in trial.user_attrs]


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    attrs = trial.user_attrs
    stored = {name: tupled(value) for name, value in attrs[EVALUATION].items()}
    empty: dict[str, Any] = {"scores": (), "fit_times": (), "score_times": ()}
    return TrialRecord(
        number=trial.number,
        params=space.resolve_names(values_of(trial.params, space)),
        evaluation=Evaluation(**{**empty, **stored}),
        engine=attrs["tunekit.engine"],
        duration=attrs["tunekit.duration"],
        reused=attrs.get("tunekit.reused"),
    )
