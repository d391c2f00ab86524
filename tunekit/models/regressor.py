"""The Keras regressor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from tunekit.exceptions import DataError
from tunekit.models.architectures.base import Architecture, Meta
from tunekit.models.architectures.registry import DEFAULT
from tunekit.models.estimator import KerasEstimator


class KerasRegressor(RegressorMixin, KerasEstimator):
    """A neural network on Keras that is a scikit-learn regressor, for one target or several.

    Targets are learned as they are; put it into a ``TransformedTargetRegressor`` where they are
    large.

    Parameters
    ----------
    architecture : "mlp" or callable, default="mlp"
        A multilayer perceptron, or a function ``(meta, **hyperparameters) -> keras.Model``, as in
        :class:`tunekit.KerasClassifier`, whose network ends in a number for each target.
    layers : int, default=1
        Hidden layers, 0 or more.
    units : int or tuple of int, default=64
        Width of the hidden layers, 1 or more: one for all, or one for each.
    activation : str, default="relu"
        Name of any Keras activation.
    dropout : float or tuple of float, default=0.0
        Share of a hidden layer's outputs that are dropped, from 0 to below 1.
    input_dropout : float, default=0.0
        The same for the inputs.
    batch_normalization : bool, default=False
        Whether to normalise each hidden layer before its activation.
    batch_normalization_momentum : float or "auto", default="auto"
        Momentum of the moving averages that replace a batch's mean and variance in prediction,
        from 0 to below 1; ``"auto"`` takes 0.9, and down to 0.8 for fits of fewer than 50 steps.
    kernel_initializer : str, default="glorot_uniform"
        Name of any Keras initializer.
    l1, l2 : float, default=0.0
        Strengths of the penalties on the absolute and on the squared weights, 0 or more.
    max_norm : float or None, default=None
        Largest norm of the weights into a hidden unit, above 0.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Name of any Keras optimizer, or one whose settings are copied.
    learning_rate : float, default=1e-3
        Step size, above 0.
    momentum : float, default=0.0
        From 0 to below 1; for ``"sgd"`` and ``"rmsprop"``.
    clipnorm : float or None, default=None
        Largest norm of the gradient of a weight matrix, above 0.
    lr_schedule : {"cosine", "exponential", "plateau"} or None, default=None
        How the learning rate falls from epoch to epoch, see :class:`tunekit.KerasClassifier`.
    batch_size : int or "auto", default="auto"
        Rows of a batch, 1 or more; ``"auto"`` takes up to 64 rows at once, and else 32.
    epochs : int, default=100
        Passes over the data, 1 or more.
    loss : str, keras.losses.Loss, callable or None, default=None
        None is the mean squared error.
    metrics : sequence of str or keras.metrics.Metric, or None, default=None
        What ``history_`` shows beside the loss. Names are those of Keras and of scikit-learn's
        scorers.
    early_stopping : bool, default=False
        Whether to stop where the loss on rows put aside has not improved for ``patience``
        epochs, and to go back to the best weights.
    patience : int, default=10
        Epochs, 1 or more.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping puts aside, above 0 and below 1.
    validation_rows : {"random", "last"} or None, default=None
        Which rows those are; ``"last"`` is right for rows in order of time. None is ``"last"`` in
        a search or comparison whose splits follow time, and else ``"random"``.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Callbacks of Keras. Each fit uses copies of them, see ``callbacks_``.
    dtype : str, default="float32"
        Name of a Keras dtype policy.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, shuffling and dropout.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the network there is, for ``epochs`` more.
    verbose : int, default=0
        0 is silent; 1 prints a line an epoch.
    **hyperparameters : dict
        Those of the architecture, by the names of its keyword arguments.

    Attributes
    ----------
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that the last fit used. They are not pickled.
    history_ : DataFrame
        One row per epoch: ``loss`` and the metrics; behind ``val_`` on validation data or on rows
        put aside, behind ``held_out_`` on rows held out. The loss is that of the data; the
        penalty of regularizers is in ``penalty``.
    loss_curve_ : list of float
        The loss of each epoch.
    model_ : keras.Model
        The trained network.
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
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = KerasRegressor(epochs=40, learning_rate=0.01, random_state=0)
    >>> model.fit(scale(X), scale(y)).score(scale(X), scale(y)) > 0.5
    True
    """

    def __init__(  # noqa: PLR0913 - hyperparameters are flat
        self,
        architecture: str | Architecture = DEFAULT,
        layers: int = 1,
        units: int | Sequence[int] = 64,
        *,
        activation: str = "relu",
        dropout: float | Sequence[float] = 0.0,
        input_dropout: float = 0.0,
        batch_normalization: bool = False,
        batch_normalization_momentum: float | str = "auto",
        kernel_initializer: str = "glorot_uniform",
        l1: float = 0.0,
        l2: float = 0.0,
        max_norm: float | None = None,
        optimizer: Any = "adam",
        learning_rate: float = 1e-3,
        momentum: float = 0.0,
        clipnorm: float | None = None,
        lr_schedule: str | None = None,
        batch_size: int | str = "auto",
        epochs: int = 100,
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        early_stopping: bool = False,
        patience: int = 10,
        validation_fraction: float = 0.1,
        validation_rows: str | None = None,
        callbacks: Sequence[Any] | None = None,
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        **hyperparameters: Any,
    ) -> None:
        self._assign(locals())

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        held_out: tuple[Any, Any] | None = None,
        on_epoch: Callable[[int], None] | None = None,
        on_metrics: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or array-like of \
                shape (n_samples, height, width) or (n_samples, height, width, channels)
            Inputs, finite.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers, finite.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.
        validation_data : (X, y), (X, y, sample_weight) or None, default=None
            Rows to measure after each epoch, behind ``val_`` in ``history_``. Early stopping
            and schedules look at them, where there are any, instead of putting rows aside.
        held_out : (X, y) or None, default=None
            Rows to measure after each epoch, behind ``held_out_``. Nothing is learned or chosen
            from them.
        on_epoch : callable or None, default=None
            Called after each epoch with its number, from 0. What it raises ends the fit.
        on_metrics : callable or None, default=None
            Called after each epoch with its number and the epoch's row of ``history_``, by name.

        Returns
        -------
        KerasRegressor
            This estimator.

        Raises
        ------
        ParameterError
            When a hyperparameter is of the wrong kind or out of its range.
        TrainingDiverged
            When the loss is no longer finite.
        ValueError
            When X or y is not what scikit-learn accepts.
        """
        return self._fit(
            X,
            y,
            sample_weight=sample_weight,
            validation_data=validation_data,
            held_out=held_out,
            on_epoch=on_epoch,
            on_metrics=on_metrics,
            go_on=self.warm_start,
        )

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on some rows, and go on from there at the next call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.

        Returns
        -------
        KerasRegressor
            This estimator.
        """
        return self._fit(X, y, sample_weight=sample_weight, once=True, go_on=True)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the target of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        outputs = self._ask(self._inputs(X))[0].astype(np.float64)
        return outputs if self._several else outputs[:, 0]

    def _learn_targets(self, y: NDArray[Any], *, go_on: bool) -> None:
        if go_on:
            self._known(y)
        self._shape: tuple[int, ...] = y.shape[1:]

    def _describe_targets(self) -> dict[str, Any]:
        return {"shape": list(self._shape)}

    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        self._shape = tuple(described["shape"])

    @property
    def _several(self) -> bool:
        return len(self._shape) > 0

    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        n_outputs = self._shape[0] if self._several else 1
        return Meta(input_shape, n_outputs, "regression", (), self.dtype)

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(y, dtype=self._number).reshape(len(y), -1)

    def _weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:  # noqa: ARG002
        return None

    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:  # noqa: ARG002
        return None

    def _known(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        if y.shape[1:] != self._shape:
            wanted = str(("n_samples", *self._shape)).replace("'", "")
            raise DataError(f"y must have the shape {wanted}, got {y.shape}.")
        return np.ones(len(y), dtype=bool)
