"""Required arguments of Keras classes, and another value for each of their settings."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

layers = keras.layers

# Settings that a class passes to its base class itself, and so does not accept.
PASSED = {
    "layers.ActivityRegularization.activity_regularizer", "layers.StringLookup.autocast",
    "layers.IntegerLookup.autocast", "layers.StringLookup.activity_regularizer",
    "layers.IntegerLookup.activity_regularizer", "layers.StringLookup.oov_method",
    "layers.AdditiveAttention.score_mode", "layers.IntegerLookup.vocabulary_dtype",
    "layers.ReversibleEmbedding.weights",
}  # fmt: skip


def _times(inputs: Any, factor: float) -> Any:
    return factor * inputs


def _weighted(vocabulary: Any) -> dict[str, Any]:
    weights = [0.5, 1.0, 2.0]
    return {"output_mode": "tf_idf", "vocabulary": list(vocabulary), "idf_weights": weights}


def _padded() -> dict[str, Any]:
    return {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True}


def _jax_start(rng: Any, inputs: Any) -> dict[str, Any]:
    return {}


def _jax_stateful(params: Any, state: Any, inputs: Any) -> Any:
    return 2 * inputs, state


@functools.cache
def exported(factor: float = 2.0) -> str:
    """Return the folder of a saved TensorFlow network that multiplies its inputs."""
    folder = tempfile.mkdtemp()
    model = keras.Sequential([keras.Input((6,)), layers.Rescaling(factor)])
    model.export(folder, verbose=False)
    return folder


def _first(_y_true: Any, y_pred: Any, factor: float = 1.0) -> Any:
    return factor * y_pred[:, 0]


def _twice(inputs: Any) -> Any:
    return 2 * inputs


def _thrice(inputs: Any) -> Any:
    return 3 * inputs


def _dense() -> Any:
    return layers.Dense(3)


#: What a class needs; an optimizer or a layer inside is a new one each time.
NEEDED: dict[str, Callable[[], dict[str, Any]]] = {
    "metrics.PrecisionAtRecall": lambda: {"recall": 0.5},
    "metrics.RecallAtPrecision": lambda: {"precision": 0.5},
    "metrics.SensitivityAtSpecificity": lambda: {"specificity": 0.5},
    "metrics.SpecificityAtSensitivity": lambda: {"sensitivity": 0.5},
    "metrics.IoU": lambda: {"num_classes": 3, "target_class_ids": [0]},
    "metrics.MeanIoU": lambda: {"num_classes": 3},
    "metrics.F1Score": lambda: {"average": "macro"},
    "metrics.FBetaScore": lambda: {"average": "macro"},
    "metrics.SparseTopKCategoricalAccuracy": lambda: {"k": 1},
    "metrics.TopKCategoricalAccuracy": lambda: {"k": 1},
    "metrics.OneHotIoU": lambda: {"num_classes": 3, "target_class_ids": [0]},
    "metrics.OneHotMeanIoU": lambda: {"num_classes": 3},
    "metrics.MeanMetricWrapper": lambda: {"fn": keras.losses.mean_squared_error},
    "optimizers.LossScaleOptimizer": lambda: {"inner_optimizer": keras.optimizers.SGD(0.1)},
    "optimizers.MultiOptimizer": lambda: {
        "optimizer_map": keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1))
    },
    "optimizers.OptimizerMap": lambda: {"default_optimizer": keras.optimizers.SGD(0.1)},
    "optimizers.schedules.CosineDecay": lambda: {"initial_learning_rate": 0.1, "decay_steps": 9},
    "optimizers.schedules.CosineDecayRestarts": lambda: {
        "initial_learning_rate": 0.1,
        "first_decay_steps": 4,
    },
    "optimizers.schedules.ExponentialDecay": lambda: {
        "initial_learning_rate": 0.1,
        "decay_steps": 4,
        "decay_rate": 0.5,
    },
    "optimizers.schedules.InverseTimeDecay": lambda: {
        "initial_learning_rate": 0.1,
        "decay_steps": 4,
        "decay_rate": 0.5,
    },
    "optimizers.schedules.PiecewiseConstantDecay": lambda: {
        "boundaries": [3, 6],
        "values": [0.1, 0.05, 0.01],
    },
    "optimizers.schedules.PolynomialDecay": lambda: {
        "initial_learning_rate": 0.1,
        "decay_steps": 9,
    },
    "layers.Activation": lambda: {"activation": "relu"},
    "layers.GroupedQueryAttention": lambda: {
        "head_dim": 2,
        "num_query_heads": 2,
        "num_key_value_heads": 1,
    },
    "layers.MultiHeadAttention": lambda: {"num_heads": 2, "key_dim": 2},
    "layers.EinsumDense": lambda: {"equation": "ab,bc->ac", "output_shape": 4},
    "layers.Embedding": lambda: {"input_dim": 9, "output_dim": 3},
    "layers.ReversibleEmbedding": lambda: {"input_dim": 9, "output_dim": 3},
    "layers.InputLayer": lambda: {"shape": (6,)},
    "layers.Lambda": lambda: {"function": _twice},
    "layers.Dot": lambda: {"axes": 1},
    "layers.SpectralNormalization": lambda: {"layer": _dense()},
    "layers.Wrapper": lambda: {"layer": _dense()},
    "layers.TimeDistributed": lambda: {"layer": _dense()},
    "layers.Bidirectional": lambda: {"layer": layers.LSTM(2)},
    "layers.RNN": lambda: {"cell": layers.GRUCell(2)},
    "layers.StackedRNNCells": lambda: {"cells": [layers.GRUCell(2), layers.GRUCell(3)]},
    "layers.CategoryEncoding": lambda: {"num_tokens": 9},
    "layers.Discretization": lambda: {"bin_boundaries": [-1.0, 0.0, 1.0]},
    "layers.HashedCrossing": lambda: {"num_bins": 4},
    "layers.Hashing": lambda: {"num_bins": 4},
    "layers.IntegerLookup": lambda: {"vocabulary": [1, 2, 3]},
    "layers.StringLookup": lambda: {"vocabulary": ["a", "b", "c"]},
    "layers.TextVectorization": lambda: {"vocabulary": ["a", "b", "c"]},
    "layers.CenterCrop": lambda: {"height": 4, "width": 4},
    "layers.MaxNumBoundingBoxes": lambda: {"max_number": 2},
    "layers.RandomCrop": lambda: {"height": 2, "width": 2},
    "layers.Cropping3D": lambda: {"cropping": ((1, 1), (0, 1), (0, 0))},
    "layers.GroupNormalization": lambda: {"groups": 2},
    "layers.Resizing": lambda: {"height": 4, "width": 4},
    "layers.RandomTranslation": lambda: {"height_factor": 0.2, "width_factor": 0.2},
    "layers.RandomZoom": lambda: {"height_factor": 0.2},
    "layers.Pipeline": lambda: {"layers": [layers.Rescaling(0.5)]},
    "layers.Rescaling": lambda: {"scale": 0.5},
    "layers.Permute": lambda: {"dims": (2, 1)},
    "layers.RandomPosterization": lambda: {"factor": 3},
    "layers.RepeatVector": lambda: {"n": 2},
    "layers.Reshape": lambda: {"target_shape": (3, 2)},
    "layers.GaussianNoise": lambda: {"stddev": 0.5},
    "layers.Normalization": lambda: {"mean": 0.5, "variance": 2.0},
    "layers.JaxLayer": lambda: {"call_fn": _jax, "params": {}},
    "layers.TFSMLayer": lambda: {"filepath": exported()},
}
# Values of required parameters, by name.
NEEDED_BY_NAME: dict[str, Any] = {
    "dropout": 0.5, "factor": 0.5, "filters": 2, "kernel_size": 2, "output_size": 2, "pool_size": 2,
    "rate": 0.5, "units": 3,
}  # fmt: skip


def _jax(params: Any, inputs: Any) -> Any:
    return 2 * inputs


def _jax_thrice(params: Any, inputs: Any) -> Any:
    return 3 * inputs


#: Another value of a setting; where it needs other settings, too, all of them.
OTHER: dict[str, Callable[[], Any]] = {
    "metrics.AUC.curve": lambda: "PR",
    "metrics.AUC.summation_method": lambda: "minoring",
    "metrics.AUC.thresholds": lambda: [0.0, 0.25, 0.75, 1.0],
    "metrics.AUC.num_labels": lambda: {"num_labels": 3, "multi_label": True},
    "metrics.AUC.label_weights": lambda: {"label_weights": [1.0, 2.0, 3.0], "multi_label": True},
    "metrics.F1Score.average": lambda: "micro",
    "metrics.FBetaScore.average": lambda: "micro",
    "metrics.R2Score.class_aggregation": lambda: "variance_weighted_average",
    "metrics.BinaryIoU.target_class_ids": lambda: (0,),
    "metrics.MeanMetricWrapper.fn": lambda: _first,
    "metrics.MeanMetricWrapper.factor": lambda: {"fn": _first, "factor": 3.0},
    "optimizers.LossScaleOptimizer.inner_optimizer": lambda: keras.optimizers.SGD(0.3),
    "optimizers.MultiOptimizer.optimizer_map": lambda: keras.optimizers.OptimizerMap(
        keras.optimizers.SGD(0.3)
    ),
    "constraints.MaxNorm.max_value": lambda: 0.3,
    "constraints.MinMaxNorm.max_value": lambda: 0.3,
    "losses.Huber.delta": lambda: 0.1,
    "losses.SparseCategoricalCrossentropy.axis": lambda: 1,
    "metrics.SparseCategoricalCrossentropy.axis": lambda: 1,
    "layers.Concatenate.axis": lambda: 1,
    "layers.Cropping3D.cropping": lambda: ((1, 0), (0, 0), (0, 0)),
    "optimizers.Muon.exclude_layers": lambda: ["out"],
    "optimizers.OptimizerMap.default_optimizer": lambda: keras.optimizers.SGD(0.3),
    "optimizers.OptimizerMap.optimizer_map": lambda: {"kernel": keras.optimizers.SGD(0.3)},
    "optimizers.schedules.CosineDecay.warmup_target": lambda: {
        "warmup_target": 0.2,
        "warmup_steps": 2,
    },
    "optimizers.schedules.PiecewiseConstantDecay.boundaries": lambda: [2, 6],
    "optimizers.schedules.PiecewiseConstantDecay.values": lambda: [0.2, 0.05, 0.01],
    "initializers.STFT.side": lambda: "imag",
    "initializers.STFT.scaling": lambda: "spectrum",
    "initializers.VarianceScaling.mode": lambda: "fan_out",
    "initializers.VarianceScaling.distribution": lambda: "uniform",
    "regularizers.OrthogonalRegularizer.mode": lambda: "columns",
    "layers.Activation.activation": lambda: "tanh",
    "layers.PReLU.shared_axes": lambda: [1],
    "layers.Attention.score_mode": lambda: "concat",
    "layers.Dot.axes": lambda: 2,
    "layers.Embedding.weights": lambda: [np.full((9, 3), 0.3)],
    "layers.EinsumDense.bias_axes": lambda: "c",
    "layers.EinsumDense.equation": lambda: "ab,cb->ac",
    "layers.Lambda.function": lambda: _thrice,
    "layers.Lambda.output_shape": lambda: (6,),
    "layers.Lambda.mask": lambda: _thrice,
    "layers.Lambda.arguments": lambda: {"function": _times, "arguments": {"factor": 3}},
    "layers.InputLayer.dtype": lambda: "int32",
    "layers.InputLayer.batch_shape": lambda: {"shape": None, "batch_shape": (5, 6)},
    "layers.InputLayer.input_tensor": lambda: {"shape": None, "input_tensor": keras.Input((5,))},
    "layers.InputLayer.ragged": lambda: {"ragged": True, "dtype": "float32"},
    "layers.SpectralNormalization.layer": lambda: layers.Dense(4),
    "layers.Wrapper.layer": lambda: layers.Dense(4),
    "layers.TimeDistributed.layer": lambda: layers.Dense(4),
    "layers.Bidirectional.layer": lambda: layers.LSTM(3),
    "layers.Bidirectional.merge_mode": lambda: "sum",
    "layers.Bidirectional.backward_layer": lambda: layers.GRU(2, go_backwards=True),
    "layers.RNN.cell": lambda: layers.GRUCell(3),
    "layers.StackedRNNCells.cells": lambda: [layers.GRUCell(2)],
    "layers.CategoryEncoding.output_mode": lambda: "count",
    "layers.Discretization.output_mode": lambda: "one_hot",
    "layers.Discretization.num_bins": lambda: {"bin_boundaries": None, "num_bins": 3},
    "layers.Discretization.epsilon": lambda: {
        "bin_boundaries": None,
        "num_bins": 3,
        "epsilon": 0.1,
    },
    "layers.Discretization.sparse": lambda: {"sparse": True, "output_mode": "one_hot"},
    "layers.HashedCrossing.output_mode": lambda: "one_hot",
    "layers.HashedCrossing.sparse": lambda: {"sparse": True, "output_mode": "one_hot"},
    "layers.Hashing.output_mode": lambda: "one_hot",
    "layers.Hashing.sparse": lambda: {"sparse": True, "output_mode": "one_hot"},
    "layers.Hashing.mask_value": lambda: 1,
    "layers.Hashing.salt": lambda: 7,
    "layers.JaxLayer.call_fn": lambda: _jax_thrice,
    "layers.RandomFlip.mode": lambda: "horizontal",
    "layers.Permute.dims": lambda: (1, 2),
    "layers.Reshape.target_shape": lambda: (2, 3),
    "layers.Normalization.axis": lambda: {"axis": None},
    "layers.Pipeline.layers": lambda: [layers.Rescaling(0.3)],
    "layers.STFTSpectrogram.mode": lambda: "real",
    "layers.STFTSpectrogram.scaling": lambda: "spectrum",
    "layers.TextVectorization.standardize": lambda: "lower",
    "layers.TextVectorization.split": lambda: "character",
    "layers.TextVectorization.ngrams": lambda: 2,
    "layers.TextVectorization.output_sequence_length": lambda: 4,
    "layers.TextVectorization.output_mode": lambda: "count",
    "layers.TextVectorization.vocabulary": lambda: ["b", "a"],
    "layers.TextVectorization.max_tokens": lambda: 9,
    "layers.TextVectorization.idf_weights": lambda: _weighted("abc"),
    "layers.TextVectorization.pad_to_max_tokens": _padded,
    "layers.TextVectorization.sparse": lambda: {"output_mode": "count", "sparse": True},
    "layers.TextVectorization.ragged": lambda: {"ragged": True, "split": "whitespace"},
    "layers.StringLookup.output_mode": lambda: "count",
    "layers.StringLookup.vocabulary": lambda: ["b", "a"],
    "layers.StringLookup.max_tokens": lambda: 9,
    "layers.StringLookup.mask_token": lambda: "m",
    "layers.StringLookup.oov_token": lambda: "u",
    "layers.StringLookup.idf_weights": lambda: _weighted("abc"),
    "layers.StringLookup.pad_to_max_tokens": _padded,
    "layers.StringLookup.sparse": lambda: {"output_mode": "count", "sparse": True},
    "layers.StringLookup.salt": lambda: {"num_oov_indices": 2, "oov_method": "farmhash", "salt": 3},
    "layers.IntegerLookup.output_mode": lambda: "count",
    "layers.IntegerLookup.max_tokens": lambda: 9,
    "layers.IntegerLookup.mask_token": lambda: 7,
    "layers.IntegerLookup.idf_weights": lambda: _weighted([1, 2, 3]),
    "layers.IntegerLookup.pad_to_max_tokens": _padded,
    "layers.IntegerLookup.sparse": lambda: {"output_mode": "count", "sparse": True},
    "layers.IntegerLookup.oov_method": lambda: "farmhash",
    "layers.IntegerLookup.salt": lambda: {
        "num_oov_indices": 2,
        "oov_method": "farmhash",
        "salt": 3,
    },
    "layers.BatchNormalization.renorm_clipping": lambda: {
        "renorm": True,
        "renorm_clipping": {"rmax": 3.0},
    },
    "layers.Bidirectional.weights": lambda: None,
    "layers.Dense.quantization_config": lambda: None,
    "layers.EinsumDense.quantization_config": lambda: None,
    "layers.EinsumDense.gptq_unpacked_column_size": lambda: None,
    "layers.Embedding.quantization_config": lambda: None,
    "layers.ReversibleEmbedding.quantization_config": lambda: None,
    "layers.ReversibleEmbedding.logit_soft_cap": lambda: 3.0,
    "layers.ReversibleEmbedding.reverse_dtype": lambda: "float64",
    "layers.RandomErasing.fill_value": lambda: 3.0,
    "layers.RandomGaussianBlur.kernel_size": lambda: 5,
    "layers.RandomPosterization.factor": lambda: 5,
    "layers.ReLU.max_value": lambda: 0.7,
    "layers.Hashing.dtype": lambda: "int32",
    "layers.InputLayer.batch_size": lambda: 5,
    "layers.InputLayer.sparse": lambda: True,
    "layers.ZeroPadding1D.padding": lambda: (1, 2),
    "layers.ZeroPadding2D.padding": lambda: ((1, 2), (2, 1)),
    "layers.ZeroPadding3D.padding": lambda: ((1, 2), (2, 1), (1, 1)),
    "layers.MultiHeadAttention.value_dim": lambda: 3,
    "layers.MultiHeadAttention.output_shape": lambda: 3,
    "layers.MultiHeadAttention.attention_axes": lambda: (1,),
    "layers.MelSpectrogram.sequence_length": lambda: 100,
    "layers.MelSpectrogram.max_freq": lambda: 4000.0,
    "layers.STFTSpectrogram.frame_step": lambda: 100,
    "layers.STFTSpectrogram.fft_length": lambda: 512,
    "layers.TFSMLayer.filepath": lambda: exported(3.0),
    "layers.TFSMLayer.call_endpoint": lambda: "serving_default",
    "layers.TFSMLayer.call_training_endpoint": lambda: "serve",
    "layers.JaxLayer.init_fn": lambda: {"init_fn": _jax_start, "params": None},
    "layers.JaxLayer.params": lambda: {"factor": np.ones(1)},
    "layers.JaxLayer.state": lambda: {"call_fn": _jax_stateful, "state": {"seen": np.zeros(1)}},
    "layers.JaxLayer.native_serialization_platforms": lambda: ("cpu",),
    "losses.Dice.axis": lambda: (1,),
    "losses.Tversky.axis": lambda: (1,),
}
# Other values, by the name of the setting.
OTHER_BY_NAME: dict[str, Callable[[], Any]] = {
    "activation": lambda: "softsign",
    "bounding_box_format": lambda: "xyxy",
    "brightness_factor": lambda: 0.3,
    "contrast_factor": lambda: 0.3,
    "hue_factor": lambda: 0.3,
    "saturation_factor": lambda: 0.3,
    "width_factor": lambda: 0.3,
    "lora_rank": lambda: 2,
    "lora_alpha": lambda: {"lora_rank": 2, "lora_alpha": 4},
    "noise_shape": lambda: (None, 1),
    "factor": lambda: 0.35,
    "output_padding": lambda: {"strides": 2, "output_padding": 1},
    "sliding_window": lambda: 2,
    "strides": lambda: 3,
    "use_cudnn": lambda: False,
    "window": lambda: "hamming",
    "class_id": lambda: 1,
    "clipnorm": lambda: 0.5,
    "clipvalue": lambda: 0.5,
    "data_format": lambda: "channels_first",
    "dtype": lambda: "float64",
    "ema_momentum": lambda: {"use_ema": True, "ema_momentum": 0.5},
    "ema_overwrite_frequency": lambda: {"use_ema": True, "ema_overwrite_frequency": 2},
    "encoding": lambda: "latin-1",
    "fill_mode": lambda: "wrap",
    "flash_attention": lambda: False,
    "global_clipnorm": lambda: 0.5,
    "gradient_accumulation_steps": lambda: 2,
    "ignore_class": lambda: 1,
    "input_axes": lambda: {"input_axes": [0], "output_axes": [1]},
    "interpolation": lambda: "bilinear",
    "loss_scale_factor": lambda: 2.0,
    "name": lambda: "another",
    "output_axes": lambda: {"input_axes": [1], "output_axes": [0]},
    "padding": lambda: "same",
    "recurrent_activation": lambda: "softsign",
    "reduction": lambda: "sum",
    "seed": lambda: 7,
    "target_class_ids": lambda: [1],
    "threshold": lambda: 0.3,
    "thresholds": lambda: 0.3,
    "top_k": lambda: 2,
    "value_range": lambda: (0, 1),
    "weight_decay": lambda: 0.3,
}
OTHER_BY_ENDING: dict[str, Callable[[], Any]] = {
    "constraint": lambda: keras.constraints.MaxNorm(0.7),
    "initializer": lambda: keras.initializers.Constant(0.3),
    "regularizer": lambda: keras.regularizers.L2(0.3),
}
