"""Texts that have a limited length."""

from __future__ import annotations

from tunekit.core.secrets import without_secrets


def shortened(text: str, longest: int) -> str:
    """Return a text, cut where it is too long, with a sign that it was.

    Secrets are hidden before: of half an address nobody knows whether it holds one.
    """
    text = without_secrets(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
