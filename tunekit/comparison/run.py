"""Run or resume a comparison, candidate by candidate and split by split."""

from __future__ import annotations

import contextlib
import functools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import cloudpickle
import joblib
import numpy as np
from sklearn.base import is_classifier

from tunekit.comparison.candidates import identified, prepared
from tunekit.comparison.fit_pool import RunFits, open_pool
from tunekit.comparison.inference import Inference, fits_on, gathered
from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.comparison.nested_splits import nested
from tunekit.comparison.result import Comparison
from tunekit.comparison.splits import ComparisonSplits
from tunekit.core.comparison_info import TEST_SPLIT, Candidate, ComparisonInfo, Fit
from tunekit.core.estimators import is_tuner
from tunekit.core.progress import shown_fits
from tunekit.core.runtime import no_autologging
from tunekit.core.signals import closed_on_sigterm
from tunekit.evaluation.describe import shape_of
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.metadata import Metadata, data_to_hash
from tunekit.evaluation.objectives import Objective, count_params
from tunekit.evaluation.pooling import names_to_pool
from tunekit.evaluation.positive_label import positive_of
from tunekit.evaluation.sanity_check import find_problem, numbered
from tunekit.evaluation.splits import Split
from tunekit.exceptions import StudyError
from tunekit.tracking.artifacts import (
    MISTAKES,
    TEST_MISTAKES,
    architecture_file,
    data_file,
    mistakes_file,
)
from tunekit.tracking.comparison_tracker import ComparisonTracker
from tunekit.tracking.metadata import packages

_NAN = float("nan")
_LONGEST = 2000  # characters of the reasons


@dataclass(frozen=True)
class Plan:
    """Settings of a comparison. See :func:`~tunekit.compare`.

    Attributes
    ----------
    name : str
    estimators : mapping of str to estimator
    described : tuple of Candidate
    objectives : tuple of Objective
        The first one determines the ranking.
    layout : ComparisonSplits
    seeds : tuple of int
    override : bool
        Whether seeds replace each ``random_state``, or only those that are None.
    groups : array-like of shape (n_samples,) or None
    metadata : mapping of str to object
        Passed to the fits and scorers that request it.
    baseline : str or None
    level : float
    rope : float or None
    kind : {"comparison", "finalists"}
    source, engine : str
        For finalists, the run ID and the engine of their search.
    same_splits : bool
        Whether the splits are the same as in that search.
    sanity_check : bool
        Whether to fit each candidate on a few rows first.
    n_jobs : int or None
        Number of processes.
    """

    name: str
    estimators: Mapping[str, Any]
    described: tuple[Candidate, ...]
    objectives: tuple[Objective, ...]
    layout: ComparisonSplits
    seeds: tuple[int, ...]
    override: bool
    groups: Any
    metadata: Metadata = field(default_factory=dict)
    baseline: str | None = None
    level: float = 0.95
    rope: float | None = None
    kind: Literal["comparison", "finalists"] = "comparison"
    source: str = ""
    engine: str = ""
    same_splits: bool = False
    sanity_check: bool = True
    n_jobs: int | None = None

    def numbered_splits(self) -> Iterator[tuple[int, Split]]:
        """Yield each split with its number; the test split is last."""
        yield from enumerate(self.layout.splits)
        if self.layout.test is not None:
            yield TEST_SPLIT, self.layout.test


def make_info(plan: Plan, X: Any, y: Any) -> ComparisonInfo:
    """Return the description of a comparison."""
    shape = shape_of(X)
    test = plan.layout.test
    digest = _digest(data_to_hash(X, y, plan.metadata))
    return ComparisonInfo(
        name=plan.name,
        kind=plan.kind,
        # Without a digest of the data, a comparison cannot be resumed.
        identity=_digest(_identity(plan, digest)) if digest else uuid.uuid4().hex,
        candidates=plan.described,
        scoring={each.name: each.direction for each in plan.objectives},
        aliases={e.name: e.known_as for e in plan.objectives if e.known_as != e.name},
        task="classification"
        if is_classifier(next(iter(plan.estimators.values())))
        else "regression",
        cv=plan.layout.words,
        n_splits=len(plan.layout.splits),
        overlapping=plan.layout.overlapping,
        ordered=plan.layout.ordered,
        seeds=plan.seeds,
        n_test=0 if test is None else len(test[1]),
        n_rows=int(shape[0]),
        n_features=int(np.prod(shape[1:])),
        shape=shape,
        grouped=plan.groups is not None,
        digest=digest,
        baseline=plan.baseline,
        level=float(plan.level),
        rope=None if plan.rope is None else float(plan.rope),
        source=plan.source,
        engine=plan.engine,
        same_splits=plan.same_splits,
        metadata=tuple(plan.metadata),
    )


def run_plan(plan: Plan, X: Any, y: Any, *, uri: str | None, progress: bool | None) -> Comparison:
    """Run the missing fits of a comparison, and return its result.

    Parameters
    ----------
    plan : Plan
    X, y : array-like
        Validated data.
    uri : str or None
        MLflow store; None disables tracking.
    progress : bool or None
        Whether to show the progress; see :func:`~tunekit.core.displays.make_display`.

    Raises
    ------
    TrackingError
        When the store cannot be written.
    StudyError
        When a candidate cannot be fitted or scored, or every candidate failed.
    """
    info = make_info(plan, X, y)
    with no_autologging(), closed_on_sigterm(), contextlib.ExitStack() as stack:
        if plan.sanity_check:
            _check_sanity(plan, X, y)
        tracker = stack.enter_context(ComparisonTracker(uri, info)) if uri else None
        earlier = tracker.fits if tracker else []
        n_fits = len(plan.estimators) * len(plan.seeds) * len(list(plan.numbered_splits()))
        n_fits -= len(earlier)
        fit = functools.partial(_fit, plan, X, y)
        run_fits = stack.enter_context(open_pool(fit, plan.n_jobs, n_fits))
        advance = stack.enter_context(shown_fits(info.name, n_fits, shown=progress))
        fits: list[Fit] = []
        if tracker:
            tracker.attach(data_file(X, y, task=info.task))
        for name in plan.estimators:
            of_candidate = _fit_candidate(plan, name, earlier, run_fits, tracker, advance)
            if tracker:
                means = _means(info, name, of_candidate)
                tracker.end_candidate(name, of_candidate, means, _mistakes(of_candidate, X))
            fits += of_candidate
        run_id = tracker.run_id if tracker else None
        comparison = Comparison(info, fits, run_id=run_id, tracking_uri=uri)
        failed = all(
            any(fit.error for fit in fits if fit.candidate == name and fit.split != TEST_SPLIT)
            for name in info.names
        )
        if tracker:
            tracker.finish(_tables(comparison), failed=failed)
    if failed:
        raise StudyError(why_all_failed(info, fits))
    return comparison


def _check_sanity(plan: Plan, X: Any, y: Any) -> None:
    """Check on a few rows of each split that every candidate can be fitted and scored."""
    splits = numbered(plan.layout.splits)
    undefined = dict.fromkeys(splits, _may_be_pooled(plan))
    if plan.layout.test is not None:
        splits["the test split"] = plan.layout.test
    for name in plan.estimators:
        problem = find_problem(
            _candidate(plan, name, plan.seeds[0]),
            [{}],
            X,
            y,
            splits=splits,
            objectives=plan.objectives,
            groups=plan.groups,
            metadata=plan.metadata,
            undefined=undefined,
        )
        if problem is not None:
            raise StudyError(f"candidate {name!r}: {problem.described(_next_step(name))}")


def _candidate(plan: Plan, name: str, seed: int) -> Any:
    """Return a copy of a candidate for one fit."""
    positive = positive_of(plan.objectives)
    copy = prepared(plan.estimators[name], seed, override=plan.override, positive=positive)
    return nested(copy, plan.layout.kind)


def _fit_candidate(
    plan: Plan,
    name: str,
    earlier: Sequence[Fit],
    run_fits: RunFits,
    tracker: ComparisonTracker | None,
    advance: Callable[[str], None],
) -> list[Fit]:
    """Return all fits of a candidate: earlier ones, and new ones for those that are missing."""
    fits = {(fit.split, fit.seed): fit for fit in earlier if fit.candidate == name}
    places = [(split, seed) for split in plan.numbered_splits() for seed in plan.seeds]
    missing = [
        (name, split, seed, place == 0)
        for place, (split, seed) in enumerate(places)
        if (split[0], seed) not in fits
    ]
    for fit, files in run_fits(missing):
        if tracker:
            tracker.write_fit(fit, files)
        advance(name)
        fits[fit.split, fit.seed] = fit
    return [fits[number, seed] for (number, _), seed in places]


def _fit(
    plan: Plan,
    X: Any,
    y: Any,
    name: str,
    numbered_split: tuple[int, Split],
    seed: int,
    first: bool,  # noqa: FBT001 - bound by open_pool
) -> tuple[Fit, dict[str, bytes]]:
    """Fit and evaluate a candidate once; the first fit also returns files."""
    number, split = numbered_split
    details: dict[str, Any] = {}
    evaluation = evaluate(
        _candidate(plan, name, seed),
        {},
        X,
        y,
        splits=[split],
        objectives=plan.objectives,
        groups=plan.groups,
        metadata=plan.metadata,
        look=functools.partial(_collect_details, details, first),
        undefined=[] if number == TEST_SPLIT else _may_be_pooled(plan),
    )
    names = [each.name for each in plan.objectives]
    several = evaluation.objectives or {names[0]: evaluation.scores}
    failed = evaluation.error is not None
    fit = Fit(
        candidate=name,
        split=number,
        seed=seed,
        n_train=len(split[0]),
        n_test=len(split[1]),
        scores={} if failed else {each: float(several[each][0]) for each in names},
        fit_time=_NAN if failed else evaluation.fit_times[0],
        predict_time=_NAN if failed else evaluation.predict_times[0],
        n_params=details.get("n_params"),
        n_bytes=details.get("n_bytes"),
        params=details.get("params", {}),
        curve=evaluation.curves[0] if evaluation.curves else {},
        predictions=evaluation.predictions,
        error=(evaluation.error or "").removesuffix(" (split 0)"),
    )
    return fit, details.get("files", {})


def _may_be_pooled(plan: Plan) -> list[str]:
    """Return the names of scores that may be pooled, so that they may be undefined on a fold."""
    return names_to_pool(plan.objectives, plan.layout.splits)


def _collect_details(
    details: dict[str, Any],
    first: bool,  # noqa: FBT001 - bound by functools.partial
    candidate: Any,
) -> None:
    """Collect the configuration, the size and the architecture of a fitted candidate."""
    if is_tuner(candidate):
        details["params"] = candidate.space.name_objects(candidate.best_params_)
        candidate = candidate.best_estimator_
    details["n_params"] = count_params(candidate)
    if first:
        details["files"] = architecture_file(candidate)
        with contextlib.suppress(Exception):  # the size is unknown if it cannot be pickled
            details["n_bytes"] = len(cloudpickle.dumps(candidate))


def _means(info: ComparisonInfo, name: str, fits: Sequence[Fit]) -> dict[str, float]:
    """Return the score of a candidate by each scorer, over folds and seeds."""
    inference = Inference(info, fits)
    return {scorer: inference.score(name, scorer, "folds") for scorer in info.scoring}


def _mistakes(fits: Sequence[Fit], X: Any) -> dict[str, bytes]:
    """Return the inputs of a candidate's worst mistakes, on the folds and on the test split."""
    files: dict[str, bytes] = {}
    names: dict[EvaluatedOn, str] = {"folds": MISTAKES, "test": TEST_MISTAKES}
    for on, name in names.items():
        predictions = gathered(fits_on(fits, on), fits[0].seed)
        if predictions is not None:
            files |= mistakes_file(name, predictions, X)
    return files


def _tables(comparison: Comparison) -> dict[str, bytes]:
    """Return the tables that the parent run stores, as files."""
    return {
        f"{table}.{suffix}": write(table=table).encode()
        for table in ("ranking", "pairwise")
        for suffix, write in (("csv", comparison.to_csv), ("json", comparison.to_json))
    }


def _identity(plan: Plan, digest: str) -> dict[str, Any]:
    """Return the settings that must be unchanged for a comparison to be resumed."""
    splits = [*plan.layout.splits, *([plan.layout.test] if plan.layout.test else [])]
    return {
        "kind": plan.kind,
        "data": digest,
        "splits": _digest(splits),
        "seeds": [list(plan.seeds), plan.override],
        "scoring": {each.name: each.identity for each in plan.objectives},
        # In order, because runs are identified by the number of the candidate.
        "candidates": list(identified(plan.estimators).items()),
        "packages": packages()["packages"],
    }


def _digest(value: Any) -> str:
    try:
        return str(joblib.hash(value))
    except Exception:  # noqa: BLE001 - pickling can raise anything
        return ""


def why_all_failed(info: ComparisonInfo, fits: Sequence[Fit]) -> str:
    """Return the reasons of failed fits, with candidates and counts, and the next step.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
        Fits of all candidates.
    """
    by_reason: dict[str, list[str]] = {}
    for fit in fits:
        if fit.error:
            by_reason.setdefault(fit.error, []).append(fit.candidate)
    summary = "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {reason.rstrip('.')} "
        f"({len(names)} of {sum(fit.candidate in names for fit in fits)} fits)"
        for reason, names in by_reason.items()
    )
    step = _next_step(info.names[0])
    return f"every candidate of {info.name!r} failed. {summary[:_LONGEST]}. {step}"


def _next_step(name: str) -> str:
    return f"To see the traceback, fit the candidate: clone(candidates[{name!r}]).fit(X, y)."
