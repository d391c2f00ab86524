"""The Keras classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from tunekit.exceptions import ParameterError
from tunekit.models.architectures.base import Architecture
from tunekit.models.architectures.registry import DEFAULT
from tunekit.models.classification_targets import ClassificationTargets


class KerasClassifier(ClassifierMixin, ClassificationTargets):
    """A scikit-learn classifier backed by a Keras neural network.

    It supports binary targets (one sigmoid unit), multiclass targets (softmax) and multilabel
    targets (a matrix of 0 and 1, one sigmoid unit per label). Inputs are tables, sparse matrices or
    images.

    Parameters
    ----------
    architecture : "mlp" or callable, default="mlp"
        A multilayer perceptron, or a function ``(meta, **hyperparameters) -> keras.Model``,
        where ``meta`` is a :class:`tunekit.Meta`. The function's keyword arguments become
        hyperparameters of the estimator. Its network must end in ``meta.n_outputs`` units that
        return logits, or probabilities by softmax or sigmoid. If the function compiles the
        model, its optimizer, loss and metrics are kept.
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
        Whether to normalize each hidden layer before its activation. The layer then has no bias,
        because normalization would cancel it.
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
        Name of any Keras optimizer, or an optimizer whose settings are copied. An object has its
        own learning rate, momentum and clipping. With ``use_ema=True``, the averaged weights are
        validated, and early stopping restores the best of them.
    learning_rate : float, default=1e-3
        Step size, above 0.
    momentum : float, default=0.0
        Momentum of ``"sgd"`` and ``"rmsprop"``, from 0 to below 1. Other optimizers have none.
    clipnorm : float or None, default=None
        Maximum norm of the gradient of each weight matrix, above 0.
    lr_schedule : {"cosine", "exponential", "plateau"} or None, default=None
        How the learning rate decreases: along half a cosine to 0, by a constant factor per epoch
        to one hundredth, or by half, down to one hundredth, whenever the loss has not improved
        by 0.01% for half of ``patience``.
    batch_size : int or "auto", default="auto"
        Rows per batch, 1 or more. ``"auto"`` uses one batch for up to 64 rows, else batches of 32.
    epochs : int, default=100
        Number of passes over the training data, 1 or more.
    loss : str, keras.losses.Loss, callable or None, default=None
        None uses the cross-entropy of the task. A custom loss receives one-hot targets and
        probabilities, or logits if its attribute ``from_logits`` is True.
    metrics : sequence of str or keras.metrics.Metric, or None, default=None
        Metrics in ``history_`` in addition to the loss; None means ``["accuracy"]``. Names are
        those of Keras and of scikit-learn's scorers. A custom metric receives the same inputs as
        a custom loss.
    class_weight : "balanced", dict or None, default=None
        Weights of the classes by label, 1 for classes that are not named. ``"balanced"`` weights
        classes inversely to their frequencies. For multilabel targets, a list of dicts, one per
        column.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for ``patience`` epochs, and to
        restore the best weights. Validation rows are split off from the training data,
        stratified by class.
    patience : int, default=10
        Number of epochs without improvement, 1 or more.
    validation_fraction : float, default=0.1
        Fraction of the rows that early stopping uses for validation, above 0 and below 1.
    validation_rows : {"random", "last"} or None, default=None
        Which rows are used for validation; ``"last"`` suits time-ordered rows. None means
        ``"last"`` in a study or comparison with time-ordered splits, else ``"random"``.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Keras callbacks. Each fit uses copies of them, see ``callbacks_``. Callbacks with hooks
        for batches are slower, because training then uses ``model.fit``.
    dtype : str, default="float32"
        Name of a Keras dtype policy: ``"float32"``, ``"float64"``, ``"mixed_float16"``, ...
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, shuffling and dropout. Global generators are not changed.
    warm_start : bool, default=False
        Whether ``fit`` continues training the existing network, for ``epochs`` more epochs.
    verbose : int, default=0
        0 is silent; 1 prints one line per epoch.
    **hyperparameters : dict
        Hyperparameters of the architecture, by the names of its keyword arguments.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted; for multilabel targets, the column numbers.
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that the last fit used. They are not pickled.
    history_ : DataFrame
        One row per epoch: ``loss`` and the metrics on the training rows, with the prefix ``val_``
        on the validation rows, and with ``held_out_`` on the ``held_out`` rows of ``fit``. Losses
        exclude class weights and the penalties of regularizers (column ``penalty``).
    loss_curve_ : list of float
        Training loss of each epoch.
    model_ : keras.Model
        The trained network. It returns probabilities, for two classes that of the second one. One
        that the architecture compiled, or of a custom class, returns what it returned in training.
    n_features_in_ : int
        Number of columns seen during ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if they are all strings.
    n_iter_ : int
        Number of epochs trained.
    n_params_ : int
        Number of parameters of the network.

    Notes
    -----
    Rows of weight 0 are excluded. ``fit`` scales the weights to a mean of 1, so that the learning
    rate keeps its meaning; ``partial_fit`` uses them as given. A weight of 2 is equivalent to a
    duplicated row if all rows form one batch and there is no dropout. With several batches it is
    equivalent on average only.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = KerasClassifier(epochs=60, learning_rate=0.05, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    >>> model.predict_proba(X).shape
    (150, 3)
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
        class_weight: str | Mapping[Any, float] | Sequence[Mapping[Any, float]] | None = None,
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
        self.class_weight = class_weight
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of any type, with at least two classes; or a matrix of 0 and 1.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.
        validation_data : (X, y), (X, y, sample_weight) or None, default=None
            Validation rows, evaluated after each epoch: columns ``val_...`` of ``history_``. Early
            stopping and schedules use them instead of splitting off training rows. Their labels
            must occur in ``y``.
        held_out : (X, y) or None, default=None
            Rows to evaluate after each epoch: columns ``held_out_...``. They do not influence the
            fit. Rows with labels that do not occur in ``y`` are excluded.
        on_epoch : callable or None, default=None
            Called after each epoch with its number, from 0. An exception that it raises ends the
            fit.
        on_metrics : callable or None, default=None
            Called after each epoch with its number and its row of ``history_`` as a mapping.
        groups : array-like of shape (n_samples,) or None, default=None
            Early stopping keeps the rows of a group together, unless ``validation_rows="last"``.

        Returns
        -------
        KerasClassifier
            This estimator.

        Raises
        ------
        ParameterError
            When a hyperparameter has the wrong type or is out of range.
        DataError
            When there is only one class, or the validation data has labels that do not occur in
            ``y``.
        TrainingDiverged
            When the loss becomes NaN or infinite. Only ``history_`` is available then.
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

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch on a batch of rows; further calls continue from there.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that occur in any call. Required in the first call if its ``y`` does not
            contain them all.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.

        Returns
        -------
        KerasClassifier
            This estimator.

        Raises
        ------
        DataError
            When ``y`` has a label that is not among the classes, or the classes differ from those
            of the first call.
        ParameterError
            When ``early_stopping``, ``lr_schedule`` or ``class_weight="balanced"`` is set, which
            ``partial_fit`` does not support.
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ParameterError(
                "KerasClassifier: class_weight='balanced' needs all rows at once, and partial_fit "
                "sees only some of them: pass a dict of weights by label."
            )
        self._all_classes = classes
        try:
            return self._fit(X, y, sample_weight=sample_weight, single_epoch=True, resume=True)
        finally:
            del self._all_classes

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the logits as float64.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, one value per row: above 0 means ``classes_[1]``.
        """
        outputs, probabilities = self._network_outputs(self._validated_inputs(X))
        return self._targets.scores(outputs, probabilities=probabilities)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, computed from the logits in float64.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            From 0 to 1, in the order of ``classes_``. Rows sum to 1, except for multilabel targets.
        """
        scores = self.decision_function(X)
        return self._targets.probabilities(scores)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Minus infinity for a probability that rounds to 0.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label or labels of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a matrix of 0 and 1.
        """
        scores = self.decision_function(X)
        return self._targets.decode(scores)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
