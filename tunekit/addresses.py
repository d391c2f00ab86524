"""Addresses that do not show their password when they are printed among other things."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from tunekit.hiding import shown_address


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
