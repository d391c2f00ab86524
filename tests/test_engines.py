"""Both engines execute the same space."""

from __future__ import annotations

import os
import subprocess
import sys

import hyperopt
import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, ks_2samp, kstest
from strategies import spaces

import tunekit as tk
from tunekit.core.runtime import quiet_optuna
from tunekit.engines.history import INTERRUPTED, values_of
from tunekit.engines.hyperopt import HyperoptAlgorithm
from tunekit.engines.registry import ENGINES, make_sampler
from tunekit.engines.sampler import SpaceSampler

CONDITIONAL = tk.Space(
    layers=tk.Int(1, 4),
    units=tk.Int(16, 512, log=True).per("layers"),
    dropout=tk.Float(0.0, 0.5).per("layers"),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd", "rmsprop"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer=["sgd", "rmsprop"]),
    nesterov=tk.Categorical([True, False]).when(optimizer="sgd"),
    l2=tk.Float(0.0, 0.5, step=0.1),
    size=tk.Categorical(["small", "medium", "large"], ordered=True),
    epochs=20,
)


def loss(config):
    misfit = (np.log10(config["learning_rate"]) + 2) ** 2
    misfit += sum((np.log2(units) - 6) ** 2 for units in config["units"]) / 10
    return misfit + config.get("momentum", 0.5) + config["layers"] / 10


def run(engine, space, objective, n, *, seed=0, direction="minimize", algorithm=None):
    asked = []

    def target(trial):
        asked.append(space.suggest(trial))
        return objective(asked[-1])

    with quiet_optuna():
        sampler = make_sampler(engine, space, algorithm=algorithm, seed=seed)
        study = optuna.create_study(sampler=sampler, direction=direction)
        study.optimize(target, n_trials=n)
    return study, asked


@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_every_suggestion_lies_in_the_space(engine_name, space, seed):
    study, asked = run(engine_name, space, lambda config: float(len(config)), 12, seed=seed)
    for config, trial in zip(asked, study.trials, strict=True):
        # flatten refuses a missing, an inactive and an impossible value.
        assert space.flatten(config) == values_of(trial.params, space)


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


@pytest.mark.parametrize("algorithm", ["tpe", "anneal", "random"])
def test_hyperopt_suggests_what_native_fmin_suggests(algorithm):
    def objective(config):
        native.append(config)
        return loss(config)

    native = []
    best = hyperopt.fmin(
        objective,
        CONDITIONAL.to_hyperopt(),
        algo={"tpe": hyperopt.tpe, "anneal": hyperopt.anneal, "random": hyperopt.rand}[
            algorithm
        ].suggest,
        max_evals=70,
        rstate=np.random.default_rng(3),
        show_progressbar=False,
        verbose=False,
    )
    study, ours = run("hyperopt", CONDITIONAL, loss, 70, seed=3, algorithm=algorithm)
    assert ours == native
    # space_eval makes a configuration of what fmin returns.
    config = hyperopt.space_eval(CONDITIONAL.to_hyperopt(), best)
    assert loss(config) == study.best_value


class Complete(SpaceSampler):
    """Fails where the algorithm left a value to chance."""

    def sample_independent(self, *_args):
        raise AssertionError("a value was drawn independently")


def test_an_algorithm_draws_every_active_value_itself():
    algorithm = HyperoptAlgorithm(CONDITIONAL, "tpe", 0)
    with quiet_optuna():
        sampler = Complete(CONDITIONAL, algorithm, seed=0, avoids_failures=True)
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: loss(CONDITIONAL.suggest(trial)), n_trials=40)
    assert len(study.trials) == 40


def test_a_resumed_study_goes_on_as_an_uninterrupted_one(engine, tmp_path):
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


def test_failed_and_pruned_trials_are_told_to_hyperopt():
    algorithm = HyperoptAlgorithm(CONDITIONAL, "tpe", 0)
    with quiet_optuna():
        sampler = SpaceSampler(CONDITIONAL, algorithm, seed=0, avoids_failures=True)
        study = optuna.create_study(sampler=sampler)
        for outcome in ("complete", "fail", "pruned", "interrupted", "running"):
            trial = study.ask()
            CONDITIONAL.suggest(trial)
            if outcome == "complete":
                study.tell(trial, 1.5)
            elif outcome == "fail":
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif outcome == "interrupted":
                trial.set_user_attr(INTERRUPTED, True)
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif outcome == "pruned":
                trial.report(2.5, step=0)
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    results = [document["result"] for document in algorithm._history(study, before=99)]
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
        config = CONDITIONAL.suggest(study.ask())
    assert config["optimizer"] == "sgd"
    assert len(config["units"]) == 3
    assert {"momentum", "nesterov"} <= set(config)


@pytest.mark.parametrize("wrong", ["optunna", 3, None])
def test_an_unknown_engine_is_refused(wrong):
    with pytest.raises(tk.ParameterError, match="engine must be 'hyperopt' or 'optuna', got"):
        make_sampler(wrong, CONDITIONAL, seed=0)


def all_algorithms():
    for engine, described in ENGINES.items():
        for name in (each.name for each in described.algorithms):
            if name != "atpe":  # which has a test of its own
                yield pytest.param(engine, name, id=f"{engine}-{name}")


@pytest.mark.parametrize(("engine", "algorithm"), list(all_algorithms()))
def test_every_algorithm_searches_a_conditional_space(engine, algorithm):
    space = tk.Space(
        layers=tk.Int(1, 2),
        units=tk.Int(16, 64, log=True).per("layers"),
        rate=tk.Float(0.01, 1.0, log=True),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    )
    n = 14
    one, two = (
        run(engine, space, lambda c: c["rate"] + c["layers"], n, seed=4, algorithm=algorithm)[1]
        for _ in range(2)
    )
    assert one == two
    assert all(config in space for config in one)
    assert len({repr(config) for config in one}) == n


def test_atpe_searches_reproducibly_and_leaves_the_global_generators_alone():
    program = """
import random
import numpy as np, optuna
import tunekit as tk
from tunekit.engines.registry import make_sampler
import tunekit.engines.hyperopt, tunekit.engines.sampler
optuna.logging.set_verbosity(optuna.logging.ERROR)
space = tk.Space(
    layers=tk.Int(1, 2),
    units=tk.Int(16, 64, log=True).per("layers"),
    rate=tk.Float(0.01, 1.0, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
)
random.seed(1), np.random.seed(1)
runs = []
for _ in range(2):
    study = optuna.create_study(sampler=make_sampler("hyperopt", space, algorithm="atpe", seed=4))
    asked = []
    for i in range(14):
        trial = study.ask()
        asked.append(space.suggest(trial))
        if i == 3:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, asked[-1]["rate"] + asked[-1]["layers"])
    runs.append(asked)
assert runs[0] == runs[1]
assert all(config in space for config in runs[0])
assert len({repr(config) for config in runs[0]}) == 14
assert random.random() == random.Random(1).random()
assert np.random.rand() == np.random.RandomState(1).rand()
print("good")
"""
    # SciPy's array API mode, which other tests need, refuses the texts that atpe sorts.
    environment = {k: v for k, v in os.environ.items() if k != "SCIPY_ARRAY_API"}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.stdout.strip() == "good", ran.stderr


def test_an_optuna_sampler_is_used_as_it_is():
    own = optuna.samplers.TPESampler(seed=7)
    space = tk.Space(x=tk.Float(0, 1), y=tk.Float(0, 1))
    ours = run("optuna", space, lambda c: c["x"], 15, algorithm=own)[1]
    with quiet_optuna():
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=7))
        study.optimize(lambda trial: space.suggest(trial)["x"], n_trials=15)
    assert ours == [trial.params for trial in study.trials]
    # The one that was given is not advanced.
    assert ours == run("optuna", space, lambda c: c["x"], 15, algorithm=own)[1]


def test_a_grid_is_walked_through_once_in_a_shuffled_order():
    space = tk.Space(
        layers=tk.Int(1, 3),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.8, step=0.4).when(optimizer="sgd"),
    )
    asked = run("optuna", space, lambda c: 0.0, 12, algorithm="grid")[1]
    assert sorted(map(repr, asked)) == sorted(map(repr, space.grid()))
    assert asked != space.grid()


@pytest.mark.parametrize(
    ("engine", "algorithm", "message"),
    [
        ("optuna", "anneal", "must be 'tpe', 'gp', .* got 'anneal'. Engine 'hyperopt' has it"),
        ("hyperopt", "tpee", "'atpe', got 'tpee'. Did you mean 'tpe'"),
        (
            "hyperopt",
            optuna.samplers.TPESampler(),
            "must be 'tpe', 'anneal', 'random', 'atpe', got",
        ),
        ("optuna", 3, "or an Optuna sampler, got 3"),
    ],
)
def test_an_unknown_algorithm_is_refused(engine, algorithm, message):
    with pytest.raises(tk.ParameterError, match=message):
        make_sampler(engine, CONDITIONAL, algorithm=algorithm, seed=0)


@pytest.mark.parametrize(
    ("engine", "algorithm", "package", "extra"),
    [
        ("optuna", "gp", "torch", "gp"),
        ("optuna", "cmaes", "cmaes", "cmaes"),
        ("hyperopt", "atpe", "lightgbm", "atpe"),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    engine, algorithm, package, extra
):
    program = f"""
import sys
import tunekit as tk
from tunekit.engines import sampler
from tunekit.engines.registry import make_sampler
sys.modules[{package!r}] = None
try:
    make_sampler({engine!r}, tk.Space(x=tk.Float(0, 1)), algorithm={algorithm!r}, seed=0)
except tk.ParameterError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    expected = (
        f"algorithm {algorithm!r} needs the package {package}: pip install 'tunekit[{extra}]'."
    )
    assert ran.stdout.strip() == expected, ran.stderr


MINED = tk.Space(
    layers=tk.Int(1, 6),
    units=tk.Int(16, 512, log=True).per("layers"),
    activation=tk.Categorical(["relu", "tanh", "sigmoid", "bad"]),
    dropout=tk.Float(0.0, 0.5),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
)


@pytest.mark.parametrize("pull", [0.0, 0.5])
def test_a_search_learns_to_avoid_what_fails(engine, pull):
    """Some layer counts raise, one activation gives NaN; with a pull the deep ones look best."""

    def objective(config):
        if config["layers"] in (3, 4, 6) or config["activation"] == "bad":
            return float("nan")
        misfit = (np.log10(config["learning_rate"]) + 2) ** 2
        misfit += sum((np.log2(units) - 6) ** 2 for units in config["units"]) / 10
        return misfit - config["layers"] * pull

    shares = []
    for seed in range(2):
        study, _ = run(engine, MINED, objective, 90, seed=seed)
        failed = [trial.state == optuna.trial.TrialState.FAIL for trial in study.trials]
        assert any(failed[:20])
        shares.append(np.mean(failed[40:]))
    assert max(shares) <= 0.1, shares


def test_without_a_failure_nothing_is_steered(engine):
    steered = run(engine, CONDITIONAL, loss, 30, seed=1)[1]
    with quiet_optuna():
        sampler = make_sampler(engine, CONDITIONAL, seed=1)
        sampler._steering = None
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: loss(CONDITIONAL.suggest(trial)), n_trials=30)
    assert steered == [
        CONDITIONAL.resolve(values_of(trial.params, CONDITIONAL)) for trial in study.trials
    ]


def draws(engine, space, n):
    return run(engine, space, lambda _config: 0.0, n, algorithm="random", seed=5)[1]


def test_both_engines_random_samplers_draw_from_the_same_distribution():
    space = tk.Space(
        x=tk.Float(-1.0, 3.0),
        log=tk.Float(1e-4, 1.0, log=True),
        whole=tk.Int(1, 30),
        wide=tk.Int(4, 300, log=True),
        step=tk.Float(0.0, 1.0, step=0.25),
        choice=tk.Categorical(["a", "b", "c"]),
        size=tk.Categorical([1, 10, 100], ordered=True),
        child=tk.Float(0.0, 1.0).when(choice=["a", "c"]),
    )
    theirs, ours = (draws(engine, space, 700) for engine in ("optuna", "hyperopt"))
    ideal = space.sample(700, random_state=5)
    for name in space.parameters:
        columns = [
            [
                space.parameters[name].choices.index(c[name])
                if name in ("choice", "size")
                else c[name]
                for c in drawn
                if name in c
            ]
            for drawn in (theirs, ours, ideal)
        ]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            same = ks_2samp(columns[one], columns[other])
            assert same.pvalue > 1e-3, (name, one, other, same)


@pytest.mark.parametrize(
    "domain",
    [
        tk.Int(1, 4),
        tk.Int(2, 10, step=4),
        tk.Float(0.1, 0.5, step=0.1),
        tk.Categorical(["s", "m", "l"], ordered=True),
        tk.Categorical([None, True, 1, (1, 2), "1"]),
    ],
)
def test_every_value_is_reached_in_its_full_share(engine, domain):
    drawn = [config["p"] for config in draws(engine, tk.Space(p=domain), 400)]
    values = [domain.value_at(i) for i in range(int(domain.size))]
    counts = [sum(repr(each) == repr(value) for each in drawn) for value in values]
    assert sum(counts) == 400
    assert chisquare(counts).pvalue > 1e-3, counts


def test_both_ends_of_a_logarithmic_whole_number_have_their_share(engine):
    drawn = [config["p"] for config in draws(engine, tk.Space(p=tk.Int(1, 3, log=True)), 400)]
    widths = np.log([1.5 / 0.5, 2.5 / 1.5, 3.5 / 2.5])
    counts = [drawn.count(value) for value in (1, 2, 3)]
    assert chisquare(counts, 400 * widths / widths.sum()).pvalue > 1e-3, counts


def test_ordered_choices_are_numbers_to_both_engines():
    space = tk.Space(
        size=tk.Categorical(["s", "m", "l"], ordered=True), kind=tk.Categorical(["a", "b", "c"])
    )
    trial = optuna.create_study().ask()
    space.suggest(trial)
    kinds = {name: type(each).__name__ for name, each in trial.distributions.items()}
    assert kinds == {"size": "IntDistribution", "kind": "CategoricalDistribution"}
    domain = hyperopt.base.Domain(len, space.to_hyperopt(), pass_expr_memo_ctrl=False)
    drawn = {name: node.name for name, node in domain.params.items()}
    assert drawn == {"size": "uniform", "kind": "randint"}


@pytest.mark.parametrize("log", [False, True])
def test_both_ends_of_a_continuous_range_are_reached(engine, log):
    drawn = [c["p"] for c in draws(engine, tk.Space(p=tk.Float(0.01, 1.0, log=log)), 400)]
    scale = np.log(drawn) if log else np.array(drawn)
    low, high = np.log([0.01, 1.0]) if log else np.array([0.01, 1.0])
    assert scale.min() < low + 0.02 * (high - low)
    assert scale.max() > high - 0.02 * (high - low)
    assert kstest((scale - low) / (high - low), "uniform").pvalue > 1e-3
