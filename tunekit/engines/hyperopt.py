"""Hyperopt: the space as its graph, and its own ``tpe.suggest`` as an Optuna sampler.

The sampler is *joint*: one call of the algorithm draws a whole configuration, as
``hyperopt.fmin`` does. The history that Hyperopt learns from is the Optuna study's, translated
trial by trial and kept.

References
----------
J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl: Algorithms for hyper-parameter optimization.
Advances in Neural Information Processing Systems 24, 2011.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hyperopt
import numpy as np
import optuna
from hyperopt import hp
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_NEW, STATUS_FAIL, STATUS_OK, Domain, Trials
from hyperopt.pyll import Literal, scope
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tunekit.engines.optuna import distribution, from_optuna, to_optuna
from tunekit.parameters import Categorical, Int
from tunekit.space import Leaf, Space

_HISTORY = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)


@dataclass(frozen=True)
class _Gate:
    """Opens where a leaf is active.

    It is opaque to Hyperopt, which would take a plain sequence apart, and it compares decoded
    values, since Hyperopt hands over NumPy scalars.
    """

    leaf: Leaf
    parents: tuple[Leaf, ...]

    def is_open(self, raws: Sequence[Any]) -> bool:
        values = {
            parent.name: _decode(parent, raw)
            for parent, raw in zip(self.parents, raws, strict=True)
            if raw is not None
        }
        return self.leaf.is_active(values)


@scope.define
def tunekit_is_open(gate: _Gate, *raws: Any) -> int:
    """Tell, inside Hyperopt's graph, whether a leaf is active."""
    return int(gate.is_open(raws))


def to_hyperopt(space: Space) -> dict[str, Any]:
    """Return the space as a Hyperopt graph.

    Parameters
    ----------
    space : Space
        What may be tried.

    Returns
    -------
    dict
        Leaf names and expressions of Hyperopt's own numbers (the index of a choice, for one).
        An inactive leaf is None, and Hyperopt draws and models nothing for it.
    """
    leaves = {leaf.name: leaf for leaf in space.leaves}
    graph: dict[str, Any] = {}
    for leaf in space.leaves:
        raw = _draw(leaf)
        if leaf.conditions:
            names = [name for name, _ in leaf.conditions]
            gate = Literal(_Gate(leaf, tuple(leaves[name] for name in names)))
            is_open = scope.tunekit_is_open(gate, *(graph[name] for name in names))
            raw = scope.switch(is_open, None, raw)
        graph[leaf.name] = raw
    return graph


class HyperoptSampler(BaseSampler):
    """Hyperopt's TPE as an Optuna sampler.

    Parameters
    ----------
    space : Space
        What may be tried. It must be the space that the study's trials are asked for.
    seed : int or None, default=None
        Trial ``n`` is drawn with the ``n``-th number of the generator that this seeds, as
        ``hyperopt.fmin`` does with ``rstate=numpy.random.default_rng(seed)``.

    Examples
    --------
    >>> from tunekit import Float, Space
    >>> from tunekit.engines.optuna import suggest
    >>> space = Space(x=Float(-1.0, 1.0))
    >>> study = optuna.create_study(sampler=HyperoptSampler(space, seed=0))
    >>> study.optimize(lambda trial: suggest(trial, space)["x"] ** 2, n_trials=30)
    >>> study.best_value < 0.01
    True
    """

    def __init__(self, space: Space, *, seed: int | None = None) -> None:
        self._leaves = {leaf.name: leaf for leaf in space.leaves}
        self._distributions = {name: distribution(leaf) for name, leaf in self._leaves.items()}
        self._domain = Domain(_no_objective, to_hyperopt(space), pass_expr_memo_ctrl=False)
        self._seed = secrets.randbelow(2**31) if seed is None else seed
        self._seeds: list[int] = []
        self._rng = np.random.default_rng(self._seed)
        self._random = optuna.samplers.RandomSampler(seed=self._seed)
        self._documents: dict[int, dict[str, Any]] = {}

    def reseed_rng(self) -> None:
        """Start another sequence: Optuna asks for it in each of several threads."""
        self._seed = secrets.randbelow(2**31)
        self._seeds = []
        self._rng = np.random.default_rng(self._seed)
        self._random.reseed_rng()

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002 - the declared space, not the one seen so far
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        """Return every coordinate of the declared space."""
        return dict(self._distributions)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - the same each time
    ) -> dict[str, Any]:
        """Return one suggestion of Hyperopt's: the active coordinates and their values."""
        history = Trials()
        documents = self._history(study, trial.number)
        if documents:
            history.insert_trial_docs(documents)
            history.refresh()
        (document,) = hyperopt.tpe.suggest(
            [trial.number], self._domain, history, self._seed_of(trial.number), verbose=False
        )
        drawn = {name: values[0] for name, values in document["misc"]["vals"].items() if values}
        return {
            name: to_optuna(leaf, _decode(leaf, drawn[name]))
            for name, leaf in self._leaves.items()
            if name in drawn
        }

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one value at random: where an enqueued configuration switched a branch."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _seed_of(self, number: int) -> int:
        while len(self._seeds) <= number:
            self._seeds.append(int(self._rng.integers(2**31 - 1)))
        return self._seeds[number]

    def _history(self, study: Study, before: int) -> list[dict[str, Any]]:
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        documents = []
        for trial in study.get_trials(deepcopy=False, states=_HISTORY):
            if trial.number == before:
                continue
            if trial.number not in self._documents:
                document = self._document(trial, sign)
                if not trial.state.is_finished():
                    documents.append(document)
                    continue
                self._documents[trial.number] = document
            documents.append(self._documents[trial.number])
        return documents

    def _document(self, trial: FrozenTrial, sign: float) -> dict[str, Any]:
        values = {
            name: _encode(leaf, from_optuna(leaf, trial.params[name]))
            for name, leaf in self._leaves.items()
            if name in trial.params
        }
        number = trial.number
        finished = trial.state.is_finished()
        return {
            "tid": number,
            "spec": None,
            "result": _result(trial, sign),
            "misc": {
                "tid": number,
                "cmd": self._domain.cmd,
                "workdir": None,
                "idxs": {name: [number] if name in values else [] for name in self._leaves},
                "vals": {name: [values[name]] if name in values else [] for name in self._leaves},
            },
            "state": JOB_STATE_DONE if finished else JOB_STATE_NEW,
            "owner": None,
            "book_time": None,
            "refresh_time": None,
            "exp_key": None,
            "version": 0,
        }


def _no_objective(_config: object) -> float:
    """Stand in for the objective: Optuna's study evaluates, Hyperopt only suggests."""
    raise NotImplementedError


def _result(trial: FrozenTrial, sign: float) -> dict[str, Any]:
    value = None
    if trial.state == TrialState.COMPLETE:
        value = trial.value
    elif trial.state == TrialState.PRUNED and trial.intermediate_values:
        value = trial.intermediate_values[max(trial.intermediate_values)]
    if value is None or not math.isfinite(value):
        return {"status": STATUS_FAIL if trial.state.is_finished() else "new"}
    return {"status": STATUS_OK, "loss": sign * value}


def _draw(leaf: Leaf) -> Any:
    domain = leaf.domain
    if isinstance(domain, Categorical):
        return hp.randint(leaf.name, len(domain.choices))
    if isinstance(domain, Int):
        low, high = domain.edges
        if domain.log:
            return hp.qloguniform(leaf.name, math.log(low), math.log(high), 1)
        return hp.quniform(leaf.name, low, high, 1)
    if domain.log:
        return hp.loguniform(leaf.name, math.log(domain.low), math.log(domain.high))
    return hp.uniform(leaf.name, domain.low, domain.high)


def _decode(leaf: Leaf, raw: Any) -> Any:
    """Return the value of Hyperopt's number, which rounding may have taken past a bound."""
    if isinstance(leaf.domain, Categorical):
        return leaf.domain.choices[int(raw)]
    return leaf.domain.clip(float(raw))


def _encode(leaf: Leaf, value: Any) -> float:
    if isinstance(leaf.domain, Categorical):
        return leaf.domain.index(value)
    return float(value)
