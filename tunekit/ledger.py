"""The Optuna study behind a search: opening it, writing trials to it, reading them back.

Everything that a finished search needs is in the ledger, so that a study in a storage can be
gone on with, by this process or another one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from tunekit.difference import differences
from tunekit.engines.optuna import EVALUATION, INTERRUPTED, values_of, was_interrupted
from tunekit.exceptions import ParameterError
from tunekit.records import Direction, Evaluation, TrialRecord
from tunekit.space import Space

_LEDGER = "tunekit.ledger"
_SUBJECT = "tunekit.subject"
_SHOWN = 3  # differences in one sentence

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

#: Fields of an Evaluation that are kept; curves and predictions are MLflow's.
_KEPT = tuple(
    each.name
    for each in dataclasses.fields(Evaluation)
    if each.name not in ("curves", "predictions")
)


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from announcing what it does, except for warnings."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


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
    try:
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            sampler=sampler,
            pruner=pruner,
            directions=list(directions),
            load_if_exists=True,
        )
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise ParameterError(f"storage {storage!r} cannot be opened: {reason}") from error
    _check_same(study, directions, subject)
    if _LEDGER not in study.user_attrs:
        study.set_user_attr(_SUBJECT, dict(subject))
        study.set_user_attr(_LEDGER, uuid.uuid4().hex)
    return study, str(study.user_attrs[_LEDGER])


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
    other = differences(study.user_attrs.get(_SUBJECT, subject), subject)
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


def tell(study: optuna.Study, trial: optuna.Trial, record: TrialRecord) -> bool:
    """Write a finished trial to the study.

    Returns
    -------
    bool
        Whether the sampler wants the study to go on; some stop it when nothing is left.
    """
    evaluation = record.evaluation
    kept = {name: getattr(evaluation, name) for name in _KEPT}
    trial.set_user_attr(EVALUATION, {name: value for name, value in kept.items() if value})
    trial.set_user_attr("tunekit.engine", record.engine)
    trial.set_user_attr("tunekit.duration", record.duration)
    if record.reused is not None:
        trial.set_user_attr("tunekit.reused", record.reused)
    try:
        if evaluation.error:
            trial.set_user_attr("tunekit.error", evaluation.error)
            study.tell(trial, state=TrialState.FAIL)
        elif evaluation.pruned:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, list(evaluation.values))
    except RuntimeError as error:
        # Optuna's way to stop works in its own loop only, and raises after the trial is written.
        if "Study.stop" not in str(error):
            raise
        return False
    return True


def abandon(study: optuna.Study, trial: optuna.Trial) -> None:
    """End a trial that has no result: left running it would repel the sampler for ever."""
    trial.set_user_attr(INTERRUPTED, True)
    study.tell(trial, state=TrialState.FAIL)


def read_records(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """Return every finished trial of a study, by number, without curves and predictions."""
    trials = study.get_trials(deepcopy=False, states=_FINISHED)
    return [_record(trial, space) for trial in trials if EVALUATION in trial.user_attrs]


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    facts = trial.user_attrs
    kept = {name: _tupled(value) for name, value in facts[EVALUATION].items()}
    empty: dict[str, Any] = {"scores": (), "fit_times": (), "score_times": ()}
    return TrialRecord(
        number=trial.number,
        params=space.resolve(values_of(trial.params, space)),
        evaluation=Evaluation(**{**empty, **kept}),
        engine=facts["tunekit.engine"],
        duration=facts["tunekit.duration"],
        reused=facts.get("tunekit.reused"),
    )


def _tupled(value: Any) -> Any:
    """Return lists, which is what a database gives for tuples, as tuples."""
    if isinstance(value, Mapping):
        return {name: _tupled(each) for name, each in value.items()}
    return tuple(value) if isinstance(value, list) else value
