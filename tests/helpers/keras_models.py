"""A small model for each Keras class, in which a setting of the class affects training."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras_parts import INHERITED, changed, classes, is_passed, made, settings, usual

from tunekit.models.training.programs import Arrays

layers = keras.layers
ROWS, COLUMNS, OUTPUTS = 40, 48, 3
_rng = np.random.RandomState(0)
X = _rng.rand(ROWS, COLUMNS).astype("float32")
SHARES = _rng.dirichlet([1.0] * OUTPUTS, ROWS).astype("float32")
NUMBERS = _rng.randint(OUTPUTS, size=ROWS).astype("int32")
ONE_HOT = np.eye(OUTPUTS, dtype="float32")[NUMBERS]

#: Classes that no network for numeric rows uses, with the reason.
OUTSIDE = {
    "layers.AugMix": "draws random numbers while it is traced",
    "layers.Equalization": "cannot be called in a functional model",
    "layers.HashedCrossing": "takes two columns of integers or strings",
    "layers.MaxNumBoundingBoxes": "takes boxes",
    "layers.StringLookup": "takes strings",
    "layers.TextVectorization": "takes strings",
    "metrics.Mean": "takes values instead of targets",
    "metrics.Sum": "takes values instead of targets",
    "layers.Wrapper": "does nothing by itself",
    "optimizers.OptimizerMap": "is a part of MultiOptimizer",
    "initializers.STFT": "is for kernels of a special shape",
}
# The setting to change, unless it is the first one that the class itself declares.
_CHOSEN = {
    "constraints.MinMaxNorm": "max_value", "initializers.GlorotNormal": "seed",
    "initializers.GlorotUniform": "seed",
    "initializers.HeNormal": "seed", "initializers.HeUniform": "seed",
    "initializers.LecunNormal": "seed", "initializers.LecunUniform": "seed",
    "layers.AveragePooling3D": "padding", "layers.MaxPooling3D": "padding",
    "layers.LayerNormalization": "epsilon", "layers.RMSNormalization": "epsilon",
    "layers.Attention": "dropout", "layers.BatchNormalization": "momentum",
    "layers.Bidirectional": "merge_mode", "layers.Dense": "activation",
    "layers.EinsumDense": "activation", "layers.Embedding": "embeddings_initializer",
    "layers.GroupedQueryAttention": "dropout", "layers.InputLayer": "name",
    "layers.JaxLayer": "call_fn", "layers.MultiHeadAttention": "dropout",
    "layers.RandomGrayscale": "seed", "layers.SimpleRNN": "seed",
    "layers.SpectralNormalization": "power_iterations", "layers.TFSMLayer": "filepath",
    "losses.CategoricalCrossentropy": "label_smoothing",
    "losses.SparseCategoricalCrossentropy": "axis", "losses.BinaryCrossentropy": "label_smoothing",
    "metrics.CategoricalCrossentropy": "label_smoothing", "metrics.BinaryAccuracy": "threshold",
    "metrics.BinaryCrossentropy": "label_smoothing", "metrics.IoU": "target_class_ids",
    "metrics.OneHotIoU": "target_class_ids", "metrics.MeanMetricWrapper": "fn",
    "metrics.SparseCategoricalCrossentropy": "axis", "metrics.AUC": "num_thresholds",
    "metrics.SparseTopKCategoricalAccuracy": "k", "metrics.TopKCategoricalAccuracy": "k",
    "optimizers.LossScaleOptimizer": "initial_scale",
}  # fmt: skip
_LEAVE = {"bounding_box_format", "data_format", "dtype", "name", "value_range", "reduction"}
# The shape of the rows of a layer.
_SHAPES = {
    "1D": (8, 6), "2D": (4, 4, 3), "3D": (4, 2, 2, 3), "Conv1D": (8, 6), "ConvLSTM1D": (2, 4, 6),
    "ConvLSTM2D": (2, 4, 2, 3), "ConvLSTM3D": (2, 2, 2, 2, 3),
}  # fmt: skip
_SEQUENCES = {
    "AdditiveAttention", "Attention", "Bidirectional", "Dot", "GroupedQueryAttention", "GRU",
    "GRUCell", "LSTM", "LSTMCell", "Masking", "MultiHeadAttention", "Permute", "RNN", "SimpleRNN",
    "SimpleRNNCell", "StackedRNNCells", "TimeDistributed",
}  # fmt: skip
_WHOLE = {
    "CategoryEncoding", "Discretization", "Embedding", "Hashing", "IntegerLookup",
    "ReversibleEmbedding",
}  # fmt: skip
_TWO = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract", "Dot"}
_ASKED = {"AdditiveAttention", "Attention"}
_CELLS = {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}


def chosen(name: str) -> str | None:
    """Return the setting of a class to change in training; None if it has no settings."""
    if name in _CHOSEN:
        return _CHOSEN[name]
    own = inspect.signature(classes(name.rpartition(".")[0])[name].__init__).parameters
    known = [
        each
        for each in settings(name)
        if each in own and each not in _LEAVE | INHERITED and not is_passed(name, each)
    ]
    return known[0] if known else None


def maker(name: str, setting: str | None) -> Callable[[], Any]:
    """Return a function that makes a compiled model with an object, as usual or changed."""

    def arguments() -> dict[str, Any]:
        given = usual(name) if setting is None else changed(name, setting)
        if name == "layers.SimpleRNN":  # the seed is that of its dropout
            return {**given, "dropout": 0.5}
        return {**given, "name": "measured"} if name.startswith("metrics.") else given

    def make() -> Any:
        random.seed(0)
        module, _, kind = name.rpartition(".")
        if module == "layers" and kind == "InputLayer":
            part = None
            inputs = keras.Input(**{**arguments(), "shape": (COLUMNS,)})
            hidden = inputs
        else:
            part = made(name, arguments)
            inputs = keras.Input((COLUMNS,))
            hidden = _around(kind, part, inputs) if module == "layers" else inputs
        plain = (
            {}
            if module not in ("initializers", "regularizers", "constraints")
            else {f"kernel_{module.removesuffix('s')}": part}
        )
        start = {"kernel_initializer": keras.initializers.GlorotUniform(seed=1), **plain}
        outputs = layers.Dense(OUTPUTS, "softmax", **start)(hidden)
        if kind == "CTC":
            outputs = layers.Reshape((4, OUTPUTS))(layers.Dense(4 * OUTPUTS, **start)(hidden))
        model = keras.Model(inputs, outputs)
        model.compile(**_compiling(module, kind, part))
        return model

    return make


def _compiling(module: str, kind: str, part: Any) -> dict[str, Any]:
    rule = keras.optimizers.SGD(part if module == "optimizers.schedules" else 0.1)
    sparse = kind.startswith("Sparse")
    loss = keras.losses.SparseCategoricalCrossentropy() if sparse else "mse"
    return {
        "optimizer": part if module == "optimizers" else rule,
        "loss": part if module == "losses" else loss,
        "weighted_metrics": [part] if module == "metrics" else None,
        "jit_compile": False,
    }


def targets(name: str) -> np.ndarray:
    """Return the targets of a model with an object of this class."""
    module, _, kind = name.rpartition(".")
    if kind.startswith("Sparse") or kind in ("CategoricalGeneralizedCrossEntropy", "Circle"):
        return NUMBERS
    if kind == "CTC":
        return np.stack([NUMBERS % 2 + 1, NUMBERS % 2 + 1], axis=1)
    return ONE_HOT if module == "metrics" else SHARES


def data(name: str) -> Arrays:
    return Arrays(X, targets(name))


def _around(kind: str, part: Any, inputs: Any) -> Any:
    """Return the outputs of a layer for the inputs, flattened to one row each."""
    if kind in _CELLS:
        part, kind = layers.RNN(part), "RNN"
    hidden = _shaped(kind, inputs)
    if kind in _TWO:
        outputs = part([hidden, layers.Rescaling(0.5)(hidden)])
    elif kind in _ASKED:
        outputs = part([hidden, hidden])
    elif "QueryAttention" in kind or kind == "MultiHeadAttention":
        outputs = part(hidden, hidden)
    else:
        outputs = part(hidden)
    if kind == "RandomCrop":  # its output has another size outside of training
        return layers.GlobalAveragePooling2D()(outputs)
    return layers.Flatten()(keras.ops.cast(outputs, "float32"))


def _shaped(kind: str, inputs: Any) -> Any:
    if kind in ("MelSpectrogram", "STFTSpectrogram"):
        longer = layers.UpSampling1D(60)(layers.Reshape((COLUMNS, 1))(inputs))
        return longer if kind == "STFTSpectrogram" else layers.Reshape((60 * COLUMNS,))(longer)
    for part, shape in sorted(_SHAPES.items(), key=lambda each: -len(each[0])):
        if kind.endswith(part) or part in kind:
            return layers.Reshape(shape)(inputs)
    if kind in _SEQUENCES:
        return layers.Reshape((8, 6))(inputs)
    few = layers.Dense(6, kernel_initializer=keras.initializers.GlorotUniform(seed=2))(inputs)
    if kind in _WHOLE:
        return keras.ops.cast(keras.ops.clip(4 * few + 4, 0, 8), "int32")
    if _is_for_images(kind):
        return layers.Rescaling(255.0)(layers.Reshape((4, 4, 3))(inputs))
    return few


def _is_for_images(kind: str) -> bool:
    return "image_preprocessing" in getattr(layers, kind).__module__ or kind == "Pipeline"
