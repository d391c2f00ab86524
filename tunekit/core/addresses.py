"""Addresses whose ``repr`` does not contain their password."""

from __future__ import annotations

import io
import pickle
from typing import Any, cast

import cloudpickle
from sklearn.base import BaseEstimator

from tunekit.core.secrets import shown_address


class Address(str):
    """A string with an address whose secret is masked in its ``repr``.

    Examples
    --------
    >>> address = Address("postgresql://me:secret@host/studies")
    >>> [address], address == "postgresql://me:secret@host/studies"
    (['postgresql://me:***@host/studies'], True)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the ``repr`` of the address with its secret masked."""
        return repr(shown_address(str(self)))


def as_address(value: Any) -> Any:
    """Return a string with a secret as an :class:`Address`, and any other value unchanged."""
    if not isinstance(value, str) or isinstance(value, Address) or shown_address(value) == value:
        return value
    return Address(value)


class AddressedEstimator(BaseEstimator):
    """Base class of estimators with addresses among their parameters.

    scikit-learn creates the text and HTML representations of an estimator from ``get_params``.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as in scikit-learn
        """Return the parameters by name; the ``repr`` of an address has its password masked."""
        return {name: as_address(value) for name, value in super().get_params(deep).items()}


def without_addresses(estimator: Any) -> Any:
    """Return a copy of a fitted estimator without the passwords of its tuners.

    A fitted tuner needs neither its storage nor its MLflow store to predict. Other parts are
    unchanged, since they may need an address to predict.

    Parameters
    ----------
    estimator : estimator
    """
    file = io.BytesIO()
    _Pickler(file).dump(estimator)
    return pickle.loads(file.getvalue())  # noqa: S301 - written above


class _Pickler(cloudpickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, AddressedEstimator):
            return super().reducer_override(obj)
        make, args, attributes, *_ = cast("tuple[Any, ...]", obj.__reduce_ex__(2))
        state = {
            name: shown_address(value) if isinstance(value, str) else value
            for name, value in attributes.items()
            if name != "study_"  # it contains the storage
        }
        if not isinstance(state["storage"], str):
            state["storage"] = None
        return make, args, state
