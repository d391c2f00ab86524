"""Run one benchmark in a separate process: ``python benchmarks/work.py NAME``.

Before the measurement starts, the libraries are loaded and train a network once. There is no other
warm-up, as for a user who runs a search. The program prints a JSON object with ``seconds``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
from data import adult, digits, mnist
from peers import Wrapper, build, hyperopt_loop, keras_tuner, optuna_loop, trained_score
from sklearn.model_selection import StratifiedKFold, cross_val_score

import tunekit as tk
from tunekit.core.runtime import load_keras, load_mlflow

TRIALS, EPOCHS = 20, 20
SPACE = tk.Space(
    layers=tk.Int(1, 3),
    units=tk.Int(16, 256, log=True).per("layers"),
    activation=tk.Categorical(["relu", "tanh"]),
    dropout=tk.Float(0.0, 0.5),
    batch_size=tk.Int(16, 128, log=True),
    learning_rate=tk.Float(1e-4, 1e-2, log=True),
    optimizer=tk.Categorical(["adam", "rmsprop", "sgd"]),
)
FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)


def configs() -> list[dict[str, Any]]:
    """Return random configurations, each with widths for the maximum number of layers."""
    rng = np.random.default_rng(0)
    return [
        {
            "layers": int(rng.integers(1, 4)),
            "units": [int(np.exp(rng.uniform(np.log(16), np.log(256)))) for _ in range(3)],
            "activation": str(rng.choice(["relu", "tanh"])),
            "dropout": float(rng.uniform(0, 0.5)),
            "batch_size": int(np.exp(rng.uniform(np.log(16), np.log(128)))),
            "learning_rate": float(np.exp(rng.uniform(np.log(1e-4), np.log(1e-2)))),
            "optimizer": str(rng.choice(["adam", "rmsprop", "sgd"])),
        }
        for _ in range(TRIALS)
    ]


def tunekit_search(n_jobs: int = 1, n_trials: int = TRIALS) -> Any:
    """Tune a network on digits, with all trials tracked in MLflow, and return the fitted tuner."""
    X, X_test, y, y_test = digits()
    rows = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    split = [(np.arange(len(X)), np.arange(len(X), len(X) + len(X_test)))]
    given = [{**each, "units": each["units"][: each["layers"]]} for each in configs()]
    with tempfile.TemporaryDirectory() as folder:
        tuner = tk.Tuner(
            tk.KerasClassifier(epochs=EPOCHS),
            SPACE,
            algorithm="random",
            n_trials=n_trials,
            initial=given,
            cv=split,
            refit=False,
            n_jobs=n_jobs,
            tracking_uri=f"sqlite:///{folder}/mlflow.db",
            name="digits",
            random_state=0,
        )
        return tuner.fit(*rows)


def of_digits(loop: Callable[..., None]) -> None:
    """Run a hand-written search over the configurations."""
    data = digits()
    loop(lambda config: trained_score(config, data, EPOCHS), configs())


def kt_search() -> None:
    """Run KerasTuner over the configurations."""
    with tempfile.TemporaryDirectory() as folder:
        keras_tuner(configs(), digits(), EPOCHS, folder)


def folds(estimator: Any, repeats: int = 1) -> None:
    """Cross-validate on digits with five folds, once or several times."""
    X, _, y, _ = digits()
    for _ in range(repeats):
        cross_val_score(estimator, X, y, cv=FOLDS)


def ours(units: tuple[int, ...], batch_size: int, epochs: int) -> tk.KerasClassifier:
    """Return tunekit's estimator."""
    return tk.KerasClassifier(layers=len(units), units=units, batch_size=batch_size, epochs=epochs)


def fit_with_keras(
    data: tuple[Any, Any], units: tuple[int, ...], batch_size: int, epochs: int
) -> Callable[[], Any]:
    """Return a function that trains a network with ``model.fit``."""
    X, y = data
    return lambda: build(X.shape[1], int(y.max()) + 1, units).fit(
        X, y, batch_size=batch_size, epochs=epochs, verbose=0
    )


def fit_with_tunekit(
    data: tuple[Any, Any], units: tuple[int, ...], batch_size: int, epochs: int
) -> Callable[[], Any]:
    """Return a function that trains the same network with tunekit."""
    return lambda: ours(units, batch_size, epochs).fit(*data)


NET = (128, 64)
WORK: dict[str, Callable[[], Callable[[], Any]]] = {
    "search tunekit": lambda: tunekit_search,
    "search keras-tuner": lambda: kt_search,
    "search optuna": lambda: lambda: of_digits(optuna_loop),
    "search hyperopt": lambda: lambda: of_digits(hyperopt_loop),
    "folds tunekit": lambda: lambda: folds(ours(NET, 32, EPOCHS)),
    "folds wrapper": lambda: lambda: folds(Wrapper(NET, EPOCHS)),
    "folds scikeras": lambda: lambda: folds(scikeras(NET)),
    "seeds tunekit": lambda: lambda: folds(ours(NET, 32, EPOCHS), 3),
    "seeds wrapper": lambda: lambda: folds(Wrapper(NET, EPOCHS), 3),
    "mnist tunekit": lambda: fit_with_tunekit(mnist(), (512, 128), 128, 3),
    "mnist keras": lambda: fit_with_keras(mnist(), (512, 128), 128, 3),
    "adult tunekit": lambda: fit_with_tunekit(adult(), (128, 64), 256, 10),
    "adult keras": lambda: fit_with_keras(adult(), (128, 64), 256, 10),
    "one worker": lambda: lambda: tunekit_search(1, 40),
    "two workers": lambda: lambda: tunekit_search(2, 40),
    "accuracy": lambda: accuracy,
    "memory": lambda: memory,
}


def scikeras(units: tuple[int, ...]) -> Any:
    """Return the estimator of scikeras."""
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        model=lambda: build(64, 10, units), epochs=EPOCHS, batch_size=32, verbose=0
    )


def accuracy() -> dict[str, float]:
    """Return means and standard deviations of the test accuracy of both training methods."""
    scores: dict[str, list[float]] = {"tunekit": [], "keras": []}
    for seed in range(10):
        X, X_test, y, y_test = digits(seed)
        load_keras().utils.set_random_seed(seed)
        for name, model in (("tunekit", ours(NET, 32, EPOCHS)), ("keras", Wrapper(NET, EPOCHS))):
            scores[name].append(model.fit(X, y).score(X_test, y_test))
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    return means | {f"{name}_std": float(np.std(values)) for name, values in scores.items()}


def memory() -> dict[str, float]:
    """Return resident memory, in MB, after the 30th and the 300th model of one study."""
    X, X_test, y, y_test = digits()
    process, sizes = psutil.Process(), []

    def score(model: Any, X: Any, y: Any) -> float:
        sizes.append(process.memory_info().rss / 2**20)
        return float(model.score(X, y))

    with tempfile.TemporaryDirectory() as folder:
        tk.Tuner(
            tk.KerasClassifier(epochs=1),
            SPACE,
            algorithm="random",
            n_trials=300,
            scoring=score,
            cv=0.3,
            refit=False,
            tracking_uri=f"sqlite:///{folder}/mlflow.db",
            random_state=0,
        ).fit(np.concatenate([X, X_test]), np.concatenate([y, y_test]))
    return {"models": len(sizes), "after 30": sizes[29], "after 300": sizes[299]}


def warm_up() -> None:
    """Load the libraries and train another network once."""
    X = np.random.default_rng(0).random((64, 5), dtype="float32")
    y = np.arange(64) % 3
    build(5, 3, (4,)).fit(X, y, epochs=1, verbose=0)
    tk.KerasClassifier(units=4, epochs=1).fit(X, y)
    load_mlflow()


def main(name: str) -> None:
    """Run the benchmark and print its run time."""
    warm_up()
    work = WORK[name]()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, **during(result)}))


def during(result: Any) -> dict[str, float]:
    """Return the time from the start of a search's first trial to the end of its last trial.

    A trial starts when a process is ready for it.
    """
    if isinstance(result, dict):
        return result
    study = getattr(result, "study_", None)
    if study is None:
        return {}
    trials = study.trials
    first = min(trial.datetime_start for trial in trials)
    last = max(trial.datetime_complete for trial in trials)
    return {"trials": (last - first).total_seconds()}


if __name__ == "__main__":
    main(sys.argv[1])
