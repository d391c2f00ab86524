"""Invalid parameters and data, and their error messages."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.exceptions import did_you_mean

X, y = load_iris(return_X_y=True)
X = scale(X)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]


def quick(**params):
    return tk.KerasClassifier(**{"epochs": 2, "random_state": 0, **params})


def convolution(meta, *, filters=4, kernel=2):
    return keras.Sequential(
        [
            keras.Input(meta.input_shape),
            keras.layers.Conv1D(filters, kernel),
            keras.layers.Flatten(),
            keras.layers.Dense(meta.n_outputs),
        ]
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": "ReLU"}, "activation 'ReLU' is not known. Did you mean 'relu'?"),
        ({"architecture": "MLP"}, "architecture 'MLP' is not known. Did you mean 'mlp'? Or pass"),
        (
            {"architecture": 3},
            "architecture must be 'mlp' or a function (meta, **hyperparameters) ",
        ),
        ({"kernel_initializer": "he"}, "kernel_initializer 'he' is not known. Did you mean 'he_no"),
        ({"metrics": ["f1_scor"]}, "metrics: 'f1_scor' is not known. Did you mean 'f1_score'?"),
        (
            {"metrics": "accuracy"},
            "metrics must be None or a list of names and keras.metrics.Metr",
        ),
        ({"metrics": ["acc", "accuracy"]}, "metrics: 'accuracy' is given twice."),
        ({"batch_size": "atuo"}, "batch_size 'atuo' is not known. Did you mean 'auto'? Or pass a "),
        ({"dtype": np.float64}, "dtype <class 'numpy.float64'> is not known. It must be a string."),
        ({"random_state": -1}, "random_state must be None, a whole number from 0 to 2**32 - 1 or "),
        (
            {"random_state": "a"},
            "random_state must be None, a whole number from 0 to 2**32 - 1 or ",
        ),
        (
            {"class_weight": "balance"},
            "class_weight must be 'balanced' or a dict of weights by label, got 'b",
        ),
        (
            {"class_weight": [1, 2, 3]},
            "class_weight must be 'balanced' or a dict of weights by label, got [1",
        ),
        (
            {"class_weight": {0: 1, 5: 2}},
            "labels that do not occur in y, [5], and no weights for [1, 2].",
        ),
    ],
)
def test_invalid_hyperparameters(params, message):
    with pytest.raises((tk.ParameterError, tk.DataError), match=re.escape(message)) as caught:
        quick(**params).fit(X, y)
    if caught.type is tk.ParameterError:
        assert str(caught.value).startswith("KerasClassifier: ")


@pytest.mark.parametrize(
    ("metrics", "target", "message"),
    [
        (["sparse_categorical_accuracy"], y > 0, "is for multiclass targets, these targets are b"),
        (["categorical_accuracy"], np.eye(3, dtype=int)[y] | np.eye(3, dtype=int)[0], "are multil"),
        (["mse", "sparse_categorical_accuracy"], y, "one-hot targets: use 'categorical_acc"),
    ],
)
def test_metrics_for_other_targets_are_rejected(metrics, target, message):
    with pytest.raises(tk.ParameterError, match=message):
        quick(metrics=metrics).fit(X, target)


def test_metrics_with_a_loss_of_class_indices():
    model = quick(loss="sparse_categorical_crossentropy", metrics=["mse"])
    with pytest.raises(
        tk.ParameterError, match="'mean_squared_error' takes one-hot targets, but the loss"
    ):
        model.fit(X, y)
    assert len(quick(metrics=["mse", "categorical_accuracy"]).fit(X, y).history_) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("filtres", "KerasClassifier has no hyperparameter 'filtres'. Did you mean 'filters'?"),
        ("lerning_rate", "has no hyperparameter 'lerning_rate'. Did you mean 'learning_rate'"),
        (
            "max_iter",
            "KerasClassifier has no hyperparameter 'max_iter'. It is called 'epochs' here.",
        ),
    ],
)
def test_unknown_names_of_hyperparameters(name, message):
    model = tk.KerasClassifier(convolution)
    for wrong in (lambda: model.set_params(**{name: 3}), lambda: quick(**{name: 3}).fit(X, y)):
        with pytest.raises(tk.ParameterError, match=message.split("Did")[0]):
            wrong()
    with pytest.raises(tk.ParameterError, match=re.escape(message)):
        model.set_params(**{name: 3})
    assert clone(model).get_params() == model.get_params()


def test_hints_contain_each_name_once():
    known = did_you_mean("zzzz", ["b", "a", "a"])
    assert known == " Known: a, b."
    with pytest.raises(tk.ParameterError) as caught:
        quick(optimizer="zzzz").fit(X, y)
    names = re.search(r"Known: (.*)\.", str(caught.value)).group(1).split(", ")
    assert len(names) == len({word.replace("_", "") for word in names})
    assert {"adam", "rmsprop", "sgd"} <= set(names)


@pytest.mark.parametrize("name", ["model_", "n_params_", "n_iter_", "loss_curve_"])
def test_fitted_attributes_do_not_exist_before_fit(name):
    with pytest.raises(NotFittedError):
        getattr(quick(), name)


@pytest.mark.parametrize(
    "params", [{"early_stopping": True}, {"lr_schedule": "cosine"}, {"class_weight": "balanced"}]
)
def test_partial_fit_rejects_unsupported_settings(params):
    with pytest.raises(tk.ParameterError, match="partial_fit"):
        quick(**params).partial_fit(X, y)


def test_partial_fit_requires_all_classes_in_the_first_call():
    model = quick().partial_fit(X, NAMES, classes=np.unique(NAMES))
    model.partial_fit(X, NAMES, classes=np.unique(NAMES))
    with pytest.raises(tk.DataError, match="differ from those of the first call"):
        model.partial_fit(X, NAMES, classes=["a", "b"])
    with pytest.raises(tk.DataError, match=r"Pass all classes to the first partial_fit, classes="):
        quick().partial_fit(X[:100], NAMES[:100]).partial_fit(X, NAMES)


@pytest.mark.parametrize(
    ("model", "target", "advice"),
    [
        (quick(), y, "limit the gradients (clipnorm=1.0), or scale the inputs (StandardScaler)."),
        (quick(clipnorm=1.0), y, "), or scale the inputs (StandardScaler)."),
        (
            tk.KerasRegressor(epochs=2, random_state=0),
            X[:, 0],
            "or scale the inputs (StandardScaler) and the targets (TransformedTargetRegressor).",
        ),
    ],
    ids=["classes", "clipped", "numbers"],
)
def test_a_diverged_model_cannot_predict(model, target, advice):
    model.fit(X, target).predict(X)
    model.set_params(optimizer="sgd", learning_rate=1e38, epochs=9)
    with pytest.raises(tk.TrainingDiverged, match=re.escape(advice)):
        model.fit(X * 1e6, target)
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert model.n_iter_ >= 1
    assert not np.isfinite(model.loss_curve_[-1])


def test_an_error_in_an_architecture_has_a_note():
    with pytest.raises(ValueError, match="ndim") as caught:
        tk.KerasClassifier(convolution, filters=9).fit(X, y)
    assert (
        "In architecture convolution, for rows of shape (4,), with {'filters': 9"
        in (caught.value.__notes__[-1])
    )


def test_one_hot_labels_as_multilabel_targets_cause_a_warning():
    with pytest.warns(UserWarning, match=r"for one class per row, pass y\.argmax\(axis=1\)"):
        quick().fit(X, np.eye(3, dtype=int)[y])


def test_images_with_other_dimensions():
    images = np.random.RandomState(0).rand(20, 4, 4)
    model = quick().fit(images, np.arange(20) % 2)
    with pytest.raises(tk.DataError, match=r"rows of shape \(4, 4\), got \(16,\)"):
        model.predict(images.reshape(20, 16))


def test_verbose_may_be_true(capsys):
    quick(verbose=True).fit(X, y)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_validation_data_of_the_wrong_type_is_not_printed():
    with pytest.raises(tk.ParameterError, match=r"must be \(X, y\) or .*, got ndarray\.$"):
        quick().fit(X, y, validation_data=X)
