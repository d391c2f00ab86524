"""A champion loads where tunekit is not installed, and its requirements name our distribution."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import mlflow
import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import tunekit as tk
from tunekit.tracking.model_files import pack
from tunekit.tracking.model_requirements import modules_in, requirements

X, y = load_iris(return_X_y=True)
WORDS = np.array(["ash", "elm", "oak"])[y]
ROOT = Path(__file__).parents[2]
BOOSTING = LGBMClassifier(n_estimators=2, verbose=-1)
NETWORK = tk.KerasClassifier(epochs=3, units=8, random_state=0)

PROGRAM = """
import json, sys
import mlflow, numpy as np
folder = sys.argv[1]
X = np.load(folder + "/X.npy")
served, loaded = mlflow.pyfunc.load_model(folder), mlflow.sklearn.load_model(folder)
json.dump({
    "labels": served.predict(X).tolist(),
    "probabilities": served.predict(X, params={"predict_method": "predict_proba"}).tolist(),
    "loaded": loaded.predict(X).tolist(),
    "tunekit": sys.modules["tunekit"].__file__ if "tunekit" in sys.modules else "",
    "others": [name for name in ("optuna", "hyperopt") if name in sys.modules],
}, sys.stdout)
"""


def stored(estimator, folder):
    """Write the model of a fitted estimator, and the rows to predict, to a folder."""
    files, problem = pack(estimator, X)
    assert problem == ""
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_bytes(content)
    np.save(folder / "X.npy", X[::15])
    return folder


def answer(command, folder, **environment):
    env = {**os.environ, **environment}
    env.pop("PYTHONPATH", None)
    done = subprocess.run(
        [*command, str(folder)], check=False, capture_output=True, text=True, cwd=folder, env=env
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_tunekit():
    """Return a command that runs the program with all installed packages except tunekit.

    Without the module ``site``, Python does not find a package that is installed in place.
    """
    packages = sysconfig.get_path("purelib")
    return [sys.executable, "-S", "-c", f"import sys\nsys.path.append({packages!r})\n{PROGRAM}"]


@pytest.mark.slow
@pytest.mark.interpreter
@pytest.mark.parametrize(
    "estimator",
    [
        NETWORK,
        make_pipeline(StandardScaler(), NETWORK),
        CalibratedClassifierCV(NETWORK, cv=2),
    ],
    ids=["network", "pipeline", "calibrated"],
)
def test_a_network_loads_where_tunekit_is_not_installed(estimator, tmp_path):
    fitted = estimator.fit(X, WORDS)
    folder = stored(fitted, tmp_path)
    said = answer(without_tunekit(), folder)
    assert said["tunekit"] == str(folder / "code" / "tunekit_parts.zip" / "tunekit" / "__init__.py")
    assert said["others"] == []
    assert said["labels"] == said["loaded"] == fitted.predict(X[::15]).tolist()
    np.testing.assert_allclose(said["probabilities"], fitted.predict_proba(X[::15]), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.interpreter
def test_a_network_is_loaded_by_the_installed_tunekit_if_there_is_one(tmp_path):
    folder = stored(NETWORK.fit(X, WORDS), tmp_path)
    said = answer([sys.executable, "-c", PROGRAM], folder)
    assert said["tunekit"] == tk.__file__


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_network_loads_in_an_environment_of_its_requirements_and_a_local_wheel(tmp_path):
    fitted = make_pipeline(StandardScaler(), NETWORK).fit(X, WORDS)
    folder = stored(fitted, tmp_path / "model")
    wheels = tmp_path / "wheels"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", wheels, ROOT], check=True)
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--find-links", wheels]
    subprocess.run([*install, "-r", folder / "requirements.txt"], check=True)
    said = answer([python, "-c", PROGRAM], folder)
    assert said["tunekit"].startswith(str(tmp_path / "env"))
    assert said["labels"] == said["loaded"] == fitted.predict(X[::15]).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        (NETWORK, {"tunekit-hpo", "keras", "tensorflow"}),
        (make_pipeline(StandardScaler(), NETWORK), {"tunekit-hpo", "keras", "tensorflow"}),
        (CalibratedClassifierCV(NETWORK, cv=2), {"tunekit-hpo", "keras", "tensorflow"}),
        (GaussianNB(), set()),
        (make_pipeline(FunctionTransformer(np.log1p), BOOSTING), {"lightgbm"}),
        (tk.Tuner(GaussianNB(), tk.Space(var_smoothing=tk.Float(1e-9, 1e-3)), n_trials=1,
                  tracking=False), {"tunekit-hpo", "optuna"}),
    ],
    ids=["network", "pipeline", "calibrated", "bayes", "boosting", "tuner"],
)  # fmt: skip
def test_the_requirements_name_our_distribution_and_what_the_model_needs(
    estimator, names, tmp_path
):
    folder = stored(estimator.fit(X, WORDS), tmp_path)
    lines = (folder / "requirements.txt").read_text().splitlines()
    required = {line.partition("==")[0] for line in lines}
    assert names <= required
    assert ("tunekit-hpo" in required) == ("tunekit-hpo" in names)
    assert "tunekit" not in required
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.+]+", line), line
    for file in ("conda.yaml", "python_env.yaml"):
        assert not re.search(r"\btunekit==", (folder / file).read_text())


@pytest.mark.slow
def test_only_models_with_parts_of_tunekit_carry_them(tmp_path):
    plain = stored(GaussianNB().fit(X, WORDS), tmp_path / "plain")
    assert [each.name for each in (plain / "code").iterdir()] == ["tunekit_champion.py"]
    assert pickle.loads((plain / "model.pkl").read_bytes()).predict(X[:1]).tolist() == ["ash"]
    network = stored(NETWORK.fit(X, WORDS), tmp_path / "network")
    names = zipfile.ZipFile(network / "code" / "tunekit_parts.zip").namelist()
    assert {name.split("/")[1] for name in names} == {
        *("__init__.py", "exceptions.py", "core", "models", "space"),
    }
    assert (network / "code" / "tunekit_parts.zip").stat().st_size < 300_000


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [GaussianNB(), LogisticRegression(max_iter=5000), NETWORK])
def test_the_model_gives_probabilities_on_request(estimator, tmp_path):
    fitted = estimator.fit(X, WORDS)
    model = mlflow.pyfunc.load_model(str(stored(fitted, tmp_path)))
    for method in ("predict", "predict_proba"):
        np.testing.assert_array_equal(
            model.predict(X, params={"predict_method": method}), getattr(fitted, method)(X)
        )
    assert model.metadata.signature.params.params[0].name == "predict_method"
    with pytest.raises(ValueError, match=r"predict_method must be one of predict, .*, got 'guess'"):
        model.predict(X, params={"predict_method": "guess"})
    np.testing.assert_array_equal(model.get_raw_model().predict(X), fitted.predict(X))


def test_a_model_without_probabilities_has_no_such_parameter(tmp_path):
    model = mlflow.pyfunc.load_model(str(stored(Ridge().fit(X, y), tmp_path)))
    assert model.metadata.signature.params is None


@pytest.mark.slow
def test_the_modules_of_a_pickle():
    assert modules_in(pickle.dumps({"torch": "keras", "n": np.float64})) == {"numpy"}
    assert requirements({"__main__", "json", "sklearn.tree", "mine.own"}) == requirements(set())
