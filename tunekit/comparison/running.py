"""Runs a comparison: candidate by candidate and fold by fold, from where it was left."""

from __future__ import annotations

import contextlib
import functools
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import cloudpickle
import joblib
import numpy as np
from sklearn.base import is_classifier

from tunekit.comparison.candidates import identified, is_tuner, prepared
from tunekit.comparison.progress import shown_fits
from tunekit.comparison.result import Comparison
from tunekit.comparison.splitting import Layout
from tunekit.difference import identity
from tunekit.evaluation import evaluate
from tunekit.exceptions import StudyError
from tunekit.fits import TEST, Candidate, ComparisonInfo, Fit
from tunekit.interrupt import closed_on_sigterm
from tunekit.objectives import Objective, count_params
from tunekit.splits import Split
from tunekit.tracking.comparing import ComparisonTracker
from tunekit.values import plain

_NAN = float("nan")


@dataclass(frozen=True)
class Plan:
    """What is fitted, on what, and how it is judged. See :func:`~tunekit.compare`.

    Attributes
    ----------
    estimators : mapping of str to estimator
    described : tuple of Candidate
    objectives : tuple of Objective
        The first one ranks.
    layout : Layout
    seeds : tuple of int
    override : bool
        Whether every ``random_state`` is set to the seeds, or only those that are None.
    groups : array-like of shape (n_samples,) or None
    """

    estimators: Mapping[str, Any]
    described: tuple[Candidate, ...]
    objectives: tuple[Objective, ...]
    layout: Layout
    seeds: tuple[int, ...]
    override: bool
    groups: Any

    def places(self) -> Iterator[tuple[int, Split]]:
        """Yield each split with its number, the test split last."""
        yield from enumerate(self.layout.splits)
        if self.layout.test is not None:
            yield TEST, self.layout.test


def inform(
    plan: Plan,
    X: Any,
    y: Any,
    *,
    name: str,
    baseline: str | None,
    level: float,
    rope: float | None,
    kind: Literal["comparison", "finalists"] = "comparison",
) -> ComparisonInfo:
    """Return what a comparison is about."""
    shape = tuple(int(n) for n in getattr(X, "shape", (len(X), *np.shape(X[:1])[1:])))
    test = plan.layout.test
    digest = _digest((X, y))
    return ComparisonInfo(
        name=name,
        kind=kind,
        # Data that cannot be told from others are never gone on with.
        identity=_digest(_identity(plan, digest, kind)) if digest else uuid.uuid4().hex,
        candidates=plan.described,
        scoring={each.name: each.direction for each in plan.objectives},
        task="classification"
        if is_classifier(next(iter(plan.estimators.values())))
        else "regression",
        cv=plan.layout.words,
        n_splits=len(plan.layout.splits),
        overlapping=plan.layout.overlapping,
        ordered=plan.layout.ordered,
        seeds=plan.seeds,
        n_test=0 if test is None else len(test[1]),
        n_rows=shape[0],
        n_features=int(np.prod(shape[1:])),
        shape=shape,
        grouped=plan.groups is not None,
        digest=digest,
        baseline=baseline,
        level=float(level),
        rope=None if rope is None else float(rope),
    )


def run_plan(
    plan: Plan, info: ComparisonInfo, X: Any, y: Any, *, uri: str | None, progress: bool | None
) -> Comparison:
    """Fit what is not fitted yet, and return all that was found.

    Parameters
    ----------
    plan : Plan
    info : ComparisonInfo
    X, y : array-like
        The data, checked.
    uri : str or None
        MLflow store; None does not track.
    progress : bool or None
        Whether to show a live display.

    Raises
    ------
    TrackingError
        When the store cannot be written.
    StudyError
        When every candidate failed.
    """
    with closed_on_sigterm(), contextlib.ExitStack() as stack:
        tracker = stack.enter_context(ComparisonTracker(uri, info)) if uri else None
        there = (
            {(fit.candidate, fit.split, fit.seed): fit for fit in tracker.fits} if tracker else {}
        )
        n_fits = len(plan.estimators) * len(plan.seeds) * len(list(plan.places())) - len(there)
        told = stack.enter_context(shown_fits(info.name, n_fits, shown=progress))
        fits: list[Fit] = []
        for name in plan.estimators:
            own: list[Fit] = []
            for place, split in plan.places():
                for seed in plan.seeds:
                    fit = there.get((name, place, seed))
                    if fit is None:
                        fit = _fit(plan, name, X, y, (place, split), seed, weigh=not own)
                        if tracker:
                            tracker.keep(fit)
                        told(name)
                    own.append(fit)
            if tracker:
                tracker.end_candidate(name, own)
            fits += own
        found = Comparison(info, fits, run_id=tracker.run_id if tracker else None, tracking_uri=uri)
        failed = all(any(fit.error for fit in fits if fit.candidate == name) for name in info.names)
        if tracker:
            tracker.finish(_tables(found), failed=failed)
    if failed:
        reasons = "; ".join(f"{fit.candidate}: {fit.error}" for fit in fits if fit.error)
        raise StudyError(f"every candidate of {info.name!r} failed. {reasons[:2000]}")
    return found


def _fit(
    plan: Plan, name: str, X: Any, y: Any, place: tuple[int, Split], seed: int, *, weigh: bool
) -> Fit:
    """Fit a candidate once and judge it."""
    number, split = place
    seen: dict[str, Any] = {}
    evaluation = evaluate(
        prepared(plan.estimators[name], seed, override=plan.override),
        {},
        X,
        y,
        splits=[split],
        objectives=plan.objectives,
        groups=plan.groups,
        look=functools.partial(_look, seen, weigh),
    )
    names = [each.name for each in plan.objectives]
    several = evaluation.objectives or {names[0]: evaluation.scores}
    failed = evaluation.error is not None
    return Fit(
        candidate=name,
        split=number,
        seed=seed,
        n_train=len(split[0]),
        n_test=len(split[1]),
        scores={} if failed else {each: float(several[each][0]) for each in names},
        fit_time=_NAN if failed else evaluation.fit_times[0],
        predict_time=_NAN if failed else seen["predict_time"],
        n_params=seen.get("n_params"),
        n_bytes=seen.get("n_bytes"),
        params=seen.get("params", {}),
        curve=evaluation.curves[0] if evaluation.curves else {},
        predictions=evaluation.predictions,
        error=(evaluation.error or "").removesuffix(" (split 0)"),
    )


def _look(seen: dict[str, Any], weigh: bool, candidate: Any, X: Any) -> None:  # noqa: FBT001 - bound before
    """Take note of what a fitted candidate costs, and of what a tuner chose."""
    start = time.perf_counter()
    candidate.predict(X)
    seen["predict_time"] = time.perf_counter() - start
    if is_tuner(candidate):
        seen["params"] = plain(dict(candidate.best_params_))
        candidate = candidate.best_estimator_
    seen["n_params"] = count_params(candidate)
    if weigh:
        with contextlib.suppress(Exception):  # what cannot be pickled has no size
            seen["n_bytes"] = len(cloudpickle.dumps(candidate))


def _tables(found: Comparison) -> dict[str, bytes]:
    """Return what the parent run keeps of all candidates, as files."""
    return {
        f"{table}.{ending}": write(table=table).encode()
        for table in ("ranking", "pairwise")
        for ending, write in (("csv", found.to_csv), ("json", found.to_json))
    }


def _identity(plan: Plan, digest: str, kind: str) -> dict[str, Any]:
    """Return what two comparisons must share for one to go on with the other."""
    splits = [*plan.layout.splits, *([plan.layout.test] if plan.layout.test else [])]
    return {
        "kind": kind,
        "data": digest,
        "splits": _digest(splits),
        "seeds": [list(plan.seeds), plan.override],
        "scoring": {
            each.name: f"{each.direction} {identity(each.scorer)}" for each in plan.objectives
        },
        "candidates": identified(plan.estimators),
    }


def _digest(value: Any) -> str:
    try:
        return str(joblib.hash(value))
    except Exception:  # noqa: BLE001 - whatever pickling raises
        return ""
