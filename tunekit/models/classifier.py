"""The Keras classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from tunekit.exceptions import ParameterError
from tunekit.models.architectures.base import Architecture, Meta
from tunekit.models.architectures.registry import DEFAULT
from tunekit.models.estimator import KerasEstimator
from tunekit.models.labels import Labels
from tunekit.models.sample_weights import weight_of_classes
from tunekit.models.serialization import describe_labels, restore_labels


class KerasClassifier(ClassifierMixin, KerasEstimator):
    """A neural network on Keras that is a scikit-learn classifier.

    It learns two classes (one sigmoid unit), several (softmax), or several labels a row (a
    matrix of 0 and 1, a sigmoid unit each), on tables, sparse matrices, and images.

    Parameters
    ----------
    architecture : "mlp" or callable, default="mlp"
        A multilayer perceptron, or a function ``(meta, **hyperparameters) -> keras.Model``,
        where ``meta`` is a :class:`tunekit.Meta`. The function's keyword arguments become
        hyperparameters of the estimator. Its network ends in ``meta.n_outputs`` units, with
        logits or with softmax or sigmoid; it may be compiled, and then keeps its optimizer,
        loss and metrics.
    layers : int, default=1
        Hidden layers of the perceptron, 0 or more.
    units : int or tuple of int, default=64
        Width of the hidden layers, 1 or more: one for all, or one for each.
    activation : str, default="relu"
        Name of any Keras activation.
    dropout : float or tuple of float, default=0.0
        Share of a hidden layer's outputs that are dropped in training, from 0 to below 1: one
        for all, or one for each.
    input_dropout : float, default=0.0
        The same for the inputs.
    batch_normalization : bool, default=False
        Whether to normalise each hidden layer before its activation; its bias is left out, as
        normalising would take it away again.
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
        Name of any Keras optimizer, or one whose settings are copied; that one brings its own
        learning rate, momentum and clipping.
    learning_rate : float, default=1e-3
        Step size, above 0.
    momentum : float, default=0.0
        From 0 to below 1; for ``"sgd"`` and ``"rmsprop"``, other optimizers have none.
    clipnorm : float or None, default=None
        Largest norm of the gradient of a weight matrix, above 0.
    lr_schedule : {"cosine", "exponential", "plateau"} or None, default=None
        How the learning rate falls from epoch to epoch: along half a cosine to 0, by the same
        factor each epoch to a hundredth, or by half, down to a hundredth, where the loss has not
        improved by 0.01% for half of ``patience``.
    batch_size : int or "auto", default="auto"
        Rows of a batch, 1 or more; ``"auto"`` takes up to 64 rows at once, and else 32.
    epochs : int, default=100
        Passes over the data, 1 or more.
    loss : str, keras.losses.Loss, callable or None, default=None
        None is the cross-entropy of the task. A custom loss gets one-hot targets and
        probabilities, or logits if its attribute ``from_logits`` is True.
    metrics : sequence of str or keras.metrics.Metric, or None, default=None
        What ``history_`` shows beside the loss; None is ``["accuracy"]``. Names are those of
        Keras and of scikit-learn's scorers. A custom metric gets what a custom loss gets.
    class_weight : "balanced", dict or None, default=None
        Weights of the classes by label, 1 for those that are not named; ``"balanced"`` makes up
        for their shares. For several labels a row, a list of dicts, one for each column.
    early_stopping : bool, default=False
        Whether to stop where the loss on rows put aside has not improved for ``patience``
        epochs, and to go back to the best weights. The classes keep their shares.
    patience : int, default=10
        Epochs, 1 or more.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping puts aside, above 0 and below 1.
    validation_rows : {"random", "last"} or None, default=None
        Which rows those are; ``"last"`` is right for rows in order of time. None is ``"last"`` in
        a search or comparison whose splits follow time, and else ``"random"``.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Callbacks of Keras. Each fit uses copies of them, see ``callbacks_``. Those that look at
        batches make the training as slow as ``model.fit``, which then does it.
    dtype : str, default="float32"
        Name of a Keras dtype policy: ``"float32"``, ``"float64"``, ``"mixed_float16"``, ...
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, shuffling and dropout. The global generators are left alone.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the network there is, for ``epochs`` more.
    verbose : int, default=0
        0 is silent; 1 prints a line an epoch.
    **hyperparameters : dict
        Those of the architecture, by the names of its keyword arguments.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted; for several labels a row, the numbers of the columns.
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that the last fit used. They are not pickled.
    history_ : DataFrame
        One row per epoch: ``loss`` and the metrics; behind ``val_`` on validation data or on rows
        put aside, behind ``held_out_`` on rows held out. The loss is that of the data; the
        penalty of regularizers is in ``penalty``. Weights of classes are left out.
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

    Notes
    -----
    Rows of weight 0 are left out, and ``fit`` scales weights to a mean of 1, so that the learning
    rate means the same; ``partial_fit`` uses them as given. A weight of 2 then equals a row that is
    there twice where the whole data is one batch, without dropout; with several batches it does so
    on average only.

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

    _targets: Labels

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
        self.class_weight: str | Mapping[Any, float] | Sequence[Mapping[Any, float]] | None
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of any kind, at least two different ones; or a matrix of 0 and 1.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.
        validation_data : (X, y), (X, y, sample_weight) or None, default=None
            Rows to measure after each epoch, behind ``val_`` in ``history_``. Early stopping
            and schedules look at them, where there are any, instead of putting rows aside. They
            may have no labels that ``y`` has not.
        held_out : (X, y) or None, default=None
            Rows to measure after each epoch, behind ``held_out_``. Nothing is learned or chosen
            from them; those with a label that ``y`` has not are left out.
        on_epoch : callable or None, default=None
            Called after each epoch with its number, from 0. What it raises ends the fit.
        on_metrics : callable or None, default=None
            Called after each epoch with its number and the epoch's row of ``history_``, by name.

        Returns
        -------
        KerasClassifier
            This estimator.

        Raises
        ------
        ParameterError
            When a hyperparameter is of the wrong kind or out of its range.
        DataError
            When there is only one class, or a label where none may be.
        TrainingDiverged
            When the loss is no longer finite; then only ``history_`` is left.
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

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch on some rows, and go on from there at the next call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that any call will bring; for the first one, where ``y`` does not show
            them all.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row, 0 or more.

        Returns
        -------
        KerasClassifier
            This estimator.

        Raises
        ------
        DataError
            When ``y`` has a label that is not among the classes, or the classes are others than
            in the first call.
        ParameterError
            When ``early_stopping``, ``lr_schedule`` or balanced classes are asked for, which
            one epoch on some rows cannot have.
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ParameterError(
                "KerasClassifier: class_weight='balanced' needs all rows at once, which "
                "partial_fit does not see: give weights by label."
            )
        self._all_classes = classes
        try:
            return self._fit(X, y, sample_weight=sample_weight, once=True, go_on=True)
        finally:
            del self._all_classes

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the logits in float64.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, ...)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column is left out for two classes: above 0 means ``classes_[1]``.
        """
        outputs, probabilities = self._ask(self._inputs(X))
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
            From 0 to 1, in the order of ``classes_``; rows sum to 1, unless a row may have
            several labels.
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
            Minus infinity where a probability rounds to 0.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row.

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

    def _ask(self, X: Any) -> tuple[NDArray[Any], bool]:
        network = self._network
        alone = network.units == 1 or self._targets.task == "multilabel"
        return network.scores(X, alone=alone)

    def _learn_targets(self, y: NDArray[Any], *, go_on: bool) -> None:
        all_classes = getattr(self, "_all_classes", None)
        if go_on:
            self._targets.check_same(all_classes)
            self._targets.check_known(y)
            return
        self._targets = Labels.of(y, all_classes)
        self.classes_ = self._targets.classes

    def _describe_targets(self) -> dict[str, Any]:
        return {"task": self._targets.task, "classes": describe_labels(self.classes_)}

    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        self._targets = Labels(restore_labels(described["classes"]), described["task"])
        self.classes_ = self._targets.classes

    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        task = self._targets.task
        n_outputs = 1 if task == "binary" else len(self.classes_)
        return Meta(input_shape, n_outputs, task, tuple(self.classes_.tolist()), self.dtype)

    def _metrics(self) -> tuple[Any, ...]:
        return ("accuracy",) if self.metrics is None else tuple(self.metrics)

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        network, number = self._network, np.dtype(self._number).name
        return self._targets.encode(y, units=network.units, one_hot=network.one_hot, dtype=number)

    def _weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:
        return weight_of_classes(self.class_weight, y)

    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:
        return None if self._targets.task == "multilabel" else y

    def _known(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        return self._targets.known(y)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
