"""Runs a comparison: candidate by candidate and fold by fold, from where it was left."""

from __future__ import annotations

import contextlib
import functools
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cloudpickle
import joblib
import numpy as np
from sklearn.base import is_classifier

from tunekit.comparison.candidates import identified, is_tuner, prepared
from tunekit.comparison.design import EvaluatedOn
from tunekit.comparison.inference import Inference, fits_on, gathered
from tunekit.comparison.nested_splits import nested
from tunekit.comparison.result import Comparison
from tunekit.comparison.splits import ComparisonSplits
from tunekit.core.comparison_info import TEST_SPLIT, Candidate, ComparisonInfo, Fit
from tunekit.core.fingerprints import fingerprint
from tunekit.core.json_values import plain
from tunekit.core.progress import shown_fits
from tunekit.core.signals import closed_on_sigterm
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.objectives import Objective, count_params
from tunekit.evaluation.pooling import may_be_pooled
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


@dataclass(frozen=True)
class Plan:
    """What is fitted, on what, and how it is judged. See :func:`~tunekit.compare`.

    Attributes
    ----------
    name : str
    estimators : mapping of str to estimator
    described : tuple of Candidate
    objectives : tuple of Objective
        The first one ranks.
    layout : ComparisonSplits
    seeds : tuple of int
    override : bool
        Whether every ``random_state`` is set to the seeds, or only those that are None.
    groups : array-like of shape (n_samples,) or None
    baseline : str or None
    level : float
    rope : float or None
    kind : {"comparison", "finalists"}
    source, engine : str
        For finalists, the run in MLflow of their search.
    same_splits : bool
        Whether the splits are those of that search.
    """

    name: str
    estimators: Mapping[str, Any]
    described: tuple[Candidate, ...]
    objectives: tuple[Objective, ...]
    layout: ComparisonSplits
    seeds: tuple[int, ...]
    override: bool
    groups: Any
    baseline: str | None = None
    level: float = 0.95
    rope: float | None = None
    kind: Literal["comparison", "finalists"] = "comparison"
    source: str = ""
    engine: str = ""
    same_splits: bool = False

    def places(self) -> Iterator[tuple[int, Split]]:
        """Yield each split with its number, the test split last."""
        yield from enumerate(self.layout.splits)
        if self.layout.test is not None:
            yield TEST_SPLIT, self.layout.test


def inform(plan: Plan, X: Any, y: Any) -> ComparisonInfo:
    """Return what a comparison is about."""
    shape = X.shape if hasattr(X, "shape") else (len(X), *np.shape(X[:1])[1:])
    test = plan.layout.test
    digest = _digest((X, y))
    return ComparisonInfo(
        name=plan.name,
        kind=plan.kind,
        # Data that cannot be told from others are never gone on with.
        identity=_digest(_identity(plan, digest)) if digest else uuid.uuid4().hex,
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
        n_rows=int(shape[0]),
        n_features=int(np.prod(shape[1:])),
        shape=tuple(map(int, shape)),
        grouped=plan.groups is not None,
        digest=digest,
        baseline=plan.baseline,
        level=float(plan.level),
        rope=None if plan.rope is None else float(plan.rope),
        source=plan.source,
        engine=plan.engine,
        same_splits=plan.same_splits,
    )


def run_plan(plan: Plan, X: Any, y: Any, *, uri: str | None, progress: bool | None) -> Comparison:
    """Fit what is not fitted yet, and return all that was found.

    Parameters
    ----------
    plan : Plan
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
    info = inform(plan, X, y)
    with closed_on_sigterm(), contextlib.ExitStack() as stack:
        tracker = stack.enter_context(ComparisonTracker(uri, info)) if uri else None
        known = tracker.fits if tracker else []
        n_fits = len(plan.estimators) * len(plan.seeds) * len(list(plan.places()))
        told = stack.enter_context(shown_fits(info.name, n_fits - len(known), shown=progress))
        fits: list[Fit] = []
        if tracker:
            tracker.attach(data_file(X, y, task=info.task))
        for name in plan.estimators:
            own = _fit_candidate(plan, name, X, y, known=known, tracker=tracker, told=told)
            if tracker:
                tracker.end_candidate(name, own, _means(info, name, own), _mistakes(own, X))
            fits += own
        found = Comparison(info, fits, run_id=tracker.run_id if tracker else None, tracking_uri=uri)
        failed = all(
            any(fit.error for fit in fits if fit.candidate == name and fit.split != TEST_SPLIT)
            for name in info.names
        )
        if tracker:
            tracker.finish(_tables(found), failed=failed)
    if failed:
        raise StudyError(why_all_failed(info, fits, y))
    return found


def _fit_candidate(
    plan: Plan,
    name: str,
    X: Any,
    y: Any,
    *,
    known: Sequence[Fit],
    tracker: ComparisonTracker | None,
    told: Callable[[str], None],
) -> list[Fit]:
    """Return all fits of a candidate: those that are known, and the others made now."""
    there = {(fit.split, fit.seed): fit for fit in known if fit.candidate == name}
    fits: list[Fit] = []
    for place, split in plan.places():
        for seed in plan.seeds:
            fit = there.get((place, seed))
            if fit is None:
                fit, files = _fit(plan, name, X, y, (place, split), seed, first=not fits)
                if tracker:
                    tracker.keep(fit, files)
                told(name)
            fits.append(fit)
    return fits


def _fit(
    plan: Plan, name: str, X: Any, y: Any, place: tuple[int, Split], seed: int, *, first: bool
) -> tuple[Fit, dict[str, bytes]]:
    """Fit a candidate once and judge it; of its first fit there are files, too."""
    number, split = place
    seen: dict[str, Any] = {}
    evaluation = evaluate(
        nested(prepared(plan.estimators[name], seed, override=plan.override), plan.layout.kind),
        {},
        X,
        y,
        splits=[split],
        objectives=plan.objectives,
        groups=plan.groups,
        look=functools.partial(_look, seen, first),
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
        n_params=seen.get("n_params"),
        n_bytes=seen.get("n_bytes"),
        params=seen.get("params", {}),
        curve=evaluation.curves[0] if evaluation.curves else {},
        predictions=evaluation.predictions,
        error=(evaluation.error or "").removesuffix(" (split 0)"),
    )
    return fit, seen.get("files", {})


def _may_be_pooled(plan: Plan) -> list[str]:
    """Return the scores that are of the rows of all folds together, and so may miss on one."""
    sizes = [len(test) for _, test in plan.layout.splits]
    return [each.name for each in plan.objectives if may_be_pooled(each.name, sizes)]


def _look(seen: dict[str, Any], first: bool, candidate: Any) -> None:  # noqa: FBT001 - bound before
    """Take note of what a tuner chose, and of what a fitted candidate is."""
    if is_tuner(candidate):
        seen["params"] = plain(dict(candidate.best_params_))
        candidate = candidate.best_estimator_
    seen["n_params"] = count_params(candidate)
    if first:
        seen["files"] = architecture_file(candidate)
        with contextlib.suppress(Exception):  # what cannot be pickled has no size
            seen["n_bytes"] = len(cloudpickle.dumps(candidate))


def _means(info: ComparisonInfo, name: str, fits: Sequence[Fit]) -> dict[str, float]:
    """Return a candidate's score by each scorer, over folds and seeds."""
    judge = Inference(info, fits)
    return {scorer: judge.score(name, scorer, "folds") for scorer in info.scoring}


def _mistakes(fits: Sequence[Fit], X: Any) -> dict[str, bytes]:
    """Return the inputs of a candidate's worst mistakes, on the folds and on the test split."""
    files: dict[str, bytes] = {}
    names: dict[EvaluatedOn, str] = {"folds": MISTAKES, "test": TEST_MISTAKES}
    for on, name in names.items():
        said = gathered(fits_on(fits, on), fits[0].seed)
        if said is not None:
            files |= mistakes_file(name, said, X)
    return files


def _tables(found: Comparison) -> dict[str, bytes]:
    """Return what the parent run keeps of all candidates, as files."""
    return {
        f"{table}.{ending}": write(table=table).encode()
        for table in ("ranking", "pairwise")
        for ending, write in (("csv", found.to_csv), ("json", found.to_json))
    }


def _identity(plan: Plan, digest: str) -> dict[str, Any]:
    """Return what two comparisons must share for one to go on with the other."""
    splits = [*plan.layout.splits, *([plan.layout.test] if plan.layout.test else [])]
    return {
        "kind": plan.kind,
        "data": digest,
        "splits": _digest(splits),
        "seeds": [list(plan.seeds), plan.override],
        "scoring": {
            each.name: f"{each.direction} {fingerprint(each.scorer)}" for each in plan.objectives
        },
        # In their order, as their runs are.
        "candidates": list(identified(plan.estimators).items()),
        "packages": packages()["packages"],
    }


def _digest(value: Any) -> str:
    try:
        return str(joblib.hash(value))
    except Exception:  # noqa: BLE001 - whatever pickling raises
        return ""


_LONGEST = 2000  # characters of reasons


#: Scorers of two classes: of which, what scikit-learn says of others, and what to take then.
_OF_TWO = {
    "roc_auc": ("two classes", re.compile("multi_class must be in"), "roc_auc_ovr"),
    **{
        name: ("the classes 0 and 1", re.compile("average='binary'|pos_label="), f"{name}_macro")
        for name in ("f1", "jaccard", "precision", "recall")
    },
}


def why_all_failed(info: ComparisonInfo, fits: Sequence[Fit], y: Any) -> str:
    """Return each reason once, with for whom and how often, and the next step.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
        Of all candidates.
    y : array-like of shape (n_samples,)
    """
    by_reason: dict[str, list[str]] = {}
    for fit in fits:
        if fit.error:
            by_reason.setdefault(fit.error, []).append(fit.candidate)
    said = "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {reason.rstrip('.')} "
        f"({len(names)} of {sum(fit.candidate in names for fit in fits)} fits)"
        for reason, names in by_reason.items()
    )
    step = _next_step(info, list(by_reason), y)
    return f"every candidate of {info.name!r} failed. {said[:_LONGEST]}. {step}"


def _next_step(info: ComparisonInfo, reasons: Sequence[str], y: Any) -> str:
    first = np.asarray(y).flat[0]
    if info.task == "regression" and isinstance(first, str):
        return f"y holds text, such as {str(first)!r}: compare classifiers, or give numbers."
    for scorer in info.scoring:
        if scorer in _OF_TWO:
            classes, said, instead = _OF_TWO[scorer]
            if any(said.search(reason) for reason in reasons):
                return f"{scorer!r} is for {classes}: score by {instead!r}."
    return f"To see where, fit one alone: clone(candidates[{info.names[0]!r}]).fit(X, y)."
