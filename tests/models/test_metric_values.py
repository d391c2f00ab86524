"""Metrics equal those of scikit-learn, SciPy or a formula in float64, or are rejected."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn import metrics as of_sklearn
from sklearn.metrics import get_scorer, get_scorer_names

import tunekit as tk
from tunekit.models.compiling import column_of, names
from tunekit.models.epoch_metrics import separate

pytestmark = pytest.mark.slow

rng = np.random.RandomState(0)
X = rng.randn(110, 5).astype("float32")
hidden = X @ rng.randn(5, 3) + rng.randn(110, 3)
FIT, TEST = slice(0, 70), slice(70, 110)  # batches of 32, 32 and 6
WEIGHT = rng.uniform(0.2, 3.0, 110)
TARGETS = {
    "binary": (hidden[:, 0] > 0.5).astype(int),
    "multiclass": hidden.argmax(axis=1),
    "multilabel": (hidden > 0.3).astype(int),
    "regression": np.exp(hidden[:, 0] / 3) + 10,
    "several": np.exp(hidden / 3) * [1, 5, 20] + 10,
}
NAMES = sorted({column_of(kind) for kind in names("metrics").values()})


class Shifted(keras.layers.Layer):
    """Shifts untrained outputs close to the targets, so that logarithms are defined."""

    def call(self, inputs):
        return 12 + inputs


def near(meta):
    return keras.Sequential(
        [keras.Input(meta.input_shape), keras.layers.Dense(meta.n_outputs), Shifted()]
    )


def trained(task, metrics, *, weighted=False, **params):
    """Train a model with a tiny learning rate, so that its weights are constant in an epoch."""
    params = {
        "optimizer": "sgd", "learning_rate": 1e-9, "epochs": 2, "batch_size": 32, "random_state": 0,
        "metrics": metrics, **params,
    }  # fmt: skip
    if task in ("regression", "several"):
        model = tk.KerasRegressor(architecture=near, **params)
    else:
        model = tk.KerasClassifier(units=4, **params)
    y = TARGETS[task]
    weights = (WEIGHT[FIT], WEIGHT[TEST]) if weighted else (None, None)
    test = (X[TEST], y[TEST], weights[1]) if weighted else (X[TEST], y[TEST])
    return model.fit(X[FIT], y[FIT], sample_weight=weights[0], validation_data=test)


def meta_of(task):
    y = TARGETS[task]
    classes = () if task in ("regression", "several") else (0, 1, 2)
    classes = (0, 1) if task == "binary" else classes
    n_outputs = y.shape[1] if y.ndim > 1 else max(1, len(classes) if len(classes) > 2 else 1)
    return tk.Meta((5,), n_outputs, "regression" if task == "several" else task, classes, "float32")


def formulas(y, p, w):
    """Return means over rows of the Keras function of each output, in float64."""
    d = p - y
    by_row = {
        "log_cosh_error": np.log(np.cosh(d)),
        "mean_absolute_error": np.abs(d),
        "mean_squared_error": d**2,
        "mean_squared_logarithmic_error": (np.log1p(y) - np.log1p(p)) ** 2,
        "poisson": p - y * np.log(p + 1e-7),
    }
    found = {
        name: np.average(each.reshape(len(y), -1).mean(axis=1), weights=w)
        for name, each in by_row.items()
    }
    return {**found, "root_mean_squared_error": np.sqrt(found["mean_squared_error"])}


def of_numbers(model, y, w, X):
    predictions = model.predict(X)
    pairs = zip(y.reshape(len(y), -1).T, predictions.reshape(len(y), -1).T, strict=True)
    columns = list(pairs)
    found = formulas(y, predictions, w) | {
        "mean_absolute_percentage_error": 100
        * of_sklearn.mean_absolute_percentage_error(y, predictions, sample_weight=w),
        "r2_score": of_sklearn.r2_score(y, predictions, sample_weight=w),
        "concordance_correlation": np.mean([concordance(a, b, w) for a, b in columns]),
        "pearson_correlation": np.mean([pearson(a, b, w) for a, b in columns]),
        "root_mean_squared_error": of_sklearn.root_mean_squared_error(
            y, predictions, sample_weight=w
        ),
    }
    if y.ndim > 1:
        norms = np.linalg.norm(y, axis=1) * np.linalg.norm(predictions, axis=1)
        found["cosine_similarity"] = np.average((y * predictions).sum(axis=1) / norms, weights=w)
        found["kl_divergence"] = 0.0  # Keras clips targets above 1 to 1
    return found


def pearson(a, b, w):
    if w is None:
        return pearsonr(a, b).statistic
    both = np.cov(a, b, aweights=w)
    return both[0, 1] / np.sqrt(both[0, 0] * both[1, 1])


def concordance(a, b, w):
    both = np.cov(a, b, aweights=w, ddof=0)
    difference = np.average(a, weights=w) - np.average(b, weights=w)
    return 2 * both[0, 1] / (both[0, 0] + both[1, 1] + difference**2)


def counts(y, called, w):
    weight = np.broadcast_to((np.ones(len(y)) if w is None else w).reshape(-1, 1), (len(y), 9))
    y, called = (each.reshape(len(y), -1) for each in (y, called))
    weight = weight[:, : y.shape[1]]
    return {
        "true_positives": weight[(y == 1) & (called == 1)].sum(),
        "true_negatives": weight[(y == 0) & (called == 0)].sum(),
        "false_positives": weight[(y == 0) & (called == 1)].sum(),
        "false_negatives": weight[(y == 1) & (called == 0)].sum(),
    }


def of_two_classes(model, y, w, X):
    p, s, called = model.predict_proba(X)[:, 1], model.decision_function(X), model.predict(X)
    accuracy = of_sklearn.accuracy_score(y, called, sample_weight=w)
    f1 = of_sklearn.f1_score(y, called, sample_weight=w)
    return formulas(y, p, w) | counts(y, called, w) | {
        "accuracy": accuracy,
        "auc": of_sklearn.roc_auc_score(y, s, sample_weight=w),
        "binary_accuracy": accuracy,
        "binary_crossentropy": of_sklearn.log_loss(y, p, sample_weight=w),
        "binary_io_u": of_sklearn.jaccard_score(y, called, average="macro", sample_weight=w),
        "f1_score": f1,
        "f_beta_score": f1,
        "hinge": of_sklearn.hinge_loss(y, s, sample_weight=w),
        "precision": of_sklearn.precision_score(y, called, sample_weight=w),
        "recall": of_sklearn.recall_score(y, called, sample_weight=w),
        "squared_hinge": np.average(np.maximum(0, 1 - (2 * y - 1) * s) ** 2, weights=w),
    }  # fmt: skip


def of_several_classes(model, y, w, X):
    p, s, called = model.predict_proba(X), model.decision_function(X), model.predict(X)
    Y = np.eye(3)[y]
    loss = of_sklearn.log_loss(y, p, sample_weight=w)
    accuracy = of_sklearn.accuracy_score(y, called, sample_weight=w)
    f1 = of_sklearn.f1_score(y, called, average="macro", sample_weight=w)
    hinge = np.maximum(0, ((1 - Y) * s).max(axis=1) - (Y * s).sum(axis=1) + 1)
    return formulas(Y, p, w) | {
        "accuracy": accuracy,
        "categorical_accuracy": accuracy,
        "categorical_crossentropy": loss,
        "categorical_hinge": np.average(hinge, weights=w),
        "cosine_similarity": np.average((Y * p).sum(axis=1) / np.linalg.norm(p, axis=1), weights=w),
        "f1_score": f1,
        "f_beta_score": f1,
        "kl_divergence": loss,
        "sparse_categorical_accuracy": accuracy,
        "sparse_categorical_crossentropy": loss,
    }


def of_several_labels(model, y, w, X):
    p, s, called = model.predict_proba(X), model.decision_function(X), model.predict(X)
    f1 = of_sklearn.f1_score(y, called, average="macro", sample_weight=w)
    right = np.average((called == y).mean(axis=1), weights=w)
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=1)
    hinge = np.maximum(0, 1 - (2 * y - 1) * s)
    norms = np.linalg.norm(y, axis=1) * np.linalg.norm(p, axis=1)
    return formulas(y, p, w) | counts(y, called, w) | {
        "accuracy": right,
        "auc": of_sklearn.roc_auc_score(y, s, average="macro", sample_weight=w),
        "binary_accuracy": right,
        "binary_crossentropy": np.average(loss, weights=w),
        "cosine_similarity": np.average(
            (y * p).sum(axis=1) / np.where(norms > 0, norms, 1), weights=w
        ),
        "f1_score": f1,
        "f_beta_score": f1,
        "hinge": np.average(hinge.mean(axis=1), weights=w),
        "squared_hinge": np.average((hinge**2).mean(axis=1), weights=w),
    }  # fmt: skip


REFERENCES = {
    "binary": of_two_classes,
    "multiclass": of_several_classes,
    "multilabel": of_several_labels,
    "regression": of_numbers,
    "several": of_numbers,
}
# These cannot be combined with the others: they take logits or class indices.
GROUPS = [
    [name for name in NAMES if "hinge" not in name and not name.startswith("sparse")],
    [name for name in NAMES if "hinge" in name],
    [name for name in NAMES if name.startswith("sparse")],
]


@functools.cache
def names_with_reference(task):
    """Return the names of the metrics that have a reference."""
    model = trained(task, ["mse"] if task in ("regression", "several") else [])
    return set(REFERENCES[task](model, TARGETS[task][TEST], None, X[TEST]))


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("task", TARGETS)
def test_every_keras_metric_is_exact_or_rejected(task, weighted):
    y, references = TARGETS[task], names_with_reference(task)
    for group in GROUPS:
        asked = [name for name in group if name in references]
        if not asked:
            continue
        model = trained(task, asked, weighted=weighted)
        for rows, prefix in ((FIT, ""), (TEST, "val_")):
            # Weights are divided by their mean over the training rows.
            weight = WEIGHT[rows] / WEIGHT[FIT].mean() if weighted else None
            expected = REFERENCES[task](model, y[rows], weight, X[rows])
            for name in asked:
                found = model.history_[prefix + name].iloc[-1]
                if expected[name] is not None:
                    assert found == pytest.approx(expected[name], rel=1e-5), prefix + name
    for name in set(NAMES) - references:
        with pytest.raises(tk.ParameterError, match="metrics: .*(use|pass|remove)"):
            trained(task, [name])


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.UndefinedMetricWarning"
)  # raised by scorers
@pytest.mark.parametrize("task", TARGETS)
def test_every_scikit_learn_scorer_is_exact_or_rejected(task):
    y, asked, meta = TARGETS[task], [], meta_of(task)
    for name in set(get_scorer_names()) - {"accuracy"}:
        try:
            separate([name], meta)
            asked.append(name)
        except tk.ParameterError as error:
            assert "use another metric, such as" in str(error)  # noqa: PT017
    model = trained(task, asked)
    for name in asked:
        expected = get_scorer(name)(model, X[TEST], y[TEST])
        assert model.history_[f"val_{name}"].iloc[-1] == pytest.approx(expected, rel=1e-5), name
    some = {"binary": "average_precision", "multiclass": "roc_auc_ovr", "multilabel": "f1_micro"}
    assert some.get(task, "explained_variance") in asked
