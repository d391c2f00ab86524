"""Parameter importances."""

from __future__ import annotations

from dataclasses import replace

import pytest
from collected import collected
from fake_studies import drawn, search

from tunekit.analysis.search.data import collect_search
from tunekit.analysis.search.param_importances import shares_of
from tunekit.study.importances import importances


def test_importances_equal_those_of_the_optuna_study(tuners):
    study_ = collected(tuners["optuna"].tracking_uri_, "three digits").search.study
    alone = replace(
        study_,
        executions=tuple(each for each in study_.executions if each.engine == "optuna"),
        trials=tuple(each for each in study_.trials if each.engine == "optuna"),
    )
    result = {each.label: each.share for each in shares_of(collect_search(alone)).shares}
    expected = importances(tuners["optuna"].study_)
    assert result == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_the_most_important_parameter_is_first_with_an_interval():
    result = shares_of(search(drawn(200)))
    assert (result.labels[0], result.n_trials, result.reason) == ("rate", 200, "")
    assert sum(each.share for each in result.shares) == pytest.approx(1.0, abs=1e-4)
    for each in result.shares:
        assert 0 <= each.low <= each.high <= 1
    first = result.shares[0]
    assert first.low < first.share < first.high
    assert first.low > result.shares[2].high
    assert shares_of(search(drawn(200))) == result


@pytest.mark.slow
def test_importances_of_few_trials_are_less_certain():
    few, many = (shares_of(search(drawn(n))).shares[0] for n in (20, 400))
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ([], "need 10 trials with a score; there are 0"),
        (drawn(1), "need 10 trials with a score; there is 1"),
        (drawn(9), "need 10 trials with a score; there are 9"),
        ([replace(each, score=0.5) for each in drawn(12)], "the same score"),
    ],
)
def test_undefined_importances_have_a_reason(trials, reason):
    result = shares_of(search(trials))
    assert result.shares == ()
    assert reason in result.reason
