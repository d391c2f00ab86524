"""The Keras estimators in the meta-estimators, searches and checks of scikit-learn."""

from __future__ import annotations

import copy

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_matrix
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
)
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - enables the import below
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer, log_loss, roc_auc_score
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import estimator_checks_generator

import tunekit as tk

# They compare two fits or two predictions to 1e-7; float32 rounds to 6e-8.
ROUNDED = (
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)


def quick(**params):
    return tk.KerasClassifier(**{"epochs": 20, "learning_rate": 0.02, "random_state": 0, **params})


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return scale(X), scale(y)


@pytest.mark.slow
def test_scorers_that_need_probabilities(iris, cancer):
    assert cross_val_score(quick(), *iris, cv=2, scoring="roc_auc_ovr").min() > 0.9
    assert cross_val_score(quick(), *cancer, cv=2, scoring="roc_auc").min() > 0.98
    assert cross_val_score(quick(), *cancer, cv=2, scoring="neg_log_loss").min() > -0.2


def test_cross_validate_with_several_scores_and_the_estimators(iris):
    found = cross_validate(
        quick(), *iris, cv=2, scoring=["accuracy", "neg_log_loss"], return_estimator=True
    )
    assert found["test_accuracy"].min() > 0.8
    assert [each.n_iter_ for each in found["estimator"]] == [20, 20]


@pytest.mark.slow
def test_successive_halving_over_epochs(iris):
    search = HalvingRandomSearchCV(
        quick(),
        {"units": [4, 8, 16, 32], "learning_rate": [1e-3, 1e-2, 5e-2]},
        resource="epochs",
        min_resources=2,
        max_resources=18,
        n_candidates=6,
        cv=2,
        random_state=0,
    ).fit(*iris)
    assert list(search.n_resources_) == [2, 6]
    assert search.best_estimator_.n_iter_ == 6


def test_column_names_and_kinds_in_a_column_transformer():
    rng = np.random.RandomState(0)
    table = pd.DataFrame({"age": rng.randn(80), "town": rng.choice(["a", "b", "c"], 80)})
    y = np.where((table["town"] == "b") ^ (table["age"] > 1), "yes", "no")
    columns = make_column_transformer(
        (StandardScaler(), ["age"]),
        (OneHotEncoder(sparse_output=True), ["town"]),
        sparse_threshold=1,
    )
    model = make_pipeline(columns, quick(epochs=60, learning_rate=0.05)).fit(table, y)
    assert model.score(table, y) > 0.9
    assert list(model.classes_) == ["no", "yes"]


def test_calibration_voting_and_stacking(cancer):
    X, y = cancer
    calibrated = CalibratedClassifierCV(quick(epochs=5), cv=2).fit(X, y)
    assert log_loss(y, calibrated.predict_proba(X)) < 0.2
    members = [("net", quick(epochs=5)), ("line", LogisticRegression())]
    for ensemble in (VotingClassifier(members, voting="soft"), StackingClassifier(members, cv=2)):
        assert roc_auc_score(y, ensemble.fit(X, y).predict_proba(X)[:, 1]) > 0.97


def test_multilabel_targets():
    X, Y = make_multilabel_classification(200, 8, n_classes=4, random_state=0)
    model = quick(epochs=40).fit(scale(X), Y)
    assert model.model_.output_shape == (None, 4)
    assert list(model.classes_) == [0, 1, 2, 3]
    proba = model.predict_proba(scale(X))
    np.testing.assert_array_equal(model.predict(scale(X)), proba > 0.5)
    assert f1_score(Y, model.predict(scale(X)), average="micro") > 0.8
    assert proba.sum(axis=1).max() > 1.2  # labels are independent


@pytest.mark.slow
def test_one_target_and_several(diabetes):
    X, y = diabetes
    one = tk.KerasRegressor(epochs=30, learning_rate=0.01, random_state=0).fit(X, y)
    assert one.predict(X).shape == (442,)
    assert one.score(X, y) > 0.5
    two = one.set_params(metrics=["mae", "r2_score"]).fit(X, np.column_stack([y, -2 * y]))
    assert two.predict(X).shape == (442, 2)
    assert two.score(X, np.column_stack([y, -2 * y])) > 0.5
    assert {"mean_absolute_error", "r2_score"} <= set(two.history_)


def test_a_transformed_target(diabetes):
    X, _ = diabetes
    y = load_diabetes().target
    model = TransformedTargetRegressor(
        tk.KerasRegressor(epochs=30, learning_rate=0.01, random_state=0),
        transformer=StandardScaler(),
    )
    assert model.fit(X, y).score(X, y) > 0.5


@pytest.mark.slow
def test_class_weights(cancer):
    X, y = cancer
    rare = np.flatnonzero(y == 1)[:25]
    rows = np.r_[np.flatnonzero(y == 0), rare]
    X, labels = X[rows], np.array(["ill", "well"])[y[rows]]
    balanced = quick(class_weight="balanced", epochs=5).fit(X, labels).predict_proba(X)
    by_hand = quick(epochs=5).fit(X, labels, compute_sample_weight("balanced", labels))
    # Different programs train them, so logits of 40 agree to the six digits of float32.
    np.testing.assert_allclose(balanced, by_hand.predict_proba(X), rtol=1e-3, atol=1e-5)
    heavy = quick(class_weight={"ill": 0.001}, epochs=5).fit(X, labels)
    assert (heavy.predict(X) == "well").mean() > (balanced[:, 1] > 0.5).mean()
    refused = "class_weight must be 'balanced' or a dict of weights by label, got 'balnced'"
    with pytest.raises(tk.DataError, match=refused):
        quick(class_weight="balnced").fit(X, labels)


def test_metadata_is_routed_to_fit_only(iris):
    X, y = iris
    weight = np.where(y == 2, 100.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            quick(epochs=5)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        found = cross_validate(
            model, X, y, cv=2, params={"sample_weight": weight}, return_estimator=True
        )
        predicted = found["estimator"][0].predict(X)
        # Clones in a pipeline keep the metadata request.
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model)
        cross_validate(pipeline, X, y, cv=2, params={"sample_weight": weight}, error_score="raise")
    assert (predicted == 2).mean() > 0.4


def test_sparse_and_dense_rows_give_the_same_results(iris):
    X, y = iris
    sparse, plain = quick().fit(csr_matrix(X), y), quick().fit(X, y)
    np.testing.assert_allclose(
        sparse.predict_proba(csr_matrix(X)), plain.predict_proba(X), rtol=1e-5
    )


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1)])
def test_images(digits, shape):
    X, X_test, y, y_test = digits
    model = quick().fit(X.reshape(-1, *shape), y)
    assert model.model_.input_shape == (None, *shape)
    assert model.score(X_test.reshape(-1, *shape), y_test) > 0.9


@pytest.mark.slow
def test_partial_fit_continues_training(iris):
    X, y = iris
    model = quick(batch_size=16)
    for start in range(0, 150, 50):  # one class at a time
        model.partial_fit(X[start : start + 50], y[start : start + 50], classes=[0, 1, 2])
    assert model.n_iter_ == 3
    assert list(model.classes_) == [0, 1, 2]
    for _ in range(20):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.loss_curve_[-1] < model.loss_curve_[3]
    with pytest.raises(tk.DataError, match=r"not among the classes \[0, 1, 2\]: \[7\]"):
        model.partial_fit(X, np.full(150, 7))
    regressor = tk.KerasRegressor(learning_rate=0.05, random_state=0)
    for _ in range(3):
        regressor.partial_fit(X, y.astype(float))
    assert regressor.n_iter_ == 3


def test_a_warm_start_equals_one_long_fit(iris):
    X, y = iris
    warm = quick(epochs=3, warm_start=True).fit(X, y).fit(X, y)
    assert warm.n_iter_ == 6
    np.testing.assert_allclose(warm.loss_curve_, quick(epochs=6).fit(X, y).loss_curve_, rtol=1e-4)
    with pytest.raises(tk.ParameterError, match="built with layers=1 and cannot continue with 2"):
        warm.set_params(layers=2).fit(X, y)
    cold = quick(epochs=3).fit(X, y)
    assert cold.fit(X, y).n_iter_ == 3


def test_early_stopping_restores_the_best_weights(iris):
    X, y = iris
    model = quick(
        epochs=200, early_stopping=True, patience=3, learning_rate=0.1, validation_fraction=0.2
    )
    model.fit(X, y)
    losses = model.history_["val_loss"].to_numpy()
    assert model.n_iter_ == losses.argmin() + 1 + 3 < 200
    again = quick(
        epochs=int(losses.argmin()) + 1,
        early_stopping=True,
        learning_rate=0.1,
        validation_fraction=0.2,
    )
    np.testing.assert_allclose(
        again.fit(X, y).predict_proba(X), model.predict_proba(X), rtol=1e-4, atol=1e-6
    )


@pytest.mark.slow
def test_early_stopping_stratifies_and_supports_few_rows():
    X = np.random.RandomState(0).randn(12, 3)
    lonely = np.r_[np.zeros(11), 1]
    model = quick(early_stopping=True, validation_fraction=0.5, epochs=3).fit(X, lonely)
    assert list(model.classes_) == [0, 1]
    with pytest.raises(tk.DataError, match="more rows than classes, got 2 rows of 2 classes"):
        quick(early_stopping=True).fit(X[:2], [0, 1])
    assert tk.KerasRegressor(early_stopping=True, epochs=2).fit(X, X[:, 0]).n_iter_ == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, "joblib"])
def test_a_copy_predicts_the_same_and_can_be_trained_further(iris, copied, tmp_path):
    X, y = iris
    model = quick(epochs=3, dropout=0.2, warm_start=True).fit(X, y)
    if copied == "joblib":
        joblib.dump(model, tmp_path / "model.joblib")
        other = joblib.load(tmp_path / "model.joblib")
    else:
        other = copied(model)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(
        other.fit(X, y).predict_proba(X), model.fit(X, y).predict_proba(X)
    )
    assert other.n_iter_ == 6


@pytest.mark.parametrize("dtype", ["float64", "mixed_float16", "mixed_bfloat16", "float16"])
def test_other_dtypes(iris, dtype):
    X, y = iris
    model = quick(dtype=dtype).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.predict_proba(X).dtype == "float64"
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
    assert np.isfinite(get_scorer("neg_log_loss")(model, X, y))  # without a warning


def test_there_is_no_output_by_default(iris, capfd):
    quick(epochs=2).fit(*iris).predict(iris[0])
    assert capfd.readouterr() == ("", "")
    quick(epochs=2, verbose=1).fit(*iris)
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  accuracy 0.")


def checks_of_scikit_learn():
    """Yield estimators and checks: all in float64, and those that rounding allows in float32."""
    for make in (tk.KerasClassifier, tk.KerasRegressor):
        for dtype in ("float32", "float64"):
            for estimator, check in estimator_checks_generator(make(dtype=dtype)):
                name = check.func.__name__
                if dtype == "float64" or name not in ROUNDED:
                    yield pytest.param(estimator, check, id=f"{make.__name__}-{dtype}-{name}")


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), list(checks_of_scikit_learn()))
def test_scikit_learn_checks_pass(estimator, check):
    check(estimator)
