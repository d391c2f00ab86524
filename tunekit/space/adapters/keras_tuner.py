"""Conversion of the search space that a KerasTuner ``build(hp)`` function declares.

KerasTuner registers a hyperparameter when ``build`` requests it. So ``build`` is run with many
combinations of values, and the hyperparameters that each run requests show which exist and when:

1. Every value of every hyperparameter is tried alone (for a wide range, both ends and the middle,
   unless other hyperparameters depend on it), first from the defaults and then from combinations
   that contain newly found hyperparameters. This finds nested conditions.
2. Every pair of values is tried together. This finds conditions such as ``if a and b:``.
3. The inferred conditions must agree with every run; otherwise an error is raised.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tunekit.core.runtime import load_keras, require
from tunekit.exceptions import SpaceError
from tunekit.space.adapters.keras_tuner_fit import run_of
from tunekit.space.categorical import Categorical
from tunekit.space.formats import describe
from tunekit.space.parameters import Float, Int, Parameter

if TYPE_CHECKING:
    import keras_tuner

_ME = "Space.from_keras_tuner"
_MOST_BUILDS = 500
_WIDE = 5  # of ordered domains with more values, only the ends and the middle are tried at first
_NEAR = 1e-8  # rounding error allowed, as a fraction of a step

_Values = dict[str, Any]
_Conditions = dict[str, tuple[Any, ...]]


def read_keras_tuner(
    build: Callable[[keras_tuner.HyperParameters], Any] | keras_tuner.HyperModel,
) -> dict[str, Any]:
    """Return the hyperparameters that a KerasTuner function declares, as arguments of a Space.

    ``build`` is run at most 500 times, since only running it shows what it declares. A
    hyperparameter that exists only for a combination of three values, or for one value inside a
    wide range, may be missed. Defaults are not kept. A name that is not a Python identifier is
    converted to one: ``"conv-1"`` becomes ``conv_1``.

    Parameters
    ----------
    build : callable or keras_tuner.HyperModel
        Takes a ``keras_tuner.HyperParameters``, or has a method ``build`` that does. Its ``fit``
        may declare hyperparameters, too; it is run with a model that does not train.

    Returns
    -------
    dict
        Names mapped to a :class:`~tunekit.Float`, :class:`~tunekit.Int`,
        :class:`~tunekit.Categorical` or constant, in the order in which ``build`` requests them.

    Raises
    ------
    ParameterError
        When KerasTuner is not installed.
    SpaceError
        If ``build`` declares nothing, or more than 500 runs can explore, or a space that tunekit
        cannot represent: sampling ``"reverse_log"`` without a step, one name for two ranges, two
        names that become the same identifier, or conditions that are not lists of values.
    Exception
        The error that ``build`` raises for the defaults, or whenever a hyperparameter has a
        certain value; other combinations for which it raises are skipped.

    Examples
    --------
    >>> from tunekit import Space
    >>> def build(hp):
    ...     for i in range(hp.Int("layers", 1, 2)):
    ...         hp.Int(f"units-{i}", 8, 64, step=8)
    >>> Space(**read_keras_tuner(build)) == Space(
    ...     layers=Int(1, 2),
    ...     units_0=Int(8, 64, step=8),
    ...     units_1=Int(8, 64, step=8).when(layers=2),
    ... )
    True
    """
    library = _load_keras_tuner()
    run = run_of(build, library, _ME)
    if run is None:
        raise SpaceError(f"{_ME}: build must be a function or a HyperModel, got {build!r}.")
    explorer = _Explorer(run, library)
    explorer.explore()
    if not explorer.order:
        raise SpaceError(
            f"{_ME}: build declares no hyperparameter; "
            f'for example, call hp.Int("units", 8, 64) in it.'
        )
    return _arguments(explorer)


def _load_keras_tuner() -> Any:
    require("keras_tuner", "keras-tuner", what=_ME)
    load_keras()
    with warnings.catch_warnings():  # warnings of its dependencies
        warnings.simplefilter("ignore")
        import keras_tuner
    return keras_tuner


class _Explorer:
    """Runs ``build`` and records names, ranges and which hyperparameters are active when."""

    def __init__(self, build: Callable[[Any], Any], library: Any) -> None:
        self.order: list[str] = []
        self.domains: dict[str, Parameter] = {}  # a constant is a Categorical with one choice
        self._build = build
        self._library = library
        self._builds = 0
        self._defaults: _Values = {}
        self._observed: list[_Values] = []  # active values of each run
        self._cache: dict[frozenset[tuple[str, Any]], _Values | None] = {}
        self._failed: list[tuple[_Values, Exception]] = []
        self._bases: list[_Values] = []
        self._lost: set[tuple[str, Any, str]] = set()  # parent, its value, inactive child
        self._tried: set[frozenset[tuple[str, Any]]] = set()

    def explore(self) -> None:
        """Run ``build`` until no run shows anything new."""
        self._observe({})
        settled = False
        while not settled:
            before = len(self._observed), len(self._lost)
            base = self._uncovered()
            if base is not None:
                self._bases.append(base)
            for each in self._bases:
                self._sweep(each)
            if base is None and before == (len(self._observed), len(self._lost)):
                self._tried.update(*map(_pairs, self._observed))
                for each in self._bases:
                    self._try_pairs(each)
                settled = before[0] == len(self._observed)
        self._raise_lasting_failure()
        self.order = _in_order(self._observed)

    def conditions(self) -> dict[str, _Conditions]:
        """Return for each name the values of other hyperparameters for which it is active."""
        every = {name: self._conditions(name) for name in self.order}
        for name, required in every.items():
            for each in self._observed:
                expected = all(each.get(parent) in allowed for parent, allowed in required.items())
                if expected != (name in each):
                    self._refuse_condition(name, each)
        return {name: _direct(required, every) for name, required in every.items()}

    def _conditions(self, name: str) -> _Conditions:
        parents = {parent for parent, _, child in self._lost if child == name}
        required = {}
        for parent in self.order:
            if parent in parents:
                seen = {each[parent] for each in self._observed if name in each and parent in each}
                every = self._values(parent)
                allowed = tuple(value for value in every if value in seen)
                if len(allowed) < len(every):
                    required[parent] = allowed
        return required

    def _refuse_condition(self, name: str, values: _Values) -> None:
        before = [each for each in self.order[: self.order.index(name)] if each in values]
        shown = ", ".join(f"{each}={values[each]!r}" for each in before)
        state = "exists" if name in values else "is missing"
        raise SpaceError(
            f"{_ME}: {name!r} depends on others in a way that .when cannot represent (for "
            f"example, it {state} when {shown}); declare it in every build, or write the space "
            f"by hand."
        )

    def _uncovered(self) -> _Values | None:
        """Return the run with the most names that no sweep has covered; None if all are covered."""
        covered = {name for base in self._bases for name in base}
        best = max(self._observed, key=lambda each: len(each.keys() - covered))
        return best if best.keys() - covered else None

    def _sweep(self, base: _Values) -> None:
        """Vary one value at a time, also from similar runs, and record what is deactivated."""
        similar = [each for each in self._observed if each.keys() == base.keys() and each != base]
        for name in base:
            for value in self._values(name):
                tried = (self._observe({**each, name: value}) for each in [base, *similar[:4]])
                other = next((each for each in tried if each is not None), base)
                self._lost.update((name, value, child) for child in base.keys() - other.keys())

    def _try_pairs(self, base: _Values) -> None:
        """Run combinations until every possible pair of values was tried."""
        few = {name: _few(self.domains[name], self._defaults[name]) for name in base}
        for first, second in itertools.combinations(base, 2):
            for one, two in itertools.product(few[first], few[second]):
                pair = {first: one, second: two}
                impossible = {(first, one, second), (second, two, first)} & self._lost
                if not impossible and frozenset(pair.items()) not in self._tried:
                    seen = self._observe(self._filled(pair, base, few)) or {}
                    self._tried |= {frozenset(pair.items()), *_pairs(seen)}

    def _filled(self, pair: _Values, base: _Values, few: Mapping[str, tuple[Any, ...]]) -> _Values:
        """Return a combination with a pair of values and as many other new pairs as it can."""
        values = dict(pair)

        def new_pairs(item: tuple[str, Any]) -> int:
            return sum(frozenset({item, other}) not in self._tried for other in values.items())

        for name in [each for each in base if each not in pair]:
            items = [(name, value) for value in few[name]]
            possible = [each for each in items if self._lost.isdisjoint((*each, o) for o in values)]
            values[name] = max(possible, key=new_pairs)[1] if possible else base[name]
        return values

    def _observe(self, wanted: _Values) -> _Values | None:
        """Return the active values of a run, or None if it fails."""
        cache_key = frozenset(wanted.items())
        if cache_key not in self._cache:
            given = {**self._defaults, **wanted}.items()
            # An earlier run with the same values for all that it requested would be identical.
            same = next((each for each in self._observed if each.items() <= given), None)
            self._cache[cache_key] = same or self._run(wanted)
        return self._cache[cache_key]

    def _run(self, wanted: _Values) -> _Values | None:
        while True:
            hp = self._library.HyperParameters()
            hp.values = dict(wanted)
            self._builds += 1
            if self._builds > _MOST_BUILDS:
                raise SpaceError(
                    f"{_ME}: build has too many conditions to explore in {_MOST_BUILDS} runs."
                )
            try:
                self._build(hp)
            except Exception as error:  # user code may raise anything
                if not self._observed:
                    raise
                self._failed.append((wanted, error))
                return None
            active = {each.name: each for each in hp.space if hp.is_active(each)}
            self._learn(active)
            values = {name: hp.values[name] for name in active}
            inside = {name: _nearest(self.domains[name], each) for name, each in values.items()}
            if inside == values:
                self._observed.append(inside)
                return inside
            wanted = inside  # a default was not among the allowed values

    def _learn(self, active: Mapping[str, Any]) -> None:
        """Record the range of each hyperparameter."""
        for name, hyperparameter in active.items():
            domain = _domain(hyperparameter, self._library)
            if domain != self.domains.setdefault(name, domain):
                raise SpaceError(
                    f"{_ME}: {name!r} is {describe(self.domains[name])} in one place of build and "
                    f"{describe(domain)} in another; give them different names."
                )
            self._defaults.setdefault(name, _nearest(domain, hyperparameter.default))

    def _values(self, name: str) -> tuple[Any, ...]:
        """Return the values to try: all of them if other hyperparameters depend on it."""
        domain = self.domains[name]
        children = [child for parent, _, child in self._lost if parent == name]
        if not children:
            return _few(domain, self._defaults[name])
        if domain.size > _MOST_BUILDS:
            raise SpaceError(
                f"{_ME}: {min(children)!r} depends on {name!r}, which is {describe(domain)}: "
                f"too many values to try; give it a step or fewer values."
            )
        return tuple(domain.value_at(i) for i in range(int(domain.size)))

    def _raise_lasting_failure(self) -> None:
        """Raise the error of build for a value with which it never succeeded."""
        for wanted, error in self._failed:
            for name, value in wanted.items():
                if not any(each.get(name) == value for each in self._observed):
                    error.add_note(f"{_ME}: build raises this whenever {name!r} is {value!r}.")
                    raise error


def _direct(required: _Conditions, every: Mapping[str, _Conditions]) -> _Conditions:
    """Return the conditions of a child without those that its parents share."""
    return {
        name: allowed
        for name, allowed in required.items()
        if not any(name in every[each] and {*every[each][name]} <= {*allowed} for each in required)
    }


def _arguments(explorer: _Explorer) -> dict[str, Any]:
    names, conditions = _identifiers(explorer.order), explorer.conditions()
    arguments: dict[str, Any] = {}
    for name, domain in ((each, explorer.domains[each]) for each in explorer.order):
        required = {names[parent]: allowed for parent, allowed in conditions[name].items()}
        arguments[names[name]] = (
            domain.when(**required) if required or domain.size > 1 else domain.value_at(0)
        )
    return arguments


def _in_order(builds: list[_Values]) -> list[str]:
    """Return all names in an order that is consistent with every run."""
    following: dict[str, list[str]] = {name: [] for each in builds for name in each}
    for each in builds:
        for name, successor in itertools.pairwise(each):
            following[name].append(successor)
    reversed_order: list[str] = []
    visited: set[str] = set()

    def visit(name: str) -> None:
        if name not in visited:
            visited.add(name)
            for successor in reversed(following[name]):
                visit(successor)
            reversed_order.append(name)

    for name in following:
        visit(name)
    return reversed_order[::-1]


def _pairs(values: _Values) -> Iterator[frozenset[tuple[str, Any]]]:
    return map(frozenset, itertools.combinations(values.items(), 2))


def _few(domain: Parameter, default: Any) -> tuple[Any, ...]:
    """Return a few representative values."""
    if domain.size <= _WIDE or (isinstance(domain, Categorical) and not domain.ordered):
        return tuple(domain.value_at(i) for i in range(int(domain.size)))
    return tuple(dict.fromkeys([default, *(domain.draw(each) for each in (0.0, 0.5, 1.0))]))


def _nearest(domain: Parameter, value: Any) -> Any:
    """Return the allowed value nearest to one of KerasTuner, which does not check values."""
    if not isinstance(domain, Categorical):
        return domain.clip(value)
    return value if value in domain else domain.value_at(0)


def _domain(hyperparameter: Any, library: Any) -> Parameter:
    kinds = library.engine.hyperparameters
    if isinstance(hyperparameter, kinds.Fixed):
        domain: Parameter = Categorical([hyperparameter.value])
    elif isinstance(hyperparameter, kinds.Boolean):
        domain = Categorical([True, False])
    elif isinstance(hyperparameter, kinds.Choice):
        choices = list(dict.fromkeys(hyperparameter.values))
        domain = Categorical(choices, ordered=hyperparameter.ordered and len(choices) > 1)
    elif isinstance(hyperparameter, kinds.Int):
        domain = _range(hyperparameter, Int)
    elif isinstance(hyperparameter, kinds.Float):
        domain = _range(hyperparameter, Float)
    else:
        raise SpaceError(
            f"{_ME}: {hyperparameter.name!r} must be an Int, Float, Choice, Boolean or Fixed, "
            f"got {hyperparameter!r}."
        )
    if problem := domain.problem():
        raise SpaceError(f"{_ME}: {hyperparameter.name!r}: {problem}.")
    return domain


def _range(hyperparameter: Any, kind: type[Int | Float]) -> Parameter:
    low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
    if low == high:
        return Categorical([low])
    if hyperparameter.sampling == "linear":
        if step is None:
            return kind(low, high)
        steps = math.floor((high - low) / step + _NEAR)
        last: Any = kind(low, high, step=step).value_at(steps)  # high may be off the grid
        return kind(low, last, step=step) if steps else Categorical([low])
    if step is not None:  # a factor: finitely many equally likely values
        number = int if kind is Int else float
        values = sorted(number(f"{value:.15g}") for value in hyperparameter.values)
        return Categorical(values, ordered=len(values) > 1)
    if hyperparameter.sampling == "log":
        return kind(low, high, log=True)
    raise SpaceError(
        f"{_ME}: {hyperparameter.name!r} has sampling={hyperparameter.sampling!r}, which tunekit "
        f"does not support; use 'linear' or 'log', or give a step."
    )


def _identifiers(names: list[str]) -> dict[str, str]:
    """Return a valid Python identifier for each name."""
    taken: dict[str, str] = {}
    for name in names:
        word = "".join(each if f"_{each}".isidentifier() else "_" for each in name)
        word = word if word.isidentifier() else f"p_{word}"
        if word in taken:
            raise SpaceError(
                f"{_ME}: {taken[word]!r} and {name!r} would both become {word!r}; rename one."
            )
        taken[word] = name
    return {name: word for word, name in taken.items()}
