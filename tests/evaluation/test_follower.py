"""What contains a network keeps its curves, its pruning, its parameters and its architecture."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from dummy_estimators import study
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as resampling_pipeline
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    StratifiedKFold,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.evaluation.describe import describe_estimator
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.objectives import count_params, make_objectives

RNG = np.random.default_rng(0)
X, SPECIES = load_iris(return_X_y=True)
BINARY = (SPECIES == 0).astype(int)
LENGTH = 100 + 50 * X[:, 0] + RNG.normal(size=150)
TRAIN, TEST = np.arange(0, 150, 2), np.arange(1, 150, 2)
INNER = StratifiedKFold(2)


def net(**params):
    return tk.KerasClassifier(units=4, epochs=2, random_state=0, **params)


def regressor():
    return tk.KerasRegressor(units=4, epochs=2, random_state=0)


def curve(estimator, y, **callbacks):
    """Return the curve of an estimator on the first half and the second half of the rows."""
    found = evaluate(
        estimator,
        {},
        X,
        y,
        splits=[(TRAIN, TEST)],
        objectives=make_objectives(estimator, None),
        **callbacks,
    )
    assert found.error is None, found.error
    (only,) = found.curves
    return only


def by_hand(network, train, test):
    """Return the curve of a network that is fitted with rows that were prepared by hand."""
    history = clone(network).fit(*train, held_out=test).history_
    return {
        name.replace("held_out_", "val_"): values
        for name, values in history.to_dict("list").items()
        if not name.startswith("val_")
    }


def assert_equal_curves(found, expected):
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, err_msg=name)


SCALER = StandardScaler().fit(X[TRAIN])
SCALED_TRAIN, SCALED_TEST = SCALER.transform(X[TRAIN]), SCALER.transform(X[TEST])


def test_validation_rows_are_transformed_by_steps_fitted_on_the_training_rows():
    found = curve(make_pipeline(StandardScaler(), "passthrough", net()), SPECIES)
    train, test = (SCALED_TRAIN, SPECIES[TRAIN]), (SCALED_TEST, SPECIES[TEST])
    assert_equal_curves(found, by_hand(net(), train, test))
    assert {"loss", "val_loss", "val_accuracy"} <= set(found)


def test_early_stopping_inside_a_pipeline_keeps_its_own_validation_rows():
    network = net(early_stopping=True)
    found = curve(make_pipeline(StandardScaler(), network), SPECIES)
    train, test = (SCALED_TRAIN, SPECIES[TRAIN]), (SCALED_TEST, SPECIES[TEST])
    assert_equal_curves(found, by_hand(network, train, test))


def test_targets_of_validation_rows_are_transformed_as_those_of_training_rows():
    wrapped = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), regressor()), transformer=StandardScaler()
    )
    scaler = StandardScaler().fit(LENGTH[TRAIN, None])
    train = SCALED_TRAIN, scaler.transform(LENGTH[TRAIN, None]).ravel()
    test = SCALED_TEST, scaler.transform(LENGTH[TEST, None]).ravel()
    assert_equal_curves(curve(wrapped, LENGTH), by_hand(regressor(), train, test))


def test_the_curve_of_a_calibrated_network_is_the_mean_over_its_networks():
    wrapped = CalibratedClassifierCV(make_pipeline(StandardScaler(), net()), cv=INNER)
    curves = []
    for part, _ in INNER.split(X[TRAIN], SPECIES[TRAIN]):
        scaler = StandardScaler().fit(X[TRAIN][part])
        train = scaler.transform(X[TRAIN][part]), SPECIES[TRAIN][part]
        curves.append(by_hand(net(), train, (scaler.transform(X[TEST]), SPECIES[TEST])))
    expected = {name: np.mean([each[name] for each in curves], axis=0) for name in curves[0]}
    assert_equal_curves(curve(wrapped, SPECIES), expected)


@pytest.mark.parametrize("labels", [SPECIES, np.array(["c", "a", "b"])[SPECIES]])
def test_each_network_of_one_vs_rest_gets_the_labels_of_its_class(labels):
    curves = []
    for label in np.unique(labels):
        own = (labels == label).astype(int)
        curves.append(by_hand(net(), (X[TRAIN], own[TRAIN]), (X[TEST], own[TEST])))
    expected = {name: np.mean([each[name] for each in curves], axis=0) for name in curves[0]}
    assert_equal_curves(curve(OneVsRestClassifier(net()), labels), expected)


def test_each_network_of_several_outputs_gets_its_own_output():
    y = np.column_stack([X[:, 0], X[:, 1] * 10])
    curves = [by_hand(regressor(), (X[TRAIN], y[TRAIN, k]), (X[TEST], y[TEST, k])) for k in (0, 1)]
    expected = {name: np.mean([each[name] for each in curves], axis=0) for name in curves[0]}
    assert_equal_curves(curve(MultiOutputRegressor(regressor()), y), expected)


def test_resampling_leaves_the_validation_rows_alone():
    wrapped = resampling_pipeline(StandardScaler(), RandomOverSampler(random_state=0), net())
    rows = RandomOverSampler(random_state=0).fit_resample(SCALED_TRAIN, BINARY[TRAIN])
    assert_equal_curves(curve(wrapped, BINARY), by_hand(net(), rows, (SCALED_TEST, BINARY[TEST])))


class Shuffled(ClassifierMixin, BaseEstimator):
    """Fits a network on columns in another order, so nobody else can prepare its rows."""

    def __init__(self, network=None):
        self.network = network

    def fit(self, X, y):
        self.fitted_ = clone(self.network).fit(X[:, ::-1], y)
        self.classes_ = self.fitted_.classes_
        return self

    def predict(self, X):
        return self.fitted_.predict(X[:, ::-1])


def test_a_network_whose_rows_are_unknown_is_not_followed():
    objectives = make_objectives(Shuffled(net()), None)
    found = evaluate(Shuffled(net()), {}, X, SPECIES, splits=[(TRAIN, TEST)], objectives=objectives)
    assert found.error is None
    assert found.curves == ()


def test_pairs_of_classes_have_a_curve_of_their_training_rows_only():
    assert set(curve(OneVsOneClassifier(net()), SPECIES)) == {"loss", "accuracy"}


def test_a_network_that_is_a_preprocessing_step_is_not_followed():
    class Scores(Shuffled):
        def transform(self, X):
            return self.fitted_.predict_proba(X[:, ::-1])

    found = curve(make_pipeline(Scores(net()), net(metrics=["roc_auc_ovr"])), SPECIES)
    assert set(found) == {"loss", "roc_auc_ovr", "val_loss", "val_roc_auc_ovr"}


WRAPPED = {
    "pipeline": (make_pipeline(StandardScaler(), net()), SPECIES, 1),
    "targets": (TransformedTargetRegressor(regressor(), transformer=StandardScaler()), LENGTH, 1),
    "calibrated": (CalibratedClassifierCV(net(), cv=INNER), SPECIES, 2),
    "threshold": (TunedThresholdClassifierCV(net(), cv=INNER), BINARY, 1),
    "fixed": (FixedThresholdClassifier(net(), threshold=0.4), BINARY, 1),
    "one vs rest": (make_pipeline(PCA(2), OneVsRestClassifier(net())), SPECIES, 3),
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_networks_inside_are_counted_and_described(kind):
    estimator, y, n_networks = WRAPPED[kind]
    fitted = clone(estimator).fit(X, y)
    n_inputs = 2 if kind == "one vs rest" else 4
    n_outputs = 3 if kind in ("pipeline", "calibrated") else 1
    each = 4 * (n_inputs + 1) + n_outputs * 5
    assert count_params(fitted) == n_networks * each
    described = describe_estimator(fitted)
    assert described["kind"] == "network"
    assert described["network"]["n_params"] == each
    assert described["network"]["n_networks"] == n_networks
    assert described["network"]["training"]["epochs"] == 2
    assert described["steps"][-1]["kind"] in ("KerasClassifier", "KerasRegressor")


def test_voting_networks_are_counted_together():
    voting = VotingClassifier([("a", net()), ("b", net())]).fit(X, SPECIES)
    assert count_params(voting) == 2 * (4 * 5 + 3 * 5)


class PrunesTheSecond(optuna.pruners.BasePruner):
    """Stops the second trial after two steps."""

    def prune(self, study, trial):
        return trial.number == 1 and trial.last_step == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRAPPED)
def test_networks_inside_are_pruned_by_epoch(kind, engine):
    estimator, y, _ = WRAPPED[kind]
    (rate,) = [name for name in estimator.get_params() if name.endswith("learning_rate")]
    tuner = study(
        tk.Space(**{rate: tk.Float(0.01, 0.1)}),
        engine,
        estimator=clone(estimator).set_params(**{rate.replace("learning_rate", "epochs"): 4}),
        n_trials=2,
        cv=0.5,
        pruner=PrunesTheSecond(),
        random_state=0,
    ).fit(X, y)
    assert tuner.trials_["state"].tolist() == ["complete", "pruned"]
    assert tuner.trials_["epochs_saved"].tolist() == [0, 2]
    first, second = tuner.study_.trials
    assert sorted(first.intermediate_values) == [0, 1, 2, 3]
    assert sorted(second.intermediate_values) == [0, 1]
    if kind in ("pipeline", "targets", "fixed"):
        assert first.intermediate_values[3] == pytest.approx(tuner.trials_["score"][0])
