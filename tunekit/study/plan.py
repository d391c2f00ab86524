"""What a search is to do: its settings, checked and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import optuna
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import _num_samples

from tunekit.core.fingerprints import fingerprint
from tunekit.core.json_values import plain
from tunekit.core.study_info import StudyInfo
from tunekit.evaluation.evaluate import reports_steps
from tunekit.evaluation.objectives import Objective, main_objective
from tunekit.evaluation.pooling import may_be_pooled
from tunekit.evaluation.splits import Split, describe_splits
from tunekit.exceptions import ParameterError, SpaceError
from tunekit.space.adapters.optuna import to_optuna
from tunekit.space.parameters import conditions_hold
from tunekit.space.space import Space
from tunekit.study.optimize import Budget
from tunekit.study.pruners import compares_splits
from tunekit.study.storage import (
    name_of_storage,
)


@dataclass(frozen=True)
class Plan:
    """What is searched, how, and what for. See :class:`~tunekit.Tuner` for the settings.

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
    fixed = {name: fingerprint(value) for name, value in params.items() if name not in tuned}
    sizes = [len(test) for _, test in plan.splits]
    pooled = [each.name for each in plan.objectives if may_be_pooled(each.name, sizes)]
    return {
        "space": plan.space.to_dict(),
        "data": {"shape": list(_shape(X)), "digest": digest()},
        "splits": {"number": len(plan.splits), "digest": str(joblib.hash(list(plan.splits)))},
        "scoring": {
            each.name: f"{each.direction} {fingerprint(each.scorer)}" for each in plan.objectives
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


_DEFAULT = "default"


def initial_configs(initial: Any, estimator: Any, space: Space) -> list[dict[str, Any]]:
    """Return what is to be evaluated first, as Optuna holds it.

    Parameters
    ----------
    initial : sequence of mapping or "default"
        Configurations, whole or partial; ``"default"`` stands for the estimator's own.
    estimator : estimator
    space : Space

    Raises
    ------
    SpaceError
        When one does not lie in the space.
    """
    if initial == _DEFAULT:
        initial = [_DEFAULT]
    if isinstance(initial, (str, Mapping)) or not isinstance(initial, Sequence):
        raise SpaceError(f"initial must be a list of configurations, got {initial!r}.")
    leaves = {leaf.name: leaf for leaf in space.leaves}
    configs = []
    for place, given in enumerate(initial):
        config = _own_parameters(estimator, space) if given == _DEFAULT else given
        if not isinstance(config, Mapping):
            raise SpaceError(
                f"initial[{place}] must be a configuration or 'default', got {config!r}."
            )
        try:
            values = space.flatten_partial(config)
        except SpaceError as error:
            raise SpaceError(f"initial[{place}]: {error}") from error
        configs.append({name: to_optuna(leaves[name], value) for name, value in values.items()})
    return configs


def _own_parameters(estimator: Any, space: Space) -> dict[str, Any]:
    """Return the estimator's own values of those parameters of a space that are then active."""
    own = estimator.get_params(deep=True)
    config = {name: own[name] for name in space.parameters if name in own}
    known = {**space.constants, **{name: plain(value) for name, value in config.items()}}
    return {
        name: value
        for name, value in config.items()
        if conditions_hold(space.parameters[name].conditions, known)
    }
