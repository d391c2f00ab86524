"""Instructions to reproduce the best trial of a study or the best candidate of a comparison."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunekit.core.comparison_info import ComparisonInfo
from tunekit.tracking.comparison_reader import TrackedComparison
from tunekit.tracking.tracked_study import Execution, TrackedTrial

_NOT_STORED = (
    "The estimator was not stored: the study was run with refit=False, or by an older version of "
    "tunekit."
)


@dataclass(frozen=True)
class Reproduction:
    """Instructions to reproduce the best model, as texts.

    Attributes
    ----------
    configuration : str
        The best configuration as JSON.
    python : str
        Python code that creates the estimator; empty if unknown.
    note : str
        Remark on the code; empty if it is complete.
    seed : str
        What was seeded, in sentences.
    versions : tuple of (str, str)
        Versions of Python and packages, and the platform.
    command : str
        Shell command that started the study; empty if unknown.
    commit : str
        Git commit, with a remark on uncommitted changes; empty if unknown.
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
    """Return instructions to reproduce the best trial of a study.

    Parameters
    ----------
    best : TrackedTrial
    execution : Execution
        The execution that found it.
    architecture, environment : mapping or None
        Contents of ``architecture.json`` and ``environment.json`` of the execution; None if there
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
        metadata=execution.info.metadata,
    )


def comparison_reproduction(
    tracked: TrackedComparison,
    best: str,
    *,
    architecture: Mapping[str, Any] | None,
    environment: Mapping[str, Any] | None,
) -> Reproduction:
    """Return instructions to reproduce the best candidate of a comparison.

    Parameters
    ----------
    tracked : TrackedComparison
    best : str
        Name of the candidate.
    architecture, environment : mapping or None
        Contents of the candidate's ``architecture.json`` and of the comparison's
        ``environment.json``; None if there is no such file.
    """
    info, tags = tracked.info, tracked.tags
    described = next(each for each in info.candidates if each.name == best)
    fits = [fit for fit in tracked.fits if fit.candidate == best]
    chosen = {"chosen on the first training part": dict(fits[0].params)} if fits[0].params else {}
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
        metadata=info.metadata,
    )


def seeds_of(info: ComparisonInfo) -> str:
    """Return what was seeded in a comparison, in sentences.

    The splitter is not stored, so it is unknown whether the folds of a splitter were shuffled.

    Parameters
    ----------
    info : ComparisonInfo
    """
    if info.ordered:
        splits = "The splits follow time; no rows were shuffled."
    elif " times" in info.cv or info.n_splits == 1:
        splits = "The splits were shuffled with the random_state of compare."
    else:
        splits = (
            "If the splits are shuffled, they used the random_state of the splitter, or else that "
            "of compare."
        )
        if info.n_test:
            splits += " A test split drawn by test_size used the random_state of compare."
    if len(info.seeds) > 1:
        listed = f"{', '.join(map(str, info.seeds[:-1]))} and {info.seeds[-1]}"
        return (
            f"{splits} Each candidate was fitted with every random_state set to {listed} in turn."
        )
    return (
        f"{splits} Every random_state=None of an estimator was set to {info.seeds[0]}. If seeds "
        f"were passed to compare, so was every other random_state."
    )


def _reproduction(
    configuration: Mapping[str, Any],
    architecture: Mapping[str, Any] | None,
    environment: Mapping[str, Any] | None,
    *,
    seed: str,
    command: str,
    commit: str,
    metadata: Sequence[str],
) -> Reproduction:
    code = (architecture or {}).get("python", {})
    note = "" if code else _NOT_STORED
    if code.get("left_out"):
        note = "Define the names in the comment before you run the code."
    return Reproduction(
        configuration=json.dumps(configuration, indent=2, ensure_ascii=False, default=str),
        python=_python(code, metadata),
        note=note,
        seed=seed,
        versions=_versions(environment or {}),
        command=_command(command),
        commit=commit,
    )


def _python(code: Mapping[str, Any], metadata: Sequence[str]) -> str:
    if not code:
        return ""
    names = [f"# {each}" for each in code.get("left_out", ())]
    if names:
        names = ["# Define these names first. Their values cannot be written here:", *names]
    blocks = [code["imports"], code.get("setup", ()), names]
    above = "\n\n".join("\n".join(lines) for lines in blocks if lines)
    passed = "".join(f", {name}={name}" for name in metadata)
    with_these = " and the metadata that its fit requests" if metadata else ""
    estimator = (
        f"estimator = {code['expression']}\n"
        f"# With your data{with_these}: estimator.fit(X, y{passed})\n"
    )
    return f"{above}\n{estimator}" if names else f"{above}\n\n{estimator}"


def _seed(execution: Execution) -> str:
    seed = execution.info.random_state
    if seed is None:
        return (
            "No random_state was set: another run proposes other trials, and its best one may "
            "differ."
        )
    return (
        f"random_state={seed} seeded the sampler, the splits that shuffle, and every estimator "
        f"without its own random_state. If trials run in parallel, they finish in a different "
        f"order each time, which changes later suggestions."
    )


def _versions(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    packages = environment.get("packages", {})
    system = {"Python": environment.get("python"), "platform": environment.get("platform")}
    return tuple((name, str(each)) for name, each in {**system, **packages}.items() if each)


def _command(command: str) -> str:
    if not command:
        return ""
    words = shlex.split(command) if command.count("…") == 0 else []
    script = bool(words) and words[0].endswith(".py")
    return f"python {command}" if script else command


def _commit(commit: str, *, changed: bool) -> str:
    if not commit:
        return ""
    return f"{commit}{', with uncommitted changes' if changed else ''}"
