"""Early stopping on time-ordered rows uses the last rows for validation."""

from __future__ import annotations

import numpy as np
import pytest
from dummy_estimators import study
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

import tunekit as tk

X = np.linspace(0, 1, 40)[:, None]
VALUES = np.sin(3 * X[:, 0])
LABELS = (np.arange(40) >= 35).astype(int)


class RecordingRidge(Ridge):
    """Records the setting ``validation_rows`` of each fit."""

    seen: list = []  # noqa: RUF012 - shared by all clones

    def __init__(self, alpha=1.0, validation_rows=None):
        super().__init__(alpha)
        self.validation_rows = validation_rows

    def fit(self, X, y, **others):
        RecordingRidge.seen.append(self.validation_rows)
        return super().fit(X, y, **others)


@pytest.mark.slow
def test_the_last_rows_are_used_for_validation():
    settings = {"units": 4, "epochs": 4, "early_stopping": True, "random_state": 0}
    settings |= {"validation_fraction": 0.25}
    by_hand = tk.KerasRegressor(**settings)
    by_hand.fit(X[:30], VALUES[:30], validation_data=(X[30:], VALUES[30:]))
    for rows, same in (("last", True), ("random", False), (None, False)):
        found = tk.KerasRegressor(**settings, validation_rows=rows).fit(X, VALUES).history_
        assert np.allclose(found["val_loss"], by_hand.history_["val_loss"]) is same


@pytest.mark.slow
def test_the_last_rows_may_have_a_class_that_does_not_occur_before():
    model = tk.KerasClassifier(
        units=4, epochs=2, early_stopping=True, validation_fraction=0.25, validation_rows="last"
    )
    assert model.fit(X, LABELS).classes_.tolist() == [0, 1]
    assert len(model.history_["val_loss"]) == 2


def test_other_values_are_rejected():
    with pytest.raises(tk.ParameterError, match=r"validation_rows 'newest' is not known.*last"):
        tk.KerasRegressor(validation_rows="newest").fit(X, VALUES)


@pytest.mark.parametrize(
    ("cv", "expected"),
    [(TimeSeriesSplit(2), "last"), (2, None), (KFold(2, shuffle=True), None), (0.3, None)],
)
def test_a_study_with_time_ordered_splits_sets_it_if_it_is_none(cv, expected, engine):
    alphas = tk.Space(alpha=tk.Float(0.1, 1))
    RecordingRidge.seen.clear()
    tuner = study(alphas, engine, estimator=RecordingRidge(), cv=cv, n_trials=1).fit(X, VALUES)
    assert set(RecordingRidge.seen) == {expected}, "of every trial and of the refit"
    assert tuner.best_estimator_.validation_rows == expected
    assert tuner.estimator.validation_rows is None, "the user's is left as it is"
    RecordingRidge.seen.clear()
    tuner.finalists(k=1, seeds=1)
    assert set(RecordingRidge.seen) == {expected}


@pytest.mark.parametrize(
    "wrap", [lambda each: each, lambda each: make_pipeline("passthrough", each)]
)
def test_a_comparison_with_time_ordered_splits_sets_it_in_tuners_and_pipelines(wrap):
    alphas = tk.Space(alpha=tk.Float(0.1, 1))
    for model in (RecordingRidge(), study(alphas, estimator=RecordingRidge(), n_trials=1)):
        for cv, expected in ((TimeSeriesSplit(3), "last"), (3, None)):
            RecordingRidge.seen.clear()
            tk.compare({"it": wrap(model)}, X, VALUES, cv=cv, tracking=False)
            assert set(RecordingRidge.seen) == {expected}


def test_an_explicit_value_is_kept():
    RecordingRidge.seen.clear()
    tk.compare(
        {"it": RecordingRidge(validation_rows="random")},
        X,
        VALUES,
        cv=TimeSeriesSplit(3),
        tracking=False,
    )
    assert set(RecordingRidge.seen) == {"random"}
