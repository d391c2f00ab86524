"""Both engines execute the same space."""

from __future__ import annotations

import hyperopt
import numpy as np
import optuna
import pytest
from hyperopt.pyll import rec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import spaces

import tunekit as tk
from tunekit.engines import make_sampler
from tunekit.engines.hyperopt import HyperoptSampler, _decode, to_hyperopt
from tunekit.engines.optuna import suggest, values_of
from tunekit.ledger import quiet_optuna

CONDITIONAL = tk.Space(
    layers=tk.Int(1, 4),
    units=tk.Int(16, 512, log=True).per("layers"),
    dropout=tk.Float(0.0, 0.5).per("layers"),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd", "rmsprop"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer=["sgd", "rmsprop"]),
    nesterov=tk.Categorical([True, False]).when(optimizer="sgd"),
)


def loss(config):
    misfit = (np.log10(config["learning_rate"]) + 2) ** 2
    misfit += sum((np.log2(units) - 6) ** 2 for units in config["units"]) / 10
    return misfit + config.get("momentum", 0.5) + config["layers"] / 10


def run(engine, space, objective, n, *, seed=0, direction="minimize"):
    asked = []

    def target(trial):
        asked.append(suggest(trial, space))
        return objective(asked[-1])

    with quiet_optuna():
        sampler = make_sampler(engine, space, seed=seed)
        study = optuna.create_study(sampler=sampler, direction=direction)
        study.optimize(target, n_trials=n)
    return study, asked


@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_every_suggestion_lies_in_the_space(engine_name, space, seed):
    study, asked = run(engine_name, space, lambda config: float(len(config)), 12, seed=seed)
    for config, trial in zip(asked, study.trials, strict=True):
        # flatten refuses a missing, an inactive and an impossible value.
        assert space.flatten(config) == values_of(trial, space)


@pytest.fixture(params=["optuna", "hyperopt"], scope="module")
def engine_name(request):
    return request.param


def test_the_same_seed_gives_the_same_suggestions(engine):
    one, two = (run(engine, CONDITIONAL, loss, 40, seed=5)[1] for _ in range(2))
    assert one == two
    assert one != run(engine, CONDITIONAL, loss, 40, seed=6)[1]


def test_a_longer_study_begins_as_the_shorter_one(engine):
    short, long = (run(engine, CONDITIONAL, loss, n, seed=5)[1] for n in (25, 35))
    assert long[:25] == short


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_search_is_better_than_chance(engine, direction):
    sign = 1 if direction == "minimize" else -1
    chance = np.sort([loss(c) for c in CONDITIONAL.sample(4000, random_state=0)])
    studies = [
        run(engine, CONDITIONAL, lambda c: sign * loss(c), 60, seed=seed, direction=direction)[0]
        for seed in range(3)
    ]
    # The best of 60 random draws lies, half of the time, above this one of 4000.
    assert np.median([sign * study.best_value for study in studies]) < chance[4000 // 60 // 2]


def test_hyperopt_suggests_what_native_fmin_suggests():
    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        raw = rec_eval(expr, memo=memo, memo_gc=False)
        leaves = [leaf for leaf in CONDITIONAL.leaves if raw[leaf.name] is not None]
        config = CONDITIONAL.resolve({leaf.name: _decode(leaf, raw[leaf.name]) for leaf in leaves})
        native.append(config)
        return {"loss": loss(config), "status": "ok"}

    native = []
    hyperopt.fmin(
        objective,
        to_hyperopt(CONDITIONAL),
        algo=hyperopt.tpe.suggest,
        max_evals=60,
        rstate=np.random.default_rng(3),
        show_progressbar=False,
        verbose=False,
    )
    _, ours = run("hyperopt", CONDITIONAL, loss, 60, seed=3)
    assert ours == native


class Complete(HyperoptSampler):
    """Fails where Hyperopt left a value to chance."""

    def sample_independent(self, *_args):
        raise AssertionError("a value was drawn independently")


def test_hyperopt_draws_every_active_value_itself():
    with quiet_optuna():
        study = optuna.create_study(sampler=Complete(CONDITIONAL, seed=0))
        study.optimize(lambda trial: loss(suggest(trial, CONDITIONAL)), n_trials=40)
    assert len(study.trials) == 40


def test_a_resumed_hyperopt_study_goes_on_as_an_uninterrupted_one(tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    whole = run("hyperopt", CONDITIONAL, loss, 30, seed=2)[1]
    asked = []

    def target(trial):
        asked.append(suggest(trial, CONDITIONAL))
        return loss(asked[-1])

    with quiet_optuna():
        for n in (13, 17):
            study = optuna.create_study(
                study_name="s",
                storage=storage,
                sampler=make_sampler("hyperopt", CONDITIONAL, seed=2),
                load_if_exists=True,
            )
            study.optimize(target, n_trials=n)
    assert asked == whole


def test_failed_and_pruned_trials_are_told_to_hyperopt():
    sampler = HyperoptSampler(CONDITIONAL, seed=0)
    with quiet_optuna():
        study = optuna.create_study(sampler=sampler)
        for outcome in ("complete", "fail", "pruned", "running"):
            trial = study.ask()
            suggest(trial, CONDITIONAL)
            if outcome == "complete":
                study.tell(trial, 1.5)
            elif outcome == "fail":
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif outcome == "pruned":
                trial.report(2.5, step=0)
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    results = [document["result"] for document in sampler._history(study, before=99)]
    assert results == [
        {"status": "ok", "loss": 1.5},
        {"status": "fail"},
        {"status": "ok", "loss": 2.5},
        {"status": "new"},
    ]


def test_an_enqueued_configuration_is_completed(engine):
    with quiet_optuna():
        study = optuna.create_study(sampler=make_sampler(engine, CONDITIONAL, seed=0))
        study.enqueue_trial({"optimizer": "sgd", "layers": 3})
        config = suggest(study.ask(), CONDITIONAL)
    assert config["optimizer"] == "sgd"
    assert len(config["units"]) == 3
    assert {"momentum", "nesterov"} <= set(config)


@pytest.mark.parametrize("wrong", ["optunna", 3, None])
def test_an_unknown_engine_is_refused(wrong):
    with pytest.raises(tk.ParameterError, match="engine must be 'hyperopt' or 'optuna', got"):
        make_sampler(wrong, CONDITIONAL, seed=0)
