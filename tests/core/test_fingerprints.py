"""Fingerprints depend on code and settings, and are the same in every process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from dummy_estimators import ScriptedEstimator
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.comparison.candidates import identified
from tunekit.core.fingerprints import fingerprint


def named(text):
    """Return a class with a fixed name and the given method body."""
    space = {}
    exec(f"def fit(self, X, y):\n    return {text}", space)  # noqa: S102 - a notebook's new cell
    return type("Model", (ScriptedEstimator,), {"fit": space["fit"], "__module__": "notebook"})()


def test_a_class_with_changed_code_has_another_fingerprint():
    assert identified({"a": named("1")}) == identified({"a": named("1")})
    assert identified({"a": named("1")}) != identified({"a": named("2")})
    steps = [{"a": make_pipeline(StandardScaler(), named(text))} for text in "12"]
    assert identified(steps[0]) != identified(steps[1]), "as a step of a pipeline as well"
    inner = [{"a": named(f"(lambda: {n})()")} for n in (1, 2)]
    assert identified(inner[0]) != identified(inner[1]), "in a nested function as well"


def test_functions_of_scorers_and_steps_are_identified_by_their_code():
    def one(y_true, y_pred):
        return accuracy_score(y_true, y_pred)

    def two(y_true, y_pred):
        return 1 - accuracy_score(y_true, y_pred)

    two.__name__, two.__qualname__ = one.__name__, one.__qualname__
    assert fingerprint(make_scorer(one)) == fingerprint(make_scorer(one))
    assert fingerprint(make_scorer(one)) != fingerprint(make_scorer(two))
    assert identified({"a": FunctionTransformer(one)}) != identified(
        {"a": FunctionTransformer(two)}
    )


def test_the_end_of_a_long_text_matters():
    spaces = [
        tk.Space(**{f"parameter_{i}": tk.Int(1, 9) for i in range(20)}, max_depth=tk.Int(1, high))
        for high in (3, 4)
    ]
    one, two = (tk.Tuner(DecisionTreeClassifier(), space) for space in spaces)
    assert identified({"a": one}) != identified({"a": two})


def test_classes_and_types_are_distinguished():
    assert fingerprint(np.float64) != fingerprint(np.float32)
    assert fingerprint(np.float64) == fingerprint(np.float64)


@pytest.mark.interpreter
def test_another_process_computes_the_same_fingerprint():
    code = (
        "from tunekit.core.fingerprints import fingerprint\n"
        "def scale(x): return x in {'a', 'b', 'c', 'd', 'e'}\n"
        "print(fingerprint(scale))"
    )
    fingerprints = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(fingerprints) == 1, "the order of a set changes"
