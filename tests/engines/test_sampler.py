"""Both engines search the same space."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from engine_runs import CONDITIONAL, loss, run
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import spaces

from tunekit.core.runtime import quiet_optuna
from tunekit.engines.history import values_of
from tunekit.engines.registry import make_sampler


@pytest.mark.slow
@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_every_suggestion_lies_in_the_space(engine_name, space, seed):
    study, asked = run(engine_name, space, lambda config: float(len(config)), 12, seed=seed)
    for config, trial in zip(asked, study.trials, strict=True):
        # flatten rejects missing, inactive and invalid values.
        assert space.flatten(config) == values_of(trial.params, space)


@pytest.fixture(params=["optuna", "hyperopt"], scope="module")
def engine_name(request):
    return request.param


@pytest.mark.slow
def test_the_same_seed_gives_the_same_suggestions(engine):
    one, two = (run(engine, CONDITIONAL, loss, 40, seed=5)[1] for _ in range(2))
    assert one == two
    assert one != run(engine, CONDITIONAL, loss, 40, seed=6)[1]


@pytest.mark.slow
def test_a_longer_study_begins_as_the_shorter_one(engine):
    short, long = (run(engine, CONDITIONAL, loss, n, seed=5)[1] for n in (25, 35))
    assert long[:25] == short


@pytest.fixture(scope="module")
def chance():
    """Losses of 4000 configurations drawn at random, in order."""
    return np.sort([loss(c) for c in CONDITIONAL.sample(4000, random_state=0)])


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_search_is_better_than_random(engine, direction, chance):
    sign = 1 if direction == "minimize" else -1
    studies = [
        run(engine, CONDITIONAL, lambda c: sign * loss(c), 60, seed=seed, direction=direction)[0]
        for seed in range(3)
    ]
    # The best of 60 random draws exceeds this quantile of 4000 draws half of the time.
    assert np.median([sign * study.best_value for study in studies]) < chance[4000 // 60 // 2]


@pytest.mark.slow
def test_a_resumed_study_equals_an_uninterrupted_one(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    whole = run(engine, CONDITIONAL, loss, 30, seed=2)[1]
    asked = []

    def target(trial):
        asked.append(CONDITIONAL.suggest(trial))
        return loss(asked[-1])

    with quiet_optuna():
        for n in (13, 17):
            study = optuna.create_study(
                study_name="s",
                storage=storage,
                sampler=make_sampler(engine, CONDITIONAL, seed=2),
                load_if_exists=True,
            )
            study.optimize(target, n_trials=n)
    assert asked == whole


def test_an_enqueued_configuration_is_completed(engine):
    with quiet_optuna():
        study = optuna.create_study(sampler=make_sampler(engine, CONDITIONAL, seed=0))
        study.enqueue_trial({"optimizer": "sgd", "layers": 3})
        config = CONDITIONAL.suggest(study.ask())
    assert config["optimizer"] == "sgd"
    assert len(config["units"]) == 3
    assert {"momentum", "nesterov"} <= set(config)
