"""A fitted estimator as the files of an MLflow model."""

from __future__ import annotations

import functools
import importlib.util
import io
import pickle
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from tunekit.core.addresses import without_addresses
from tunekit.core.databases import in_short
from tunekit.core.numbers import spread_evenly
from tunekit.core.runtime import load_mlflow, quiet_mlflow
from tunekit.tracking import champion
from tunekit.tracking.model_requirements import modules_in, requirements
from tunekit.tracking.model_signature import make_signature, without_inputs

_TUNER = "tunekit.study.tuner"
_ROWS = 20  # that are predicted to verify a model

#: Packages and modules of tunekit that a Keras estimator needs.
_PARTS = ("__init__.py", "exceptions.py", "core", "models", "space")


def pack(estimator: Any, X: Any) -> tuple[dict[str, bytes], str]:
    """Return a fitted estimator as the files of an MLflow model, by path.

    Parameters
    ----------
    estimator : estimator
        The complete estimator; a pipeline includes its preprocessing.
    X : array-like of shape (n_samples, ...)
        Training data.

    Returns
    -------
    files : dict of str to bytes
        They include a signature, see
        :func:`~tunekit.tracking.model_signature.make_signature`, the requirements, and the parts
        of tunekit that the estimator needs.
    problem : str
        How the predictions of the loaded model differ from those of the estimator; empty if they
        are equal.
    """
    signature = make_signature(estimator, X)
    files = _saved(estimator, signature)
    problem = _difference(files, estimator, X)
    if problem and signature is not None and signature.inputs is not None:
        files = _saved(estimator, without_inputs(signature))
        problem = _difference(files, estimator, X)
    return files, problem


def _saved(estimator: Any, signature: Any) -> dict[str, bytes]:
    mlflow, pickled = load_mlflow(), cloudpickle.dumps(estimator)
    modules = modules_in(pickled)
    if _TUNER in modules:
        pickled = cloudpickle.dumps(without_addresses(estimator))
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name, quiet_mlflow():
        folder, code = Path(name) / "model", [Path(name) / f"{champion.MODULE}.py"]
        code[0].write_bytes(Path(champion.__file__).read_bytes())
        load: Any = pickle.loads
        if any(each.partition(".")[0] == "tunekit" for each in modules):
            load = _loader().load
            code.append(Path(name) / champion.PARTS)
            code[1].write_bytes(_parts(whole=_TUNER in modules))
        mlflow.sklearn.save_model(
            _Pickled(pickled, load),
            str(folder),
            signature=signature,
            code_paths=[str(each) for each in code],
            pip_requirements=requirements(modules),
            serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        )
        model = mlflow.models.Model.load(str(folder))
        model.flavors["python_function"]["loader_module"] = champion.MODULE
        model.save(str(folder / "MLmodel"))
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


class _Pickled:
    """A pickled estimator, whose own pickle loads it by a given function."""

    def __init__(self, pickled: bytes, load: Callable[[bytes], Any]) -> None:
        self._pickled = pickled
        self._load = load

    def predict(self) -> None:
        """Exist: MLflow stores only models that have this method."""

    def __reduce__(self) -> tuple[Any, ...]:
        return self._load, (self._pickled,)


@functools.cache
def _loader() -> ModuleType:
    """Return the module that loads models, under the name that it has in a model."""
    spec = importlib.util.spec_from_file_location(champion.MODULE, champion.__file__)
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101 - for the type checker
    module = importlib.util.module_from_spec(spec)
    sys.modules[champion.MODULE] = module  # so that the pickle refers to its functions by name
    spec.loader.exec_module(module)
    return module


@functools.cache
def _parts(*, whole: bool) -> bytes:
    """Return the modules of tunekit that an estimator needs, or all of them, as a zip file."""
    root = Path(champion.__file__).parents[1]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.py")):
            inside = path.relative_to(root)
            if whole or inside.parts[0] in _PARTS:
                archive.write(path, Path(root.name) / inside)
    return content.getvalue()


def _difference(files: Mapping[str, bytes], estimator: Any, X: Any) -> str:
    """Return how a model, loaded by MLflow, differs from its estimator; empty if it does not."""
    rows = _safe_indexing(X, spread_evenly(_num_samples(X), _ROWS))
    expected = np.asarray(estimator.predict(rows))
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name, quiet_mlflow():
        for path, content in files.items():
            target = Path(name) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        try:
            model = load_mlflow().pyfunc.load_model(name, suppress_warnings=True)
            predicted = np.asarray(model.predict(rows))
        except Exception as error:  # noqa: BLE001 - anything can go wrong in the user's classes
            return f"it fails: {in_short(error)}"
    return "" if _are_equal(expected, predicted) else "it predicts other values for some rows"


def _are_equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return bool(np.allclose(one, other, rtol=1e-5, atol=1e-8, equal_nan=True))
    return bool((one == other).all())
