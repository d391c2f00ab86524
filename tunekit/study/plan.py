"""The plan of a search: its validated settings, and their description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import optuna
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import _num_samples

from tunekit.core.estimators import random_states
from tunekit.core.fingerprints import fingerprint
from tunekit.core.object_names import named
from tunekit.core.study_info import StudyInfo
from tunekit.evaluation.describe import shape_of
from tunekit.evaluation.evaluate import reports_steps
from tunekit.evaluation.metadata import Metadata
from tunekit.evaluation.objectives import Objective, main_objective
from tunekit.evaluation.pooling import names_to_pool
from tunekit.evaluation.splits import Split, describe_splits
from tunekit.exceptions import DataError, ParameterError, SpaceError
from tunekit.space.adapters.optuna import to_optuna
from tunekit.space.cases import cases_of
from tunekit.space.conditions import conditions_hold
from tunekit.space.space import Space
from tunekit.study.optimize import Budget
from tunekit.study.pruners import compares_splits
from tunekit.study.storage import name_of_storage

_DEFAULT = "default"


@dataclass(frozen=True)
class Plan:
    """Settings of one execution of a study. See :class:`~tunekit.Tuner`.

    Attributes
    ----------
    estimator : estimator
        Seeded.
    given : estimator
        The estimator of the user, whose parameters are the defaults.
    space : Space
    objectives : sequence of Objective
    main : int
        Index of the objective that determines the best trial.
    splits : sequence of (ndarray, ndarray)
    groups : array-like of shape (n_samples,) or None
        Passed to estimators whose ``fit`` accepts groups.
    metadata : mapping of str to object
        Passed to the fits and scorers that request it.
    cv_words : str
        Description of the splits.
    name, engine : str
    algorithm, pruner, initial, storage : object
    budget : Budget
    trial_timeout : float or None
    random_state, n_jobs : int or None
    tracking_uri : str or None
        MLflow store; None disables tracking.
    sanity_check : bool
    progress : bool or None
    """

    estimator: Any
    given: Any
    space: Space
    objectives: Sequence[Objective]
    main: int
    splits: Sequence[Split]
    groups: Any
    metadata: Metadata
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
    sanity_check: bool
    progress: bool | None


def make_plan(
    settings: Mapping[str, Any],
    estimator: Any,
    *,
    name: str,
    objectives: Sequence[Objective],
    splits: Sequence[Split],
    groups: Any,
    metadata: Metadata,
    uri: str | None,
) -> Plan:
    """Return the plan of a tuner.

    Parameters
    ----------
    settings : mapping of str to object
        Validated parameters of the tuner by name.
    estimator : estimator
        Its estimator, seeded.
    name : str
        Name of the study.
    objectives : sequence of Objective
    splits : sequence of (ndarray, ndarray)
    groups : array-like of shape (n_samples,) or None
    metadata : mapping of str to object
    uri : str or None
        MLflow store; None disables tracking.
    """
    return Plan(
        estimator=estimator,
        given=settings["estimator"],
        space=settings["space"],
        objectives=objectives,
        main=main_objective(objectives, settings["refit"]),
        splits=splits,
        groups=groups,
        metadata=metadata,
        cv_words=describe_splits(settings["cv"], splits, grouped=groups is not None),
        name=name,
        engine=settings["engine"],
        algorithm=settings["algorithm"],
        pruner=settings["pruner"],
        initial=settings["initial"],
        storage=settings["storage"],
        budget=Budget(settings["n_trials"], settings["timeout"], settings["patience"]),
        trial_timeout=settings["trial_timeout"],
        random_state=settings["random_state"],
        n_jobs=settings["n_jobs"],
        tracking_uri=uri,
        sanity_check=settings["sanity_check"],
        progress=settings["progress"],
    )


def seeded(estimator: Any, random_state: int | None) -> Any:
    """Return a copy of an estimator in which ``random_state`` replaces each None.

    Parameters
    ----------
    estimator : estimator
        Estimator or pipeline; the steps of a pipeline are seeded as well.
    random_state : int or None
        None changes nothing.
    """
    copy = clone(estimator)
    if random_state is None:
        return copy
    unset = [name for name, value in random_states(copy).items() if value is None]
    return copy.set_params(**dict.fromkeys(unset, random_state))


def initial_configs(initial: Any, estimator: Any, space: Space) -> list[dict[str, Any]]:
    """Return the configurations to evaluate first, as Optuna stores them.

    Parameters
    ----------
    initial : sequence of mapping or "default"
        Complete or partial configurations; ``"default"`` means the parameters of the estimator.
    estimator : estimator
    space : Space

    Raises
    ------
    SpaceError
        When a configuration is not in the space.
    """
    if initial == _DEFAULT:
        initial = [_DEFAULT]
    if isinstance(initial, (str, Mapping)) or not isinstance(initial, Sequence):
        raise SpaceError(f"initial must be a list of configurations, got {initial!r}.")
    leaves = {leaf.name: leaf for leaf in space.leaves}
    configs = []
    for place, given in enumerate(initial):
        config = _default_config(estimator, space) if given == _DEFAULT else given
        if not isinstance(config, Mapping):
            raise SpaceError(
                f"initial[{place}] must be a configuration or 'default', got {config!r}."
            )
        try:
            # See findings/optuna-enqueued-trial-with-a-misspelt-name-is-random.sh.
            values = space.flatten_partial(config)
        except SpaceError as error:
            raise SpaceError(f"initial[{place}]: {error}") from error
        configs.append({name: to_optuna(leaves[name], value) for name, value in values.items()})
    return configs


def _default_config(estimator: Any, space: Space) -> dict[str, Any]:
    """Return the values that an estimator has for the active parameters of a space."""
    defaults = estimator.get_params(deep=True)
    config = {name: defaults[name] for name in space.parameters if name in defaults}
    values = {**space.constants, **{name: named(value) for name, value in config.items()}}
    return {
        name: value
        for name, value in config.items()
        if any(
            conditions_hold(each.conditions, values) for each in cases_of(space.parameters[name])
        )
    }


def check_pruner(plan: Plan, pruner: optuna.pruners.BasePruner) -> None:
    """Reject a pruner that would get no usable report before a trial ends.

    Raises
    ------
    ParameterError
        When trials have a single step, or the pruner compares splits and there is one split.
    """
    n_splits = len(plan.splits)
    if not reports_steps(plan.estimator, n_splits):
        raise ParameterError(
            f"pruner {_setting_name(plan.pruner, '')!r} has no steps to prune: "
            f"{type(plan.estimator).__name__} has no epochs, and there is only one split; use "
            f"several splits, or pruner=None."
        )
    if n_splits == 1 and compares_splits(pruner):
        raise ParameterError(
            "pruner 'wilcoxon' compares trials split by split, but there is only one split: use "
            "several splits, or pruner='median'."
        )


def study_subject(plan: Plan, X: Any, digest: Callable[[], str]) -> dict[str, Any]:
    """Return the settings that make the scores of two searches comparable, as JSON values.

    Parameters
    ----------
    plan : Plan
    X : array-like
    digest : callable
        Returns a digest of the data.

    Raises
    ------
    DataError
        When the data have no digest, so that a resumed study could not recognize them.
    """
    try:
        data_digest = digest()
    except Exception as error:
        raise DataError(
            f"storage: X and y cannot be hashed ({type(error).__name__}: {error}), so a study "
            f"cannot be resumed on the same data: use storage=None."
        ) from error
    params = plan.estimator.get_params(deep=True)
    tuned = {*plan.space.parameters, *plan.space.constants}
    fixed = {name: fingerprint(value) for name, value in params.items() if name not in tuned}
    pooled = names_to_pool(plan.objectives, plan.splits)
    return {
        "space": plan.space.to_dict(),
        "data": {"shape": list(shape_of(X)), "digest": data_digest},
        "splits": {"number": len(plan.splits), "digest": str(joblib.hash(list(plan.splits)))},
        "scoring": {each.name: each.identity for each in plan.objectives},
        "estimator": {"type": type(plan.estimator).__name__, **fixed},
        # Older versions always used the mean over the folds.
        **({"scores of all folds together": ", ".join(pooled)} if pooled else {}),
    }


def describe_study(plan: Plan, ledger: str, X: Any, digest: Callable[[], str]) -> StudyInfo:
    """Return the description of a study for trackers and reports.

    Parameters
    ----------
    plan : Plan
    ledger : str
        ID of the search.
    X : array-like
    digest : callable
        Returns a digest of the data.
    """
    several = len(plan.objectives) > 1
    try:
        data_digest = digest()
    except Exception:  # noqa: BLE001 - pickling the data can raise anything
        data_digest = ""
    return StudyInfo(
        name=plan.name,
        ledger=ledger,
        engine=plan.engine,
        algorithm=_setting_name(plan.algorithm, "tpe"),
        pruner=_setting_name(plan.pruner, "none"),
        estimator=type(plan.estimator).__name__,
        scoring=plan.objectives[plan.main].name,
        cv=plan.cv_words,
        task="classification" if is_classifier(plan.estimator) else "regression",
        n_trials=int(plan.budget.n_trials),
        n_splits=len(plan.splits),
        n_rows=_num_samples(X),
        n_features=int(np.prod(shape_of(X)[1:])),
        split_ratio=float(np.mean([len(test) / len(train) for train, test in plan.splits])),
        random_state=None if plan.random_state is None else int(plan.random_state),
        objectives={each.name: each.direction for each in plan.objectives} if several else {},
        space=plan.space.to_dict(),
        shape=shape_of(X),
        digest=data_digest,
        storage=name_of_storage(plan.storage),
        metadata=tuple(plan.metadata),
    )


def _setting_name(setting: Any, default: str) -> str:
    if setting is None:
        return default
    return setting if isinstance(setting, str) else type(setting).__name__
