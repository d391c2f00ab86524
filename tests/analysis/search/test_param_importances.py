"""How much each parameter decides of the score."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_studies import drawn, search

from tunekit.analysis.search.data import collect_search
from tunekit.analysis.search.param_importances import shares_of
from tunekit.study.importances import importances
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_study


def test_shares_are_those_of_the_optuna_study_itself(tuners):
    study_ = read_study(open_store(tuners["optuna"].tracking_uri_, create=False), "three digits")
    alone = replace(
        study_,
        executions=tuple(each for each in study_.executions if each.engine == "optuna"),
        trials=tuple(each for each in study_.trials if each.engine == "optuna"),
    )
    found = {each.label: each.share for each in shares_of(collect_search(alone)).shares}
    expected = importances(tuners["optuna"].study_)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_what_decides_the_score_has_the_greatest_share_and_its_spread_holds_it():
    found = shares_of(search(drawn(200)))
    assert (found.labels[0], found.n_trials, found.reason) == ("rate", 200, "")
    assert sum(each.share for each in found.shares) == pytest.approx(1.0, abs=1e-4)
    for each in found.shares:
        assert 0 <= each.low <= each.high <= 1
    first = found.shares[0]
    assert first.low < first.share < first.high
    assert first.low > found.shares[2].high
    assert shares_of(search(drawn(200))) == found


@pytest.mark.slow
def test_shares_of_few_trials_are_less_stable():
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
def test_where_importances_say_nothing_a_sentence_does(trials, reason):
    found = shares_of(search(trials))
    assert found.shares == ()
    assert reason in found.reason
