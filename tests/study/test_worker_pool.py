"""Worker processes that evaluate trials."""

from __future__ import annotations

import atexit
import os
import sys
import time
from datetime import timedelta

import cloudpickle
import numpy as np
import psutil
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris

from tunekit.core.trial import Evaluation
from tunekit.study.worker_pool import Workers

pytestmark = pytest.mark.interpreter  # each pool starts processes
# Pickled by reference, they would import this module, and with it scikit-learn.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

X, y = load_iris(return_X_y=True)


def pid(params, *, report, watch):
    return Evaluation((float(os.getpid()),), (), ())


def no_problem():
    return None


def until_free(workers):
    """Wait for a free process, and return the trials that ended in the meantime."""
    ended = []
    while not workers.is_free:
        ended += workers.finished()
    return ended


def until_done(workers):
    ended = []
    while workers.n_running:
        ended += workers.finished()
    return ended


def test_processes_start_before_the_first_trial():
    with Workers(2, pid, no_problem, trial_timeout=None, reports=False) as workers:
        assert until_free(workers) == []
        workers.submit(7, {})
        [(number, evaluation)] = until_done(workers)
    assert number == 7
    assert evaluation.values[0] != os.getpid()


def test_a_process_that_dies_while_idle_costs_at_most_one_trial():
    with Workers(1, pid, no_problem, trial_timeout=None, reports=False) as workers:
        until_free(workers)
        workers.submit(0, {})
        [(_, first)] = until_done(workers)
        dead = int(first.values[0])
        os.kill(dead, 9)
        while psutil.pid_exists(dead):
            time.sleep(0.01)
        ends = {}
        for number in (1, 2):
            until_free(workers)
            workers.submit(number, {})
            ends |= dict(until_done(workers))
    assert ends[2].values[0] not in (dead, os.getpid())
    assert not ends[1].error or "process died" in ends[1].error


def test_large_data_reach_every_process():
    data = np.random.default_rng(0).random(200_000)

    def total(params, *, report, watch):
        return Evaluation((data.sum(),), (), ())

    with Workers(2, total, no_problem, trial_timeout=None, reports=False) as workers:
        ends = {}
        for number in range(2):
            ends |= dict(until_free(workers))
            workers.submit(number, {})
        ends |= dict(until_done(workers))
        assert [ends[number].values[0] for number in range(2)] == [data.sum()] * 2


def test_exit_handlers_of_a_trial_run(tmp_path):
    def measure(params, *, report, watch):
        atexit.register((tmp_path / f"{params['name']}.txt").write_text, "done")
        return Evaluation((0.0,), (), ())

    with Workers(1, measure, no_problem, trial_timeout=None, reports=False) as workers:
        for number, name in enumerate("ab"):
            until_free(workers)
            workers.submit(number, {"name": name})
        until_done(workers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_no_process_is_left_running():
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    with Workers(2, pid, no_problem, trial_timeout=None, reports=False) as workers:
        until_free(workers)
    with pytest.raises(KeyError), Workers(2, pid, no_problem, trial_timeout=None, reports=False):
        raise KeyError
    after = psutil.Process().children(recursive=True)
    left = [
        each
        for each in after
        if each.pid not in before and "resource_tracker" not in " ".join(each.cmdline())
    ]
    assert left == []


def test_no_more_processes_than_trials(tmp_path):
    before = {each.pid for each in psutil.Process().children()}  # of studies that just ended

    class Counting(ScriptedEstimator):
        def fit(self, X, y):
            siblings = psutil.Process().parent().children()
            started = [each for each in siblings if each.pid not in before]
            n_workers = sum("popen_loky" in " ".join(each.cmdline()) for each in started)
            (tmp_path / f"{n_workers}").touch()
            return super().fit(X, y)

    study(QUALITY, estimator=Counting(), n_jobs=4, n_trials=1, cv=0.3, refit=False).fit(X, y)
    assert [each.name for each in tmp_path.iterdir()] == ["1"]


def test_a_trial_does_not_count_the_start_of_its_process():
    tuner = study(QUALITY, n_jobs=1, trial_timeout=60.0, n_trials=1, cv=0.3, refit=False)
    started = time.time()
    trial = tuner.fit(X, y).study_.trials[0]
    began = trial.datetime_start.timestamp() - started
    # A process cannot have started before Python and scikit-learn were loaded in it.
    assert began > trial.duration / timedelta(seconds=1)
