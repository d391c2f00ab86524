"""Kills studies, and compares what Optuna's and MLflow's stores say of one."""

from __future__ import annotations

import mlflow

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
            assert run is None or "mean/accuracy" not in run.data.metrics, trial.number
            continue
        assert run is not None, trial
        assert run.info.status == STATUS[trial.state.name], trial.number
        assert run.data.metrics.get("mean/accuracy") == trial.value, trial.number
        assert run.data.params["quality"] == str(trial.params["quality"])
        assert run.data.tags.get("tunekit.error", "") == trial.user_attrs.get("tunekit.error", "")
        assert run.data.metrics["duration"] == trial.user_attrs["tunekit.duration"]
    assert not by_number, "runs of trials that the study does not know"
