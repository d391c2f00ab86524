"""Objects are told apart by their code and their settings, in every process."""

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
    """Return a class of one name with one of several methods."""
    space = {}
    exec(f"def fit(self, X, y):\n    return {text}", space)  # noqa: S102 - a notebook's new cell
    return type("Model", (ScriptedEstimator,), {"fit": space["fit"], "__module__": "notebook"})()


def test_a_class_whose_code_changed_is_another_one():
    assert identified({"a": named("1")}) == identified({"a": named("1")})
    assert identified({"a": named("1")}) != identified({"a": named("2")})
    steps = [{"a": make_pipeline(StandardScaler(), named(text))} for text in "12"]
    assert identified(steps[0]) != identified(steps[1]), "also as a step of a pipeline"
    inner = [{"a": named(f"(lambda: {n})()")} for n in (1, 2)]
    assert identified(inner[0]) != identified(inner[1]), "also in a function within"


def test_a_function_of_a_scorer_or_a_step_is_told_by_its_code():
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


def test_what_a_long_text_ends_with_is_seen():
    spaces = [
        tk.Space(**{f"parameter_{i}": tk.Int(1, 9) for i in range(20)}, max_depth=tk.Int(1, high))
        for high in (3, 4)
    ]
    one, two = (tk.Tuner(DecisionTreeClassifier(), space) for space in spaces)
    assert identified({"a": one}) != identified({"a": two})


def test_classes_and_types_are_told_apart():
    assert fingerprint(np.float64) != fingerprint(np.float32)
    assert fingerprint(np.float64) == fingerprint(np.float64)


@pytest.mark.interpreter
def test_another_process_finds_the_same_identity():
    code = (
        "from tunekit.core.fingerprints import fingerprint\n"
        "def scale(x): return x in {'a', 'b', 'c', 'd', 'e'}\n"
        "print(fingerprint(scale))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1, "the order of a set changes"
