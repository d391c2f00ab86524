"""Fits of a comparison in several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from dummy_estimators import ScriptedEstimator
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


def compare(candidates, **settings):
    return tk.compare(candidates, X, y, cv=3, progress=False, **settings)


class Process(ScriptedEstimator):
    """Scores with the number of its process."""

    def score(self, X, y):
        return float(os.getpid())


@pytest.mark.slow
def test_results_are_those_of_one_process(folder):
    candidates = {
        "linear": LogisticRegression(),
        "tree": DecisionTreeClassifier(),
        "network": tk.KerasClassifier(units=4, epochs=2),
    }
    settings = {"seeds": 2, "test_size": 0.2, "scoring": ["accuracy", "neg_log_loss"]}
    alone = compare(candidates, tracking=False, **settings)
    together = compare(candidates, n_jobs=2, name="together", **settings)
    for one, other in zip(alone.fits, together.fits, strict=True):
        assert (one.candidate, one.split, one.seed) == (other.candidate, other.split, other.seed)
        assert one.scores == pytest.approx(other.scores)
        np.testing.assert_array_equal(one.predictions.rows, other.predictions.rows)
    assert tk.load_comparison("together").fits[0].scores == together.fits[0].scores


@pytest.mark.slow
def test_fits_run_in_other_processes():
    found = compare({"a": Process()}, n_jobs=2, tracking=False, scoring=Process.score)
    assert os.getpid() not in {fit.scores["score"] for fit in found.fits}


@pytest.mark.slow
def test_a_process_that_dies_ends_the_comparison_with_a_reason():
    with pytest.raises(tk.StudyError, match="a process of the comparison died, possibly out of"):
        compare({"a": ScriptedEstimator(deed="die")}, n_jobs=2, tracking=False, sanity_check=False)


def test_what_cannot_be_sent_is_refused():
    class Locked(ScriptedEstimator):
        def __getstate__(self):
            raise TypeError("cannot pickle a lock")

    with pytest.raises(tk.ParameterError, match=r"n_jobs runs fits .* cannot pickle a lock"):
        compare({"a": Locked()}, n_jobs=2, tracking=False)


@pytest.mark.parametrize("n_jobs", [0, 1.5, True])
def test_a_number_of_processes_that_is_none_is_refused(n_jobs):
    with pytest.raises(tk.ParameterError, match="n_jobs must be None or a whole number other than"):
        compare({"a": LogisticRegression()}, n_jobs=n_jobs)


PROGRAM = """
import sys; sys.path.insert(0, sys.argv[1])
from dummy_estimators import ScriptedEstimator
from sklearn.datasets import load_iris
import tunekit as tk

if __name__ == "__main__":
    X, y = load_iris(return_X_y=True)
    tk.compare(
        {"slow": ScriptedEstimator(seconds=60, marks="marks")}, X, y, cv=3, n_jobs=2,
        tracking=False, sanity_check=False,
    )
"""


@pytest.mark.slow
@pytest.mark.interpreter
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_when_the_program_ends(tmp_path, number):
    helpers = Path(__file__).parents[1] / "helpers"
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    program = subprocess.Popen([sys.executable, script, helpers], cwd=tmp_path)
    marks, deadline = tmp_path / "marks", time.monotonic() + 120
    while not (marks.exists() and len(marks.read_text().splitlines()) == 2):
        assert time.monotonic() < deadline, "the fits did not start"
        assert program.poll() is None
        time.sleep(0.1)
    children = psutil.Process(program.pid).children(recursive=True)
    program.send_signal(number)
    assert program.wait(60) != 0
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
