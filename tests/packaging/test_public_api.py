"""What the package shows, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tunekit as tk

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


@pytest.mark.interpreter
@pytest.mark.parametrize("module", ["tunekit", "tunekit.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    allowed = {"typer", "rich"} if module == "tunekit.cli" else set()
    loaded = set(done.stdout.split()) & set(HEAVY) - allowed
    assert not loaded


@pytest.mark.interpreter
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
