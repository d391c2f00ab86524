"""What happens in a study: pruning, failures, duplicates, budgets, resuming, several objectives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import mlflow
import numpy as np
import optuna
import psutil
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


class Tame(ClassifierMixin, BaseEstimator):
    """Scores what its parameters say, and misbehaves as they say."""

    def __init__(self, quality=0.5, deed="good", seconds=0.0, marks=None):
        self.quality = quality
        self.deed = deed
        self.seconds = seconds
        self.marks = marks

    def fit(self, X, y):
        if self.marks:
            with Path(self.marks).open("a") as file:
                file.write(json.dumps([self.quality, self.deed]) + "\n")
        if self.deed == "raise":
            raise ValueError(f"quality {self.quality} is too bad")
        if self.deed == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.deed == "hang":
            time.sleep(600)
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return np.nan if self.deed == "nan" else float(self.quality)


def study(space, engine="optuna", **settings):
    estimator = settings.pop("estimator", None) or Tame()
    defaults = {"n_trials": 20, "cv": 2, "random_state": 0, "tracking": False}
    return tk.Tuner(estimator, space, engine=engine, **{**defaults, **settings})


QUALITY = tk.Space(quality=tk.Float(0.0, 1.0))


# Pruning


class Learner(ClassifierMixin, BaseEstimator):
    """Gets better epoch by epoch, towards what its rate is worth."""

    def __init__(self, rate=0.5, epochs=8):
        self.rate = rate
        self.epochs = epochs

    def fit(self, X, y, on_epoch=None):
        self.classes_ = np.unique(y)
        for epoch in range(self.epochs):
            self.reached_ = self.rate * (1 - 0.5 ** (epoch + 1))
            if on_epoch:
                on_epoch(epoch)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return self.reached_ + 0.01 * float(X[0, 0] % 1)  # splits differ a little


RATES = tk.Space(rate=tk.Float(0.0, 1.0))
KERAS = tk.Space(units=tk.Int(2, 32, log=True), learning_rate=tk.Float(1e-4, 0.3, log=True))


@pytest.mark.parametrize(
    "pruner", ["median", "asha", "hyperband", "wilcoxon", optuna.pruners.PercentilePruner(30.0)]
)
@pytest.mark.parametrize("cv", [0.3, 5])
def test_pruners_stop_trials_on_both_engines(engine, pruner, cv):
    if pruner == "wilcoxon" and cv == 0.3:
        cv = 6  # it needs several splits
    tuner = study(RATES, engine, estimator=Learner(), pruner=pruner, cv=cv, n_trials=24).fit(X, y)
    n_steps = 8 if cv == 0.3 else cv
    table = tuner.trials_
    for trial in tuner.study_.trials:
        steps = sorted(trial.intermediate_values)
        row = table.loc[trial.number]
        assert steps == list(range(len(steps)))
        if row["state"] == "pruned":
            assert trial.state == optuna.trial.TrialState.PRUNED
            saved = row["epochs_saved"] if cv == 0.3 else row["fits_saved"]
            assert saved == n_steps - len(steps) > 0
            assert row["epochs_saved"] == saved * (1 if cv == 0.3 else 8)
            assert np.isnan(row["score"])
        else:
            assert len(steps) == n_steps
    assert (table["state"] == "pruned").any()
    assert table.loc[tuner.best_index_, "state"] == "complete"


def test_a_pruned_study_is_the_same_each_time(engine):
    one, two = (
        study(KERAS, engine, estimator=tk.KerasClassifier(epochs=4), pruner="median", cv=0.3)
        .set_params(n_trials=9)
        .fit(X, y)
        .trials_.drop(columns="duration")
        for _ in range(2)
    )
    assert one.equals(two)


def test_folds_report_running_means_and_wilcoxon_each_folds_own_score():
    space = tk.Space(C=tk.Float(1e-3, 10.0, log=True))
    model = LogisticRegression(max_iter=5000)
    for pruner, expected in (
        (optuna.pruners.NopPruner(), lambda scores: np.cumsum(scores) / [1, 2, 3, 4]),
        ("wilcoxon", lambda scores: scores),
    ):
        tuner = study(space, estimator=model, pruner=pruner, cv=4, n_trials=1).fit(X, y)
        told = list(tuner.study_.trials[0].intermediate_values.values())
        scores = [tuner.cv_results_[f"split{i}_test_score"][0] for i in range(4)]
        np.testing.assert_allclose(told, expected(scores))


def test_what_pruning_saved_is_shown_and_tracked(engine, folder, capfd):
    tuner = study(RATES, engine, estimator=Learner(), pruner="median", cv=0.3).set_params(
        tracking=True, progress=True, name="pruned", n_trials=14
    )
    tuner.fit(X, y)
    saved = int(tuner.trials_["epochs_saved"].sum())
    n_pruned = int((tuner.trials_["state"] == "pruned").sum())
    assert saved > 0
    shown = capfd.readouterr().err
    assert f"{n_pruned} pruned" in shown
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("pruned").experiment_id
    runs = client.search_runs([experiment], "tags.`tunekit.state` = 'pruned'")
    assert sum(run.data.metrics["epochs_saved"] for run in runs) == saved
    page = tk.report(tuner, "report.html").read_text()
    assert f"{n_pruned} were pruned, which saved {saved} epochs" in page


# Failures


DEEDS = tk.Space(
    quality=tk.Float(0.0, 1.0), deed=tk.Categorical(["good", "raise", "nan", "die", "hang"])
)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_way_to_fail_is_recorded_with_its_reason_and_the_study_goes_on(engine, n_jobs):
    deeds = ["good", "raise", "nan", "die", "hang", "good"]
    first = [{"quality": 0.1 * i, "deed": deed} for i, deed in enumerate(deeds)]
    tuner = study(DEEDS, engine, initial=first, n_trials=6, trial_timeout=2.0, n_jobs=n_jobs).fit(
        X, y
    )
    table = tuner.trials_
    errors = dict(zip(deeds, table["error"], strict=True))
    assert list(table["state"]) == ["complete", *["failed"] * 4, "complete"]
    assert errors["raise"] == "ValueError: quality 0.1 is too bad (split 0)"
    assert errors["nan"] == "the score of split 0 is nan"
    assert errors["die"].startswith("its process died, perhaps for lack of memory")
    assert "SIGKILL" in errors["die"]
    assert errors["hang"] == "it took longer than trial_timeout=2 s"
    states = [trial.state.name for trial in tuner.study_.trials]
    assert states == ["COMPLETE", *["FAIL"] * 4, "COMPLETE"]
    assert tuner.best_params_ == {"quality": 0.5, "deed": "good"}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_study_whose_first_ten_trials_fail_stops_and_says_why_once(engine, n_jobs, tmp_path):
    marks = tmp_path / "marks"
    tuner = study(
        QUALITY,
        engine,
        estimator=Tame(deed="raise", marks=str(marks)),
        n_jobs=n_jobs,
        n_trials=50,
        name="mine",
    )
    with pytest.raises(tk.StudyError) as caught:
        tuner.fit(X, y)
    message = str(caught.value)
    assert message.startswith("no trial of 'mine' succeeded; the study ended because its first 10")
    assert message.count("ValueError: quality") == 1
    n_tried = len(marks.read_text().splitlines())
    assert 10 <= n_tried < 10 + n_jobs
    assert len(tuner.trials_) == n_tried


def test_failures_before_a_success_do_not_stop_a_study(engine):
    first = [{"deed": "raise"}] * 9 + [{"deed": "good"}] + [{"deed": "raise"}] * 3
    space = tk.Space(quality=tk.Float(0.0, 1.0), deed=tk.Categorical(["good", "raise"]))
    tuner = study(space, engine, initial=first, n_trials=13).fit(X, y)
    assert len(tuner.trials_) == 13


def test_a_study_learns_what_fails(engine):
    """Some layer counts raise and one activation gives NaN; the best lies beside them."""

    class Moody(Tame):
        def __init__(self, layers=1, activation="relu", rate=0.1):
            self.layers = layers
            self.activation = activation
            self.rate = rate

        def fit(self, X, y):
            if self.layers in (3, 4):
                raise ValueError("no room")
            self.classes_ = np.unique(y)
            return self

        def score(self, X, y):
            misfit = (np.log10(self.rate) + 2) ** 2 - self.layers
            return np.nan if self.activation == "bad" else -misfit

    space = tk.Space(
        layers=tk.Int(1, 5),
        activation=tk.Categorical(["relu", "tanh", "sigmoid", "bad"]),
        rate=tk.Float(1e-4, 1.0, log=True),
    )
    tuner = study(space, engine, estimator=Moody(), n_trials=90, cv=0.5).fit(X, y)
    failed = tuner.trials_["state"] == "failed"
    assert failed[:20].any()
    assert failed[40:].mean() <= 0.1


# Duplicates


FEW = tk.Space(quality=tk.Categorical([0.1, 0.5, 0.9]))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_configuration_is_evaluated_once_and_its_result_reused(engine, n_jobs, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Int(0, 30))
    tuner = study(
        space, engine, estimator=Tame(marks=str(marks)), cv=0.3, refit=False, n_jobs=n_jobs
    ).set_params(n_trials=40)
    tuner.fit(X, y)
    table = tuner.trials_
    again = table[table["reused"].notna()]
    assert 0 < len(again) < 40
    assert len(table) == 40
    assert not table.drop(index=again.index)["quality"].duplicated().any()
    assert len(marks.read_text().splitlines()) == 40 - len(again)
    for number, row in again.iterrows():
        assert table.loc[row["reused"], "quality"] == row["quality"]
        assert table.loc[row["reused"], "score"] == row["score"]
        assert tuner.study_.trials[number].value == row["score"]


def test_failures_and_pruned_trials_are_not_repeated_either(engine, tmp_path):
    marks = tmp_path / "marks"
    space = tk.Space(quality=tk.Categorical([0.1, 0.2]), deed=tk.Categorical(["good", "raise"]))
    first = [{"quality": 0.1, "deed": "good"}, *[{"quality": 0.1, "deed": "raise"}] * 2]
    tuner = study(
        space, engine, estimator=Tame(marks=str(marks)), initial=[first[0], first[1]], cv=0.3
    ).fit(X, y)
    failed = tuner.trials_[tuner.trials_["state"] == "failed"]
    assert failed["quality"].nunique() == failed["reused"].isna().sum()
    lines = marks.read_text().splitlines()
    assert lines.count('[0.1, "raise"]') == 1


def test_a_finite_space_that_is_exhausted_ends_the_study(engine):
    tuner = study(FEW, engine, n_trials=500).fit(X, y)
    assert sorted(set(tuner.trials_["quality"])) == [0.1, 0.5, 0.9]
    assert len(tuner.trials_) < 100
    assert tuner.stopped_ == "every configuration of the space was tried"
    assert tuner.best_score_ == 0.9


def test_a_grid_ends_when_it_was_walked_through():
    space = tk.Space(quality=tk.Float(0.0, 1.0), seconds=tk.Categorical([0.0, 0.001]))
    tuner = study(space, algorithm="grid", n_trials=100, initial=[{"quality": 0.3}]).fit(X, y)
    assert len(tuner.trials_) == 11
    assert set(tuner.trials_["quality"]) == {0.0, 0.25, 0.3, 0.5, 0.75, 1.0}
    assert tuner.trials_["reused"].isna().all()


# Start from what is known


def test_initial_configurations_are_evaluated_first_and_completed(engine):
    space = tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(4, 64, log=True).per("layers"),
        learning_rate=tk.Float(1e-4, 0.1, log=True),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    )
    whole = {"layers": 2, "units": (8, 4), "learning_rate": 0.01, "optimizer": "adam"}
    first = ["default", whole, {"units": (16, 16, 16)}, {"optimizer": "sgd"}, {"units": 32}]
    model = tk.KerasClassifier(epochs=1, layers=2)
    tuner = study(space, engine, estimator=model, initial=first, n_trials=6, cv=0.3).fit(X, y)
    params = tuner.cv_results_["params"]
    assert params[0] == {
        "layers": 2,
        "units": (64, 64),
        "learning_rate": 0.001,
        "optimizer": "adam",
    }
    assert params[1] == whole
    assert params[2]["layers"] == 3
    assert params[2]["units"] == (16, 16, 16)
    assert (params[3]["optimizer"], "momentum" in params[3]) == ("sgd", True)
    assert set(params[4]["units"]) == {32}
    assert all(config in space for config in params)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ([{"quality": 3.0}], r"initial\[0\]: 'quality' must lie in Float\(0.0, 1.0\), got 3.0"),
        ([{"quality": 0.5}, {"qualty": 1}], r"initial\[1\]: .* Did you mean 'quality'"),
        ([3], r"initial\[0\] must be a configuration or 'default', got 3"),
        ("defaults", "initial must be a list of configurations, got 'defaults'"),
        ({"quality": 0.5}, "initial must be a list of configurations"),
    ],
)
def test_a_wrong_start_is_refused(initial, message):
    with pytest.raises(tk.SpaceError, match=message):
        study(QUALITY, initial=initial).fit(X, y)


def test_defaults_hold_what_is_active_under_every_condition(engine):
    space = tk.Space(
        optimizer=tk.Categorical(["adam", "sgd"]),
        layers=tk.Int(1, 3),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd", layers=1),
    )
    model = tk.KerasClassifier(epochs=1, optimizer="sgd", layers=2)
    tuner = study(space, engine, estimator=model, initial=["default"], n_trials=1, cv=0.3)
    assert tuner.fit(X, y).cv_results_["params"] == [{"optimizer": "sgd", "layers": 2}]


def test_defaults_outside_the_space_are_refused():
    space = tk.Space(quality=tk.Float(0.6, 1.0))
    with pytest.raises(tk.SpaceError, match=r"initial\[0\]: 'quality' must lie in .* got 0.5"):
        study(space, initial=["default"]).fit(X, y)


# Budgets


def test_no_trial_begins_after_the_timeout(engine):
    start = time.monotonic()
    tuner = study(QUALITY, engine, estimator=Tame(seconds=0.2), n_trials=1000, timeout=1.5)
    tuner.fit(X, y)
    assert time.monotonic() - start < 60
    assert 1 <= len(tuner.trials_) < 20
    assert tuner.stopped_ == "timeout=1.5 s was over"


def test_patience_ends_a_study_that_finds_nothing_better(engine):
    tuner = study(QUALITY, engine, n_trials=300, patience=8).fit(X, y)
    assert tuner.stopped_ == "8 trials had found nothing better"
    assert len(tuner.trials_) == tuner.best_index_ + 1 + 8


def test_trials_in_two_processes_are_timed_one_by_one(engine):
    tuner = study(
        QUALITY, engine, estimator=Tame(seconds=0.05), n_jobs=2, trial_timeout=30.0, n_trials=8
    ).fit(X, y)
    assert (tuner.trials_["state"] == "complete").all()
    assert len(tuner.trials_) == 8


def test_pruning_works_across_processes(engine):
    tuner = study(
        RATES,
        engine,
        estimator=Learner(),
        pruner=optuna.pruners.PercentilePruner(70.0, n_startup_trials=2),
        cv=0.3,
        n_jobs=2,
        n_trials=14,
    ).fit(X, y)
    pruned = tuner.trials_[tuner.trials_["state"] == "pruned"]
    assert len(pruned) > 0
    assert (pruned["epochs_saved"] > 0).all()


def test_what_cannot_be_sent_to_a_process_is_refused():
    lock = threading.Lock()
    with pytest.raises(tk.ParameterError, match="to which the estimator, the scorer or the data"):
        study(QUALITY, scoring=lambda model, X, y: lock.locked(), n_jobs=2).fit(X, y)


PROGRAM = """
import os, sys, time
import numpy as np
import tunekit as tk
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris

class Slow(ClassifierMixin, BaseEstimator):
    def __init__(self, quality=0.5):
        self.quality = quality
    def fit(self, X, y):
        print("fitting", flush=True)
        time.sleep(float(sys.argv[3]))
        self.classes_ = np.unique(y)
        return self
    def predict(self, X):
        return np.full(len(X), self.classes_[0])
    def score(self, X, y):
        return self.quality

X, y = load_iris(return_X_y=True)
tuner = tk.Tuner(
    Slow(), tk.Space(quality=tk.Float(0, 1)), engine=sys.argv[1], n_jobs=int(sys.argv[2]),
    n_trials=100, cv=0.3, name="s", storage="sqlite:///study.db", random_state=0,
)
tuner.fit(X, y)
print("kept", len(tuner.trials_), hasattr(tuner, "best_estimator_"), tuner.stopped_)
"""


def started(engine, n_jobs, folder, seconds):
    """Run a study, of which each fit takes some seconds, in a process of its own."""
    (folder / "program.py").write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, "program.py", engine, str(n_jobs), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def interrupted(engine, n_jobs, folder, times):
    """Press Ctrl-C in a study, and return its status and what it said."""
    process = started(engine, n_jobs, folder, 0.5 if times == 1 else 100)
    for _ in range(3 if times == 1 else n_jobs):
        assert process.stdout.readline() == "fitting\n"
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
        time.sleep(0.2)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_once_ends_a_study_in_good_order(engine, n_jobs, folder):
    status, out, err = interrupted(engine, n_jobs, folder, times=1)
    assert status == 0, err
    assert "Finishing what runs; press Ctrl-C again to stop at once." in err
    assert "Traceback" not in err
    kept, *words = out.strip().splitlines()[-1].removeprefix("kept ").split(" ", 2)
    assert words == ["True", "it was interrupted"]
    trials = optuna.load_study(study_name="s", storage="sqlite:///study.db").trials
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * int(kept)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == int(kept) + 1


@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 1), ("hyperopt", 2)])
def test_ctrl_c_twice_ends_it_at_once(engine, n_jobs, folder):
    status, _, err = interrupted(engine, n_jobs, folder, times=2)
    assert status != 0
    assert "KeyboardInterrupt" in err
    trials = optuna.load_study(study_name="s", storage="sqlite:///study.db").trials
    assert [trial.state.name for trial in trials] == ["FAIL"] * n_jobs
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    assert {run.info.status for run in runs} == {"KILLED"}


def test_no_process_outlives_a_study_that_was_killed(folder):
    process = started("optuna", 2, folder, 100)
    for _ in range(2):
        assert process.stdout.readline() == "fitting\n"
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    process.kill()
    process.communicate(timeout=60)
    assert psutil.wait_procs(family, timeout=60)[1] == []


def stopped_in_fit(number):
    """Return a tree whose fit of that number is interrupted, once."""

    class Stopped(DecisionTreeClassifier):
        fits = 0

        def fit(self, X, y):
            type(self).fits += 1
            if type(self).fits == number:
                raise KeyboardInterrupt
            return super().fit(X, y)

    return Stopped()


def test_what_an_interrupt_ended_is_tried_again(tmp_path):
    settings = {"storage": f"sqlite:///{tmp_path}/study.db", "name": "s", "cv": 0.3}
    depths = tk.Space(max_depth=tk.Int(1, 5))
    model = stopped_in_fit(3)
    grid = study(depths, estimator=model, algorithm="grid", refit=False, **settings)
    with pytest.raises(KeyboardInterrupt):
        grid.fit(X, y)
    table = grid.set_params(n_trials=50).fit(X, y).trials_
    assert sorted(table["max_depth"]) == [1, 2, 3, 4, 5]
    assert table["reused"].isna().all()

    settings["name"] = "t"
    first = study(
        tk.Space(max_depth=tk.Int(1, 50)),
        estimator=stopped_in_fit(1),
        initial=[{"max_depth": 37}],
        n_trials=2,
        **settings,
    )
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, y)
    assert first.fit(X, y).trials_["max_depth"].iloc[0] == 37


def test_want_of_time_is_no_property_of_a_configuration(engine, tmp_path):
    marks = tmp_path / "marks"
    settings = {
        "storage": f"sqlite:///{tmp_path}/study.db",
        "name": "s",
        "algorithm": "random",
        "estimator": Tame(marks=str(marks)),
        "cv": 0.3,
        "refit": False,
    }
    space = tk.Space(quality=tk.Categorical([0.2]), deed=tk.Categorical(["hang", "good"]))
    for n_trials in (8, 16):
        study(space, engine, n_trials=n_trials, trial_timeout=1.0, **settings).fit(X, y)
    assert marks.read_text().count("hang") == 2  # once in each execution


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_pruner_that_raises_is_not_the_models_failure(engine, n_jobs):
    class Broken(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            raise ValueError("pruner bug")

    tuner = study(QUALITY, engine, pruner=Broken(), n_jobs=n_jobs)
    with pytest.raises(ValueError, match="pruner bug"):
        tuner.fit(X, y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_exit_in_a_model_is_its_failure(n_jobs):
    class Leaving(Tame):
        def fit(self, X, y):
            if self.quality > 0.5:
                sys.exit("bye")
            return super().fit(X, y)

    first = [{"quality": 0.9}, {"quality": 0.1}]
    tuner = study(QUALITY, estimator=Leaving(), n_jobs=n_jobs, initial=first, n_trials=2).fit(X, y)
    errors = tuner.trials_["error"].fillna("")
    assert list(errors) == ["SystemExit: bye (split 0)", ""]


class Unloadable(Tame):
    """Can be sent to a process, but not loaded there."""

    def __setstate__(self, state):
        if os.environ.get("TUNEKIT_TEST_PARENT") != str(os.getpid()):
            raise OSError("cannot load here")
        self.__dict__.update(state)


def test_a_process_that_cannot_load_its_work_says_why(monkeypatch):
    monkeypatch.setenv("TUNEKIT_TEST_PARENT", str(os.getpid()))
    with pytest.raises(tk.ParameterError, match="cannot load what it needs: OSError: cannot load"):
        study(QUALITY, estimator=Unloadable(), n_jobs=2).fit(X, y)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: optuna.samplers.GridSampler({"max_depth": [1, 2, 3]}), [1, 2, 3]),
        (lambda: optuna.samplers.BruteForceSampler(seed=0), [1, 2, 3, 4]),
    ],
)
def test_a_sampler_that_stops_a_study_ends_it(make, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = make()
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = study(space, estimator=DecisionTreeClassifier(), algorithm=sampler, n_trials=40)
    table = tuner.fit(X, y).trials_
    assert sorted(table["max_depth"]) == expected
    assert len(table) == len(expected)


def test_a_sampler_that_does_not_fit_the_space_is_refused_in_one_sentence():
    sampler = optuna.samplers.GridSampler({"max_depth": [1, 2]})
    tuner = study(QUALITY, algorithm=sampler)
    with pytest.raises(tk.ParameterError, match="algorithm GridSampler cannot suggest .* quality"):
        tuner.fit(X, y)


@pytest.mark.parametrize(
    "algorithm",
    [optuna.samplers.RandomSampler(seed=0), optuna.samplers.TPESampler(seed=0), "cmaes"],
)
def test_a_sampler_does_not_begin_again_when_a_study_is_gone_on_with(algorithm, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    for n_trials in (5, 10):
        tuner = study(QUALITY, algorithm=algorithm, storage=storage, name="s", n_trials=n_trials)
        tuner.fit(X, y)
    assert tuner.trials_["quality"].is_unique


def test_a_grid_sees_past_the_brackets_of_hyperband():
    space = tk.Space(C=tk.Categorical([0.01, 0.1, 1.0, 10.0]), tol=tk.Categorical([1e-3, 1e-4]))
    model = LogisticRegression(max_iter=5000)
    tuner = study(space, estimator=model, algorithm="grid", pruner="hyperband", cv=5).fit(X, y)
    assert len(tuner.trials_) == 8
    assert tuner.trials_["reused"].isna().all()


def test_a_pruner_with_nothing_to_stop_is_refused():
    space = tk.Space(max_depth=tk.Int(1, 4))
    tree = study(space, estimator=DecisionTreeClassifier(), pruner="median", cv=0.3)
    with pytest.raises(tk.ParameterError, match="pruner 'median' has nothing to stop: Decision"):
        tree.fit(X, y)
    keras = study(KERAS, estimator=tk.KerasClassifier(), pruner="wilcoxon", cv=0.3)
    with pytest.raises(tk.ParameterError, match="compares trials split by split, and there is one"):
        keras.fit(X, y)


def test_watching_is_not_counted_as_fitting():
    def slow(model, X, y):
        time.sleep(0.2)
        return 0.5

    times = [
        study(
            tk.Space(units=tk.Int(2, 4)),
            estimator=tk.KerasClassifier(epochs=6),
            scoring=slow,
            pruner=pruner,
            cv=0.3,
            n_trials=2,
        )
        .fit(X, y)
        .cv_results_["mean_fit_time"][1]
        for pruner in (None, "median")
    ]
    assert times[1] < times[0] + 6 * 0.2 / 2


# Resuming, and the same again


MIXED = tk.Space(
    max_depth=tk.Int(1, 30),
    min_samples_leaf=tk.Float(0.001, 0.4, log=True),
    criterion=tk.Categorical(["gini", "entropy"]),
    ccp_alpha=tk.Float(0.0, 0.1).when(criterion="gini"),
)


def tables(*tuners):
    return [tuner.trials_.drop(columns="duration") for tuner in tuners]


def test_a_study_that_is_gone_on_with_equals_an_uninterrupted_one(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    whole = study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=26).fit(X, y)
    for n_trials in (11, 18, 26):
        parts = study(
            MIXED,
            engine,
            estimator=DecisionTreeClassifier(),
            n_trials=n_trials,
            storage=storage,
            name="s",
        ).fit(X, y)
        assert len(parts.trials_) == n_trials
    one, two = tables(whole, parts)
    assert one.equals(two)


def test_resuming_keeps_failures_pruned_trials_and_reused_ones(engine, tmp_path):
    settings = {
        "estimator": Learner(),
        "pruner": "median",
        "cv": 0.3,
        "storage": f"sqlite:///{tmp_path}/study.db",
        "name": "s",
        "initial": [{"rate": 0.3}, "default"],
    }
    space = tk.Space(rate=tk.Float(0.0, 1.0, step=0.1), epochs=tk.Categorical([4, 8]))
    first = study(space, engine, n_trials=12, **settings).fit(X, y)
    again = study(space, engine, n_trials=12, **settings).fit(X, y)
    one, two = tables(first, again)
    assert one.equals(two)
    assert len(again.study_.trials) == 12


def test_a_shorter_study_is_the_beginning_of_a_longer_one(engine):
    short, long = (
        study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=n).fit(X, y)
        for n in (14, 24)
    )
    one, two = tables(short, long)
    assert one.equals(two[:14])


# Several objectives


def test_several_objectives_give_a_pareto_front():
    scoring = {"accuracy": "maximize", "n_params": "minimize", "fit_time": "minimize"}
    space = tk.Space(units=tk.Int(2, 64, log=True), learning_rate=tk.Float(1e-3, 0.1, log=True))
    tuner = study(
        space, estimator=tk.KerasClassifier(epochs=4), scoring=scoring, cv=2, n_trials=9
    ).fit(X, y)
    assert [d.name for d in tuner.study_.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    front = {trial.number for trial in tuner.study_.best_trials}
    values = {trial.number: trial.values for trial in tuner.study_.trials}
    for number, (accuracy, size, seconds) in values.items():
        better = [
            other
            for other in values.values()
            if other[0] >= accuracy
            and other[1] <= size
            and other[2] <= seconds
            and other != [accuracy, size, seconds]
        ]
        assert (number in front) == (not better)
    assert tuner.cv_results_["rank_test_n_params"][tuner.trials_["n_params"].argmin()] == 1
    row = tuner.trials_.iloc[0]
    assert row["n_params"] == 4 * row["units"] + row["units"] + 3 * row["units"] + 3
    assert row["fit_time"] > 0
    assert set(tuner.trials_.index[tuner.trials_["pareto"]]) == front
    assert tuner.best_score_ == tuner.trials_["accuracy"].max()
    for name in scoring:
        assert len(tuner.cv_results_[f"mean_test_{name}"]) == 9


def test_every_objective_is_tracked_and_reported(folder):
    tuner = study(
        tk.Space(C=tk.Float(1e-3, 10.0, log=True)),
        estimator=LogisticRegression(max_iter=5000),
        scoring=["accuracy", "n_params"],
        n_trials=4,
        name="traded",
        tracking=True,
    ).fit(X, y)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("traded").experiment_id
    runs = client.search_runs([experiment], "tags.`tunekit.kind` = 'trial'")
    tracked = {int(run.data.tags["tunekit.trial"]): run.data.metrics for run in runs}
    for number, row in tuner.trials_.iterrows():
        assert tracked[number]["objective"] == row["score"] == row["accuracy"]
        assert tracked[number]["objective/n_params"] == row["n_params"] == 15
    page = tk.report(tuner, "report.html").read_text()
    assert "n_<wbr>params</th>" in page
    assert page.count('<td class="number">15</td>') == 4
    front = ", ".join(str(trial.number) for trial in tuner.study_.best_trials)
    words = " ".join(page.split())
    assert "accuracy, to maximize; n_params, to minimize. accuracy chooses" in words
    assert f"better in everything than number{'s' if ',' in front else ''} {front}." in words


def test_refit_names_the_objective_that_chooses_the_best():
    space = tk.Space(C=tk.Float(1e-3, 10.0, log=True))
    tuner = study(
        space,
        estimator=LogisticRegression(max_iter=5000),
        scoring=["accuracy", "neg_log_loss", "predict_latency"],
        refit="neg_log_loss",
        n_trials=6,
    ).fit(X, y)
    assert tuner.best_score_ == tuner.trials_["neg_log_loss"].max()
    assert (tuner.trials_["predict_latency"].between(1e-7, 1.0)).all()
    assert tuner.score(X, y) < 0
    assert hasattr(tuner, "best_estimator_")


def test_an_objective_of_ones_own_has_a_direction():
    def mistakes(model, X, y):
        return float((model.predict(X) != y).sum())

    tuner = study(
        tk.Space(max_depth=tk.Int(1, 4)),
        estimator=DecisionTreeClassifier(),
        scoring={"accuracy": "maximize", "mistakes": (mistakes, "minimize")},
        n_trials=4,
    ).fit(X, y)
    assert tuner.study_.directions[1] == optuna.study.StudyDirection.MINIMIZE
    np.testing.assert_allclose(
        tuner.trials_["mistakes"] / 75, 1 - tuner.trials_["accuracy"], atol=1e-12
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"engine": "hyperopt", "scoring": ["accuracy", "fit_time"]},
            "engine 'hyperopt' searches for one objective only",
        ),
        ({"algorithm": "cmaes", "scoring": ["accuracy", "fit_time"]}, "'cmaes' searches for one"),
        ({"pruner": "median", "scoring": ["accuracy", "fit_time"]}, "pruner must be None with"),
        ({"scoring": ["fit_time", "n_params"]}, "at least one scorer to maximize"),
        ({"scoring": "fit_time"}, "alone would choose the worst model"),
        ({"scoring": {"accuracy": "up"}}, "'maximize', 'minimize', or a pair .* got 'up'"),
        ({"scoring": {"accuracy": "minimize"}}, "greater is better, so it must be 'maximize'"),
        ({"scoring": ["accuracy", lambda *_: 1.0]}, "an objective's name is one of letters"),
        ({"scoring": [["accuracy"]]}, "must be a scikit-learn scorer, by name"),
        ({"scoring": {"lat": ("predict_latency", "minimize")}}, "write 'predict_latency': 'min"),
        ({"scoring": ["accuracy", "accuracy"]}, "must name each objective once"),
        ({"scoring": ["accuracy", "fit_tim"]}, "Did you mean 'fit_time'"),
        (
            {"scoring": ["accuracy", "fit_time"], "refit": "fit_time"},
            "refit must name an objective",
        ),
        ({"scoring": []}, "at least one scorer to maximize"),
        ({"pruner": "medain"}, "pruner must be .* Did you mean 'median'"),
        ({"pruner": 3}, "an Optuna pruner or None, got 3"),
        ({"timeout": 0}, "timeout must be None or seconds above 0, got 0"),
        ({"trial_timeout": -1.0}, "trial_timeout must be None or seconds above 0, got -1.0"),
        ({"patience": 0}, "patience must be None or a whole number of at least 1, got 0"),
        ({"algorithm": "tpee"}, "Did you mean 'tpe'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(settings, message):
    with pytest.raises(tk.ParameterError, match=message) as caught:
        study(QUALITY).set_params(**settings).fit(X, y)
    assert "\n" not in str(caught.value)


def test_what_has_no_weights_says_so():
    tuner = study(
        tk.Space(max_depth=tk.Int(1, 4)),
        estimator=DecisionTreeClassifier(),
        scoring=["accuracy", "n_params"],
        n_trials=2,
    )
    with pytest.raises(tk.StudyError, match="DecisionTreeClassifier has no weights to count"):
        tuner.fit(X, y)
