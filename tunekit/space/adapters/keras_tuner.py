"""Reads the search space that a KerasTuner ``build(hp)`` function declares.

KerasTuner learns of a hyperparameter when ``build`` asks for it. So ``build`` is run on many
combinations of values, and what it asks for in each tells what there is and when:

1. Every value of every hyperparameter is tried alone (of a wide range the ends and the middle,
   unless it decides something), first from the defaults and then from combinations in which
   there are the hyperparameters that appeared on the way: so nested conditions are found.
2. Every two values are tried together, so ``if a and b:`` is found too.
3. What was deduced must agree with every single build, or the space is refused.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tunekit.core.runtime import load_keras, require
from tunekit.exceptions import SpaceError
from tunekit.space.formats import describe
from tunekit.space.parameters import Categorical, Float, Int, Parameter

if TYPE_CHECKING:
    import keras_tuner

_ME = "Space.from_keras_tuner"
_MOST_BUILDS = 500
_WIDE = 5  # more values than that, if in order, are first tried by their ends and middle
_NEAR = 1e-8  # of a step: what rounding may be off

_Values = dict[str, Any]
_Conditions = dict[str, tuple[Any, ...]]


def read_keras_tuner(
    build: Callable[[keras_tuner.HyperParameters], Any] | keras_tuner.HyperModel,
) -> dict[str, Any]:
    """Return what a KerasTuner ``build(hp)`` function declares, as arguments of a Space.

    ``build`` is run, 500 times at most, since only running it shows what it declares. What exists
    only where three values meet, or at one value inside a wide range, may be missed. Defaults
    are not kept. A name that is no Python identifier becomes one: ``"conv-1"``, ``conv_1``.

    Parameters
    ----------
    build : callable or keras_tuner.HyperModel
        Takes a ``keras_tuner.HyperParameters``, or has a method ``build`` that does.

    Returns
    -------
    dict
        Names, and for each a :class:`~tunekit.Float`, :class:`~tunekit.Int`,
        :class:`~tunekit.Categorical` or constant, in the order in which ``build`` asks for them.

    Raises
    ------
    ParameterError
        When KerasTuner is not installed.
    SpaceError
        When ``build`` declares nothing, more than 500 builds can explore, or what tunekit cannot
        say: sampling ``"reverse_log"`` without a step, one name for two ranges, two names that
        become one, or conditions that are no lists of values.
    Exception
        What ``build`` raises on the defaults, or whenever a hyperparameter has a certain value;
        other combinations that it refuses are skipped.

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
    run = build if callable(build) else getattr(build, "build", None)
    if not callable(run):
        raise SpaceError(f"{_ME}: needs a function build(hp) or a HyperModel, got {build!r}.")
    explorer = _Explorer(run, library)
    explorer.explore()
    if not explorer.order:
        raise SpaceError(
            f"{_ME}: build declares no hyperparameter, so there is nothing to tune; "
            f'call for example hp.Int("units", 8, 64) in it.'
        )
    return _arguments(explorer)


def _load_keras_tuner() -> Any:
    require("keras_tuner", "keras-tuner", what=_ME)
    load_keras()
    with warnings.catch_warnings():  # what it imports in turn is not up to us
        warnings.simplefilter("ignore")
        import keras_tuner
    return keras_tuner


class _Explorer:
    """Runs ``build`` and remembers: names in order, their ranges, and what exists when."""

    def __init__(self, build: Callable[[Any], Any], library: Any) -> None:
        self.order: list[str] = []
        self.domains: dict[str, Parameter] = {}  # a constant is a Categorical with one choice
        self._build = build
        self._library = library
        self._builds = 0
        self._defaults: _Values = {}
        self._found: list[_Values] = []  # per build, the values of what was active
        self._asked: dict[frozenset[tuple[str, Any]], _Values | None] = {}
        self._failed: list[tuple[_Values, Exception]] = []
        self._bases: list[_Values] = []
        self._lost: set[tuple[str, Any, str]] = set()  # parent, its value, who vanished then
        self._met: set[frozenset[tuple[str, Any]]] = set()  # pairs of values

    def explore(self) -> None:
        """Run ``build`` until nothing new can be learned from it."""
        self._observe({})
        settled = False
        while not settled:
            before = len(self._found), len(self._lost)
            base = self._uncovered()
            if base is not None:
                self._bases.append(base)
            for each in self._bases:
                self._sweep(each)
            if base is None and before == (len(self._found), len(self._lost)):
                self._met.update(*map(_pairs, self._found))
                for each in self._bases:
                    self._let_pairs_meet(each)
                settled = before[0] == len(self._found)
        self._raise_lasting_failure()
        self.order = _in_order(self._found)

    def conditions(self) -> dict[str, _Conditions]:
        """Return for each name the others that it needs, and the values that these must have."""
        every = {name: self._conditions(name) for name in self.order}
        for name, asked in every.items():
            for each in self._found:
                expected = all(each.get(parent) in allowed for parent, allowed in asked.items())
                if expected != (name in each):
                    self._refuse_condition(name, each)
        return {name: _direct(asked, every) for name, asked in every.items()}

    def _conditions(self, name: str) -> _Conditions:
        deciding = {parent for parent, _, child in self._lost if child == name}
        asked = {}
        for parent in self.order:
            if parent in deciding:
                seen = {each[parent] for each in self._found if name in each and parent in each}
                every = self._values(parent)
                allowed = tuple(value for value in every if value in seen)
                if len(allowed) < len(every):
                    asked[parent] = allowed
        return asked

    def _refuse_condition(self, name: str, values: _Values) -> None:
        before = [each for each in self.order[: self.order.index(name)] if each in values]
        shown = ", ".join(f"{each}={values[each]!r}" for each in before)
        what = "exists" if name in values else "is missing"
        raise SpaceError(
            f"{_ME}: {name!r} depends on others in a way that .when cannot say (it {what} for "
            f"example where {shown}); let build declare it always, or write the space by hand."
        )

    def _uncovered(self) -> _Values | None:
        """Return the build with the most names from which no value was varied yet, if any."""
        covered = {name for base in self._bases for name in base}
        best = max(self._found, key=lambda each: len(each.keys() - covered))
        return best if best.keys() - covered else None

    def _sweep(self, base: _Values) -> None:
        """Vary one value at a time, elsewhere too if that does not build; note what vanishes."""
        alike = [each for each in self._found if each.keys() == base.keys() and each != base]
        for name in base:
            for value in self._values(name):
                tried = (self._observe({**each, name: value}) for each in [base, *alike[:4]])
                other = next((each for each in tried if each is not None), base)
                self._lost.update((name, value, child) for child in base.keys() - other.keys())

    def _let_pairs_meet(self, base: _Values) -> None:
        """Try combinations until every two values that can have met have."""
        few = {name: _few(self.domains[name], self._defaults[name]) for name in base}
        for first, second in itertools.combinations(base, 2):
            for one, two in itertools.product(few[first], few[second]):
                pair = {first: one, second: two}
                impossible = {(first, one, second), (second, two, first)} & self._lost
                if not impossible and frozenset(pair.items()) not in self._met:
                    seen = self._observe(self._filled(pair, base, few)) or {}
                    self._met |= {frozenset(pair.items()), *_pairs(seen)}

    def _filled(self, pair: _Values, base: _Values, few: Mapping[str, tuple[Any, ...]]) -> _Values:
        """Return a combination with a pair of values and as many other new pairs as possible."""
        values = dict(pair)

        def new_pairs(item: tuple[str, Any]) -> int:
            return sum(frozenset({item, other}) not in self._met for other in values.items())

        for name in [each for each in base if each not in pair]:
            items = [(name, value) for value in few[name]]
            possible = [each for each in items if self._lost.isdisjoint((*each, o) for o in values)]
            values[name] = max(possible, key=new_pairs)[1] if possible else base[name]
        return values

    def _observe(self, wanted: _Values) -> _Values | None:
        """Return the values of what is active in a build, or None where it fails."""
        asked = frozenset(wanted.items())
        if asked not in self._asked:
            given = {**self._defaults, **wanted}.items()
            # A former build that was given the same for all that it asked for would only repeat.
            same = next((each for each in self._found if each.items() <= given), None)
            self._asked[asked] = same or self._run(wanted)
        return self._asked[asked]

    def _run(self, wanted: _Values) -> _Values | None:
        while True:
            hp = self._library.HyperParameters()
            hp.values = dict(wanted)
            self._builds += 1
            if self._builds > _MOST_BUILDS:
                raise SpaceError(f"{_ME}: {_MOST_BUILDS} builds do not explore all of build.")
            try:
                self._build(hp)
            except Exception as error:  # whatever users' code raises
                if not self._found:
                    raise
                self._failed.append((wanted, error))
                return None
            active = {each.name: each for each in hp.space if hp.is_active(each)}
            self._learn(active)
            values = {name: hp.values[name] for name in active}
            inside = {name: _nearest(self.domains[name], each) for name, each in values.items()}
            if inside == values:
                self._found.append(inside)
                return inside
            wanted = inside  # a default was none of the values that may be drawn

    def _learn(self, active: Mapping[str, Any]) -> None:
        """Note the range of each hyperparameter."""
        for name, hyperparameter in active.items():
            domain = _domain(hyperparameter, self._library)
            if domain != self.domains.setdefault(name, domain):
                raise SpaceError(
                    f"{_ME}: {name!r} is {describe(self.domains[name])} in one place of build and "
                    f"{describe(domain)} in another; give them different names."
                )
            self._defaults.setdefault(name, _nearest(domain, hyperparameter.default))

    def _values(self, name: str) -> tuple[Any, ...]:
        """Return the values to try: all, where they decide something."""
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
        """Raise what build raised for a value with which it never succeeded."""
        for wanted, error in self._failed:
            for name, value in wanted.items():
                if not any(each.get(name) == value for each in self._found):
                    error.add_note(f"{_ME}: build raises this wherever {name!r} is {value!r}.")
                    raise error


def _direct(asked: _Conditions, every: Mapping[str, _Conditions]) -> _Conditions:
    """Return the conditions of a child without those that its parents have themselves."""
    return {
        name: allowed
        for name, allowed in asked.items()
        if not any(name in every[each] and {*every[each][name]} <= {*allowed} for each in asked)
    }


def _arguments(explorer: _Explorer) -> dict[str, Any]:
    names, conditions = _identifiers(explorer.order), explorer.conditions()
    read: dict[str, Any] = {}
    for name, domain in ((each, explorer.domains[each]) for each in explorer.order):
        asked = {names[parent]: allowed for parent, allowed in conditions[name].items()}
        read[names[name]] = domain.when(**asked) if asked or domain.size > 1 else domain.value_at(0)
    return read


def _in_order(builds: list[_Values]) -> list[str]:
    """Return all names in an order that is the one of every build."""
    following: dict[str, list[str]] = {name: [] for each in builds for name in each}
    for each in builds:
        for name, after in itertools.pairwise(each):
            following[name].append(after)
    backwards: list[str] = []
    visited: set[str] = set()

    def visit(name: str) -> None:
        if name not in visited:
            visited.add(name)
            for after in reversed(following[name]):
                visit(after)
            backwards.append(name)

    for name in following:
        visit(name)
    return backwards[::-1]


def _pairs(values: _Values) -> Iterator[frozenset[tuple[str, Any]]]:
    return map(frozenset, itertools.combinations(values.items(), 2))


def _few(domain: Parameter, default: Any) -> tuple[Any, ...]:
    """Return a few values that stand for all."""
    if domain.size <= _WIDE or (isinstance(domain, Categorical) and not domain.ordered):
        return tuple(domain.value_at(i) for i in range(int(domain.size)))
    return tuple(dict.fromkeys([default, *(domain.draw(each) for each in (0.0, 0.5, 1.0))]))


def _nearest(domain: Parameter, value: Any) -> Any:
    """Return the value of a range next to one that KerasTuner, which checks none, takes."""
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
            f"{_ME}: {hyperparameter.name!r} must be an Int, a Float, a Choice, a Boolean or "
            f"Fixed, got {hyperparameter!r}."
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
        last: Any = kind(low, high, step=step).value_at(steps)  # the end need not be on a step
        return kind(low, last, step=step) if steps else Categorical([low])
    if step is not None:  # a factor: finitely many values, drawn equally often
        number = int if kind is Int else float
        values = sorted(number(f"{value:.15g}") for value in hyperparameter.values)
        return Categorical(values, ordered=len(values) > 1)
    if hyperparameter.sampling == "log":
        return kind(low, high, log=True)
    raise SpaceError(
        f"{_ME}: {hyperparameter.name!r} has sampling={hyperparameter.sampling!r}, which tunekit "
        f"does not know; use 'linear' or 'log', or give a step."
    )


def _identifiers(names: list[str]) -> dict[str, str]:
    """Return for each name one that Python takes for an argument."""
    found: dict[str, str] = {}
    for name in names:
        word = "".join(each if f"_{each}".isidentifier() else "_" for each in name)
        word = word if word.isidentifier() else f"p_{word}"
        if word in found:
            raise SpaceError(
                f"{_ME}: {found[word]!r} and {name!r} would both become {word!r}; rename one."
            )
        found[word] = name
    return {name: word for word, name in found.items()}
