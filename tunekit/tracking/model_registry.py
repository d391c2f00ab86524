"""The best estimator of a study as an MLflow model, registered under the name of the study."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunekit.core.json_values import short_digest
from tunekit.core.runtime import load_mlflow, quiet_mlflow
from tunekit.exceptions import NotFoundError

#: Alias of the best version of a model: ``models:/<study>@champion``.
ALIAS = "champion"

_ENGINE = "tunekit.engine"
_VERSIONS = 1000  # newest versions that are searched for those of each engine
_ATTEMPTS = 5  # to set the alias while other processes set it
_LONGEST_NAME = 200  # characters; the registry allows 256
_UNSAFE = re.compile(r"[^\w .-]+", re.ASCII)


def model_name(study: str) -> str:
    """Return the name under which the model of a study is registered.

    It is the name of the study if that is valid in an address such as ``models:/digits@champion``.

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
    """Log a model in the run of the best trial, register it, and update the alias.

    The alias goes to the best version among those of the newest search of each engine. Only
    versions whose scores are comparable with this one are considered.

    Parameters
    ----------
    client : MlflowClient
    run_id : str
        Run of the best trial.
    folder : Path
        Files of the model, see :func:`pack`.
    study : str
        Name of the study.
    execution : str
        ID of the parent run.
    score : float
        Mean over the splits.
    tags : mapping of str to str
        The engine, and tags that are equal for versions with comparable scores.
    """
    name = model_name(study)
    _ensure_registered(client, name, study)
    versions = client.search_model_versions(f"run_id = '{run_id}'")
    version = next((each for each in versions if each.tags.get("tunekit.run") == execution), None)
    if version is None:
        experiment = client.get_run(run_id).info.experiment_id
        model = client.create_logged_model(
            experiment, name="model", source_run_id=run_id, model_type="sklearn"
        )
        client.log_model_artifacts(model.model_id, str(folder))
        client.finalize_logged_model(model.model_id, "READY")
        version = client.create_model_version(
            name,
            model.artifact_location,  # with the model ID, MLflow would use its default store
            run_id=run_id,
            tags={"tunekit.run": execution, "tunekit.score": repr(score), **tags},
            model_id=model.model_id,
            await_creation_for=None,  # it is created at once
        )
    _set_alias(client, name, tags)


def load_champion(client: Any, uri: str, study: str) -> Any:
    """Return the estimator with the alias ``champion`` of a study.

    Parameters
    ----------
    client : MlflowClient
    uri : str
        Store of the client.
    study : str
        Name of the study.

    Raises
    ------
    NotFoundError
        When there is no such version.
    """
    version = _champion(client, model_name(study))
    if version is None:
        raise NotFoundError(
            f"the study {study!r} has no champion: it was run with refit=False, or no trial was "
            f"successful."
        )
    mlflow = load_mlflow()
    with tempfile.TemporaryDirectory(prefix="tunekit-") as folder, quiet_mlflow():
        path = mlflow.artifacts.download_artifacts(
            artifact_uri=version.source, dst_path=folder, tracking_uri=uri
        )
        return mlflow.sklearn.load_model(path)


def _ensure_registered(client: Any, name: str, study: str) -> None:
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
        return None  # the alias is not set yet


def _set_alias(client: Any, name: str, tags: Mapping[str, str]) -> None:
    """Set the alias to the best version, and verify it: another process may set it, too."""
    for _ in range(_ATTEMPTS):
        champion, best = _champion(client, name), _best_version(client, name, tags)
        if champion is not None and str(champion.version) == str(best.version):
            return
        client.set_registered_model_alias(name, ALIAS, best.version)


def _best_version(client: Any, name: str, tags: Mapping[str, str]) -> Any:
    """Return the best among the newest versions of each engine; the earliest one of a tie."""
    versions = client.search_model_versions(
        f"name = '{name}'", max_results=_VERSIONS, order_by=["version_number DESC"]
    )
    newest: dict[str, Any] = {}
    for version in sorted(versions, key=lambda each: -int(each.version)):
        if all(version.tags.get(key) == value for key, value in tags.items() if key != _ENGINE):
            newest.setdefault(version.tags[_ENGINE], version)
    return max(
        newest.values(),
        key=lambda each: (float(each.tags["tunekit.score"]), -int(each.version)),
    )
