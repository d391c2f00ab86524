"""Registry of engines and their algorithms."""

from __future__ import annotations

import subprocess
import sys

import optuna
import pytest
from engine_runs import CONDITIONAL, run

import tunekit as tk
from tunekit.engines.registry import ENGINES, make_sampler


@pytest.mark.parametrize("wrong", ["optunna", 3, None])
def test_an_unknown_engine_is_rejected(wrong):
    with pytest.raises(tk.ParameterError, match="engine must be 'hyperopt' or 'optuna', got"):
        make_sampler(wrong, CONDITIONAL, seed=0)


def all_algorithms():
    for engine, described in ENGINES.items():
        for name in (each.name for each in described.algorithms):
            if name != "atpe":  # it has its own test
                yield pytest.param(engine, name, id=f"{engine}-{name}")


@pytest.mark.slow
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
def test_an_unknown_algorithm_is_rejected(engine, algorithm, message):
    with pytest.raises(tk.ParameterError, match=message):
        make_sampler(engine, CONDITIONAL, algorithm=algorithm, seed=0)


MISSING = [
    ("optuna", "gp", "torch", "gp"),
    ("optuna", "cmaes", "cmaes", "cmaes"),
    ("hyperopt", "atpe", "lightgbm", "atpe"),
]


@pytest.fixture(scope="module")
def errors_without_packages():
    """Errors when a package is missing, from a process that has not loaded it."""
    program = f"""
import sys
import tunekit as tk
from tunekit.engines import sampler
from tunekit.engines.registry import make_sampler
for engine, algorithm, package, _ in {MISSING!r}:
    sys.modules[package] = None
    try:
        make_sampler(engine, tk.Space(x=tk.Float(0, 1)), algorithm=algorithm, seed=0)
    except tk.ParameterError as error:
        print(error)
"""
    completed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.splitlines()


@pytest.mark.interpreter
@pytest.mark.parametrize(("engine", "algorithm", "package", "extra"), MISSING)
def test_a_missing_package_is_reported_with_its_extra(
    errors_without_packages, engine, algorithm, package, extra
):
    install = f"pip install 'tunekit-hpo[{extra}]'"
    expected = f"algorithm {algorithm!r} requires the package {package}: {install}."
    assert errors_without_packages[MISSING.index((engine, algorithm, package, extra))] == expected
