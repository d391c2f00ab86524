"""No output contains a password that was passed in any way."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import traceback
import urllib.request
import warnings
from collections import Counter
from pathlib import Path
from urllib.parse import quote, quote_plus

import optuna
import psutil
import pytest
from dummy_estimators import ScriptedEstimator, study
from run_command import in_process
from servers import MlflowServer
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.tracking.journal import journal_folders
from tunekit.tracking.store import open_store
from tunekit.tracking.ui import find_page, ui_server

PASSWORD = "Sent1nel: p/ß w#"  # noqa: S105 - of nobody
FORMS = {
    PASSWORD,
    quote(PASSWORD, safe=""),
    quote_plus(PASSWORD),
    ascii(PASSWORD)[1:-1],
    "Sent1nel",
}
BYTES = {form.encode(code) for form in FORMS for code in ("utf-8", "utf-16-le", "utf-32-le")}
X, y = load_iris(return_X_y=True)
DEPTHS = tk.Space(max_depth=tk.Int(1, 4))

STUDY = """
import os
import tunekit as tk
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

def data():
    X, y = load_iris(return_X_y=True)
    return train_test_split(X, y, random_state=0, stratify=y)

tuner = tk.Tuner(
    DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 40)), n_trials=22, cv=2, name="trees",
    storage=os.environ["STORAGE"], tracking_uri=os.environ["STORE"], random_state=0,
)
"""


def assert_unknown(*texts):
    for text in texts:
        assert [form for form in FORMS if form in text] == [], text


def assert_unwritten(*folders):
    """Search all files, in all common encodings."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert [form for form in BYTES if form in content] == [], path


@pytest.fixture
def store(postgres, bare_folder, engine):
    """Addresses of an MLflow store and of a storage, both with the password."""
    found = [
        postgres.database(f"{bare_folder.name} {engine} {role}").replace(
            "tunekit@", f"tunekit:{quote(PASSWORD, safe='')}@"
        )
        for role in "ms"
    ]
    yield found
    assert_unknown(*map(postgres.dump, found))


@contextlib.contextmanager
def processes_watched(found):
    """Record the command lines of all processes of the machine.

    It looks at each process for a second: a fork has the command line of its parent until it
    becomes another program.
    """

    def look():
        looks = Counter()
        while not over.is_set():
            for pid in psutil.pids():
                if looks[pid] < 20:
                    looks[pid] += 1
                    with contextlib.suppress(psutil.Error):
                        found.add(" ".join(psutil.Process(pid).cmdline()))
            time.sleep(0.05)

    over = threading.Event()
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


CLI = "import warnings; warnings.simplefilter('always'); from tunekit.cli import main; main()"


@pytest.fixture
def cli(forks):
    """Run a command in a process of its own; return its exit status and all that it printed."""

    def run(*words, **environment):
        status, *printed = forks.start(CLI, *words, **environment).ended()
        return status, "".join(printed)

    return run


@pytest.fixture
def typed(capfd, monkeypatch):
    """Run a command in this process, and return its exit status and output."""

    def run(*words, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            code, *printed = in_process(capfd, *words)
        return code, "".join([*printed, *map(str, warned)])

    return run


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])  # both have the same storages
def test_the_command_line_shows_no_password(store, engine, bare_folder, typed, cli):
    (bare_folder / "trees.py").write_text(STUDY)
    uri, storage = store
    seen: set[str] = set()
    with processes_watched(seen):
        code, told = cli(
            "run", "trees.py", "--engine", engine, "--finalists", "2", STORE=uri, STORAGE=storage
        )
    assert code == 0, told
    assert "MLFLOW_TRACKING_URI='postgresql+psycopg://tunekit:***@" in told
    for words in (["studies"], ["studies", "--repair"], ["report", "trees", "--out", "again.html"]):
        code, more = typed(*words, MLFLOW_TRACKING_URI=uri)
        assert code == 0, more
        told += more
    for words in (
        ["report", "none", "--out", "x.html", "--tracking-uri", uri],
        ["ui", "none", "--no-browser", "--tracking-uri", uri],
        ["studies", "--tracking-url", uri],
        ["studies", uri],
        ["ui", "--port", uri],
        ["space", "trees.py"],
        ["run", "trees.py"],
    ):
        bad = {"STORE": uri, "STORAGE": storage.replace("127.0.0.1", "127.0.0.1:1x")}
        told += typed(*words, **bad)[1]
    told += cli("studies", "--tracking-uri", uri.replace("tunekit.", "tunekit-nowhere."))[1]
    place = "postgresql+psycopg://tunekit:***@"
    assert f"Error: there is no study or comparison 'none' in {place}" in told
    assert any("tunekit.tracking.writer_process" in each for each in seen), (
        "the writer process was not seen"
    )
    assert_unknown(told, *seen)
    assert_unwritten(bare_folder, Path(os.environ["XDG_STATE_HOME"]))


def candidates(uri, storage, engine):
    """Estimators that contain tuners with addresses in different ways."""
    tuner = study(
        DEPTHS,
        engine,
        estimator=DecisionTreeClassifier(),
        n_trials=2,
        storage=storage,
        tracking_uri=uri,
    )
    inside = {"tuner__tracking": [False], "tuner__storage": [None]}
    return {
        "tuner": tuner,
        "object": clone(tuner).set_params(storage=optuna.storages.get_storage(storage)),
        "pipeline": make_pipeline(StandardScaler(), clone(tuner)),
        "grid": GridSearchCV(
            make_pipeline(StandardScaler(), clone(tuner)).set_params(
                steps=[("tuner", clone(tuner))]
            ),
            inside,
            cv=2,
        ),
        "prior": DummyClassifier(),
    }


def notebook(thing):
    bundle = thing._repr_mimebundle_() if hasattr(thing, "_repr_mimebundle_") else {}
    return [repr(thing), *map(str, bundle.values()), getattr(thing, "_repr_html_", str)()]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_estimators_comparisons_and_reports_contain_no_password(store, engine, bare_folder, capfd):
    uri, storage = store
    given = candidates(uri, storage, engine)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        compared = [
            tk.compare(given, *load(return_X_y=True), cv=2, name=load.__name__, tracking_uri=uri)
            for load in (load_iris, load_wine)
        ]
        overall = tk.across_datasets(compared)
        tk.report([compared[0], "load_wine"], "compared.html", tracking_uri=uri)
        tuner = given["tuner"].set_params(name="inner", tracking=True).fit(X, y)
        again = clone(tuner).set_params(n_trials=3, n_jobs=2).fit(X, y)
        tuner.evaluate(X, y)
        tuner.finalists(k=2, seeds=2)
        tk.report([tuner, again], "inner.html")
        loaded = (
            tk.load_study("inner", tracking_uri=uri),
            tk.load_comparison("load_iris", tracking_uri=uri),
        )
    assert "***" in compared[0].info.candidates[0].described
    assert tuner.get_params()["storage"] == storage, "the real address is needed"
    assert tuner.get_params()["tracking_uri"] == uri
    texts = [
        text for each in (*given.values(), *compared, *loaded, tuner) for text in notebook(each)
    ]
    texts += [
        repr(overall),
        repr(tuner.get_params()),
        repr(compared[0].info),
        repr(tuner.tracking_uri_),
    ]
    texts += [
        each(path) for each in (compared[0].to_csv, compared[0].to_json) for path in (None, "x")
    ]
    texts += [str(each.message) for each in told]
    texts += capfd.readouterr()
    assert_unknown(*texts)
    assert_unwritten(bare_folder, Path(os.environ["XDG_STATE_HOME"]))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_the_champion_contains_no_password_of_a_nested_tuner(store, engine, bare_folder):
    uri, storage = store
    inner = study(
        tk.Space(criterion=tk.Categorical(["gini", "entropy"])),
        estimator=DecisionTreeClassifier(),
        n_trials=1,
        name="inside",
        tracking_uri=uri,
    )
    space = tk.Space(tuner__estimator__max_depth=tk.Int(1, 4))
    pipeline = make_pipeline(StandardScaler(), inner)
    whole = study(space, engine, estimator=pipeline, n_trials=2, name="outside", tracking=True)
    whole.set_params(tracking_uri=uri, storage=storage).fit(X, y)
    champion = tk.load_study("outside", tracking_uri=uri).champion
    assert (champion.predict(X) == whole.predict(X)).all()
    assert whole.best_estimator_[-1].tracking_uri == uri
    assert champion[-1].tracking_uri.startswith("postgresql+psycopg://tunekit:***@")
    assert_unwritten(bare_folder)


UNREACHABLE = "postgresql+psycopg://me:{}@127.0.0.1:1/db"
TROUBLE = [
    UNREACHABLE.format(quote(PASSWORD, safe="")),
    UNREACHABLE.format(PASSWORD),
    f"postgresql+psycopg://me:a@{PASSWORD}@127.0.0.1:1/db",
    f"postgresql+psycopg://me@corp:{PASSWORD}",
    f"postgresql+psycopg://127.0.0.1:1/db?user=me&password={quote_plus(PASSWORD)}",
    f"nosuch+driver://me:{PASSWORD}@127.0.0.1/db",
    f"http://me:{quote(PASSWORD, safe='')}@127.0.0.1:9",
    f"http://me:{PASSWORD}@127.0.0.1:9",
    f"http://127.0.0.1:1/{quote(PASSWORD, safe='')}@127.0.0.1:9",
    f"http://127.0.0.1:9/?access_token={quote(PASSWORD, safe='')}",
    f"http://127.0.0.1:9/?key={quote(PASSWORD, safe='')}",
    f"weird://me:{quote(PASSWORD, safe='')}@host/x",
]


@pytest.mark.parametrize("address", TROUBLE)
@pytest.mark.parametrize(
    "door", ["storage", "tracking", "study", "comparison", "report", "compare"]
)
def test_an_error_and_its_causes_contain_no_password(
    address, door, bare_folder, monkeypatch, capfd
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=1)
    doors = {
        "storage": lambda: tuner.set_params(storage=address).fit(X, y),
        "tracking": lambda: tuner.set_params(tracking=True, tracking_uri=address).fit(X, y),
        "study": lambda: tk.load_study("x", tracking_uri=address),
        "comparison": lambda: tk.load_comparison("x", tracking_uri=address),
        "report": lambda: tk.report("x", "x.html", tracking_uri=address),
        "compare": lambda: tk.compare({"a": DummyClassifier()}, X, y, tracking_uri=address),
    }
    with pytest.raises(tk.TunekitError) as caught:
        doors[door]()
    assert "***" in str(caught.value)
    assert_unknown("".join(traceback.format_exception(caught.value)), *capfd.readouterr())


class Cuts(ScriptedEstimator):
    """An estimator that kills a server in its third fit."""

    server: MlflowServer
    count = 0

    def fit(self, X, y):
        Cuts.count += 1
        if Cuts.count == 3:
            Cuts.server.kill()
        return super().fit(X, y)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_a_failing_store_leaks_no_password(engine, tmp_path_factory, bare_folder, monkeypatch):
    for name in ("PASSWORD", "TOKEN"):
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", PASSWORD.encode("ascii", "ignore").decode())
    Cuts.server, Cuts.count = MlflowServer(tmp_path_factory.mktemp("cut")), 0
    Cuts.server.start()
    Cuts.server.wait()
    uri = Cuts.server.uri.replace("//", f"//me:{quote(PASSWORD, safe='')}@")
    space = tk.Space(quality=tk.Float(0, 1))
    with pytest.warns(tk.TrackingWarning, match=r"http://me:\*\*\*@127.0.0.1") as told:
        study(space, engine, estimator=Cuts(), n_trials=4, tracking=True, tracking_uri=uri).fit(
            X, y
        )
    assert_unknown(*(str(each.message) for each in told))
    (journal,) = (each for place in journal_folders(uri) for each in place.glob("*"))
    assert journal.stat().st_mode & 0o777 == 0o700
    assert_unwritten(Path(os.environ["XDG_STATE_HOME"]), Cuts.server.folder)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_the_ui_gets_its_store_from_the_environment(store, free_port):
    uri, _ = store
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=1, tracking=True)
    tuner.set_params(tracking_uri=uri, name="seen").fit(X, y)
    seen: set[str] = set()
    with (
        processes_watched(seen),
        ui_server(uri, host="127.0.0.1", port=free_port) as (address, server),
    ):
        experiment = find_page(open_store(uri, create=False), "seen").experiment_id
        path = f"api/2.0/mlflow/experiments/get?experiment_id={experiment}"
        with urllib.request.urlopen(f"{address}/{path}", timeout=30) as answer:
            assert '"seen"' in answer.read().decode()
        family = psutil.Process(server.pid).children(recursive=True)
        commands = [" ".join(each.cmdline()) for each in family]
        assert any("uvicorn" in each for each in commands)
    assert_unknown(*commands, *seen)
