"""Metadata of the rows, such as sample weights, for fits and scorers that request it.

It is routed by scikit-learn, https://scikit-learn.org/stable/metadata_routing.html: an estimator
requests it with ``set_fit_request``, a scorer with ``set_score_request``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sklearn import config_context, get_config
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import get_scorer_names
from sklearn.utils.metadata_routing import (
    MetadataRequest,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.validation import _check_method_params, _num_samples

from tunekit.core.estimators import parts_of
from tunekit.exceptions import DataError, ParameterError

_WEIGHT = "sample_weight"

#: Values by the name of the parameter of ``fit`` or of the scorer.
Metadata = Mapping[str, Any]


def given_metadata(params: Metadata | None, X: Any, where: str) -> dict[str, Any]:
    """Return the metadata that was given, without None.

    Parameters
    ----------
    params : mapping or None
    X : array-like of shape (n_samples, ...)
    where : str
        The function that was called, for messages.

    Raises
    ------
    ParameterError
        When metadata routing is not enabled.
    DataError
        When there is not one weight per row.
    """
    if params is not None and not isinstance(params, Mapping):
        raise ParameterError(
            f"{where}: params must be a dictionary such as {{'sample_weight': weights}}, got "
            f"{type(params).__name__}."
        )
    metadata = {name: value for name, value in (params or {}).items() if value is not None}
    if metadata and not get_config()["enable_metadata_routing"]:
        first = next(iter(metadata))
        raise ParameterError(
            f"{where}: {first} is passed on by scikit-learn's metadata routing, which is not "
            f"enabled: call sklearn.set_config(enable_metadata_routing=True), then "
            f"set_fit_request({first}=True) of the estimator and set_score_request({first}=True) "
            f"of the scorer, or False."
        )
    if _WEIGHT in metadata and _num_samples(metadata[_WEIGHT]) != _num_samples(X):
        raise DataError(
            f"{where}: {_WEIGHT} must have one value per row of X, got "
            f"{_num_samples(metadata[_WEIGHT])} values and {_num_samples(X)} rows."
        )
    return metadata


def routed(metadata: Metadata) -> AbstractContextManager[Any]:
    """Return a context in which scikit-learn routes metadata, also in another process."""
    if not metadata:
        return contextlib.nullcontext()
    context: AbstractContextManager[Any] = config_context(enable_metadata_routing=True)
    return context


def rows_of(metadata: Metadata, X: Any, rows: Any) -> dict[str, Any]:
    """Return the metadata of some rows; values of another length than X belong to all rows."""
    chosen: dict[str, Any] = _check_method_params(X, dict(metadata), rows)
    return chosen


def for_fit(estimator: Any, metadata: Metadata) -> dict[str, Any]:
    """Return the metadata that an estimator requests for its ``fit``."""
    return _requested(estimator, "fit", metadata)


def for_score(scorer: Any, metadata: Metadata) -> dict[str, Any]:
    """Return the metadata that a scorer requests."""
    return _requested(scorer, "score", metadata)


def _requested(owner: Any, method: str, metadata: Metadata) -> dict[str, Any]:
    if not metadata:
        return {}
    router = MetadataRouter(owner="tunekit").add(
        consumer=owner, method_mapping=MethodMapping().add(caller=method, callee=method)
    )
    requested: dict[str, Any] = {}
    for name, value in metadata.items():
        with contextlib.suppress(TypeError):  # it has no parameter of this name
            requested |= process_routing(router, method, **{name: value}).consumer[method]
    return requested


def check_requests(
    estimators: Mapping[str, Any], scorers: Mapping[str, Any], metadata: Metadata, where: str
) -> None:
    """Check that all metadata is requested, and that each part declares whether it requests it.

    Parameters
    ----------
    estimators : mapping of str to estimator
    scorers : mapping of str to callable
        By the name of the objective.
    metadata : mapping
    where : str
        The function that was called, for messages.

    Raises
    ------
    ParameterError
        When an estimator or scorer could use metadata and does not say whether it should, or
        nothing uses it.
    """
    if not metadata:
        return
    used: set[str] = set()
    with routed(metadata):
        for name, estimator in estimators.items():
            try:
                _check_said(estimator, metadata, f"{where}: {name}")
                used |= set(for_fit(estimator, metadata))
            # See findings/sklearn-subclass-with-its-own-fit-cannot-be-routed.sh.
            except (AttributeError, NotImplementedError, ValueError) as error:
                if isinstance(error, ParameterError):
                    raise
                raise ParameterError(
                    f"{where}: {name} takes no part in metadata routing, so it cannot receive "
                    f"{', '.join(metadata)}: {type(error).__name__}: {error}"
                ) from error
        for name, scorer in scorers.items():
            try:
                used |= set(for_score(scorer, metadata))
            except UnsetMetadataPassedError as error:
                raise ParameterError(
                    f"{where}: scorer {name!r} does not declare whether it uses "
                    f"{', '.join(error.unrequested_params)}: "
                    f"{_next_step_of_scorer(name, scorer, next(iter(error.unrequested_params)))}"
                ) from error
    unused = [name for name in metadata if name not in used]
    if unused:
        raise ParameterError(
            f"{where}: nothing requests {', '.join(unused)}: use "
            f"set_fit_request({unused[0]}=True) of an estimator whose fit has this parameter, or "
            f"set_score_request({unused[0]}=True) of a scorer."
        )


def _check_said(estimator: Any, metadata: Metadata, where: str) -> None:
    """Check that each part of an estimator declares whether its fit uses metadata."""
    for part in {id(each): each for each in (estimator, *parts_of(estimator).values())}.values():
        requests = get_routing_for_object(part)
        if not isinstance(requests, MetadataRequest):  # it passes metadata on to other parts
            continue
        for name in metadata:
            if requests.fit.requests.get(name, False) is None:
                raise ParameterError(
                    f"{where}: {type(part).__name__}.fit does not declare whether it uses {name}: "
                    f"call its set_fit_request({name}=True), or False."
                )


def _next_step_of_scorer(name: str, scorer: Any, metadata: str) -> str:
    if not hasattr(scorer, "_score_func"):  # the score of the estimator
        return f"call its set_score_request({metadata}=True), or False."
    given = f"get_scorer({name!r})" if name in get_scorer_names() else "scorer"
    return f"use scoring={given}.set_score_request({metadata}=True), or False."


def scorers_of(objectives: Sequence[Any]) -> dict[str, Any]:
    """Return the scorers of objectives by name, without costs."""
    return {each.name: each.scorer for each in objectives if each.scorer is not None}


def scorer_metadata(name: str, scorer: Any, params: Metadata, X: Any, where: str) -> dict[str, Any]:
    """Return the metadata for a scorer; see :func:`given_metadata` and :func:`check_requests`."""
    metadata = given_metadata(params, X, where)
    check_requests({}, {name: scorer}, metadata, where)
    return metadata


def data_to_hash(X: Any, y: Any, metadata: Metadata) -> tuple[Any, ...]:
    """Return what identifies the data of a study or a comparison."""
    return (X, y, dict(metadata)) if metadata else (X, y)
