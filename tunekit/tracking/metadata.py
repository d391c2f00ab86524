"""What the store is told of an execution before its first trial."""

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
from tunekit.tracking import encoding
from tunekit.tracking.artifacts import CONFIG, ENVIRONMENT
from tunekit.tracking.encoding import LONGEST_TAG


@dataclass(frozen=True)
class Description:
    """What stands on the parent run.

    Attributes
    ----------
    params, tags : mapping of str to str
    dataset : mapping of str to object
        The data set, in MLflow's words.
    files : mapping of str to bytes
        Artifacts by path.
    """

    params: Mapping[str, str]
    tags: Mapping[str, str]
    dataset: Mapping[str, Any]
    files: Mapping[str, bytes]


def describe(info: StudyInfo) -> Description:
    """Return what the study is about and in what surroundings it runs."""
    described = dataclasses.asdict(info)
    note = (
        f"{info.estimator} on {info.n_rows:,} rows of {info.n_features:,}, {info.cv}, judged "
        f"by {info.scoring}; {info.engine} ({info.algorithm}), {info.n_trials} trials at most. "
        f"Among the artifacts: the space and all settings (config.json), the trials "
        f"(trials.csv), and the report, once it is made (report.html)."
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
    """Return the tags that a run is made with.

    Parameters
    ----------
    info : StudyInfo
    kind : {"execution", "trial"}
    name : str
        Of the run, for people.
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


def about_another_study(info: StudyInfo, tags: Mapping[str, str]) -> str:
    """Return what is to be said where a name stands for two studies; empty where it does not.

    MLflow keeps them in one experiment.

    Parameters
    ----------
    info : StudyInfo
    tags : mapping of str to str
        Those of the newest execution of the name.
    """
    held, ours = json.loads(tags.get("tunekit.measured", "{}")), json.loads(encoding.measured(info))
    # The number of rows tells nothing: the outer folds of a cross-validation differ in it.
    others = [name for name in held if name != "n_rows" and held[name] != ours.get(name)]
    if not others:
        return ""
    differ = ", ".join(f"{name} {held[name]}, now {ours.get(name)}" for name in others)
    return (
        f"the store holds a study {info.name!r} of something else ({differ}). Both are kept; "
        f"reports and load_study show the newest. Choose another name to keep them apart."
    )


_PACKAGES = (
    *("tunekit", "keras", "tensorflow", "torch", "jax", "scikit-learn", "numpy", "pandas"),
    *("scipy", "optuna", "hyperopt", "mlflow", "xgboost", "lightgbm"),
)


_INTERACTIVE = "interactive"


_PATIENCE = 5.0  # seconds for git


@functools.cache
def packages() -> dict[str, Any]:
    """Return the versions of Python and of what a result depends on, and the machine."""
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
    """Return where the study was started from, as MLflow's own tags and one of ours."""
    found = packages()
    shown = [f"{name} {version}" for name, version in found["packages"].items()]
    tags = {
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": _program(),
        "tunekit.versions": f"python {found['python']}, {', '.join(shown)}",
    }
    if tags["mlflow.source.name"] != _INTERACTIVE:  # whose command starts a kernel
        tags["tunekit.command"] = _command()
    commit = _git("rev-parse", "HEAD")
    if commit:
        tags["mlflow.source.git.commit"] = commit
        tags["tunekit.git_changed"] = str(_git("diff", "--quiet", "HEAD") is None).lower()
    return tags


def user_name() -> str:
    """Return who runs this, as MLflow shows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return str(os.getuid())


def _program() -> str:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return str(Path(main).resolve()) if main else _INTERACTIVE


def _command() -> str:
    """Return the words that this process was started with, as a shell takes them."""
    return shortened(shlex.join(shown_words(sys.argv)), LONGEST_TAG)


def _git(*words: str) -> str | None:
    """Return what git says of the current folder; None where it says no."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, our own words
            ["git", *words],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
