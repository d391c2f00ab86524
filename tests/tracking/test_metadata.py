"""Metadata of runs."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_execution


@pytest.fixture
def tracked(tuner, uri):
    return read_execution(open_store(uri, create=False), tuner.run_id_)


def test_the_command_is_stored_without_passwords(tracked, tuner):
    (execution,) = tracked.executions
    started = hasattr(sys.modules["__main__"], "__file__")  # not in workers of xdist
    assert execution.command == (shlex.join(sys.argv) if started else "")
    assert execution.program
    assert len(execution.commit) == 40


@pytest.mark.interpreter
def test_passwords_in_a_command_are_hidden(tmp_path):
    program = tmp_path / "run it.py"
    text = "from tunekit.tracking.metadata import source_tags as tags; print(tags())"
    program.write_text(text)
    words = [sys.executable, str(program), "--storage", "postgresql://me:secret@db/x"]
    found = subprocess.run(words, capture_output=True, text=True)
    command = eval(found.stdout)["tunekit.command"]
    assert shlex.split(command) == [str(program), "--storage", "postgresql://me:***@db/x"]
    nobody = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert "tunekit.command" not in eval(nobody.stdout)
