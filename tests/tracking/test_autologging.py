"""MLflow's autologging and the active run of the user are left alone."""

from __future__ import annotations

import mlflow
import pytest
from dummy_estimators import study
from mlflow.utils import autologging_utils
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.core.runtime import no_autologging

# MLflow's hooks for imports.
pytestmark = pytest.mark.filterwarnings(
    "ignore:_ImportHookChainedLoader:ImportWarning", "ignore:the load_module:DeprecationWarning"
)

X, y = load_iris(return_X_y=True)
MODEL = make_pipeline(StandardScaler(), LogisticRegression())
SPACE = tk.Space(logisticregression__C=tk.Categorical([0.1, 1.0]))


@pytest.fixture(params=["mlflow", "sklearn"])
def autologged(request, folder):
    """Turn autologging on, in an experiment of the user with an active run."""
    uri = f"sqlite:///{folder}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("mine")
    flavor = mlflow if request.param == "mlflow" else getattr(mlflow, request.param)
    settings = {"log_models": False, "silent": True}
    flavor.autolog(**settings)
    with mlflow.start_run() as run:
        yield mlflow.MlflowClient(uri), run.info
    flavor.autolog(disable=True, **settings)
    mlflow.set_tracking_uri(None)


def assert_untouched(client, info):
    """The experiment has only the active run, without parameters and metrics."""
    (run,) = client.search_runs([info.experiment_id])
    assert run.info.run_id == info.run_id
    assert run.data.params == {}
    assert run.data.metrics == {}
    assert mlflow.active_run().info.run_id == info.run_id


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_a_search_its_test_split_and_its_report_write_nothing_of_the_users(autologged, engine):
    client, info = autologged
    tuner = study(
        *(SPACE, engine),
        estimator=MODEL,
        n_trials=2,
        cv=3,
        tracking=True,
        sanity_check=True,
        name="searched",
    ).fit(X[:120], y[:120])
    tuner.evaluate(X[120:], y[120:])
    tuner.finalists(k=1, seeds=1)
    tk.report(tuner, "report.html")
    assert_untouched(client, info)
    experiment = client.get_experiment_by_name("searched")
    runs = client.search_runs([experiment.experiment_id])
    assert [run.data.tags["tunekit.kind"] for run in runs].count("trial") == 2


@pytest.mark.slow
@pytest.mark.parametrize("autologged", ["mlflow"], indirect=True)
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_networks_and_other_processes_write_nothing_of_the_users(autologged, engine):
    client, info = autologged
    network = tk.KerasClassifier(epochs=2, units=4)
    settings = {"estimator": network, "n_trials": 2, "cv": 2, "sanity_check": True}
    space = tk.Space(learning_rate=tk.Float(1e-3, 1e-2))
    study(space, engine, **settings).fit(X, y)
    study(space, engine, n_jobs=2, tracking=True, name="parallel", **settings).fit(X, y)
    assert_untouched(client, info)


@pytest.mark.slow
def test_a_comparison_writes_nothing_of_the_users(autologged):
    client, info = autologged
    tuner = study(SPACE, estimator=MODEL, n_trials=1)
    found = tk.compare({"tuned": tuner, "plain": MODEL}, X, y, cv=2, test_size=0.3)
    tk.report(found, "report.html")
    assert_untouched(client, info)


@pytest.mark.parametrize("autologged", ["sklearn"], indirect=True)
def test_autologging_is_on_again_afterwards(autologged):
    client, info = autologged
    study(SPACE, estimator=MODEL, n_trials=1).fit(X, y)
    with pytest.raises(tk.StudyError):
        tk.compare({"bad": LogisticRegression(C=-1)}, X, y, tracking=False)
    assert not autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
    LogisticRegression(C=0.5).fit(X, y)
    assert client.get_run(info.run_id).data.params["C"] == "0.5"


def test_autologging_stays_off_after_an_inner_block():
    with no_autologging():
        with no_autologging():
            pass
        assert autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
    assert not autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
