"""Killed studies: finished trials are kept, and Optuna and MLflow agree."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import mlflow
import optuna
import psutil
import pytest
from dummy_estimators import QUALITY, study
from sklearn.datasets import load_iris
from store_checks import assert_both_ledgers_agree, killed

from tunekit.core.processes import this_process
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.study.storage import store_result
from tunekit.tracking.journal import journal_folders, journals_in
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_curves, read_study

DEAD = f"{this_process().rsplit(':', 2)[0]}:1:1"  # a process that ended long ago


@pytest.mark.slow
def test_a_study_that_is_killed_at_twenty_random_moments_loses_nothing(forks, engine, folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    killed(forks, engine, 20, 60)
    study = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    finished = [trial for trial in study.trials if "tunekit.interrupted" not in trial.user_attrs]
    assert len(finished) == 60
    assert {trial.state.name for trial in finished} == {"COMPLETE", "FAIL"}
    assert_both_ledgers_agree(study, uri)
    tracked = read_study(open_store(uri, create=False), "s")
    assert len([each for each in tracked.trials if each.state != "killed"]) == 60
    lengths = [
        len(curve["loss"])
        for trial in tracked.trials
        if trial.state == "complete"
        for curve in read_curves(open_store(tracked.uri, create=False), trial)
    ]
    assert set(lengths) == {5}
    assert len(lengths) >= sum(trial.state == "complete" for trial in tracked.trials) - 2
    assert not any(journals_in(folder) for folder in journal_folders(uri)), "journals are left over"


def tracked_late(engine, folder, **settings):
    X, y = load_iris(return_X_y=True)
    return study(
        QUALITY, engine, name="s", storage="sqlite:///study.db", refit=False, **settings
    ).fit(X, y)


@pytest.mark.slow
def test_untracked_trials_are_tracked_when_the_study_is_resumed(engine, folder):
    tracked_late(engine, folder, n_trials=3)
    tracked_late(engine, folder, n_trials=5, tracking=True)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert_both_ledgers_agree(held, f"sqlite:///{folder}/mlflow.db")
    starts = [trial.datetime_start.timestamp() for trial in held.trials]
    tracked = read_study(open_store(f"sqlite:///{folder}/mlflow.db", create=False), "s").trials
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    for trial in tracked:
        if trial.number < 3:
            began = client.get_run(trial.run_id).info.start_time / 1000
            assert began == pytest.approx(starts[trial.number], abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("measured", [True, False])
def test_a_trial_of_a_dead_process_counts_if_it_was_evaluated(engine, folder, measured):
    tuner = tracked_late(engine, folder, n_trials=2)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    trial = held.ask({"quality": optuna.distributions.FloatDistribution(0, 1)})
    trial.set_user_attr("tunekit.owner", DEAD)
    if measured:
        evaluation = Evaluation(scores=(0.9, 0.7), fit_times=(1.0, 1.0), score_times=(0.1, 0.1))
        store_result(trial, TrialRecord(2, trial.params, evaluation, engine, 2.5))
    tuner.set_params(n_trials=4, tracking=True).fit(*load_iris(return_X_y=True))
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert len(held.trials) == (4 if measured else 5)
    assert held.trials[2].state.name == ("COMPLETE" if measured else "FAIL")
    assert held.trials[2].value == (pytest.approx(0.8) if measured else None)
    assert_both_ledgers_agree(held, f"sqlite:///{folder}/mlflow.db")


@pytest.mark.slow
def test_an_initial_configuration_whose_process_was_killed_is_evaluated_again(engine, folder):
    settings = {"initial": [{"quality": 0.123}], "tracking": True}
    tracked_late(engine, folder, n_trials=1)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    held.enqueue_trial({"quality": 0.123})
    trial = held.ask({"quality": optuna.distributions.FloatDistribution(0, 1)})
    trial.set_user_attr("tunekit.owner", DEAD)
    tuner = tracked_late(engine, folder, n_trials=2, **settings)
    assert tuner.trials_["quality"].tolist()[-1] == 0.123


@pytest.mark.slow
def test_a_trial_of_another_live_process_is_not_changed(engine, folder):
    tracked_late(engine, folder, n_trials=1)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    trial = held.ask({"quality": optuna.distributions.FloatDistribution(0, 1)})
    parent = psutil.Process(os.getppid())
    machine = this_process().rsplit(":", 2)[0]
    owner = f"{machine}:{parent.pid}:{parent.create_time():.0f}"
    trial.set_user_attr("tunekit.owner", owner)
    tracked_late(engine, folder, n_trials=2, tracking=True)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert held.trials[trial.number].state.name == "RUNNING"


@pytest.mark.slow
def test_a_store_is_created_atomically(forks, engine, bare_folder):
    killed(forks, engine, 5, 4)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert_both_ledgers_agree(held, f"sqlite:///{bare_folder}/mlflow.db")


@pytest.mark.slow
def test_an_incomplete_storage_is_completed(engine, folder):
    optuna.storages.RDBStorage("sqlite:///study.db")
    with closing(sqlite3.connect(folder / "study.db")) as connection:
        connection.execute("DROP INDEX ix_studies_study_name")  # it is created last
    for n_trials in (2, 4):
        study(QUALITY, engine, n_trials=n_trials, name="s", storage="sqlite:///study.db").fit(
            *load_iris(return_X_y=True)
        )
    assert len(optuna.load_study(study_name="s", storage="sqlite:///study.db").trials) == 4


@pytest.mark.slow
def test_trials_of_a_lost_machine_are_ended_on_another(engine, folder):
    """Its journal is lost, its host name is another one, and its last heartbeat is old."""
    tuner = tracked_late(engine, folder, n_trials=3, tracking=True)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    lost = read_study(open_store(f"sqlite:///{folder}/mlflow.db", create=False), "s").trials[0]
    for run_id in (lost.run_id, tuner.run_id_):
        client.set_tag(run_id, "tunekit.owner", "elsewhere/1:7:1700000000")
        client.set_tag(run_id, "tunekit.state", "running")
        client.update_run(run_id, status="RUNNING")
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        long_ago = 1_700_000_000_000
        connection.execute("UPDATE runs SET start_time = ?, end_time = ?", (long_ago, long_ago))
        connection.commit()
    with closing(sqlite3.connect(folder / "study.db")) as connection:
        connection.execute(
            "UPDATE trial_user_attributes SET value_json = ? WHERE key = ?",
            (json.dumps("elsewhere/1:7:1700000000"), "tunekit.owner"),
        )
        connection.commit()
    tracked_late(engine, folder, n_trials=4, tracking=True)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert_both_ledgers_agree(held, f"sqlite:///{folder}/mlflow.db")
    assert client.get_run(lost.run_id).info.status == "FINISHED"
    assert client.get_run(tuner.run_id_).info.status == "KILLED"
