"""Metrics that are computed after each epoch: in both loops, in studies, and as objects."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

import tunekit as tk

rng = np.random.RandomState(0)
X = rng.randn(90, 4).astype("float32")
hidden = X @ rng.randn(4, 3) + rng.randn(90, 3)
YES, KINDS, LABELS = (hidden[:, 0] > 0).astype(int), hidden.argmax(axis=1), (hidden > 0).astype(int)
STILL = {"optimizer": "sgd", "learning_rate": 1e-9, "epochs": 1}


def classifier(**params):
    return tk.KerasClassifier(**{"epochs": 2, "random_state": 0, **params})


def regressor(**params):
    return tk.KerasRegressor(**{"epochs": 2, "random_state": 0, **params})


def exact(meta):
    """Returns the exact targets: the first column plus 10,000."""
    last = keras.layers.Dense(
        meta.n_outputs,
        kernel_initializer=lambda shape, dtype=None: np.eye(*shape, dtype=dtype),
        bias_initializer=keras.initializers.Constant(10_000),
    )
    return keras.Sequential([keras.Input(meta.input_shape), last])


@pytest.mark.parametrize("metric", ["r2_score", "r2", "pearson_correlation", "object"])
@pytest.mark.parametrize("columns", [1, 2])
def test_a_perfect_model_of_large_targets_is_perfect(metric, columns):
    y = 10_000 + X[:, :columns].squeeze().astype(float)
    given = keras.metrics.R2Score(name="own") if metric == "object" else metric
    model = regressor(architecture=exact, metrics=[given], **STILL).fit(X, y, held_out=(X, y))
    for prefix in ("", "held_out_"):
        [found] = model.history_[prefix + getattr(given, "name", metric)]
        assert 1 - 1e-5 < found <= 1


def rare(meta):
    """Returns probabilities of a few hundredths of a percent that rank well."""
    steep = keras.initializers.Constant([[0.3], [0.1], [0.2], [0.1]])
    seldom = keras.initializers.Constant(-8)
    last = keras.layers.Dense(meta.n_outputs, kernel_initializer=steep, bias_initializer=seldom)
    return keras.Sequential([keras.Input(meta.input_shape), last])


@pytest.mark.slow
def test_auc_is_exact_for_small_probabilities_and_the_keras_object_approximates_it():
    y = (X @ [0.3, 0.1, 0.2, 0.1] + rng.normal(0, 0.2, 90) > 0.5).astype(int)
    approximate = keras.metrics.AUC(name="approximate")
    model = classifier(architecture=rare, metrics=["auc", approximate], **STILL).fit(X, y)
    true = roc_auc_score(y, model.predict_proba(X)[:, 1])
    assert model.history_["auc"].iloc[0] == pytest.approx(true, rel=1e-9)
    assert abs(model.history_["approximate"].iloc[0] - true) > 0.1


class LooksAtBatches(keras.callbacks.Callback):
    """Requires training with ``model.fit``."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(dict(logs))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["yes", "kinds", "labels", "numbers"])
def test_both_loops_compute_the_same_and_callbacks_receive_it(kind):
    make, y, metrics = {
        "yes": (classifier, YES, ["auc", "precision", "accuracy"]),
        "kinds": (classifier, KINDS, ["roc_auc_ovr", "f1_score", "balanced_accuracy"]),
        "labels": (classifier, LABELS, ["f1_macro", "true_positives"]),
        "numbers": (regressor, hidden, ["r2_score", "rmse", "concordance_correlation"]),
    }[kind]
    data = {"validation_data": (X[60:], y[60:]), "held_out": (X[50:80], y[50:80])}
    quick = make(metrics=metrics, epochs=3).fit(X[:60], y[:60], **data).history_
    model = make(metrics=metrics, epochs=3, callbacks=[LooksAtBatches()])
    slow = model.fit(X[:60], y[:60], **data).history_
    assert set(quick) == set(slow)
    for column in quick:
        np.testing.assert_allclose(quick[column], slow[column], rtol=1e-4, err_msg=column)
    assert [len(each) for each in model.callbacks_[0].seen] == [len(slow.columns)] * 3


@pytest.mark.slow
@pytest.mark.parametrize("fast", [True, False])
def test_a_callback_can_stop_by_an_epoch_metric(fast):
    stop = keras.callbacks.EarlyStopping(monitor="val_roc_auc", mode="max", patience=1)
    callbacks = [stop] if fast else [LooksAtBatches(), stop]
    model = classifier(metrics=["roc_auc"], callbacks=callbacks, **{**STILL, "epochs": 9})
    model.fit(X[:60], YES[:60], validation_data=(X[60:], YES[60:]))
    assert model.n_iter_ == 2


@pytest.mark.slow
def test_metrics_continue_after_copying_and_loading(tmp_path):
    model = classifier(metrics=["roc_auc"]).fit(X, YES)
    loaded = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    for each in (model, loaded):
        each.partial_fit(X, YES)
        expected = roc_auc_score(YES, each.predict_proba(X)[:, 1])
        assert each.history_["roc_auc"].iloc[-1] == pytest.approx(expected)
        assert len(each.history_) == 3


@pytest.mark.slow
def test_curves_of_a_study_end_at_its_scores(engine, folder):
    tuner = tk.Tuner(
        classifier(metrics=["roc_auc"]), tk.Space(learning_rate=tk.Float(0.001, 0.1)),
        engine=engine, n_trials=2, cv=0.3, scoring="roc_auc", random_state=0,
        name="areas", tracking_uri=f"sqlite:///{folder}/mlflow.db",
    ).fit(X, YES)  # fmt: skip
    history = tk.load_study("areas").history(engine, 0)
    score = tuner.trials_["score"].iloc[0]
    assert history["val_roc_auc"].iloc[-1] == pytest.approx(score, rel=1e-6)


def test_an_undefined_metric_is_nan():
    model = classifier(metrics=["auc", "precision"]).fit(X, YES, held_out=(X[:1], YES[:1]))
    assert model.history_["held_out_auc"].isna().all()
    model = regressor(metrics=["pearson_correlation", "neg_mean_squared_log_error"])
    model.fit(X, np.zeros(90))
    assert model.history_["pearson_correlation"].isna().all()


def two_units(meta):
    layers = [keras.Input(meta.input_shape), keras.layers.Dense(2, "softmax")]
    return keras.Sequential(layers)


def test_two_units_for_two_classes():
    model = classifier(architecture=two_units, metrics=["auc", "f1_score"]).fit(X, YES)
    expected = roc_auc_score(YES, model.predict_proba(X)[:, 1])
    assert model.history_["auc"].iloc[-1] == pytest.approx(expected)


@pytest.mark.parametrize("way", ["uniform_average", "variance_weighted_average"])
def test_an_r2_object_keeps_its_averaging(way):
    given = keras.metrics.R2Score(class_aggregation=way, name="custom")
    y = 1000 + hidden * [1, 10, 100]
    model = regressor(metrics=[given], **STILL).fit(X, y)
    expected = r2_score(y, model.predict(X), multioutput=way.removesuffix("_average")
                        if way.startswith("variance") else way)  # fmt: skip
    assert model.history_["custom"].iloc[0] == pytest.approx(expected, rel=1e-5)


M = keras.metrics
OBJECTS = [
    (classifier, YES, M.F1Score(average="macro"), "without a threshold uses the largest output"),
    (classifier, LABELS, M.FBetaScore(average="micro"), "pass threshold=0.5"),
    (classifier, YES, M.Accuracy(), "use the name 'accuracy'"),
    (classifier, YES, M.Mean(), "does not compare targets with the outputs"),
    (classifier, KINDS, M.MeanIoU(num_classes=3), "use keras.metrics.OneHotMeanIoU"),
    (classifier, YES, M.MeanIoU(num_classes=2), "use keras.metrics.BinaryIoU"),
    (classifier, KINDS, M.BinaryAccuracy(), "is for binary and multilabel targets"),
    (classifier, KINDS, M.TopKCategoricalAccuracy(k=3), "with k=3 is always 1 for 3 classes"),
    (classifier, YES, M.KLDivergence(), "such as 'binary_crossentropy'"),
    (classifier, YES, M.R2Score(), "'r2_score' is for regression targets"),
    (classifier, YES, M.CosineSimilarity(), "compares the columns of each row"),
    (regressor, hidden[:, 0], M.PearsonCorrelation(), "use 'pearson_correlation'"),
    (
        regressor,
        hidden[:, :2],
        M.ConcordanceCorrelation(),
        "at least 3, but the network has 2 outputs",
    ),
    (regressor, hidden, M.PearsonCorrelation(axis=0), "axis=0, the rows of a batch: use axis=-1"),
    (regressor, hidden, M.R2Score(num_regressors=2), "use num_regressors=0"),
    (regressor, hidden, M.R2Score(class_aggregation=None), "one number per epoch"),
    (regressor, hidden, M.AUC(), "'auc' is for binary and multiclass and multilabel targets"),
    (classifier, YES, M.Hinge(), None),
]


@pytest.mark.parametrize(("make", "y", "metric", "message"), OBJECTS)
def test_a_keras_object_that_would_not_compute_its_name_is_rejected(make, y, metric, message):
    if message is None:  # accepted alone, because it takes logits
        make(metrics=[metric]).fit(X, y)
        metric, message = [metric, "mse"], "takes logits, but the network ends in probabilities"
    with pytest.raises(tk.ParameterError, match=message):
        make(metrics=metric if isinstance(metric, list) else [metric]).fit(X, y)


@pytest.mark.parametrize(
    ("make", "y", "metric", "message"),
    [
        (classifier, KINDS, "auc", "does not support multiclass targets: .* 'roc_auc_ovr'"),
        (classifier, KINDS, "precision", "'precision' does not support .* 'precision_macro'"),
        (classifier, YES, "top_k_accuracy", "'top_k_accuracy' does not support binary targets"),
        (regressor, hidden, "roc_auc", "'roc_auc' is for binary, multiclass or multilabel"),
        (classifier, YES, "r2", "'r2' is for regression targets, these are binary"),
        (classifier, YES, "twice", "'auc' is given twice"),
        (classifier, YES, "roc_aucc", "'roc_aucc' is not known. Did you mean 'roc_auc'"),
    ],
)
def test_a_scorer_for_another_task_is_rejected(make, y, metric, message):
    metrics = ["auc", "AUC"] if metric == "twice" else [metric]
    with pytest.raises(tk.ParameterError, match=message):
        make(metrics=metrics).fit(X, y)


def test_a_scorer_without_sample_weights_is_rejected():
    regressor(metrics=["neg_max_error"]).fit(X, hidden[:, 0])
    with pytest.raises(tk.ParameterError, match="'neg_max_error' does not support sample weights"):
        regressor(metrics=["neg_max_error"]).fit(X, hidden[:, 0], sample_weight=rng.rand(90))
