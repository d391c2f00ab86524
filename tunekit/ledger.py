"""The Optuna study behind a search: opening it, writing trials to it, reading them back.

Everything that a finished search needs is in the ledger, so that a study in a storage can be
gone on with, by this process or another one.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tunekit.engines.optuna import values_of
from tunekit.exceptions import ParameterError
from tunekit.records import Evaluation, TrialRecord
from tunekit.space import Space

_LEDGER = "tunekit.ledger"
_SUBJECT = "tunekit.subject"


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
    name: str, storage: Any, sampler: optuna.samplers.BaseSampler, subject: Mapping[str, str]
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
    subject : mapping of str to str
        What the study is about: fingerprints of its space, data and whatever else makes scores
        comparable. A stored study must be about the same.

    Returns
    -------
    study : optuna.Study
    ledger : str
        The same for every process and execution that goes on with the study.

    Raises
    ------
    ParameterError
        When the storage cannot be opened, or holds a study of this name about something else.
    """
    try:
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            sampler=sampler,
            direction="maximize",
            load_if_exists=True,
        )
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise ParameterError(f"storage {storage!r} cannot be opened: {reason}") from error
    if study.directions != [StudyDirection.MAXIMIZE]:
        raise ParameterError(
            f"the storage holds a study {name!r} that does not maximize one score: choose "
            f"another name."
        )
    held = study.user_attrs.get(_SUBJECT, subject)
    other = [key for key in subject if held.get(key) != subject[key]]
    if other:
        raise ParameterError(
            f"the storage holds a study {name!r} with other {' and '.join(other)}: choose another "
            f"name, or go on with the same."
        )
    if _LEDGER not in study.user_attrs:
        study.set_user_attr(_SUBJECT, dict(subject))
        study.set_user_attr(_LEDGER, uuid.uuid4().hex)
    return study, str(study.user_attrs[_LEDGER])


def tell(study: optuna.Study, trial: optuna.Trial, record: TrialRecord) -> None:
    """Write a finished trial to the study."""
    evaluation = record.evaluation
    facts = {
        "engine": record.engine,
        "scores": evaluation.scores,
        "fit_times": evaluation.fit_times,
        "score_times": evaluation.score_times,
        "duration": record.duration,
        "error": evaluation.error,
    }
    for name, value in facts.items():
        trial.set_user_attr(f"tunekit.{name}", value)
    if evaluation.error:
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, evaluation.score)


def read_records(study: optuna.Study, space: Space) -> list[TrialRecord]:
    """Return every finished trial of a study, by number, without curves and predictions."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.FAIL))
    return [_record(trial, space) for trial in trials if "tunekit.scores" in trial.user_attrs]


def _record(trial: FrozenTrial, space: Space) -> TrialRecord:
    facts = {name.removeprefix("tunekit."): value for name, value in trial.user_attrs.items()}
    return TrialRecord(
        number=trial.number,
        params=space.resolve(values_of(trial, space)),
        evaluation=Evaluation(
            scores=tuple(facts["scores"]),
            fit_times=tuple(facts["fit_times"]),
            score_times=tuple(facts["score_times"]),
            error=facts["error"],
        ),
        engine=facts["engine"],
        duration=facts["duration"],
    )
