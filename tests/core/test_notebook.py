"""HTML representations of a tuner and of a comparison in a notebook."""

from __future__ import annotations

from dummy_estimators import study
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
DEPTHS = tk.Space(max_depth=tk.Int(1, 6), criterion=tk.Categorical(["gini", "entropy"]))


def shown(thing):
    """Return what Jupyter displays: the MIME bundle if there is one, otherwise the HTML."""
    if hasattr(thing, "_repr_mimebundle_"):
        return thing._repr_mimebundle_()["text/html"]
    return thing._repr_html_()


def test_a_fitted_tuner_shows_its_result_and_its_best_trials(engine):
    tuner = study(DEPTHS, engine, estimator=DecisionTreeClassifier(), n_trials=8, name="<b>odd")
    settings = shown(tuner)
    assert "Best score" not in settings
    html = shown(tuner.fit(X, y))
    assert "Study &#39;&lt;b&gt;odd&#39;" in html
    assert f"Best score {tuner.best_score_:.4f} of 8 trials by {engine}" in html
    assert html.count("<tr") == 1 + 5
    assert "and 3 more" in html
    assert f"<td>{tuner.best_index_}</td>" in html
    tuner.evaluate(X, y)
    assert f"Score on the test split: {tuner.test_score_:.4f}." in shown(tuner)
    assert tuner._repr_html_() == shown(tuner)


def test_a_comparison_shows_its_ranking():
    models = {"<i>bayes</i>": GaussianNB(), "prior": DummyClassifier()}
    comparison = tk.compare(models, X, y, cv=3, tracking=False)
    html = shown(comparison)
    assert "&lt;i&gt;bayes&lt;/i&gt;" in html
    assert html.index("bayes") < html.index("prior")
    assert f"{comparison.ranking()['score'].iloc[0]:.4g}" in html
    assert "not significantly different" in html
