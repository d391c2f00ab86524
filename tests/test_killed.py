"""Studies that are killed: what was finished is there, and both ledgers say the same."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import mlflow
import optuna
import psutil
import pytest
from sklearn.datasets import load_iris
from stand_ins import QUALITY, study

from tunekit.core.processes import this_process
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.study.storage import note
from tunekit.tracking.journal import places
from tunekit.tracking.study_reader import read_curves, read_study

STATUS = {"COMPLETE": "FINISHED", "PRUNED": "FINISHED", "FAIL": "FAILED"}


def killed(forks, engine, times, n_trials, storage="sqlite:///study.db", uri=None):
    """Kill a study so many times at random moments, then let it end."""
    said = forks.run("kill_often", engine, times, n_trials, storage, uri)
    assert said["status of the last"] == 0, forks.said()
    assert said["ended by themselves"] <= 3, "most of them must be killed"


def assert_both_ledgers_agree(study, uri):
    """Compare Optuna's trials and MLflow's runs one by one."""
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name(study.study_name).experiment_id
    runs = client.search_runs([experiment], max_results=5000)
    assert "RUNNING" not in {run.info.status for run in runs}
    assert all(run.info.end_time >= run.info.start_time for run in runs)
    by_number = {}
    for run in runs:
        if "tunekit.trial" in run.data.tags:
            number = int(run.data.tags["tunekit.trial"])
            assert number not in by_number, f"two runs of trial {number}"
            by_number[number] = run
    for trial in study.trials:
        interrupted = trial.user_attrs.get("tunekit.interrupted")
        run = by_number.pop(trial.number, None)
        if interrupted:  # one that was killed as it began may have no run
            assert run is None or run.info.status == "KILLED", trial.number
            assert run is None or "objective" not in run.data.metrics, trial.number
            continue
        assert run is not None, trial
        assert run.info.status == STATUS[trial.state.name], trial.number
        assert run.data.metrics.get("objective") == trial.value, trial.number
        assert run.data.params["quality"] == str(trial.params["quality"])
        assert run.data.tags.get("tunekit.error", "") == trial.user_attrs.get("tunekit.error", "")
        assert run.data.metrics["duration"] == trial.user_attrs["tunekit.duration"]
    assert not by_number, "runs of trials that the study does not know"


@pytest.mark.slow
def test_a_study_that_is_killed_at_twenty_random_moments_loses_nothing(forks, engine, folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    killed(forks, engine, 20, 60)
    study = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    finished = [trial for trial in study.trials if "tunekit.interrupted" not in trial.user_attrs]
    assert len(finished) == 60
    assert {trial.state.name for trial in finished} == {"COMPLETE", "FAIL"}
    assert_both_ledgers_agree(study, uri)
    tracked = read_study(uri, "s")
    assert len([each for each in tracked.trials if each.state != "killed"]) == 60
    lengths = [
        len(curve["loss"])
        for trial in tracked.trials
        if trial.state == "complete"
        for curve in read_curves(tracked, trial)
    ]
    assert set(lengths) == {5}
    assert len(lengths) >= sum(trial.state == "complete" for trial in tracked.trials) - 2
    assert not any(place.exists() for place in places(uri)), "journals are left"


def tracked_late(engine, folder, **settings):
    X, y = load_iris(return_X_y=True)
    return study(
        QUALITY, engine, name="s", storage="sqlite:///study.db", refit=False, **settings
    ).fit(X, y)


def test_trials_that_were_not_tracked_are_tracked_when_the_study_goes_on(engine, folder):
    tracked_late(engine, folder, n_trials=3)
    tracked_late(engine, folder, n_trials=5, tracking=True)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert_both_ledgers_agree(held, f"sqlite:///{folder}/mlflow.db")
    starts = [trial.datetime_start.timestamp() for trial in held.trials]
    tracked = read_study(f"sqlite:///{folder}/mlflow.db", "s").trials
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    for trial in tracked:
        if trial.number < 3:
            began = client.get_run(trial.run_id).info.start_time / 1000
            assert began == pytest.approx(starts[trial.number], abs=0.002)


@pytest.mark.parametrize("measured", [True, False])
def test_a_trial_whose_process_is_gone_counts_if_it_was_measured(engine, folder, measured):
    tuner = tracked_late(engine, folder, n_trials=2)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    trial = held.ask({"quality": optuna.distributions.FloatDistribution(0, 1)})
    trial.set_user_attr(
        "tunekit.owner", f"{this_process().rsplit(':', 2)[0]}:1:1"
    )  # a process of long ago
    if measured:
        evaluation = Evaluation(scores=(0.9, 0.7), fit_times=(1.0, 1.0), score_times=(0.1, 0.1))
        note(trial, TrialRecord(2, trial.params, evaluation, engine, 2.5))
    tuner.set_params(n_trials=4, tracking=True).fit(*load_iris(return_X_y=True))
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert len(held.trials) == (4 if measured else 5)
    assert held.trials[2].state.name == ("COMPLETE" if measured else "FAIL")
    assert held.trials[2].value == (pytest.approx(0.8) if measured else None)
    assert_both_ledgers_agree(held, f"sqlite:///{folder}/mlflow.db")


def test_a_trial_of_another_living_process_is_left_alone(engine, folder):
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
def test_a_store_is_made_whole_or_not_at_all(forks, engine, bare_folder):
    killed(forks, engine, 5, 2)
    held = optuna.load_study(study_name="s", storage="sqlite:///study.db")
    assert_both_ledgers_agree(held, f"sqlite:///{bare_folder}/mlflow.db")


def test_a_storage_whose_making_was_cut_short_is_completed(engine, folder):
    optuna.storages.RDBStorage("sqlite:///study.db")
    with closing(sqlite3.connect(folder / "study.db")) as connection:
        connection.execute("DROP INDEX ix_studies_study_name")  # it is made last
    for n_trials in (2, 4):
        study(QUALITY, engine, n_trials=n_trials, name="s", storage="sqlite:///study.db").fit(
            *load_iris(return_X_y=True)
        )
    assert len(optuna.load_study(study_name="s", storage="sqlite:///study.db").trials) == 4


def test_what_a_lost_machine_left_is_settled_on_another(engine, folder):
    """Its journal is gone, and its name is not ours; it was silent for long."""
    tuner = tracked_late(engine, folder, n_trials=3, tracking=True)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    lost = read_study(f"sqlite:///{folder}/mlflow.db", "s").trials[0]
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
