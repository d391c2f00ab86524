"""Addresses that do not show their password when they are printed among other things."""

from __future__ import annotations

import copyreg
import io
import pickle
from typing import Any

import cloudpickle
from sklearn.base import BaseEstimator

from tunekit.core.secrets import shown_address


class Address(str):
    """An address with a secret, which ``repr`` does not show; in all else it is the text itself.

    Examples
    --------
    >>> address = Address("postgresql://me:secret@host/studies")
    >>> [address], address == "postgresql://me:secret@host/studies"
    (['postgresql://me:***@host/studies'], True)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the address without its secret, as Python writes a text."""
        return repr(shown_address(str(self)))


def as_address(value: Any) -> Any:
    """Return a text with a secret as an :class:`Address`, and anything else as it is."""
    if not isinstance(value, str) or isinstance(value, Address) or shown_address(value) == value:
        return value
    return Address(value)


class AddressedEstimator(BaseEstimator):
    """Base of an estimator among whose parameters are addresses.

    From ``get_params`` scikit-learn makes what it prints of an estimator, alone, in a pipeline or
    in another search, as text and as HTML.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as there
        """Return the parameters by name; the ``repr`` of an address does not show its password."""
        return {name: as_address(value) for name, value in super().get_params(deep).items()}


def without_addresses(estimator: Any) -> Any:
    """Return a copy of a fitted estimator whose tuners tell no password, to be kept by others.

    They have done their search: to predict they need neither its storage nor its store. Other parts
    stay as they are, as they may need an address to predict.

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
        held: dict[str, Any] = obj.__getstate__()  # type: ignore[assignment]  # as scikit-learn gives it
        state = {
            name: shown_address(value) if isinstance(value, str) else value
            for name, value in held.items()
            if name != "study_"  # it holds the storage
        }
        if not isinstance(state["storage"], str):
            state["storage"] = None
        return copyreg.__newobj__, (type(obj),), state  # type: ignore[attr-defined]
