"""The Optuna study behind a search: opening it, writing trials to it, reading them back.

Everything that a finished search needs is in the ledger, so that a study in a storage can be
gone on with, by this process or another one.
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

from tunekit.core.databases import holds_mlflow, holds_optuna, in_short, one_at_a_time, tables_of
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
_PATIENCE = 60.0  # seconds for other processes to write
_SHOWN = 3  # differences in one sentence

# Optuna adds it to a table that it has just made, and never later: who was killed in between leaves
# a storage that takes a name twice.
_UNIQUE_NAMES = "CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)"

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

#: Fields of an Evaluation that are kept; the others are MLflow's.
_KEPT = tuple(
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
    """Return the Optuna study of a name, made where there is none, and its identity.

    Parameters
    ----------
    name : str
        Name of the study.
    storage : str, optuna storage or None
        Where the study is kept; None keeps it in memory.
    sampler : optuna.samplers.BaseSampler
        What suggests.
    pruner : optuna.pruners.BasePruner
        What stops trials.
    directions : sequence of {"maximize", "minimize"}
        One for each objective.
    subject : mapping
        What the study is about, as JSON can hold it: its space, data and whatever else makes
        scores comparable. A stored study must be about the same.

    Returns
    -------
    study : optuna.Study
    ledger : str
        The same for every process and execution that goes on with the study.

    Raises
    ------
    ParameterError
        When the storage is no URL and no Optuna storage, cannot be opened, or holds a study of
        this name about something else.
    """
    _check_storage(storage)
    with contextlib.ExitStack() as stack:
        with _opening(storage):
            stack.enter_context(one_at_a_time(storage))
            _check_tables(storage)
            study = optuna.create_study(
                study_name=name,
                storage=_patient(storage),
                sampler=sampler,
                pruner=pruner,
                directions=list(directions),
                load_if_exists=True,
            )
        _check_same(study, directions, subject)
        if _LEDGER not in study.user_attrs:
            study.set_user_attr(_SUBJECT, shown(subject))
            study.set_user_attr(_LEDGER, uuid.uuid4().hex)
        # Who may have trials that do not say yet whose they are, see end_abandoned.
        study.set_user_attr(f"{_OWNER}.{uuid.uuid4().hex[:8]}", this_process())
    return study, str(study.user_attrs[_LEDGER])


@contextlib.contextmanager
def _opening(storage: Any) -> Iterator[None]:
    """Turn what Optuna or a database raises into one sentence."""
    try:
        yield
    except ParameterError:
        raise
    except Exception as error:  # noqa: BLE001 - raised in our words
        place = shown_address(storage) if isinstance(storage, str) else storage
        reason = in_short(error)
        raise ParameterError(f"storage {place!r} cannot be opened: {reason}") from shown_cause(
            error
        )


def _check_tables(storage: Any) -> None:
    """Refuse an MLflow store, before Optuna adds its tables to it."""
    if not isinstance(storage, str):
        return
    tables = tables_of(storage)
    if holds_mlflow(tables) and not holds_optuna(tables):
        raise ParameterError(
            f"storage {shown_address(storage)!r} is an MLflow store; Optuna and MLflow cannot "
            f"share a database: name another one for storage or for tracking_uri."
        )


def name_of_storage(storage: Any) -> str:
    """Return the address of a storage, without its password, or its type; empty for none."""
    if isinstance(storage, str):
        return shown_address(storage)
    return "" if storage is None else type(storage).__name__


def _patient(storage: Any) -> Any:
    """Return a SQLite storage that waits for others that write, instead of an address."""
    if isinstance(storage, str) and storage.startswith("sqlite:"):
        made = RDBStorage(storage, engine_kwargs={"connect_args": {"timeout": _PATIENCE}})
        with made.engine.begin() as connection:
            connection.exec_driver_sql(_UNIQUE_NAMES)
        return made
    return storage


def _check_storage(storage: Any) -> None:
    is_url = isinstance(storage, str) and "://" in storage
    if storage is not None and not is_url and not isinstance(storage, BaseStorage):
        raise ParameterError(
            f"storage must be a URL such as 'sqlite:///study.db', an Optuna storage or None, "
            f"got {storage!r}."
        )


def _check_same(
    study: optuna.Study, directions: Sequence[Direction], subject: Mapping[str, Any]
) -> None:
    """Refuse to go on with a study that is about something else."""
    name = study.study_name
    held = [each.name.lower() for each in study.directions]
    if held != list(directions):
        raise ParameterError(
            f"the storage holds a study {name!r} that wants to {' and '.join(held)}, not to "
            f"{' and '.join(directions)}: choose another name."
        )
    if _SUBJECT not in study.user_attrs and study.get_trials(deepcopy=False):
        raise ParameterError(
            f"the storage holds a study {name!r} with trials that tunekit did not make: choose "
            f"another name."
        )
    other = differences(shown(study.user_attrs.get(_SUBJECT, subject)), shown(subject))
    if other == ["splits: the values differ"]:
        other = ["splits: the values differ, as those of a cv that shuffles without a random_state"]
    if other:
        more = f", and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
        raise ParameterError(
            f"the storage holds a study {name!r} of something else: {'; '.join(other[:_SHOWN])}"
            f"{more}. Choose another name, or go on with the same."
        )


def enqueue(study: optuna.Study, configs: Sequence[Mapping[str, Any]]) -> None:
    """Put configurations, as Optuna holds them, before what the sampler suggests, each once."""
    known = [
        trial.system_attrs.get("fixed_params")
        for trial in study.get_trials(deepcopy=False)
        if not was_interrupted(trial)
    ]
    for config in configs:
        if dict(config) not in known:
            study.enqueue_trial(dict(config))
            known.append(dict(config))


def note(trial: optuna.Trial, record: TrialRecord) -> None:
    """Write what a trial found to the study, which counts it as running until it is told."""
    evaluation = record.evaluation
    kept = {name: getattr(evaluation, name) for name in _KEPT}
    facts = {
        "tunekit.error": evaluation.error,
        "tunekit.reused": record.reused,
        "tunekit.engine": record.engine,
        "tunekit.duration": record.duration,
        # The last of them: a trial that has it was measured, whatever happens now.
        EVALUATION: {name: value for name, value in kept.items() if value},
    }
    with contextlib.suppress(UpdateFinishedTrialError):  # somebody took us for gone
        for name, value in facts.items():
            if value is not None:
                trial.set_user_attr(name, value)


def tell(study: optuna.Study, number: int, evaluation: Evaluation) -> bool:
    """Count a trial among the finished ones of the study.

    Returns
    -------
    bool
        Whether the sampler wants the study to go on; some stop it when nothing is left.
    """
    try:
        if evaluation.error:
            study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        elif evaluation.pruned:
            study.tell(number, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            study.tell(number, list(evaluation.values), skip_if_finished=True)
    except RuntimeError as error:
        # Optuna's way to stop works in its own loop only, and raises after the trial is written.
        if "Study.stop" not in str(error):
            raise
        return False
    return True


def ask(study: optuna.Study) -> optuna.Trial:
    """Begin a trial that says whose it is."""
    trial = study.ask()
    trial.set_user_attr(_OWNER, this_process())
    return trial


def abandon(study: optuna.Study, trial: optuna.Trial) -> None:
    """End a trial that has no result: left running it would repel the sampler for ever."""
    with contextlib.suppress(UpdateFinishedTrialError):  # somebody took us for gone
        trial.set_user_attr(INTERRUPTED, True)
        study.tell(trial, state=TrialState.FAIL)


def end_abandoned(study: optuna.Study, space: Space, killed: Collection[int] = ()) -> bool:
    """End the running trials whose process is gone: with their result, where they have one.

    Parameters
    ----------
    study : optuna.Study
    space : Space
        Of the study.
    killed : collection of int, default=()
        Numbers of trials whose process is known to be gone, as one on another machine.

    Returns
    -------
    bool
        Whether there were any.
    """
    alone = all(
        owner == this_process() or _has_ended(str(owner))
        for name, owner in study.user_attrs.items()
        if name.startswith(f"{_OWNER}.")
    )
    gone = set(killed)
    for trial in _running(study):
        owner = trial.user_attrs.get(_OWNER)
        # Without an owner it was killed at once, or another process is about to sign it.
        if alone if owner is None else _has_ended(owner):
            gone.add(trial.number)
    # What they did before they went is only now certain.
    left = [trial for trial in _running(study) if trial.number in gone] if gone else []
    for trial in left:
        if EVALUATION in trial.user_attrs:
            tell(study, trial.number, _record(trial, space).evaluation)
        else:
            # Not what get_trials gives, which cannot be written to.
            abandon(study, optuna.trial.Trial(study, trial._trial_id))  # noqa: SLF001
    return bool(left)


def _running(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def _has_ended(owner: str) -> bool:
    return is_dead(owner, seconds_silent=0.0)


def histories(study: optuna.Study) -> dict[int, History]:
    """Return, by number, whose each finished trial was, and when it ran."""
    now = datetime.now()  # noqa: DTZ005 - Optuna's times are local ones
    return {
        trial.number: History(
            str(trial.user_attrs.get(_OWNER, "")),
            int(1000 * (trial.datetime_start or now).timestamp()),
            int(1000 * (trial.datetime_complete or now).timestamp()),
        )
        for trial in study.get_trials(deepcopy=False, states=_FINISHED)
    }


def read_records(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """Return every finished trial of a study, by number, without curves and predictions."""
    trials = study.get_trials(deepcopy=False, states=_FINISHED)
    return [_record(trial, space) for trial in trials if EVALUATION in trial.user_attrs]


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    facts = trial.user_attrs
    kept = {name: tupled(value) for name, value in facts[EVALUATION].items()}
    empty: dict[str, Any] = {"scores": (), "fit_times": (), "score_times": ()}
    return TrialRecord(
        number=trial.number,
        params=space.resolve(values_of(trial.params, space)),
        evaluation=Evaluation(**{**empty, **kept}),
        engine=facts["tunekit.engine"],
        duration=facts["tunekit.duration"],
        reused=facts.get("tunekit.reused"),
    )
