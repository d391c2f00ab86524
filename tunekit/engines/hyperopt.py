"""Algorithms of Hyperopt, run on the history of an Optuna study.

One call proposes a whole configuration, as in ``hyperopt.fmin``. The trials of the Optuna study
are converted to Hyperopt's documents and cached.

References
----------
J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl: Algorithms for hyper-parameter optimization.
Advances in Neural Information Processing Systems 24, 2011.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hyperopt
import hyperopt.atpe
import numpy as np
from hyperopt.base import (
    JOB_STATE_DONE,
    JOB_STATE_NEW,
    STATUS_FAIL,
    STATUS_OK,
    Domain,
    trials_from_docs,
)
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tunekit.core.runtime import require
from tunekit.engines.base import Algorithm
from tunekit.engines.history import EVALUATION, values_of, was_interrupted
from tunekit.engines.trial_seeds import Seeds
from tunekit.space.adapters.hyperopt import decode, is_drawn_by_index
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.space import Space

_HISTORY = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)

_RAW = "tunekit.raw:"
_PART = 30  # numbers per attribute, which databases limit to 2,045 characters

_SUGGEST: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "anneal": hyperopt.anneal.suggest,
    "atpe": hyperopt.atpe.suggest,
    "random": hyperopt.rand.suggest,
    "tpe": lambda *args: hyperopt.tpe.suggest(*args, verbose=False),
}


class HyperoptAlgorithm(Algorithm):
    """An algorithm of Hyperopt that learns from the history of an Optuna study.

    Parameters
    ----------
    space : Space
        The search space.
    name : {"anneal", "atpe", "random", "tpe"}
        The algorithm.
    seed : int
        Seed of a generator whose ``n``-th number seeds trial ``n``, as in ``hyperopt.fmin`` with
        ``rstate=numpy.random.default_rng(seed)``.

    Raises
    ------
    ParameterError
        If a package that the algorithm requires is missing.
    """

    def __init__(self, space: Space, name: str, seed: int) -> None:
        if name == "atpe":
            require("lightgbm", "atpe", what="algorithm 'atpe'")
        self._space = space
        self._name = name
        self._leaves = {leaf.name: leaf for leaf in space.leaves}
        self._domain = Domain(_no_objective, space.to_hyperopt(), pass_expr_memo_ctrl=False)
        self._seeds = Seeds(seed)
        self._documents: dict[int, dict[str, Any]] = {}

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return the values of all active leaves."""
        seed = self._seeds[trial.number]
        documents = self._history(study, trial.number)
        if self._name == "atpe":  # it fails for trials without a loss
            documents = [each for each in documents if "loss" in each["result"]]
        history = trials_from_docs(documents, validate=False)
        with _seeded_globals(seed) if self._name == "atpe" else contextlib.nullcontext():
            (document,) = _SUGGEST[self._name]([trial.number], self._domain, history, seed)
        raws = {name: values[0] for name, values in document["misc"]["vals"].items() if values}
        self._store_raws(study, trial, raws)
        return self._space.walk(lambda leaf: decode(leaf, raws[leaf.name]))

    def _history(self, study: Study, before: int) -> list[dict[str, Any]]:
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        documents = []
        for trial in study.get_trials(deepcopy=False, states=_HISTORY):
            if trial.number == before or not trial.params or was_interrupted(trial):
                continue
            if trial.number not in self._documents:
                document = self._document(trial, sign)
                if not trial.state.is_finished():
                    documents.append(document)
                    continue
                self._documents[trial.number] = document
            documents.append(self._documents[trial.number])
        return documents

    def _store_raws(self, study: Study, trial: FrozenTrial, raws: Mapping[str, Any]) -> None:
        """Store Hyperopt's unrounded numbers, from which it learns."""
        rounded = [name for name, leaf in self._leaves.items() if name in raws and _rounds(leaf)]
        for start in range(0, len(rounded), _PART):
            part = {name: float(raws[name]) for name in rounded[start : start + _PART]}
            # As in Optuna's samplers; there is no public API.
            trial_id = trial._trial_id  # noqa: SLF001
            study._storage.set_trial_system_attr(trial_id, f"{_RAW}{start}", part)  # noqa: SLF001

    def _document(self, trial: FrozenTrial, sign: float) -> dict[str, Any]:
        number = trial.number
        stored = {
            name: raw
            for attribute, part in trial.system_attrs.items()
            if attribute.startswith(_RAW)
            for name, raw in part.items()
        }
        raws = {
            name: _raw(self._leaves[name], value, stored.get(name))
            for name, value in values_of(trial.params, self._space).items()
        }
        return {
            "tid": number,
            "spec": None,
            "result": _result(trial, sign),
            "misc": {
                "tid": number,
                "cmd": self._domain.cmd,
                "workdir": None,
                "idxs": {name: [number] if name in raws else [] for name in self._leaves},
                "vals": {name: [raws[name]] if name in raws else [] for name in self._leaves},
            },
            "state": JOB_STATE_DONE if trial.state.is_finished() else JOB_STATE_NEW,
            "owner": None,
            "book_time": trial.datetime_start,
            "refresh_time": trial.datetime_start,
            "exp_key": None,
            "version": 0,
        }


def _no_objective(_config: object) -> float:
    """Replace the objective: the Optuna study evaluates, Hyperopt only suggests."""
    raise NotImplementedError


@contextlib.contextmanager
def _seeded_globals(seed: int) -> Iterator[None]:
    """Seed the global generators, which ``atpe`` uses, and restore their states."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - atpe uses it
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


def _result(trial: FrozenTrial, sign: float) -> dict[str, Any]:
    value = None
    if trial.state == TrialState.COMPLETE:
        value = trial.value
    elif trial.state == TrialState.PRUNED and trial.intermediate_values:
        reports = trial.user_attrs.get(EVALUATION, {}).get("reports")
        value = (
            reports[-1] if reports else trial.intermediate_values[max(trial.intermediate_values)]
        )
    if value is None or not math.isfinite(value):
        return {"status": STATUS_FAIL if trial.state.is_finished() else "new"}
    return {"status": STATUS_OK, "loss": sign * value}


def _raw(leaf: Leaf, value: Any, drawn: float | None) -> float:
    """Return the number that Hyperopt drew for a value, or one that decodes to it."""
    if drawn is not None and decode(leaf, drawn) == value:
        return drawn
    return float(leaf.domain.index(value) if is_drawn_by_index(leaf) else value)


def _rounds(leaf: Leaf) -> bool:
    if isinstance(leaf.domain, Categorical):
        return leaf.domain.ordered
    return not math.isinf(leaf.domain.size)
