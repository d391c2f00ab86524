"""Heavy libraries are imported silently and do not change the process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from tunekit.core.runtime import uncollected


@pytest.mark.interpreter
@pytest.mark.parametrize("level", [None, "1"])  # JAX sets it to 1
def test_training_is_silent_at_any_log_level_of_other_libraries(level):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    code = "import tunekit as tk; tk.KerasClassifier(units=4, epochs=1).fit([[0.0], [1.0]], [0, 1])"
    command = [sys.executable, "-c", code]
    completed = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")


@pytest.mark.parametrize("was_on", [True, False])
def test_importing_a_library_restores_the_garbage_collector(was_on):
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()
