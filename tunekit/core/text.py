"""Truncation of text, and text without addresses in memory."""

from __future__ import annotations

import re

from tunekit.core.secrets import without_secrets

_ADDRESS = re.compile(r"( object)? at 0x[0-9a-fA-F]+")


def has_address(text: str) -> bool:
    """Return whether the ``repr`` of an object contains an address in memory."""
    return _ADDRESS.search(text) is not None


def without_addresses(text: str) -> str:
    """Return the ``repr`` of an object without addresses in memory, which differ in each process.

    Examples
    --------
    >>> without_addresses("select(<library.Selector object at 0x7f7ccc927050>)")
    'select(<library.Selector>)'
    """
    return _ADDRESS.sub("", text)


def shortened(text: str, longest: int) -> str:
    """Return a text, truncated with an ellipsis if it is too long.

    Secrets are masked first, since they may not be recognized in a truncated address.
    """
    text = without_secrets(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
