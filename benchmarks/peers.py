"""Equivalent code without tunekit: Keras models trained with ``model.fit``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from tunekit.core.runtime import load_keras


def build(
    n_features: int,
    n_classes: int,
    units: tuple[int, ...],
    *,
    activation: str = "relu",
    dropout: float = 0.0,
    learning_rate: float = 1e-3,
    optimizer: str = "adam",
) -> Any:
    """Return a compiled multilayer perceptron, as in the Keras guides."""
    keras = load_keras()
    layers: list[Any] = [keras.Input((n_features,))]
    for width in units:
        layers.append(keras.layers.Dense(width, activation=activation))
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    model = keras.Sequential([*layers, keras.layers.Dense(n_classes, activation="softmax")])
    rule = keras.optimizers.get(
        {"class_name": optimizer, "config": {"learning_rate": learning_rate}}
    )
    model.compile(optimizer=rule, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Wrapper(ClassifierMixin, BaseEstimator):
    """A minimal scikit-learn estimator around ``model.fit``."""

    def __init__(
        self, units: tuple[int, ...] = (64,), epochs: int = 20, batch_size: int = 32
    ) -> None:
        self.units = units
        self.epochs = epochs
        self.batch_size = batch_size

    def fit(self, X: Any, y: Any) -> Wrapper:
        """Train a new model."""
        self.classes_ = np.unique(y)
        self.model_ = build(X.shape[1], len(self.classes_), self.units)
        self.model_.fit(X, y, batch_size=self.batch_size, epochs=self.epochs, verbose=0)
        return self

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row."""
        return self.classes_[self.model_.predict(X, verbose=0).argmax(axis=1)]


def trained_score(config: Mapping[str, Any], data: tuple[Any, Any, Any, Any], epochs: int) -> float:
    """Train a configuration and return its validation accuracy after the last epoch."""
    X, X_test, y, y_test = data
    model = build_digits(config)
    history = model.fit(
        X,
        y,
        batch_size=config["batch_size"],
        epochs=epochs,
        validation_data=(X_test, y_test),
        verbose=0,
    )
    return float(history.history["val_accuracy"][-1])


def build_digits(config: Mapping[str, Any]) -> Any:
    """Return the network for a configuration of the search."""
    return build(
        64,
        10,
        tuple(config["units"][: config["layers"]]),
        activation=config["activation"],
        dropout=config["dropout"],
        learning_rate=config["learning_rate"],
        optimizer=config["optimizer"],
    )


def keras_tuner(
    configs: list[dict[str, Any]],
    data: tuple[Any, Any, Any, Any],
    epochs: int,
    folder: str,
) -> None:
    """Run KerasTuner's random search over given configurations."""
    import keras_tuner

    X, X_test, y, y_test = data

    class Given(keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
        """Random search that returns the given configurations."""

        left = iter(configs)

        def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002
            config = next(self.left, None)
            if config is None:
                return {"status": keras_tuner.engine.trial.TrialStatus.STOPPED, "values": None}
            return {"status": keras_tuner.engine.trial.TrialStatus.RUNNING, "values": flat(config)}

    class Network(keras_tuner.HyperModel):  # type: ignore[misc]
        """The network of the search."""

        def build(self, hp: Any) -> Any:
            return build_digits(declared(hp))

        def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
            return model.fit(*args, batch_size=declared(hp)["batch_size"], **kwargs)

    oracle = Given(objective="val_accuracy", max_trials=len(configs))
    tuner = keras_tuner.Tuner(oracle=oracle, hypermodel=Network(), directory=folder, overwrite=True)
    tuner.search(X, y, epochs=epochs, validation_data=(X_test, y_test), verbose=0)


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with a separate parameter for the width of each layer."""
    rest = {name: value for name, value in config.items() if name != "units"}
    return {**rest, **{f"units_{i}": width for i, width in enumerate(config["units"])}}


def declared(hp: Any) -> dict[str, Any]:
    """Declare the search space to KerasTuner, and return its current values."""
    layers = hp.Int("layers", 1, 3)
    return {
        "layers": layers,
        "units": tuple(hp.Int(f"units_{i}", 16, 256, sampling="log") for i in range(3)),
        "activation": hp.Choice("activation", ["relu", "tanh"]),
        "dropout": hp.Float("dropout", 0.0, 0.5),
        "batch_size": hp.Int("batch_size", 16, 128, sampling="log"),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
        "optimizer": hp.Choice("optimizer", ["adam", "rmsprop", "sgd"]),
    }


def optuna_loop(score: Callable[[dict[str, Any]], float], configs: list[dict[str, Any]]) -> None:
    """Evaluate given configurations in an Optuna study."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    for config in configs:
        study.enqueue_trial(flat(config))
    study.optimize(lambda trial: score(suggested(trial)), n_trials=len(configs))


def suggested(trial: Any) -> dict[str, Any]:
    """Return the configuration of an Optuna trial."""
    return {
        "layers": trial.suggest_int("layers", 1, 3),
        "units": tuple(trial.suggest_int(f"units_{i}", 16, 256, log=True) for i in range(3)),
        "activation": trial.suggest_categorical("activation", ["relu", "tanh"]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "batch_size": trial.suggest_int("batch_size", 16, 128, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
        "optimizer": trial.suggest_categorical("optimizer", ["adam", "rmsprop", "sgd"]),
    }


def hyperopt_loop(score: Callable[[dict[str, Any]], float], configs: list[dict[str, Any]]) -> None:
    """Evaluate given configurations with Hyperopt."""
    import hyperopt
    from hyperopt import hp

    left = iter(configs)
    hyperopt.fmin(
        lambda _: -score(next(left)),
        {"place": hp.uniform("place", 0, 1)},
        algo=hyperopt.rand.suggest,
        max_evals=len(configs),
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
