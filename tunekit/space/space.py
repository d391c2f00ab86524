"""A search space, defined once and used by every engine.

A space is frozen data and does not depend on engines or models: an engine samples its
:attr:`Space.leaves`, the individual coordinates, and :meth:`Space.resolve` converts the
sampled values to the dictionary that an estimator takes.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Self

from tunekit.core.json_values import whole
from tunekit.core.named import real
from tunekit.exceptions import SpaceError
from tunekit.space import formats
from tunekit.space.cases import Declared
from tunekit.space.configurations import checked, complete_counts, fitting, gather, spread
from tunekit.space.grid import count, grid_points
from tunekit.space.leaves import Leaf, leaves
from tunekit.space.validation import split

if TYPE_CHECKING:
    import keras_tuner
    import optuna

_LARGEST_SAMPLE = 1_000_000


class Space:
    """A search space, defined once and used by every engine.

    Parameters
    ----------
    **parameters : Float, Int, Categorical, list of these, or constant
        Parameters by name; at least one must not be a constant. The names are those of the
        estimator's parameters; for a pipeline, ``step__parameter``. A list has one range for each
        of several conditions, set with ``when``, which exclude each other. A constant is any
        value that is not a list, and part of every configuration.

    Attributes
    ----------
    parameters : dict
        The parameters that are searched.
    constants : dict
        The constants. One that JSON cannot represent is a :class:`tunekit.core.named.Named`.
    leaves : tuple of Leaf
        The coordinates that engines sample, each after those that it depends on.

    Raises
    ------
    SpaceError
        If the space is empty, if a name, bounds, a step or choices are invalid, or if ``when``
        or ``per`` names a parameter that does not exist, cannot take the value, or depends on
        this one in turn.

    Examples
    --------
    >>> from tunekit import Categorical, Float, Int
    >>> space = Space(
    ...     layers=Int(1, 3),
    ...     units=Int(16, 128, log=True).per("layers"),
    ...     optimizer=Categorical(["adam", "sgd"]),
    ...     momentum=Float(0.0, 0.99).when(optimizer="sgd"),
    ...     epochs=20,
    ... )
    >>> [leaf.name for leaf in space.leaves]
    ['layers', 'units[0]', 'units[1]', 'units[2]', 'optimizer', 'momentum']
    >>> space.sample(1, random_state=0)
    [{'layers': 3, 'units': (77, 38, 27), 'optimizer': 'sgd', 'momentum': 0.400..., 'epochs': 20}]
    """

    parameters: Mapping[str, Declared]
    constants: Mapping[str, Any]
    leaves: tuple[Leaf, ...]

    def __init__(self, /, **parameters: Any) -> None:
        self.parameters, self.constants = split(parameters)
        if not self.parameters:
            example = "Space(learning_rate=Float(1e-4, 1e-1, log=True))"
            raise SpaceError(f"Space: give at least one parameter, for example {example}.")
        self.leaves = tuple(leaves(self.parameters, self.constants))
        self._names = tuple(parameters)

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Return the space that plain data describes: the inverse of :meth:`to_dict`.

        Parameters
        ----------
        form : mapping
            Names mapped to what :meth:`to_dict` returns for each: a mapping with ``type``, or a
            constant. Keys that have a default are optional.

        Raises
        ------
        SpaceError
            If the data does not describe a space.

        Examples
        --------
        >>> Space.from_dict({"units": {"type": "Int", "low": 8, "high": 64}, "layers": 2})
        Space(units=Int(8, 64), layers=2)
        """
        if not isinstance(form, Mapping):
            raise SpaceError(f"Space: must be a mapping of names to parameters, got {form!r}.")
        return cls(**{str(name): formats.from_dict(name, each) for name, each in form.items()})

    @classmethod
    def from_keras_tuner(cls, build: Callable[[keras_tuner.HyperParameters], Any]) -> Self:
        """Return the space that a KerasTuner ``build(hp)`` function declares.

        See :func:`tunekit.space.adapters.keras_tuner.read_keras_tuner`.
        """
        from tunekit.space.adapters.keras_tuner import read_keras_tuner

        return cls(**read_keras_tuner(build))

    def walk(self, ask: Callable[[Leaf], Any]) -> dict[str, Any]:
        """Ask for a value of each active leaf, in order.

        Parameters
        ----------
        ask : callable
            Takes a :class:`Leaf` and returns its value.

        Returns
        -------
        dict
            Leaf names and values, active leaves only, for :meth:`resolve`.
        """
        values: dict[str, Any] = {}
        for leaf in self.leaves:
            if leaf.is_active(values):
                values[leaf.name] = ask(leaf)
        return values

    def resolve(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration that an estimator takes.

        Parameters
        ----------
        values : mapping
            Leaf names and values.

        Returns
        -------
        dict
            Parameters in the order of the space. A repeated parameter is a tuple; inactive
            parameters are absent. Objects are copies.

        Raises
        ------
        SpaceError
            If an active leaf has no value, or one that it cannot take.
        """
        config: dict[str, Any] = real(self.resolve_names(values))
        return config

    def resolve_names(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration with each object as a :class:`tunekit.core.named.Named`."""
        active = self.walk(lambda leaf: checked(leaf, values, leaf.name))
        return gather(self._names, self.parameters, self.leaves, {**self.constants, **active})

    def flatten(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the leaf names and values of a configuration: the inverse of :meth:`resolve`.

        Parameters
        ----------
        config : mapping
            A complete configuration: every active parameter and no other.

        Returns
        -------
        dict
            Leaf names and values.

        Raises
        ------
        SpaceError
            If the configuration does not lie in the space.

        Examples
        --------
        >>> from tunekit import Int
        >>> space = Space(layers=Int(1, 3), units=Int(8, 64).per("layers"))
        >>> space.flatten({"layers": 2, "units": (32, 16)})
        {'layers': 2, 'units[0]': 32, 'units[1]': 16}
        """
        missing = [name for name in self.constants if name not in config]
        if missing:
            constant = self.constants[missing[0]]
            raise SpaceError(f"{missing[0]!r} has no value; it is the constant {constant!r}.")
        values = spread(config, self.parameters, self.constants)
        active = self.walk(lambda leaf: checked(leaf, values, leaf.place))
        places = {leaf.place for leaf in self.leaves if leaf.name in active}
        for name in values:
            if name not in places:
                raise SpaceError(f"{name!r} is not active when the other values are {active}.")
        return active

    def flatten_partial(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the leaf names and values of a partial configuration, for an engine to complete.

        Parameters
        ----------
        config : mapping
            Some of the parameters. The length of a tuple sets the count of a repeated parameter,
            which may also be given as one value for all repetitions.

        Raises
        ------
        SpaceError
            If a value does not lie in the space, or two values exclude each other.

        Examples
        --------
        >>> from tunekit import Int
        >>> space = Space(layers=Int(1, 3), units=Int(8, 64).per("layers"), epochs=Int(1, 9))
        >>> space.flatten_partial({"units": (32, 16)})
        {'layers': 2, 'units[0]': 32, 'units[1]': 16}
        """
        full = complete_counts(config, self.parameters, self.constants)
        return fitting(self.leaves, spread(full, self.parameters, self.constants))

    def validate(self, params: object) -> None:
        """Check that a configuration lies in the space, as ``params in space`` does.

        Parameters
        ----------
        params : mapping
            Every active parameter, every constant, and nothing else.

        Raises
        ------
        SpaceError
            If it does not; the message contains the name and the invalid value.

        Examples
        --------
        >>> from tunekit import Int
        >>> Space(layers=Int(1, 3)).validate({"layers": 4})
        Traceback (most recent call last):
        ...
        tunekit.exceptions.SpaceError: 'layers' must lie in Int(1, 3), got 4.
        """
        if not isinstance(params, Mapping):
            raise SpaceError(f"a configuration must map names to values, got {params!r}.")
        self.flatten(params)

    def __contains__(self, params: object) -> bool:
        try:
            self.validate(params)
        except SpaceError:
            return False
        return True

    def sample(self, n: int = 1, random_state: int | None = None) -> list[dict[str, Any]]:
        """Draw configurations at random.

        Parameters
        ----------
        n : int, default=1
            Number of configurations, from 0 to 1,000,000; they are not necessarily distinct.
        random_state : int or None, default=None
            Seed, at least 0.
        """
        seed = None if random_state is None else whole(random_state, "random_state", least=0)
        rng = Random(seed)  # noqa: S311 - a search is no secret
        times = range(whole(n, "n", least=0, most=_LARGEST_SAMPLE))
        drawn = (self.walk(lambda leaf: leaf.domain.draw(rng.random())) for _ in times)
        return [self.resolve(values) for values in drawn]

    def grid(self, resolution: int = 5) -> list[dict[str, Any]]:
        """Return every configuration once, with at most ``resolution`` values of each range.

        Parameters
        ----------
        resolution : int, default=5
            Maximum number of values of a range, 1 or more: evenly spaced on its scale, both ends
            included. Every choice of a Categorical is used.

        Raises
        ------
        SpaceError
            If there are more than 100,000, or ``resolution`` is below 1.

        Examples
        --------
        >>> from tunekit import Float, Int
        >>> Space(layers=Int(1, 2), rate=Float(0.01, 1.0, log=True)).grid(3)[:2]
        [{'layers': 1, 'rate': 0.01}, {'layers': 1, 'rate': 0.1}]
        """
        at_most = whole(resolution, "resolution", least=1)
        return [self.resolve(values) for values in grid_points(self.leaves, at_most)]

    @functools.cached_property
    def size(self) -> float:
        """Number of distinct configurations; infinite if a range has no step."""
        return count(self.leaves)

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Return a configuration suggested by an Optuna trial, for a custom objective.

        Examples
        --------
        >>> import optuna
        >>> from tunekit import Float
        >>> space = Space(x=Float(-1.0, 1.0))
        >>> study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        >>> study.optimize(lambda trial: space.suggest(trial)["x"] ** 2, n_trials=30)
        >>> study.best_value < 0.01
        True
        """
        from tunekit.space.adapters.optuna import ask

        return self.resolve(self.walk(lambda leaf: ask(trial, leaf)))

    def to_hyperopt(self) -> Any:
        """Return the space for Hyperopt, for a custom call of ``fmin``.

        The objective receives the configuration that an estimator takes. ``fmin`` returns
        Hyperopt's internal values, such as the unrounded index of a value in a range with steps;
        ``space_eval`` converts them to the configuration.

        Examples
        --------
        >>> import hyperopt, numpy
        >>> from tunekit import Float
        >>> space = Space(x=Float(-1.0, 1.0)).to_hyperopt()
        >>> best = hyperopt.fmin(
        ...     lambda params: params["x"] ** 2,
        ...     space,
        ...     algo=hyperopt.tpe.suggest,
        ...     max_evals=40,
        ...     rstate=numpy.random.default_rng(0),
        ...     show_progressbar=False,
        ... )
        >>> abs(hyperopt.space_eval(space, best)["x"]) < 0.1
        True
        """
        from tunekit.space.adapters.hyperopt import to_hyperopt

        return to_hyperopt(self.leaves, self.resolve)

    def to_dict(self) -> dict[str, Any]:
        """Return the space as plain data that JSON can represent.

        Examples
        --------
        >>> from tunekit import Int
        >>> Space(units=Int(8, 64), layers=2).to_dict()
        {'units': {'type': 'Int', 'low': 8, 'high': 64}, 'layers': 2}
        """
        return {
            name: formats.to_dict(self.parameters[name])
            if name in self.parameters
            else formats.constant_to_dict(self.constants[name])
            for name in self._names
        }

    def name_objects(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a configuration with objects by name, as :meth:`resolve_names` does."""
        return self.resolve_names(self.flatten(config))

    @property
    def fingerprint(self) -> str:
        """Short string that is the same for equal spaces, regardless of the keyword order."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self._names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Space({formats.keywords(self._code())})"

    def lines(self) -> list[str]:
        """Return the Python code of each parameter and constant, in the order given.

        If a name is no keyword in Python, they are items of a dictionary, ``"name": code``.
        """
        return formats.lines(self._code())

    def _code(self) -> dict[str, str]:
        declared = {**self.constants, **self.parameters}
        return {name: formats.code_of_value(declared[name]) for name in self._names}

    def _repr_html_(self) -> str:
        return formats.table(self.parameters, self.constants)
