"""What the package shows, and what importing it loads."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

import tunekit as tk
from tunekit.core.runtime import uncollected

HEAVY = ["hyperopt", "keras", "matplotlib", "mlflow", "numpy", "optuna", "pandas", "scipy"]
HEAVY += ["seaborn", "sklearn", "sqlalchemy", "tensorflow", "typer", "rich"]


def test_the_public_names_are_these():
    assert tk.__all__ == [
        "Categorical",
        "Comparison",
        "DataError",
        "Float",
        "Int",
        "KerasClassifier",
        "KerasRegressor",
        "Meta",
        "NotFoundError",
        "ParameterError",
        "Space",
        "SpaceError",
        "StudyError",
        "TrackingError",
        "TrackingWarning",
        "TrainingDiverged",
        "TunekitError",
        "Tuner",
        "across_datasets",
        "compare",
        "load_comparison",
        "load_study",
        "report",
    ]
    assert set(tk.__all__) <= set(dir(tk))
    for name in tk.__all__:
        assert getattr(tk, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Tunner'"):
        _ = tk.Tunner


@pytest.mark.parametrize("module", ["tunekit", "tunekit.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    allowed = {"typer", "rich"} if module == "tunekit.cli" else set()
    loaded = set(done.stdout.split()) & set(HEAVY) - allowed
    assert not loaded


def test_importing_changes_no_environment_variable():
    code = "import os; a = dict(os.environ); import tunekit; assert a == dict(os.environ)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_error_is_ours_and_a_standard_one():
    for kind, standard in [
        (tk.SpaceError, ValueError),
        (tk.ParameterError, ValueError),
        (tk.DataError, ValueError),
        (tk.NotFoundError, LookupError),
        (tk.TrackingError, RuntimeError),
        (tk.StudyError, RuntimeError),
    ]:
        assert issubclass(kind, tk.TunekitError)
        assert issubclass(kind, standard)


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
