"""Numbers in sentences."""

from __future__ import annotations

import pytest

from tunekit.analysis.text import scored_by, scorer_in_words
from tunekit.statistics.estimates import Interval


@pytest.mark.parametrize(
    ("scorer", "text"),
    [
        ("r2", "−0.637 (95% interval −0.750 to −0.499)"),
        ("neg_mean_absolute_error", "0.637 (95% interval 0.499 to 0.750)"),
        ("neg_mine", "−0.637 (95% interval −0.750 to −0.499)"),
    ],
)
def test_only_errors_of_scikit_learn_lose_their_minus_sign(scorer, text):
    assert scored_by(scorer, Interval(-0.637, -0.75, -0.4991, 0.95, "")) == text


def test_an_error_of_zero_has_no_sign():
    assert scored_by("neg_log_loss", Interval(0.0, -0.5, 0.0, 0.9, "")) == (
        "0.000 (90% interval 0.000 to 0.500)"
    )


@pytest.mark.parametrize(
    ("scorer", "words"),
    [
        ("neg_root_mean_squared_error", "root mean squared error"),
        ("neg_brier_score", "Brier score"),
        ("f1_macro", "F1 macro"),
        ("roc_auc_ovr", "ROC AUC ovr"),
        ("balanced_accuracy", "balanced accuracy"),
        ("my_scorer", "my_scorer"),
    ],
)
def test_scorers_have_their_usual_names(scorer, words):
    assert scorer_in_words(scorer) == words
