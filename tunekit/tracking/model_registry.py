"""The winner of a study as an MLflow model, registered under the study's name."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tunekit.core.addresses import without_addresses
from tunekit.core.json_values import short_digest
from tunekit.core.runtime import load_mlflow, quieted
from tunekit.exceptions import NotFoundError
from tunekit.tracking.model_signature import make_signature

#: The alias under which a study's winner is found: ``models:/<study>@champion``.
ALIAS = "champion"

_TUNER = b"tunekit.study.tuner"  # in the pickle of an estimator that holds one
_ENGINE = "tunekit.engine"
_VERSIONS = 1000  # newest ones, among which each engine's is looked for
_LOOKS = 5  # at who is champion, until it is the best
_LONGEST_NAME = 200  # characters; the registry's column holds 256
_UNSAFE = re.compile(r"[^\w .-]+", re.ASCII)

# What every estimator needs, to be loaded and to predict.
_NEEDS = ("cloudpickle", "mlflow", "numpy", "pandas", "scikit-learn", "scipy")
_PACKAGES = {"sklearn": "scikit-learn", "tunekit": "tunekit"}  # by module
_NO_PACKAGE = {"__main__", *sys.stdlib_module_names}


def model_name(study: str) -> str:
    """Return the name under which a study's winner is registered.

    It is the study's own, where an address such as ``models:/digits@champion`` can hold it.

    Examples
    --------
    >>> model_name("digits")
    'digits'
    >>> model_name("a/b: c@d")
    'a-b- c-d-8a3f2f38'
    """
    safe = _UNSAFE.sub("-", study).strip(" .")
    if safe == study and len(study) <= _LONGEST_NAME:
        return study
    return f"{safe[:_LONGEST_NAME] or 'study'}-{short_digest(study)}"


def pack(estimator: Any, X: Any) -> dict[str, bytes]:
    """Return a fitted estimator as the files of an MLflow model, by path.

    Parameters
    ----------
    estimator : estimator
        Whole: a pipeline goes with its preprocessing.
    X : array-like of shape (n_samples, ...)
        What it was fitted on.

    Returns
    -------
    dict of str to bytes
        With a signature, see :func:`~tunekit.tracking.model_signature.make_signature`, and with the
        packages and versions that it needs.
    """
    files = _saved(estimator, X)
    if any(_TUNER in content for content in files.values()):
        files = _saved(without_addresses(estimator), X)
    return files


def _saved(estimator: Any, X: Any) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name, _quiet():
        flavor, folder = load_mlflow().sklearn, Path(name) / "model"
        flavor.save_model(
            estimator,
            str(folder),
            signature=make_signature(estimator, X),
            pip_requirements=_requirements(estimator),
            serialization_format=flavor.SERIALIZATION_FORMAT_CLOUDPICKLE,
        )
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


def register(
    client: Any,
    run_id: str,
    folder: Path,
    *,
    study: str,
    execution: str,
    score: float,
    tags: Mapping[str, str],
) -> None:
    """Log a model under the winning trial's run, register it, and crown it if it is the best.

    The alias goes to the best among the winners of each engine's newest search, as far as they
    were measured in the same way as this one.

    Parameters
    ----------
    client : MlflowClient
    run_id : str
        The winning trial's run.
    folder : Path
        What :func:`pack` made.
    study : str
        Name of the study.
    execution : str
        The parent run.
    score : float
        Mean over the splits.
    tags : mapping of str to str
        What says whether another winner was measured in the same way, and its engine.
    """
    name = model_name(study)
    _make_room(client, name, study)
    known = client.search_model_versions(f"run_id = '{run_id}'")
    version = next((each for each in known if each.tags.get("tunekit.run") == execution), None)
    if version is None:
        experiment = client.get_run(run_id).info.experiment_id
        model = client.create_logged_model(
            experiment, name="model", source_run_id=run_id, model_type="sklearn"
        )
        client.log_model_artifacts(model.model_id, str(folder))
        client.finalize_logged_model(model.model_id, "READY")
        version = client.create_model_version(
            name,
            model.artifact_location,  # by its id MLflow would look for it in its own default store
            run_id=run_id,
            tags={"tunekit.run": execution, "tunekit.score": repr(score), **tags},
            model_id=model.model_id,
            await_creation_for=None,  # it is made at once
        )
    _crown(client, name, tags)


def load_champion(client: Any, uri: str, study: str) -> Any:
    """Return the estimator that a study's alias ``champion`` stands for.

    Parameters
    ----------
    client : MlflowClient
    uri : str
        Its store.
    study : str
        Name of the study.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    version = _champion(client, model_name(study))
    if version is None:
        raise NotFoundError(
            f"the study {study!r} has no champion: it was run with refit=False, or has no finished "
            f"trial."
        )
    mlflow = load_mlflow()
    with tempfile.TemporaryDirectory(prefix="tunekit-") as folder, _quiet():
        path = mlflow.artifacts.download_artifacts(
            artifact_uri=version.source, dst_path=folder, tracking_uri=uri
        )
        return mlflow.sklearn.load_model(path)


def _make_room(client: Any, name: str, study: str) -> None:
    mlflow = load_mlflow()
    try:
        client.create_registered_model(name, tags={"tunekit.study": study})
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _champion(client: Any, name: str) -> Any:
    mlflow = load_mlflow()
    try:
        return client.get_model_version_by_alias(name, ALIAS)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"):
            raise
        return None  # nobody was crowned yet


def _crown(client: Any, name: str, tags: Mapping[str, str]) -> None:
    """Give the alias to the best version, and look again: another process may be at it."""
    for _ in range(_LOOKS):
        champion, best = _champion(client, name), _best_of_newest(client, name, tags)
        if champion is not None and str(champion.version) == str(best.version):
            return
        client.set_registered_model_alias(name, ALIAS, best.version)


def _best_of_newest(client: Any, name: str, tags: Mapping[str, str]) -> Any:
    """Return the best version of the newest ones of each engine, of equal ones the first."""
    versions = client.search_model_versions(
        f"name = '{name}'", max_results=_VERSIONS, order_by=["version_number DESC"]
    )
    newest: dict[str, Any] = {}
    for version in sorted(versions, key=lambda each: -int(each.version)):
        held = version.tags
        if all(held.get(key) == value for key, value in tags.items() if key != _ENGINE):
            newest.setdefault(held[_ENGINE], version)
    return max(
        newest.values(),
        key=lambda each: (float(each.tags["tunekit.score"]), -int(each.version)),
    )


def _requirements(estimator: Any) -> list[str]:
    """Return the packages, with their versions, that a model of this kind needs."""
    steps = [step for _, step in getattr(estimator, "steps", ())] or [estimator]
    modules = {type(step).__module__.split(".")[0] for step in steps}
    names = {*_NEEDS, *filter(None, map(_package, modules))}
    if "tunekit" in modules:
        names |= {"keras", "tensorflow", os.environ.get("KERAS_BACKEND", "tensorflow")}
    return sorted(f"{name}=={importlib.metadata.version(name)}" for name in names)


@functools.cache  # looking through all packages takes most of a second
def _package(module: str) -> str | None:
    """Return what a module is installed from; None for Python's own and the user's modules."""
    if module in _PACKAGES or module in _NO_PACKAGE:
        return _PACKAGES.get(module)
    return next(iter(importlib.metadata.packages_distributions().get(module, ())), None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow from advising people who did not choose how a model is kept."""
    advisers = ("mlflow.sklearn", "mlflow.models.model")
    with quieted(logging.ERROR, *advisers), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
