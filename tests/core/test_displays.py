"""Progress in a terminal, in a notebook, and in the log of a batch job."""

from __future__ import annotations

import re

import nbformat
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from nbclient import NotebookClient
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

import tunekit as tk
from tunekit.core.displays import Log, Status

X, y = load_iris(return_X_y=True)


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def lines(capfd, *, seconds, total, pause):
    """Return the units of each line of a log if each unit takes some seconds."""
    clock = Clock()
    log = Log("trials", total, pause=pause, clock=clock)
    log.show(Status("digits"))
    for done in range(1, total + 1):
        clock.now += seconds
        log.show(Status("digits", done, "0.9000"))
    return [int(re.search(r"(\d+)/", line)[1]) for line in capfd.readouterr().err.splitlines()]


def test_a_log_has_a_line_for_every_tenth(capfd):
    assert lines(capfd, seconds=20, total=30, pause=10) == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_a_log_has_a_line_every_minute(capfd):
    assert lines(capfd, seconds=25, total=100, pause=10) == [*range(3, 100, 3), 100]


def test_a_short_run_has_no_line_unless_it_was_asked_for(capfd):
    assert lines(capfd, seconds=0.5, total=10, pause=10) == []
    assert lines(capfd, seconds=0.5, total=10, pause=0) == list(range(1, 11))


def test_many_short_trials_have_no_more_than_a_line_in_ten_seconds(capfd):
    assert lines(capfd, seconds=0.125, total=320, pause=10) == [80, 160, 240, 320]


def test_a_line_says_how_long_it_will_take(capfd):
    clock = Clock()
    log = Log("trials", 4, pause=0, clock=clock)
    clock.now = 3700.0
    log.show(Status("digits · optuna", 1, "0.9000", "1 failed"))
    assert capfd.readouterr().err == (
        "digits · optuna: 1/4 trials, best 0.9000, 1:01:40 elapsed, 3:05:00 remaining; 1 failed\n"
    )


def test_a_search_and_a_comparison_write_lines_where_there_is_no_terminal(engine, capfd):
    study(QUALITY, engine, n_trials=3, name="iris [/b]", progress=True).fit(X, y)
    err = capfd.readouterr().err.splitlines()
    assert [line.split(", ")[0] for line in err] == [
        f"iris [/b] · {engine}: {n}/3 trials" for n in (1, 2, 3)
    ]
    tk.compare({"dummy": DummyClassifier()}, X, y, cv=2, tracking=False, progress=True)
    assert "comparison · dummy: 2/2 fits, " in capfd.readouterr().err


@pytest.mark.parametrize("progress", [None, False])
def test_a_short_search_is_silent(progress, capfd):
    study(QUALITY, n_trials=3, progress=progress).fit(X, y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_long_search_writes_lines_by_itself_in_a_batch_job(capfd):
    estimator = ScriptedEstimator(seconds=5.5)
    study(QUALITY, estimator=estimator, n_trials=2, cv=2, refit=False).fit(X, y)
    assert "scriptedestimator · optuna: 1/2 trials, best 0." in capfd.readouterr().err


CELL = """
import numpy as np, tunekit as tk
from sklearn.dummy import DummyClassifier
X, y = np.arange(40.0)[:, None], np.arange(40) % 2
space = tk.Space(strategy=tk.Categorical(["prior", "uniform", "most_frequent"]))
settings = {"n_trials": 3, "cv": 2, "tracking": False, "name": "<b>odd", "random_state": 0}
tuner = tk.Tuner(DummyClassifier(), space, algorithm="grid", **settings).fit(X, y)
compared = tk.compare({"dummy": DummyClassifier()}, X, y, cv=2, tracking=False)
"""


@pytest.mark.slow
@pytest.mark.interpreter
def test_a_notebook_shows_a_bar_that_is_updated(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    kernel = NotebookClient(notebook, kernel_name="python3", timeout=120)
    kernel.execute(cwd=str(tmp_path))
    (cell,) = notebook.cells
    shown = [each["data"]["text/html"] for each in cell.outputs if "data" in each]
    assert len(shown) == 2, "one display that is updated per run, and nothing else"
    assert '<progress value="3" max="3"></progress> &lt;b&gt;odd · optuna: 3/3 trials' in shown[0]
    assert "comparison · dummy: 2/2 fits, " in shown[1]
    others = [each for each in cell.outputs if each["output_type"] != "display_data"]
    assert others == [], others
