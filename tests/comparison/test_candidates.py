"""Candidates of a comparison: pipelines, tuners, and invalid ones."""

from __future__ import annotations

import mlflow
import pytest
from dummy_estimators import ScriptedEstimator, TooLarge
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.comparison.candidates import describe

X, y = load_iris(return_X_y=True)
TWO = {"tree": DecisionTreeClassifier(max_depth=2), "prior": DummyClassifier()}
LINES = {"line": LinearRegression(), "mean": DummyRegressor()}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or TWO, X, y, **{"tracking": False, **settings})


def test_if_all_candidates_fail_the_error_lists_the_reasons_and_the_next_step():
    with pytest.raises(tk.StudyError) as caught:
        compare({"large": TooLarge(), "also": TooLarge()}, cv=3)
    assert str(caught.value) == (
        "every candidate of 'comparison' failed. large, also: ValueError: it has too many rows (6 "
        "of 6 fits). To see the traceback, fit the candidate: clone(candidates['large']).fit(X, y)."
    )


class Unfaithful(ScriptedEstimator):
    """An estimator that changes a parameter, so that scikit-learn cannot copy it."""

    def __init__(self, depth=1):
        self.depth = depth + 1


def test_a_candidate_that_cannot_be_copied_is_rejected_before_any_fit():
    with pytest.raises(tk.ParameterError, match="candidate 'bad' cannot be copied.* depth"):
        compare({"good": GaussianNB(), "bad": Unfaithful()})
    tuner = tk.Tuner(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 3)), cv=(_ for _ in ()))
    with pytest.raises(tk.ParameterError, match="candidate 'tuner' cannot be copied"):
        compare({"tuner": tuner})


@pytest.mark.parametrize("name", ["a\x00b", "half \ud800"])
def test_an_invalid_name_is_rejected(name):
    with pytest.raises(tk.ParameterError, match="must be a non-empty string of valid"):
        compare({name: GaussianNB()})


def test_a_description_contains_no_address_in_memory():
    columns = make_column_transformer((StandardScaler(), make_column_selector(pattern="a")))
    described = describe("columns", make_pipeline(columns, GaussianNB())).described
    assert "make_column_selector>" in described
    assert "0x" not in described


def test_a_tuner_in_a_pipeline_is_nested_as_well(folder):
    tuner = tk.Tuner(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 3)), n_trials=1, cv=2)
    given = make_pipeline(StandardScaler(), tuner)
    compare({"pipeline": given}, cv=2, tracking=True, name="pipeline")
    names = {
        each.name
        for each in mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
    }
    assert names == {"Default", "pipeline"}, "it wrote a separate study for each fold"
    assert tuner.tracking is True, "the given object is not changed"


class FailsOnMany(ScriptedEstimator):
    """An estimator that cannot be fitted on more than 100 rows."""

    def fit(self, X, y):
        if len(X) > 100:
            raise ValueError("too many rows")
        return super().fit(X, y)


def test_a_candidate_that_fails_only_on_the_test_split_is_ranked_on_the_folds():
    found = compare({"big": FailsOnMany(), "small": FailsOnMany()}, test_size=0.2, cv=3)
    assert found.ranking()["score"].notna().all()
    assert found.ranking(on="test")["score"].isna().all()
    assert set(found.ranking(on="test")["error"]) == {"ValueError: too many rows"}
