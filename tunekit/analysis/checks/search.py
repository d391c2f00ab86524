"""Whether the search went far enough, and how much of it failed."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.checks.finding import Found, Severity, check
from tunekit.analysis.search.optimization_history import Course, courses
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import significant
from tunekit.study.results import frequent

#: Last share of the trials in which a search that is over finds nothing better.
LATE = 0.2

#: Trials with a score below which nothing is said.
FEWEST = 10

#: Share of what the search gained over its median trial that a late gain must have.
WORTH = 0.05

#: Shares of trials that failed, from which on it is of medium and of high severity.
SOME, MOST = 0.1, 0.5


@check("TK102", severity="medium", title="The search stopped while it still got better")
def check_still_improving(data: StudyData) -> Found | None:
    """Find that the search stopped while it still found better trials."""
    running = {each.engine for each in data.study.executions if each.status == "RUNNING"}
    found = [
        (course, gain)
        for course in courses(data.search)
        if course.engine not in running and (gain := _late_gain(data, course)) > 0
    ]
    if not found:
        return None
    words = "; ".join(
        f"{course.engine}: the last fifth of {len(course.by_trial)} trials raised the best "
        f"{data.scoring} by {gain:.2g}, to {significant(course.winner.best, 4)}"
        for course, gain in found
        if course.winner is not None
    )
    most = max(len(course.by_trial) for course, _ in found)
    return Found(
        evidence=f"{words}{_by_what(data)}.",
        remedy=(
            "More trials may find more. A study with a storage goes on where it was: give Tuner "
            "the same storage and a larger n_trials."
        ),
        code_to_paste=f"tuner.set_params(n_trials={2 * most}).fit(X, y)",
    )


def _by_what(data: StudyData) -> str:
    """Return what the gain is more than, in words; with one split often nothing is known."""
    if data.n_splits > 1:
        return "; that is more than the folds differ by"
    known = _error(data, 0.5) > 0
    return "; that is more than its standard error" if known else ", on one split"


def _error(data: StudyData, score: float) -> float:
    """Return the standard error of an accuracy on the rows held out; 0 where it is not known."""
    held = data.validation
    if data.scoring != "accuracy" or held is None or not len(held.rows):
        return 0.0
    return math.sqrt(max(0.0, score * (1 - score)) / len(held.rows))


@check("TK103", severity="low", title="Trials failed")
def check_failures(data: StudyData) -> Found | None:
    """Find trials that failed."""
    ended = [each for each in data.study.trials if each.state in ("complete", "pruned", "failed")]
    failed = [each for each in ended if each.state == "failed"]
    if not failed:
        return None
    share = len(failed) / len(ended)
    severity: Severity = "high" if share >= MOST else "medium" if share >= SOME else "low"
    diverged = sum("diverged" in each.error.lower() for each in failed)
    remedy = "The traceback of each is in error.txt of its run."
    if diverged:
        remedy += (
            f" {diverged} diverged: a lower upper end of the learning rate, clipnorm, or inputs "
            f"scaled to about 1 keep training from it."
        )
    return Found(
        severity=severity,
        evidence=(
            f"{len(failed)} of {len(ended)} trials ({share:.0%}) have no score: "
            f"{frequent([each.error or 'no reason is known' for each in failed])}."
        ),
        remedy=remedy,
    )


def _late_gain(data: StudyData, course: Course) -> float:
    """Return by how much the last trials were better than all before; 0 where it is no news."""
    steps = course.by_trial
    scored = [step for step in steps if not math.isnan(step.score)]
    space = data.search.space
    if len(scored) < FEWEST or (space is not None and len(steps) >= space.size):
        return 0.0
    late = steps[math.ceil((1 - LATE) * len(steps)) :]
    early = [step.score for step in steps[: len(steps) - len(late)] if not math.isnan(step.score)]
    best = max((step.score for step in late if not math.isnan(step.score)), default=-math.inf)
    if not early or best <= max(early):
        return 0.0
    # The same splits judged both, so this asks for more than their difference's own error.
    own = [each for each in data.study.trials if each.engine == course.engine]
    spreads = {each.number: each.fold_spread for each in own}
    leader = max(scored, key=lambda step: step.score)
    noise = spreads.get(leader.number, 0.0) / math.sqrt(data.n_splits)
    noise = noise if data.n_splits > 1 else _error(data, best)
    whole = best - float(np.median([step.score for step in scored]))
    gain = best - max(early)
    return gain if gain > max(noise, WORTH * whole) else 0.0
