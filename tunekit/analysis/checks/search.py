"""Checks of the search: whether it was still improving, and how many trials failed."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.checks.finding import Issue, Severity, check
from tunekit.analysis.search.optimization_history import Course, courses
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import score_of, scorer_in_words, significant
from tunekit.study.results import frequent

#: Last part of the trials, in which a search that has converged finds nothing better.
LATE = 0.2

#: Trials with a score below which the search is not checked.
FEWEST = 10

#: Least late gain, relative to the gain of the best trial over the median trial.
WORTH = 0.05

#: Proportions of failed trials from which on the severity is medium, and high.
SOME, MOST = 0.1, 0.5


@check("TK102", severity="medium", title="The search stopped while it was still improving")
def check_still_improving(data: StudyData) -> Issue | None:
    """Report a search that stopped while it was still improving."""
    running = {each.engine for each in data.study.executions if each.status == "RUNNING"}
    improving = [
        (course, gain)
        for course in courses(data.search)
        if course.engine not in running and (gain := _late_gain(data, course)) > 0
    ]
    if not improving:
        return None
    gains = "; ".join(
        f"{course.engine}: the last fifth of {len(course.by_trial)} trials improved the best "
        f"{scorer_in_words(data.scoring)} by {significant(gain, 2)}, to "
        f"{score_of(data.scoring, course.winner.best)}"
        for course, gain in improving
        if course.winner is not None
    )
    most = max(len(course.by_trial) for course, _ in improving)
    return Issue(
        evidence=f"{gains}. {_noise_sentence(data)}",
        remedy=(
            "More trials may improve it further. A study with a storage can be resumed: pass the "
            "same storage and a larger n_trials to Tuner."
        ),
        code_to_paste=f"tuner.set_params(n_trials={2 * most}).fit(X, y)",
    )


def _noise_sentence(data: StudyData) -> str:
    """Return a sentence that compares the gain with its standard error, if it is known."""
    if data.n_splits > 1:
        return "This is more than the standard error over the folds."
    if _standard_error(data, 0.5) > 0:
        return "This is more than the standard error."
    return "This is the result of a single split, so its standard error is unknown."


def _standard_error(data: StudyData, score: float) -> float:
    """Return the standard error of an accuracy on the validation rows; 0 if it is unknown."""
    predictions = data.validation
    if data.scoring != "accuracy" or predictions is None or not len(predictions.rows):
        return 0.0
    return math.sqrt(max(0.0, score * (1 - score)) / len(predictions.rows))


@check("TK103", severity="low", title="Trials failed")
def check_failures(data: StudyData) -> Issue | None:
    """Report trials that failed."""
    ended = [each for each in data.study.trials if each.state in ("complete", "pruned", "failed")]
    failed = [each for each in ended if each.state == "failed"]
    if not failed:
        return None
    share = len(failed) / len(ended)
    severity: Severity = "high" if share >= MOST else "medium" if share >= SOME else "low"
    diverged = sum("diverged" in each.error.lower() for each in failed)
    remedy = "The run of each failed trial contains its traceback, error.txt."
    if diverged:
        remedy += (
            f" {diverged} diverged: lower the upper end of the learning rate, set clipnorm, or "
            f"scale the inputs to about 1."
        )
    return Issue(
        severity=severity,
        evidence=(
            f"{len(failed)} of {len(ended)} trials ({share:.0%}) failed: "
            f"{frequent([each.error or 'unknown reason' for each in failed])}."
        ),
        remedy=remedy,
    )


def _late_gain(data: StudyData, course: Course) -> float:
    """Return by how much the last trials improved on all others; 0 if it is negligible."""
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
    # Both scores are from the same splits, so this is stricter than the error of the difference.
    trials = [each for each in data.study.trials if each.engine == course.engine]
    spreads = {each.number: each.fold_spread for each in trials}
    best_step = max(scored, key=lambda step: step.score)
    noise = spreads.get(best_step.number, 0.0) / math.sqrt(data.n_splits)
    noise = noise if data.n_splits > 1 else _standard_error(data, best)
    total_gain = best - float(np.median([step.score for step in scored]))
    gain = best - max(early)
    return gain if gain > max(noise, WORTH * total_gain) else 0.0
