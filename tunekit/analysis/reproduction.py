"""What it takes to do a study's best trial again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.core.comparison_info import ComparisonInfo
from tunekit.tracking.comparison_reader import TrackedComparison
from tunekit.tracking.tracked_study import Execution, TrackedTrial

_NOT_KEPT = (
    "The estimator was not kept: the study was run with refit=False, or by an older tunekit."
)


@dataclass(frozen=True)
class Reproduction:
    """What it takes to do a study's best trial again, as texts.

    Attributes
    ----------
    configuration : str
        The best configuration as JSON.
    python : str
        Python that makes the estimator with it, and runs as it stands; empty where it is not
        known.
    note : str
        What the Python lacks; empty where it lacks nothing.
    seed : str
        What was seeded, in a sentence.
    versions : tuple of (str, str)
        Python, packages and machine, each with its version.
    command : str
        What the study was started with, for a shell; empty where it is not known.
    commit : str
        The git commit, in words; empty where it is not known.
    """

    configuration: str
    python: str
    note: str
    seed: str
    versions: tuple[tuple[str, str], ...]
    command: str
    commit: str


def reproduction(
    best: TrackedTrial,
    execution: Execution,
    *,
    architecture: Mapping[str, Any] | None,
    environment: Mapping[str, Any] | None,
) -> Reproduction:
    """Return what it takes to do a study's best trial again.

    Parameters
    ----------
    best : TrackedTrial
    execution : Execution
        Of the engine that found it.
    architecture, environment : mapping or None
        What the execution's ``architecture.json`` and ``environment.json`` hold; None where there
        is no such file.

    Returns
    -------
    Reproduction
    """
    return _reproduction(
        dict(best.params),
        architecture,
        environment,
        seed=_seed(execution),
        command=execution.command,
        commit=_commit(execution.commit, changed=execution.changed),
    )


def comparison_reproduction(
    tracked: TrackedComparison,
    best: str,
    *,
    architecture: Mapping[str, Any] | None,
    environment: Mapping[str, Any] | None,
) -> Reproduction:
    """Return what it takes to do the best candidate of a comparison again.

    Parameters
    ----------
    tracked : TrackedComparison
    best : str
        Name of the candidate.
    architecture, environment : mapping or None
        What its ``architecture.json`` and the comparison's ``environment.json`` hold; None where
        there is no such file.
    """
    info, tags = tracked.info, tracked.tags
    described = next(each for each in info.candidates if each.name == best)
    fits = [fit for fit in tracked.fits if fit.candidate == best]
    chosen = {"chosen in the first training part": dict(fits[0].params)} if fits[0].params else {}
    return _reproduction(
        {"candidate": best, "estimator": described.described, **chosen},
        architecture,
        environment,
        seed=seeds_of(info),
        command=tags.get("tunekit.command", ""),
        commit=_commit(
            tags.get("mlflow.source.git.commit", ""),
            changed=tags.get("tunekit.git_changed") == "true",
        ),
    )


def seeds_of(info: ComparisonInfo) -> str:
    """Return what is known of the seeds of a comparison, in sentences.

    What a splitter was is not kept, so of folds nobody knows whether they were shuffled.

    Parameters
    ----------
    info : ComparisonInfo
    """
    if info.ordered:
        splits = "The splits follow time: no row was shuffled."
    elif " times" in info.cv or info.n_splits == 1:
        splits = "The splits were shuffled, seeded by the random_state of compare."
    else:
        splits = (
            "Where the splits shuffle, they were seeded by a random_state of their own, or else by "
            "that of compare."
        )
        splits += " The test split was drawn with the latter." if info.n_test else ""
    if len(info.seeds) > 1:
        listed = f"{', '.join(map(str, info.seeds[:-1]))} and {info.seeds[-1]}"
        return f"{splits} Each fit was made with every random_state set to {listed}, one by one."
    return (
        f"{splits} Every random_state of an estimator that was None was set to {info.seeds[0]}, "
        f"and every other one, too, where compare was given seeds."
    )


def _reproduction(
    configuration: Mapping[str, Any],
    architecture: Mapping[str, Any] | None,
    environment: Mapping[str, Any] | None,
    *,
    seed: str,
    command: str,
    commit: str,
) -> Reproduction:
    code = (architecture or {}).get("python", {})
    left_out = list(code.get("left_out", ()))
    note = "" if code else _NOT_KEPT
    if left_out:
        note = (
            f"Left out, as Python has no text that makes it again: {', '.join(left_out)}. Put it "
            f"in by hand."
        )
    return Reproduction(
        configuration=json.dumps(configuration, indent=2, ensure_ascii=False, default=str),
        python=_python(code),
        note=note,
        seed=seed,
        versions=_versions(environment or {}),
        command=_command(command),
        commit=commit,
    )


def _python(code: Mapping[str, Any]) -> str:
    if not code:
        return ""
    imports = "\n".join(code["imports"])
    return f"{imports}\n\nestimator = {code['expression']}\n# estimator.fit(X, y), with your data\n"


def _seed(execution: Execution) -> str:
    seed = execution.info.random_state
    if seed is None:
        return "No random_state was set: another run draws other trials, and may find another best."
    return (
        f"random_state={seed} seeded the suggestions, the splits that shuffle, and every estimator "
        f"without a seed of its own. Where several trials run at a time, they end in another order "
        f"each time, and others are suggested then."
    )


def _versions(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    packages = environment.get("packages", {})
    own = {"Python": environment.get("python"), "machine": environment.get("platform")}
    return tuple((name, str(each)) for name, each in {**own, **packages}.items() if each)


def _command(command: str) -> str:
    if not command:
        return ""
    words = shlex.split(command) if command.count("…") == 0 else []
    script = bool(words) and words[0].endswith(".py")
    return f"python {command}" if script else command


def _commit(commit: str, *, changed: bool) -> str:
    if not commit:
        return ""
    return f"{commit}{', with changes that were not committed' if changed else ''}"
