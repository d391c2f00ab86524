"""Metadata of a run: description of the study, source, environment, and user."""

from __future__ import annotations

import dataclasses
import functools
import getpass
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunekit.core.processes import this_process
from tunekit.core.secrets import shown_words
from tunekit.core.study_info import StudyInfo
from tunekit.core.text import shortened
from tunekit.core.version import DISTRIBUTION
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import CONFIG, ENVIRONMENT
from tunekit.tracking.encoding import LONGEST_TAG

_PACKAGES = (
    *(DISTRIBUTION, "keras", "tensorflow", "torch", "jax", "scikit-learn", "numpy", "pandas"),
    *("scipy", "optuna", "hyperopt", "mlflow", "xgboost", "lightgbm"),
)

_INTERACTIVE = "interactive"  # source name of a session without a script

_GIT_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True)
class Description:
    """Metadata of a parent run.

    Attributes
    ----------
    params, tags : mapping of str to str
    dataset : mapping of str to object
        Fields of an MLflow dataset.
    files : mapping of str to bytes
        Artifacts by path.
    """

    params: Mapping[str, str]
    tags: Mapping[str, str]
    dataset: Mapping[str, Any]
    files: Mapping[str, bytes]


def describe(info: StudyInfo) -> Description:
    """Return the description of a study and of the environment that it runs in."""
    described = dataclasses.asdict(info)
    note = (
        f"{info.estimator} on {info.n_rows:,} rows with {info.n_features:,} features, {info.cv}, "
        f"scored by {info.scoring}; {info.engine} ({info.algorithm}), at most {info.n_trials} "
        f"trials. Artifacts: the space and all settings (config.json), the trials (trials.csv), "
        f"and the report once it is written (report.html)."
    )
    return Description(
        params=encoding.study_params(info),
        tags={
            "tunekit.measured": encoding.measured(info),
            "mlflow.note.content": note,
            **source_tags(),
        },
        dataset={
            "name": shortened(info.name, 500),
            "digest": info.digest[:36] or "unknown",
            "source_type": "local",
            "source": "arrays in memory",
            "schema": None,
            "profile": json.dumps({"shape": info.shape, "rows": info.n_rows}),
        },
        files={
            CONFIG: json.dumps(described, indent=2, ensure_ascii=False).encode(),
            ENVIRONMENT: json.dumps(packages(), indent=2).encode(),
        },
    )


def first_tags(info: StudyInfo, kind: str, name: str) -> dict[str, str]:
    """Return the tags with which a run is created.

    Parameters
    ----------
    info : StudyInfo
    kind : {"execution", "trial"}
    name : str
        Display name of the run.
    """
    return {
        "mlflow.runName": name,
        "mlflow.user": user_name(),
        "tunekit.kind": kind,
        "tunekit.ledger": info.ledger,
        "tunekit.engine": info.engine,
        "tunekit.sampler": info.algorithm,
        "tunekit.seed": str(info.random_state),
        "tunekit.state": "running",
        "tunekit.owner": this_process(),
    }


def other_settings_warning(info: StudyInfo, tags: Mapping[str, str]) -> str:
    """Return a warning if a study of the same name has other settings; else an empty string.

    MLflow stores both in one experiment.

    Parameters
    ----------
    info : StudyInfo
    tags : mapping of str to str
        Tags of the newest execution with this name.
    """
    stored = json.loads(tags.get("tunekit.measured", "{}"))
    current = json.loads(encoding.measured(info))
    # The number of rows is ignored: it differs between the outer folds of a cross-validation.
    changed = [name for name in stored if name != "n_rows" and stored[name] != current.get(name)]
    if not changed:
        return ""
    differences = ", ".join(f"{name} {stored[name]}, now {current.get(name)}" for name in changed)
    return (
        f"the store already contains a study {info.name!r} with other settings ({differences}). "
        f"Both are kept; reports and load_study show the newest. Choose another name to separate "
        f"them."
    )


@functools.cache
def packages() -> dict[str, Any]:
    """Return the versions of Python and of packages that affect results, and the platform."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": versions,
    }


def source_tags() -> dict[str, str]:
    """Return tags with the source of a run: program, command, git commit and versions."""
    environment = packages()
    versions = [f"{name} {version}" for name, version in environment["packages"].items()]
    tags = {
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": _program(),
        "tunekit.versions": f"python {environment['python']}, {', '.join(versions)}",
    }
    if tags["mlflow.source.name"] != _INTERACTIVE:  # there, the command only starts a kernel
        tags["tunekit.command"] = _command()
    commit = _git("rev-parse", "HEAD")
    if commit:
        tags["mlflow.source.git.commit"] = commit
        tags["tunekit.git_changed"] = str(_git("diff", "--quiet", "HEAD") is None).lower()
    return tags


def user_name() -> str:
    """Return the name of the current user, or the user ID if there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, the user may have no name
        return str(os.getuid())


def _program() -> str:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return str(Path(main).resolve()) if main else _INTERACTIVE


def _command() -> str:
    """Return the command line of this process, quoted for a shell."""
    return shortened(shlex.join(shown_words(sys.argv)), LONGEST_TAG)


def _git(*args: str) -> str | None:
    """Return the output of git in the current folder; None if the command fails."""
    try:
        completed = subprocess.run(  # noqa: S603 - no shell, fixed arguments
            ["git", *args],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return completed.stdout.strip() if completed.returncode == 0 else None
