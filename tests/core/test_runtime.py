"""How heavy libraries are loaded: silently, and without a change to the process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from tunekit.core.runtime import uncollected


@pytest.mark.interpreter
@pytest.mark.parametrize("level", [None, "1"])  # JAX sets it to 1
def test_training_is_silent_whatever_the_log_level_of_others(level):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    code = "import tunekit as tk; tk.KerasClassifier(units=4, epochs=1).fit([[0.0], [1.0]], [0, 1])"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("was_on", [True, False])
def test_loading_a_library_leaves_the_garbage_collector_as_it_was(was_on):
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()
