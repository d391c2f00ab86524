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
from tunekit.models.compiling import predicts_counts
from tunekit.models.estimator import KerasEstimator


class KerasRegressor(RegressorMixin, KerasEstimator):
    """A scikit-learn regressor backed by a Keras neural network, for one target or several.

    Targets are not scaled. If they are large, wrap the estimator in a
    ``TransformedTargetRegressor``.

    Parameters
    ----------
    architecture : "mlp" or callable, default="mlp"
        A multilayer perceptron, or a function ``(meta, **hyperparameters) -> keras.Model``, as in
        :class:`tunekit.KerasClassifier`, whose network ends in one unit per target.
    layers : int, default=1
        Number of hidden layers of the perceptron, 0 or more.
    units : int or tuple of int, default=64
        Width of the hidden layers, 1 or more: one value for all layers, or one per layer.
    activation : str, default="relu"
        Name of any Keras activation.
    dropout : float or tuple of float, default=0.0
        Fraction of the outputs of a hidden layer to drop during training, from 0 to below 1: one
        value for all layers, or one per layer.
    input_dropout : float, default=0.0
        Fraction of the inputs to drop during training, from 0 to below 1.
    batch_normalization : bool, default=False
        Whether to normalize each hidden layer before its activation. The layer then has no bias.
    batch_normalization_momentum : float or "auto", default="auto"
        Momentum of the moving averages that replace the batch mean and variance in prediction,
        from 0 to below 1. ``"auto"`` uses 0.9, and down to 0.8 for fits of fewer than 50 steps.
    kernel_initializer : str, default="glorot_uniform"
        Name of any Keras initializer.
    l1, l2 : float, default=0.0
        Strengths of the penalties on the absolute and on the squared weights, 0 or more.
    max_norm : float or None, default=None
        Maximum norm of the incoming weights of a hidden unit, above 0.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Name of any Keras optimizer, or an optimizer whose settings are copied. With
        ``use_ema=True``, the averaged weights are validated, and early stopping restores the best
        of them.
    learning_rate : float, default=1e-3
        Step size, above 0.
    momentum : float, default=0.0
        Momentum of ``"sgd"`` and ``"rmsprop"``, from 0 to below 1. Other optimizers have none.
    clipnorm : float or None, default=None
        Maximum norm of the gradient of each weight matrix, above 0.
    lr_schedule : {"cosine", "exponential", "plateau"} or None, default=None
        How the learning rate decreases, see :class:`tunekit.KerasClassifier`.
    batch_size : int or "auto", default="auto"
        Rows per batch, 1 or more. ``"auto"`` uses one batch for up to 64 rows, else batches of 32.
    epochs : int, default=100
        Number of passes over the training data, 1 or more.
    loss : str, keras.losses.Loss, callable or None, default=None
        None uses the mean squared error. Losses of counts (``"poisson"``, ``"msle"``) get an
        exponential output, unless the network has one whose outputs are not linear.
    metrics : sequence of str or keras.metrics.Metric, or None, default=None
        Metrics in ``history_`` in addition to the loss. Names are those of Keras and of
        scikit-learn's scorers.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for ``patience`` epochs, and to
        restore the best weights. Validation rows are split off from the training data.
    patience : int, default=10
        Number of epochs without improvement, 1 or more.
    validation_fraction : float, default=0.1
        Fraction of the rows that early stopping uses for validation, above 0 and below 1.
    validation_rows : {"random", "last"} or None, default=None
        Which rows are used for validation; ``"last"`` suits time-ordered rows. None means
        ``"last"`` in a study or comparison with time-ordered splits, else ``"random"``.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Keras callbacks. Each fit uses copies of them, see ``callbacks_``.
    dtype : str, default="float32"
        Name of a Keras dtype policy.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, shuffling and dropout.
    warm_start : bool, default=False
        Whether ``fit`` continues training the existing network, for ``epochs`` more epochs.
    verbose : int, default=0
        0 is silent; 1 prints one line per epoch.
    **hyperparameters : dict
        Hyperparameters of the architecture, by the names of its keyword arguments.

    Attributes
    ----------
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that the last fit used. They are not pickled.
    history_ : DataFrame
        One row per epoch: ``loss`` and the metrics on the training rows, with the prefix ``val_``
        on the validation rows, and with ``held_out_`` on the ``held_out`` rows of ``fit``. Losses
        exclude the penalties of regularizers, which are in ``penalty``.
    loss_curve_ : list of float
        Training loss of each epoch.
    model_ : keras.Model
        The trained network.
    n_features_in_ : int
        Number of columns seen during ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if they are all strings.
    n_iter_ : int
        Number of epochs trained.
    n_params_ : int
        Number of parameters of the network.

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
        self.architecture = architecture
        self.layers = layers
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.batch_normalization = batch_normalization
        self.batch_normalization_momentum = batch_normalization_momentum
        self.kernel_initializer = kernel_initializer
        self.l1 = l1
        self.l2 = l2
        self.max_norm = max_norm
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.clipnorm = clipnorm
        self.lr_schedule = lr_schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.loss = loss
        self.metrics = metrics
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.validation_rows = validation_rows
        self.callbacks = callbacks
        self.dtype = dtype
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self._init_architecture_params(hyperparameters)

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        held_out: tuple[Any, Any] | None = None,
        on_epoch: Callable[[int], None] | None = None,
        on_metrics: Callable[[int, Mapping[str, float]], None] | None = None,
        groups: Any = None,
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
            Validation rows, evaluated after each epoch: columns ``val_...`` of ``history_``. Early
            stopping and schedules use them instead of splitting off training rows.
        held_out : (X, y) or None, default=None
            Rows to evaluate after each epoch: columns ``held_out_...``. They do not influence the
            fit.
        on_epoch : callable or None, default=None
            Called after each epoch with its number, from 0. An exception that it raises ends the
            fit.
        on_metrics : callable or None, default=None
            Called after each epoch with its number and its row of ``history_`` as a mapping.
        groups : array-like of shape (n_samples,) or None, default=None
            Early stopping keeps the rows of a group together, unless ``validation_rows="last"``.

        Returns
        -------
        KerasRegressor
            This estimator.

        Raises
        ------
        ParameterError
            When a hyperparameter has the wrong type or is out of range.
        TrainingDiverged
            When the loss becomes NaN or infinite.
        ValueError
            When scikit-learn does not accept X or y.
        """
        return self._fit(
            X,
            y,
            sample_weight=sample_weight,
            validation_data=validation_data,
            held_out=held_out,
            on_epoch=on_epoch,
            on_metrics=on_metrics,
            groups=groups,
            resume=self.warm_start,
        )

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on a batch of rows; further calls continue from there.

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
        return self._fit(X, y, sample_weight=sample_weight, single_epoch=True, resume=True)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predicted target of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        outputs = self._network_outputs(self._validated_inputs(X))[0].astype(np.float64)
        return outputs if self._has_several_targets else outputs[:, 0]

    def _fit_targets(self, y: NDArray[Any], *, resume: bool) -> None:
        if resume:
            self._known_rows(y)
        self._check_counts(y)
        self._shape: tuple[int, ...] = y.shape[1:]

    def _check_counts(self, y: NDArray[Any]) -> None:
        """Raise :exc:`DataError` for negative targets if the loss takes their logarithm."""
        if predicts_counts(self.loss) and (y < 0).any():
            row = int(np.argwhere(y < 0)[0][0])
            raise DataError(
                f"{type(self).__name__}: loss {self.loss!r} needs targets of at least 0, got "
                f"{float(np.min(y[row])):g} in row {row}: use another loss, such as 'mse'."
            )

    def _describe_targets(self) -> dict[str, Any]:
        return {"shape": list(self._shape)}

    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        self._shape = tuple(described["shape"])

    @property
    def _has_several_targets(self) -> bool:
        return len(self._shape) > 0

    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        n_outputs = self._shape[0] if self._has_several_targets else 1
        return Meta(input_shape, n_outputs, "regression", (), self.dtype)

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(y, dtype=self._float_type).reshape(len(y), -1)

    def _target_weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:  # noqa: ARG002
        return None

    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:  # noqa: ARG002
        return None

    def _known_rows(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        if y.shape[1:] != self._shape:
            expected = str(("n_samples", *self._shape)).replace("'", "")
            raise DataError(f"y must have shape {expected}, got {y.shape}.")
        self._check_counts(y)
        return np.ones(len(y), dtype=bool)
