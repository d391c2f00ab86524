"""The start-up time of TensorFlow does not count as fit time."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tunekit.models import warmup

PROGRAM = """
import sys
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
import tunekit as tk

class Watched(tk.KerasClassifier):
    def fit(self, X, y):
        print("loaded" if "tensorflow" in sys.modules else "cold")
        return super().fit(X, y)

X, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
model = make_pipeline(StandardScaler(), Watched(units=2, epochs=1))
tk.compare({"network": model}, X, y, cv=2, tracking=False, progress=False, sanity_check=False)
"""


@pytest.mark.interpreter
def test_tensorflow_is_loaded_before_a_fit_is_timed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["loaded", "loaded"]


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(LogisticRegression())])
def test_classical_models_need_no_tensorflow(estimator):
    before = warmup._train.cache_info().currsize, warmup._train.cache_info().hits
    warmup.warm_up(estimator)
    assert (warmup._train.cache_info().currsize, warmup._train.cache_info().hits) == before
