"""Keras classifiers that are scikit-learn estimators through and through."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tunekit.exceptions import DataError, ParameterError, did_you_mean
from tunekit.models.architectures import mlp
from tunekit.models.training import Arrays, train
from tunekit.runtime import load_keras

_OPTIMIZERS = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
_BINARY = 2
_ROWS = 8192  # predicted at a time


class KerasClassifier(ClassifierMixin, BaseEstimator):
    """A multilayer perceptron on Keras, with flat hyperparameters.

    Parameters
    ----------
    layers : int, default=1
        Hidden layers, 0 or more.
    units : int or tuple of int, default=64
        Width of the hidden layers, 1 or more: one for all, or one for each.
    activation : str, default="relu"
        Name of any Keras activation.
    dropout : float or tuple of float, default=0.0
        Share of a hidden layer's outputs that are dropped in training, from 0 to below 1: one
        for all, or one for each.
    optimizer : {"adam", "rmsprop", "sgd"}, default="adam"
        Optimizer.
    learning_rate : float, default=1e-3
        Step size, above 0.
    momentum : float, default=0.0
        Momentum, from 0 to below 1; used by ``"sgd"`` and ``"rmsprop"``, and ignored by
        ``"adam"``, which has its own.
    batch_size : int, default=32
        Rows of a batch, 1 or more.
    epochs : int, default=30
        Passes over the data, 1 or more.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, shuffling and dropout. The global generators are left alone.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    history_ : DataFrame
        An epoch a row: ``loss``, ``accuracy`` and, with validation data, ``val_loss`` and
        ``val_accuracy``.
    model_ : keras.Model
        The trained network; it gives logits.
    n_features_in_ : int
        Columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they were texts.
    n_iter_ : int
        Epochs trained.
    n_params_ : int
        Weights of the network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = KerasClassifier(epochs=60, learning_rate=0.01, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    >>> model.predict_proba(X).shape
    (150, 3)
    """

    def __init__(  # noqa: PLR0913 - hyperparameters are flat
        self,
        layers: int = 1,
        units: int | Sequence[int] = 64,
        *,
        activation: str = "relu",
        dropout: float | Sequence[float] = 0.0,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        momentum: float = 0.0,
        batch_size: int = 32,
        epochs: int = 30,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.layers = layers
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: tuple[Any, Any] | None = None,
        on_epoch: Callable[[int], None] | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs, finite.
        y : array-like of shape (n_samples,)
            Labels of any kind, at least two different ones.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.
        validation_data : (X, y) or None, default=None
            Rows to measure after each epoch. Nothing is learned or chosen from them.
        on_epoch : callable or None, default=None
            Called after each epoch with its number, from 0. What it raises ends the fit.

        Returns
        -------
        KerasClassifier
            This estimator.

        Raises
        ------
        ParameterError
            When a hyperparameter is of the wrong kind or out of its range.
        DataError
            When there is only one class.
        ValueError
            When X or y is not what scikit-learn accepts.
        """
        units, dropout = self._check_params()
        X, y = validate_data(self, X, y, dtype=np.float32)
        encoder = self._encoder(y)
        self.classes_ = encoder.classes_
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float32, ensure_non_negative=True
            )
        rng = self._generator()
        self.model_ = self._network(X.shape[1], units, dropout, rng)
        self.n_params_ = int(self.model_.count_params())
        self._train(
            Arrays(X, self._targets(encoder, y), sample_weight),
            self._validation(validation_data, encoder),
            rng,
            on_epoch,
        )
        last = float(self.history_["loss"].iloc[-1])
        if not math.isfinite(last):
            raise DataError(
                f"the loss is no longer finite at epoch {self.n_iter_}: lower learning_rate "
                f"({self.learning_rate:g}), or scale the inputs (StandardScaler)."
            )
        return self

    def _train(
        self,
        data: Arrays,
        validation: Arrays | None,
        rng: np.random.RandomState,
        on_epoch: Callable[[int], None] | None,
    ) -> None:
        """Train the network and keep its history, also where ``on_epoch`` ends the fit."""
        history: dict[str, list[float]] = {}
        try:
            train(
                self.model_,
                data,
                validation=validation,
                batch_size=self.batch_size,
                epochs=self.epochs,
                rng=rng,
                history=history,
                on_epoch=on_epoch,
            )
        finally:
            self.history_ = pd.DataFrame(history).rename_axis("epoch")
            self.n_iter_ = len(self.history_)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the logits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column is left out for two classes: above 0 means ``classes_[1]``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        parts = [
            np.asarray(self.model_(X[start : start + _ROWS], training=False))
            for start in range(0, len(X), _ROWS)
        ]
        logits = np.concatenate(parts).astype(np.float64)
        return logits[:, 0] if len(self.classes_) == _BINARY else logits

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            From 0 to 1; rows sum to 1; columns in the order of ``classes_``.
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.column_stack([expit(-logits), expit(logits)])
        return np.asarray(softmax(logits, axis=1))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        labels = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[labels])

    def _check_params(self) -> tuple[list[int], list[float]]:
        """Return units and dropout a layer, when every parameter is right."""
        for name, low in (("layers", 0), ("batch_size", 1), ("epochs", 1)):
            self._check_number(name, getattr(self, name), low=low, whole=True)
        self._check_number("learning_rate", self.learning_rate, above=0.0)
        self._check_number("momentum", self.momentum, low=0, below=1)
        units, dropout = self._per_layer("units"), self._per_layer("dropout")
        for width in units:
            self._check_number("units", width, low=1, whole=True)
        for share in dropout:
            self._check_number("dropout", share, low=0, below=1)
        self._check_name("optimizer", self.optimizer, _OPTIMIZERS)
        self._check_name("activation", self.activation, _activations())
        return units, dropout

    def _check_number(
        self,
        name: str,
        value: Any,
        *,
        low: float = -math.inf,
        above: float = -math.inf,
        below: float = math.inf,
        whole: bool = False,
    ) -> None:
        kind = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        right = isinstance(value, kind) and not isinstance(value, bool)
        if right and low <= value < below and (value > above):
            return
        bounds = [f"at least {low:g}"] if low > -math.inf else []
        bounds += [f"above {above:g}"] if above > -math.inf else []
        bounds += [f"below {below:g}"] if below < math.inf else []
        what = "a whole number" if whole else "a finite number"
        raise ParameterError(
            f"{type(self).__name__}: {name} must be {what}, {' and '.join(bounds)}, got {value!r}."
        )

    def _check_name(self, name: str, value: Any, known: Any) -> None:
        if not isinstance(value, str) or value not in known:
            raise ParameterError(
                f"{type(self).__name__}: {name} {value!r} is not known.{did_you_mean(value, known)}"
            )

    def _per_layer(self, name: str) -> list[Any]:
        value = getattr(self, name)
        if not isinstance(value, (tuple, list, np.ndarray)):
            return [value] * self.layers
        if len(value) != self.layers:
            raise ParameterError(
                f"{type(self).__name__}: {name} must be one value or one a layer: "
                f"got {len(value)} values, {tuple(value)!r}, for layers={self.layers}."
            )
        return list(value)

    def _generator(self) -> np.random.RandomState:
        # For None scikit-learn takes NumPy's global generator, which is not ours to advance.
        if self.random_state is None:
            return np.random.RandomState()
        rng: np.random.RandomState = check_random_state(self.random_state)
        return rng

    def _encoder(self, y: Any) -> LabelEncoder:
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        if len(encoder.classes_) < _BINARY:
            only = encoder.classes_.tolist()[0]
            raise DataError(f"y has only one class, {only!r}; a classifier needs at least two.")
        return encoder

    def _network(
        self, n_features: int, units: list[int], dropout: list[float], rng: np.random.RandomState
    ) -> Any:
        """Return the network, compiled: logits, and the loss and accuracy that go with them."""
        keras = load_keras()
        settings: dict[str, Any] = {"learning_rate": self.learning_rate}
        if self.optimizer != "adam":
            settings["momentum"] = self.momentum
        if len(self.classes_) == _BINARY:
            loss: Any = keras.losses.BinaryCrossentropy(from_logits=True)
            accuracy: Any = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
        else:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        model = mlp(
            n_features=n_features,
            n_outputs=1 if len(self.classes_) == _BINARY else len(self.classes_),
            units=units,
            activation=self.activation,
            dropout=dropout,
            rng=rng,
        )
        model.compile(
            optimizer=getattr(keras.optimizers, _OPTIMIZERS[self.optimizer])(**settings),
            loss=loss,
            weighted_metrics=[accuracy],
            jit_compile=False,  # compiling would take longer than training a small model
        )
        return model

    def _targets(self, encoder: LabelEncoder, y: Any) -> NDArray[Any]:
        codes = encoder.transform(y)
        if len(self.classes_) == _BINARY:
            return np.asarray(codes, dtype=np.float32)[:, None]
        return np.asarray(codes, dtype=np.int32)

    def _validation(self, data: tuple[Any, Any] | None, encoder: LabelEncoder) -> Arrays | None:
        if data is None:
            return None
        X, y = validate_data(self, data[0], data[1], dtype=np.float32, reset=False)
        known = np.isin(y, self.classes_)
        # A label that training never saw has no place in the loss.
        return Arrays(X[known], self._targets(encoder, y[known])) if known.any() else None


def _activations() -> list[str]:
    functions = vars(load_keras().activations)
    return [name for name, value in functions.items() if callable(value) and name.islower()]
