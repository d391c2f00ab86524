"""The command line."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from report_parser import Page
from run_command import in_process
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

import tunekit as tk
from tunekit.cli import _formatted

STUDY = """
import tunekit as tk
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

def data():
    X, y = load_iris(return_X_y=True)
    return train_test_split(X, y, random_state=0, stratify=y)

tuner = tk.Tuner(
    DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), n_trials=3, cv=2, name="iris trees"
)
"""


@pytest.fixture
def study(folder):
    (folder / "trees.py").write_text(STUDY)


@pytest.fixture
def first_study(bare_folder):
    (bare_folder / "trees.py").write_text(STUDY)


CLI = "from tunekit.cli import main; main()"


def cli(*words):
    command = [sys.executable, "-c", CLI, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_a_study_is_run_listed_and_reported(first_study, capsys):
    code, out, err = in_process(
        capsys, "run", "trees.py", "--engine", "optuna", "--engine", "hyperopt"
    )
    assert code == 0
    assert err == ""  # no progress without a terminal
    for engine in ("optuna", "hyperopt"):
        assert re.search(
            rf"{engine}\n  ended because .*\n  search accuracy +0\.\d+.*\n  test accuracy +0\.\d+",
            out,
        )
    assert out.count("max_depth") == 2
    assert re.search(r"max_depth +[1-4]\n", out)
    assert "Report: reports/iris-trees.html" in out
    assert re.search(r"\nMLflow UI: \S+ ui\n$", out)
    assert "iris trees" in Path("reports/iris-trees.html").read_text()

    code, out, _ = in_process(capsys, "studies")
    assert re.search(r"iris trees +hyperopt, optuna +2 +6 +0\.\d{4}", out)

    code, out, _ = in_process(capsys, "report", "iris trees", "--out", "again.html")
    assert (code, out) == (0, "Report: again.html\n")
    assert Path("again.html").exists()


@pytest.mark.slow
def test_finalists_are_refitted_on_request(study, capsys):
    code, out, _ = in_process(capsys, "run", "trees.py", "--finalists", "2", "--out", "r.html")
    assert code == 0
    rows = re.findall(r"\n  optuna trial (\d) +(0\.\d{4})  (0\.\d{4})  [a-z]+(?=\n)", out)
    ranking = tk.load_comparison("iris trees").ranking()
    assert [f"optuna trial {number}" for number, _, _ in rows] == list(ranking.index)
    assert [float(score) for _, score, _ in rows] == pytest.approx(list(ranking["score"]), abs=1e-4)
    assert "Finalists of iris trees, optuna" in Page("r.html").headings("ranking")
    assert "refitted on the splits of the search, as these do not shuffle" in out


@pytest.mark.slow
def test_report_options(tuners, uri, tmp_path, capsys):
    X, y = load_iris(return_X_y=True)
    models = {"bayes": GaussianNB(), "prior": DummyClassifier()}
    tk.compare(models, X, y, cv=2, name="two models", tracking_uri=uri)
    out = str(tmp_path / "ab.html")
    words = ["report", "three digits", "two models", "--out", out, "--tracking-uri", uri]
    words += ["--title", "Both", "--section", "verdict", "--section", "ranking", "--theme", "dark"]
    code, output, _ = in_process(capsys, *words)
    assert (code, output) == (0, f"Report: {out}\n")
    listed = in_process(capsys, "studies", "--tracking-uri", uri)[1]
    assert re.search(r"\ntwo models +comparison +bayes, prior +finished +20\d\d-", listed)
    page = Page(out)
    assert page.sections == ["verdict", "ranking"]
    assert "<h1>Both</h1>" in page.html
    assert 'data-theme="dark"' in page.html
    assert page.headings("ranking")[0] == "Candidates of two models"
    for wrong, message in (
        (["--theme", "blue"], "theme must be 'auto', 'light' or 'dark', got 'blue'"),
        (["--section", "verdic"], "there is no section 'verdic'. Did you mean 'verdict'?"),
    ):
        code, _, err = in_process(capsys, *words[:7], *wrong)
        assert code == 2
        assert message in err


@pytest.mark.slow
def test_trials_and_engine_options(study, capsys, forks):
    words = ["run", "trees.py", "--engine", "hyperopt", "--trials", "2", "--out", "x.html"]
    status, _, err = forks.start(CLI, *words).ended()
    assert (status, err) == (0, "")
    assert re.search(r"iris trees +hyperopt +1 +2 ", in_process(capsys, "studies")[1])
    assert Path("x.html").exists()


def test_study_without_test_split_and_tracking(study, capsys):
    text = STUDY.replace("return train_test_split(X, y, random_state=0, stratify=y)", "return X, y")
    Path("plain.py").write_text(text.replace("cv=2", "cv=2, tracking=False, scoring='f1_macro'"))
    code, out, _ = in_process(capsys, "run", "plain.py")
    assert code == 0
    assert "search f1_macro" in out
    assert "test" not in out
    assert "Report" not in out


@pytest.mark.interpreter
@pytest.mark.slow
def test_study_file_runs_as_a_script(folder):
    source = Path(__file__).parents[2] / "studies" / "digits.py"
    text = source.read_text().replace("n_trials=20", "n_trials=1").replace("epochs=30", "epochs=1")
    Path("digits.py").write_text(text)
    command = [sys.executable, "digits.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.startswith("test accuracy 0.")
    assert Path("reports/digits.html").exists()


@pytest.mark.parametrize(
    ("replaced", "by", "message"),
    [
        ("tk.Int(1, 4)", "tk.Int(4, 1)", 'Int("max_depth"): low must be below high, got low=4'),
        ("max_depth=tk.Int(1, 4)", "", "Space: give at least one parameter"),
        ("max_depth", "max_dept", "Did you mean 'max_depth'?"),
        ('"iris trees"', '"' + "x" * 600 + '"', "name must be a string of 1 to 500 characters"),
        ("return train", "y = 1.0 * y; y[3] = float('nan'); return X, y; train", "missing value"),
        (
            "return train_test_split(X, y, random_state=0, stratify=y)",
            "return X, y[1:]",
            "150 rows",
        ),
        ("return train_test_split", "return 3; train_test_split", "must return X, y or X_train"),
        ("tuner = ", "tunner = ", "must define 'tuner'"),
        ("def data", "def dat", "add def data(): …"),
        ("return train_test_split", "return None; train_test_split", "y_test, got NoneType."),
        ("n_trials=3", "refit=False, n_trials=3", "set refit=True, or return only X, y"),
    ],
)
def test_error_in_a_study_file_is_one_sentence(study, capsys, replaced, by, message):
    Path("trees.py").write_text(STUDY.replace(replaced, by))
    code, _, err = in_process(capsys, "run", "trees.py")
    assert code == 2
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nothing.py"], "there is no study file nothing.py"),
        (["run", "trees.py", "--engine", "optunna"], "Did you mean 'optuna'?"),
        (["run", "trees.py", "--trials", "0"], "n_trials must be a whole number of at least 1"),
        (["run", "trees.py", "--out", "trees.py/x.html"], "cannot write the report to trees.py/x"),
        (["run", "trees.py", "--out", "x" * 300], "cannot write the report to xxx"),
        (["studies"], "there is no store at"),
        (["report", "x", "--out", "x.html"], "there is no store at"),
        (["ui"], "there is no store at"),
        (["studies", "--tracking-uri", ""], "tracking_uri must be an address"),
    ],
)
def test_invalid_arguments_give_one_sentence(first_study, capsys, words, message):
    code, _, err = in_process(capsys, *words)
    assert code == 2
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.interpreter
def test_process_prints_the_sentence_and_exits_with_status_2(bare_folder):
    done = cli("run", "nothing.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"Error: there is no study file nothing\.py.*\n", done.stderr)


def test_out_without_tracking_is_rejected_before_the_search(study, capsys):
    Path("trees.py").write_text(STUDY.replace("n_trials=3", "tracking=False, n_trials=3"))
    code, out, err = in_process(capsys, "run", "trees.py", "--out", "x.html")
    assert (code, out) == (2, "")
    assert "set tracking=True in the tuner" in err


def test_empty_store(folder, capsys):
    assert "No study in sqlite:///" in in_process(capsys, "studies")[1]


def test_help_lists_the_commands(capsys):
    code, out, _ = in_process(capsys, "--help")
    assert code == 0
    for command in ("run", "report", "studies", "ui"):
        assert command in out


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_space_is_written_to_a_file_edited_and_run(study, capsys, suffix):
    file = Path(f"space.{suffix}")
    _, out, _ = in_process(capsys, "space", "trees.py", "--out", file.name)
    assert out == f"Space: {file}\n"
    file.write_text(file.read_text().replace("4", "1"))
    code, _, err = in_process(capsys, "run", "trees.py", "--space", file.name)
    assert code == 2
    assert 'Int("max_depth"): low must be below high, got low=1, high=1.' in err
    file.write_text('{"max_depth": {"type": "Int", "low": 2, "high": 3}, "min_samples_leaf": 7}')
    assert in_process(capsys, "space", file.name)[1] == "max_depth=Int(2, 3)\nmin_samples_leaf=7\n"
    _, out, _ = in_process(capsys, "run", "trees.py", "--space", file.name)
    assert re.search(r"min_samples_leaf +7", out)


def test_hand_written_yaml_is_read(bare_folder, capsys):
    Path("space.yaml").write_text(
        """
layers: 2
units: {type: Int, low: 8, high: 64, log: true, per: layers}
learning_rate: {type: Float, low: 1e-4, high: 1e-1, log: true}
activation: {type: Categorical, choices: [relu, no, null, [1, 2]]}
momentum:
  type: Float
  low: 0
  high: 0.9
  when: {activation: relu}
"""
    )
    assert in_process(capsys, "space", "space.yaml")[1].splitlines() == [
        "layers=2",
        'units=Int(8, 64, log=True).per("layers")',
        "learning_rate=Float(0.0001, 0.1, log=True)",
        "activation=Categorical(['relu', 'no', None, (1, 2)])",
        "momentum=Float(0.0, 0.9).when(activation='relu')",
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("space.toml", "", "a space file must end in .json, .yaml, .yml, got space.toml."),
        ("no.yaml", None, "the space file no.yaml does not exist."),
        ("bad.yaml", "a: [1", "the space file bad.yaml cannot be read: "),
        ("bad.json", "{", "the space file bad.json cannot be read: "),
        ("twice.yaml", "a: 1\na: 2", 'duplicate key "a" with value "2"'),
        ("list.yaml", "[1, 2]", "the space file list.yaml: Space: must be a mapping of names to"),
        ("two.yaml", "a: 1\n---\nb: 2", "expected a single document in the stream but found"),
        ("latin.yaml", b"a: \xe9", "the space file latin.yaml cannot be read: 'utf-8' codec"),
        ("empty.yaml", "# nothing", "the space file empty.yaml is empty"),
        ("typo.yaml", "x: {type: Flot}", "the space file typo.yaml: 'x': type must be a kind"),
    ],
)
def test_invalid_space_file_gives_one_sentence(bare_folder, capsys, name, text, message):
    if text is not None:
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    code, _, err = in_process(capsys, "space", name)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_terminal_shows_progress(study, forks):
    text = STUDY.replace("n_trials=3", "n_trials=12").replace("Int(1, 4)", "Int(1, 40)")
    Path("trees.py").write_text(text)
    master, slave = pty.openpty()
    process = forks.start(CLI, "run", "trees.py", err=Path(os.ttyname(slave)))
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(master, 65536):
            shown += part
    assert process.ended()[0] == 0
    os.close(master)
    text = shown.decode()
    assert "iris trees · optuna" in text
    assert re.search(r"12/12.* best .*0\.\d{4}", text)
    assert "elapsed" in text
    assert "remaining" in text


@pytest.mark.interpreter
@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_ui_starts_and_stops_its_server(tuners, uri, free_port, capsys, signum):
    command = [sys.executable, "-c", CLI, "ui"]
    command += ["--tracking-uri", uri, "--port", str(free_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = next(line for line in process.stdout if "http" in line).split()[-1]
            assert link.startswith(f"http://127.0.0.1:{free_port}/#/experiments/1/runs?")
            with urllib.request.urlopen(link.split("#")[0], timeout=10) as page:
                assert page.status == 200
            code, _, err = in_process(capsys, *command[3:])
            assert code == 2
            assert "name another with --port" in err
            _, out, _ = in_process(capsys, "ui", "three digits", "--tracking-uri", page.url)
            table, charts = out.splitlines()
            assert table == f"MLflow UI: {link}", "of a server only the links are printed"
            assert charts.startswith(f"Charts:    {link.split('?')[0]}?")
            assert charts.endswith("&compareRunsMode=CHART")
            process.send_signal(signum)
            rest, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    if signum == signal.SIGINT:
        assert process.returncode == 0
        assert "Stopped." in rest
    else:
        assert process.returncode == -signal.SIGTERM
    time.sleep(0.5)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{free_port}/", timeout=2)


def test_port_out_of_range_is_rejected(tuners, uri, capsys):
    code, _, err = in_process(capsys, "ui", "--tracking-uri", uri, "--port", "99999")
    assert code == 2
    assert "port must be from 1 to 65535, got 99999" in err


def test_two_engines_on_one_storage_are_rejected(study, capsys):
    Path("trees.py").write_text(STUDY.replace("cv=2", "cv=2, storage='sqlite:///s.db'"))
    engines = ["--engine", "optuna", "--engine", "hyperopt"]
    code, _, err = in_process(capsys, "run", "trees.py", *engines)
    assert code == 2
    assert "one engine at a time" in err


@pytest.mark.slow
def test_study_file_may_define_dataclasses(study, capsys):
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    head += "@dataclass\nclass Setting:\n    size: int = 3\n"
    Path("trees.py").write_text(head + STUDY)
    assert in_process(capsys, "run", "trees.py")[0] == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((25,), "(25,)"),
        ((8, 0.123456), "(8, 0.1235)"),
        ((), "()"),
        ("relu", "relu"),
        (None, "None"),
    ],
)
def test_parameters_are_formatted_as_in_python(value, shown):
    assert _formatted(value) == shown
