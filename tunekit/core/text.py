"""Truncation of text."""

from __future__ import annotations

from tunekit.core.secrets import without_secrets


def shortened(text: str, longest: int) -> str:
    """Return a text, truncated with an ellipsis if it is too long.

    Secrets are masked first, since they may not be recognized in a truncated address.
    """
    text = without_secrets(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
