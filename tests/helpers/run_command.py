"""Run tunekit commands in the process of the test."""

from __future__ import annotations

import pytest

from tunekit.cli import main


def in_process(captured, *words):
    """Run a command; return its exit status, output and errors."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = captured.readouterr()
    return ended.value.code, shown.out, shown.err
