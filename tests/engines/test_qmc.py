"""The Sobol sequence of qmc covers a space evenly."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from scipy.stats.qmc import Sobol

import tunekit as tk
from tunekit.core.runtime import quiet_optuna
from tunekit.engines.registry import make_sampler

WIDE = tk.Space(
    x=tk.Float(0.0, 1.0),
    whole=tk.Int(1, 8),
    choice=tk.Categorical(["a", "b"]),
    child=tk.Float(0.0, 1.0).when(choice="a"),
)


def qmc(n, *, seed=0, samplers=1):
    """Return the suggestions for several alternating runs of one study."""
    storage = optuna.storages.InMemoryStorage()
    with quiet_optuna():
        studies = [
            optuna.create_study(
                study_name="s",
                storage=storage,
                sampler=make_sampler("optuna", WIDE, algorithm="qmc", seed=seed),
                load_if_exists=True,
            )
            for _ in range(samplers)
        ]
        return [WIDE.suggest(studies[i % samplers].ask()) for i in range(n)]


@pytest.mark.parametrize("seed", [0, 1, 2, 2**40])
def test_qmc_covers_every_parameter_evenly_from_the_first_trial_on(seed):
    configs = qmc(64, seed=seed)
    # Each of 2ᵏ intervals contains one of 2ᵏ points.
    assert sorted(int(config["x"] * 64) for config in configs) == list(range(64))
    assert np.bincount([config["whole"] for config in configs])[1:].tolist() == [8] * 8
    assert [config["choice"] for config in configs].count("a") == 32
    children = [int(config["child"] * 8) for config in configs if config["choice"] == "a"]
    assert set(children) == set(range(8))


def test_qmc_draws_the_points_of_a_scrambled_sobol_sequence():
    points = Sobol(4, rng=7).random(16)
    for config, point in zip(qmc(16, seed=7), points, strict=True):
        assert config["x"] == point[0]
        assert config["whole"] == 1 + int(point[1] * 8)
        assert config["choice"] == "ab"[int(point[2] * 2)]
        assert config.get("child", point[3]) == point[3]


def test_simultaneous_runs_of_one_study_draw_distinct_points():
    assert qmc(32, samplers=3) == qmc(32)
