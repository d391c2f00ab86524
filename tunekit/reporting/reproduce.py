"""What it takes to do a study's best trial again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.tracking.reader import Execution, TrackedTrial

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
    code = (architecture or {}).get("python", {})
    left_out = list(code.get("left_out", ()))
    note = "" if code else _NOT_KEPT
    if left_out:
        note = (
            f"Left out, as Python has no text that makes it again: {', '.join(left_out)}. Put it "
            f"in by hand."
        )
    return Reproduction(
        configuration=json.dumps(dict(best.params), indent=2, ensure_ascii=False),
        python=_python(code),
        note=note,
        seed=_seed(execution),
        versions=_versions(environment or {}),
        command=_command(execution),
        commit=_commit(execution),
    )


def _python(code: Mapping[str, Any]) -> str:
    if not code:
        return ""
    imports = "\n".join(code["imports"])
    return f"{imports}\n\nestimator = {code['expression']}\n# estimator.fit(X, y), with your data\n"


def _seed(execution: Execution) -> str:
    seed = execution.info.get("random_state", "None")
    if seed == "None":
        return "No random_state was set: another run draws other trials, and may find another best."
    return (
        f"random_state={seed} seeded the suggestions, the splits that shuffle, and every estimator "
        f"without a seed of its own. Trials that run at the same time end in another order each "
        f"time, and then others are suggested."
    )


def _versions(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    packages = environment.get("packages", {})
    own = {"Python": environment.get("python"), "machine": environment.get("platform")}
    return tuple((name, str(each)) for name, each in {**own, **packages}.items() if each)


def _command(execution: Execution) -> str:
    if not execution.command:
        return ""
    words = shlex.split(execution.command) if execution.command.count("…") == 0 else []
    script = bool(words) and words[0].endswith(".py")
    return f"python {execution.command}" if script else execution.command


def _commit(execution: Execution) -> str:
    if not execution.commit:
        return ""
    changes = ", with changes that were not committed" if execution.changed else ""
    return f"{execution.commit}{changes}"
