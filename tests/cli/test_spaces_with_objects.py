"""Objects, names with blanks, and ranges under conditions on the command line."""

from __future__ import annotations

import re

import pytest
from run_command import in_process

import tunekit as tk
from tunekit.space.files import write_space

STUDY = """
import tunekit as tk
from sklearn.datasets import load_iris
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

def data():
    return load_iris(return_X_y=True)

space = tk.Space(**{
    "my scaler": tk.Categorical([StandardScaler(), MinMaxScaler()]),
    "ridge-model__class_weight": tk.Categorical([{0: 1, 1: 2, 2: 1}, None]),
    "ridge-model__alpha": [
        tk.Float(0.1, 1.0).when(**{"my scaler": StandardScaler()}),
        tk.Float(1.0, 10.0).when(**{"my scaler": MinMaxScaler()}),
    ],
})
model = Pipeline([("my scaler", StandardScaler()), ("ridge-model", RidgeClassifier())])
tuner = tk.Tuner(model, space, n_trials=2, cv=2, name="ridges", tracking=False, random_state=0)
"""


@pytest.fixture
def study(bare_folder):
    (bare_folder / "ridges.py").write_text(STUDY)


def test_a_space_with_objects_is_printed_as_code(study, capsys):
    code, out, _ = in_process(capsys, "space", "ridges.py")
    assert code == 0
    assert out == (
        '"my scaler": Categorical([StandardScaler(), MinMaxScaler()])\n'
        '"ridge-model__class_weight": Categorical([{0: 1, 1: 2, 2: 1}, None])\n'
        '"ridge-model__alpha": [Float(0.1, 1.0).when(**{"my scaler": StandardScaler()}), '
        'Float(1.0, 10.0).when(**{"my scaler": MinMaxScaler()})]\n'
    )


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_an_edited_space_file_is_searched_with_the_objects_of_the_study(
    study, bare_folder, capsys, suffix
):
    path = bare_folder / f"space.{suffix}"
    assert in_process(capsys, "space", "ridges.py", "--out", str(path))[0] == 0
    path.write_text(path.read_text().replace("10.0", "20.0"))
    code, out, _ = in_process(capsys, "run", "ridges.py", "--space", str(path))
    assert code == 0
    assert re.search(r"\n  my scaler +(StandardScaler|MinMaxScaler)\(\)\n", out)
    assert re.search(r"\n  ridge-model__class_weight +(\{0: 1, 1: 2, 2: 1\}|None)\n", out)
    assert re.search(r"\n  ridge-model__alpha +[\d.]+\n", out)


def test_an_object_that_the_study_does_not_have_is_refused(study, bare_folder, capsys):
    space = tk.Space(**{"my scaler": tk.Categorical([tk.Space, None])})
    path = bare_folder / "space.json"
    write_space(space, path)
    code, _, err = in_process(capsys, "run", "ridges.py", "--space", str(path))
    assert code == 2
    assert "'my scaler' has the value Space, of which a file contains only the name" in err
