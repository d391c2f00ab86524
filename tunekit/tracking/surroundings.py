"""In what surroundings a study ran: Python, packages, the program and its git commit."""

from __future__ import annotations

import functools
import getpass
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tunekit.hiding import shown_words
from tunekit.tracking.facts import LONGEST_TAG, shortened

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
