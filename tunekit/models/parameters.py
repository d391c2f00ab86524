"""Flat hyperparameters: those of an estimator, and those of the architecture that it is given."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.models.architectures.base import Architecture, keywords, name_of, takes_any
from tunekit.models.architectures.registry import ARCHITECTURES, named, named_hyperparameters
from tunekit.models.param_validation import Check, same
from tunekit.models.pickling import holds_part, keep_settings, pack, unpack

_EMPTY = inspect.Parameter.empty
# What others call a hyperparameter: scikit-learn's perceptron, scikeras, Keras.
_ELSEWHERE = {
    "alpha": "l2",
    "build_fn": "architecture",
    "dropout_rate": "dropout",
    "hidden_layer_sizes": "units",
    "learning_rate_init": "learning_rate",
    "lr": "learning_rate",
    "max_iter": "epochs",
    "model": "architecture",
    "n_epochs": "epochs",
    "n_iter_no_change": "patience",
    "seed": "random_state",
    "solver": "optimizer",
    "validation_split": "validation_fraction",
}
# What scikit-learn keeps in an estimator beside its parameters, and copies with them.
_BESIDE = ("_metadata_request", "_sklearn_output_config")


class FlatParameters(BaseEstimator):
    """Lets ``get_params``, ``set_params`` and ``clone`` know an architecture's keywords."""

    architecture: str | Architecture

    def _assign(self, arguments: Mapping[str, Any]) -> None:
        """Keep what ``__init__`` was called with: its ``locals()``."""
        keep_settings()
        for name, value in arguments.items():
            if name not in ("self", "hyperparameters"):
                setattr(self, name, value)
        self._set_own(arguments["hyperparameters"])

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - theirs
        """Return the hyperparameters, those of the architecture among them.

        Parameters
        ----------
        deep : bool, default=True
            Without effect: no hyperparameter is an estimator.

        Returns
        -------
        dict
        """
        own = {name: vars(self)[name] for name in self._keywords() if name in vars(self)}
        return {**super().get_params(deep), **own}

    def set_params(self, **params: Any) -> Self:
        """Set hyperparameters, those of the architecture among them.

        Parameters
        ----------
        **params : dict
            Values by name; see :meth:`get_params`.

        Returns
        -------
        estimator
            This one.

        Raises
        ------
        ParameterError
            When a name is not known.
        """
        if "architecture" in params:
            self.architecture = params["architecture"]
            self._set_own({})
        known = {**super().get_params(deep=False), **self._keywords()}
        unknown = [name for name in params if name not in known]
        if unknown and not self._takes_any():
            raise self._unknown(unknown[0])
        if unknown:
            self._free = tuple(dict.fromkeys((*vars(self).get("_free", ()), *unknown)))
        known = self._keywords()
        own = {name: value for name, value in params.items() if name in known}
        super().set_params(**{name: value for name, value in params.items() if name not in own})
        for name, value in own.items():
            setattr(self, name, value)
        return self

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy.

        Keras's objects are copied by their configuration, which need not tell all of them, and
        callbacks may refer to each other, while lists are copied item by item. Both stay the same
        ones, and each fit makes its own from them.
        """
        params = {
            name: value if name == "callbacks" or holds_part(value) else clone(value, safe=False)
            for name, value in self.get_params(deep=False).items()
        }
        copy = type(self)(**params)
        for name in _BESIDE:
            if name in vars(self):
                setattr(copy, name, deepcopy(vars(self)[name]))
        return copy

    def __getstate__(self) -> dict[str, Any]:
        keep_settings()
        state = super().__getstate__()
        # What a fit's callbacks hold by now, such as a closed file, need not fit into a pickle.
        return {name: pack(value) for name, value in state.items() if name != "callbacks_"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        keep_settings()
        super().__setstate__({name: unpack(value) for name, value in state.items()})

    def _keywords(self) -> dict[str, Any]:
        """Return what only the architecture knows, with the defaults."""
        free = dict.fromkeys(vars(self).get("_free", ()), _EMPTY)
        if not callable(self.architecture):
            return free
        try:
            takes = keywords(self.architecture)
        except ParameterError:
            return free  # fit says what is wrong
        own = _defaults(type(self))
        return free | {name: value for name, value in takes.items() if name not in own}

    def _set_own(self, values: Mapping[str, Any]) -> None:
        own = self._keywords()
        if free := tuple(name for name in values if name not in own):
            self._free = free  # fit says whether there may be such
        for name, default in {**own, **values}.items():
            value = values.get(name, vars(self).get(name, default))
            if value is not _EMPTY:
                setattr(self, name, value)

    def _takes_any(self) -> bool:
        return callable(self.architecture) and takes_any(self.architecture)

    def _function(self, check: Check) -> Architecture:
        """Return the architecture as a function.

        Raises
        ------
        ParameterError
            When it is none, or does not take what it was given.
        """
        function: Any = self.architecture
        if isinstance(function, str):
            also = " Or give a function, to load() with architecture=..."
            check.known("architecture", function, ARCHITECTURES, also=also)
            function = ARCHITECTURES[function].build
        if not callable(function):
            known = " or ".join(map(repr, ARCHITECTURES))
            raise ParameterError(
                f"architecture must be {known} or a function (meta, **hyperparameters) that "
                f"returns a keras.Model, got {function!r}."
            )
        takes = keywords(function)
        for name in vars(self).get("_free", ()):
            if name not in takes and not self._takes_any():
                raise self._unknown(name)
        built_by: Architecture = function
        return built_by

    def _unknown(self, name: str) -> ParameterError:
        """Return the error that there is no hyperparameter of this name."""
        known = {*_defaults(type(self)), *self._keywords()} - set(vars(self).get("_free", ()))
        hint = did_you_mean(name, known)
        if name in _ELSEWHERE:
            hint = f" It is called {_ELSEWHERE[name]!r} here."
        return ParameterError(f"{type(self).__name__}: there is no hyperparameter {name!r}.{hint}")

    def _given_to(
        self, function: Architecture, params: Mapping[str, Any], check: Check
    ) -> dict[str, Any]:
        """Return the hyperparameters that the architecture is called with."""
        if (own := named(function)) is not None:
            return own.check(params, check)
        takes, name = keywords(function), name_of(function)
        defaults = _defaults(type(self))
        for each, default in takes.items():
            if each not in params:
                raise ParameterError(
                    f"{check.owner}: architecture {name} needs {each}: give {each}=... as well."
                )
            if each in defaults and default is not _EMPTY and not same(default, defaults[each]):
                raise ParameterError(
                    f"{check.owner}: {each} is {default!r} by default in architecture {name}, and "
                    f"{defaults[each]!r} in the estimator: leave the default out of {name}, or "
                    f"give it another name there."
                )
        if not self._takes_any():
            idle = [each for each in named_hyperparameters() if each not in takes]
            self._refuse(idle, params, f"architecture {name} does not take it", check)
        return {each: params[each] for each in (*takes, *vars(self).get("_free", ()))}

    def _refuse_beside_optimizer(self, params: Mapping[str, Any], check: Check) -> None:
        """Refuse what an optimizer that was given as an object has itself."""
        if isinstance(params["optimizer"], str):
            return
        try:
            config = params["optimizer"].get_config()
        except (NotImplementedError, TypeError):
            return  # whoever copies it says why it cannot be
        idle = ["learning_rate", "momentum", "clipnorm"]
        if not isinstance(config.get("learning_rate"), float):
            idle.append("lr_schedule")
        self._refuse(idle, params, "optimizer is an object, which has its own", check)

    def _refuse(
        self, names: Iterable[str], params: Mapping[str, Any], reason: str, check: Check
    ) -> None:
        """Refuse what has been set and would have no effect."""
        defaults = _defaults(type(self))
        for name in names:
            if not same(params[name], defaults[name]):
                raise ParameterError(
                    f"{check.owner}: {name}={params[name]!r} would have no effect: {reason}."
                )


def _defaults(estimator: type) -> dict[str, Any]:
    """Return the hyperparameters that every architecture has, and their defaults."""
    parameters = inspect.signature(estimator).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not _EMPTY}
