"""Flat hyperparameters: get, set and clone those of an estimator and of its architecture.

They are declared in the signatures of ``classifier.py`` and ``regressor.py``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.models.architectures.base import Architecture, accepts_any, keywords, name_of
from tunekit.models.architectures.registry import ARCHITECTURES, named, named_hyperparameters
from tunekit.models.param_validation import Check, is_same
from tunekit.models.pickling import holds_part, keep_settings, pack, unpack

_EMPTY = inspect.Parameter.empty
# Names of hyperparameters in scikit-learn's perceptron, scikeras and Keras.
_OTHER_NAMES = {
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
# Attributes other than parameters that scikit-learn's clone copies.
_CLONED_ATTRIBUTES = ("_metadata_request", "_sklearn_output_config")


class FlatParameters(BaseEstimator):
    """Makes the keywords of the architecture parameters in the sense of scikit-learn."""

    architecture: str | Architecture

    def _init_architecture_params(self, hyperparameters: Mapping[str, Any]) -> None:
        """Set the ``**hyperparameters`` of ``__init__``; ``architecture`` must be set before."""
        keep_settings()
        self._set_architecture_params(hyperparameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - sklearn API
        """Return the hyperparameters, including those of the architecture.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: no hyperparameter is an estimator.

        Returns
        -------
        dict
        """
        names = [name for name in self._architecture_keywords() if name in vars(self)]
        return {**super().get_params(deep), **{name: vars(self)[name] for name in names}}

    def set_params(self, **params: Any) -> Self:
        """Set hyperparameters, including those of the architecture.

        Parameters
        ----------
        **params : dict
            Values by name; see :meth:`get_params`.

        Returns
        -------
        estimator
            This estimator.

        Raises
        ------
        ParameterError
            When a name is unknown.
        """
        if "architecture" in params:
            self.architecture = params["architecture"]
            self._set_architecture_params({})
        known = {**super().get_params(deep=False), **self._architecture_keywords()}
        unknown = [name for name in params if name not in known]
        if unknown and not self._accepts_any():
            raise self._unknown_name(unknown[0])
        if unknown:
            self._free = tuple(dict.fromkeys((*vars(self).get("_free", ()), *unknown)))
        architecture_keywords = self._architecture_keywords()
        super().set_params(
            **{name: each for name, each in params.items() if name not in architecture_keywords}
        )
        for name, value in params.items():
            if name in architecture_keywords:
                setattr(self, name, value)
        return self

    # See findings/keras-wrapper-trains-one-epoch-in-cross-validation.sh.
    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy.

        Keras objects and callbacks are passed on without a copy, and each fit copies them.
        scikit-learn would copy Keras objects by their configuration, which may be incomplete, and
        callbacks one by one, although they may refer to each other.
        """
        params = {
            name: value if name == "callbacks" or holds_part(value) else clone(value, safe=False)
            for name, value in self.get_params(deep=False).items()
        }
        copy = type(self)(**params)
        for name in _CLONED_ATTRIBUTES:
            if name in vars(self):
                setattr(copy, name, deepcopy(vars(self)[name]))
        return copy

    def __getstate__(self) -> dict[str, Any]:
        keep_settings()
        state = super().__getstate__()
        # After a fit, callbacks may hold objects that cannot be pickled, such as a closed file.
        return {name: pack(value) for name, value in state.items() if name != "callbacks_"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        keep_settings()
        super().__setstate__({name: unpack(value) for name, value in state.items()})

    def _architecture_keywords(self) -> dict[str, Any]:
        """Return the parameters that only the architecture has, with their defaults."""
        free = dict.fromkeys(vars(self).get("_free", ()), _EMPTY)
        if not callable(self.architecture):
            return free
        try:
            takes = keywords(self.architecture)
        except ParameterError:
            return free  # fit raises the error
        signature = _defaults(type(self))
        return free | {name: value for name, value in takes.items() if name not in signature}

    def _set_architecture_params(self, values: Mapping[str, Any]) -> None:
        known = self._architecture_keywords()
        if free := tuple(name for name in values if name not in known):
            self._free = free  # fit checks whether the architecture accepts them
        for name, default in {**known, **values}.items():
            value = values.get(name, vars(self).get(name, default))
            if value is not _EMPTY:
                setattr(self, name, value)

    def _accepts_any(self) -> bool:
        return callable(self.architecture) and accepts_any(self.architecture)

    def _architecture_function(self, check: Check) -> Architecture:
        """Return the architecture as a function.

        Raises
        ------
        ParameterError
            When it is not a function, or does not accept its hyperparameters.
        """
        function: Any = self.architecture
        if isinstance(function, str):
            also = " Or pass a function; load() takes it as architecture=..."
            check.one_of("architecture", function, ARCHITECTURES, also=also)
            function = ARCHITECTURES[function].build
        if not callable(function):
            known = " or ".join(map(repr, ARCHITECTURES))
            raise ParameterError(
                f"architecture must be {known} or a function (meta, **hyperparameters) that "
                f"returns a keras.Model, got {function!r}."
            )
        takes = keywords(function)
        for name in vars(self).get("_free", ()):
            if name not in takes and not self._accepts_any():
                raise self._unknown_name(name)
        architecture: Architecture = function
        return architecture

    def _unknown_name(self, name: str) -> ParameterError:
        """Return the error for an unknown hyperparameter."""
        known = {*_defaults(type(self)), *self._architecture_keywords()}
        hint = did_you_mean(name, known - set(vars(self).get("_free", ())))
        if name in _OTHER_NAMES:
            hint = f" It is called {_OTHER_NAMES[name]!r} here."
        return ParameterError(f"{type(self).__name__} has no hyperparameter {name!r}.{hint}")

    def _architecture_arguments(
        self, function: Architecture, params: Mapping[str, Any], check: Check
    ) -> dict[str, Any]:
        """Return the hyperparameters to call the architecture with."""
        if (registered := named(function)) is not None:
            return registered.check(params, check)
        takes, name = keywords(function), name_of(function)
        defaults = _defaults(type(self))
        for each, default in takes.items():
            if each not in params:
                raise ParameterError(
                    f"{check.owner}: architecture {name} requires {each}: pass {each}=..."
                )
            if each in defaults and default is not _EMPTY and not is_same(default, defaults[each]):
                raise ParameterError(
                    f"{check.owner}: {each} defaults to {default!r} in architecture {name} and to "
                    f"{defaults[each]!r} in the estimator: remove the default from {name}, or "
                    f"rename the keyword."
                )
        if not self._accepts_any():
            unused = [each for each in named_hyperparameters() if each not in takes]
            self._refuse_ineffective(unused, params, f"architecture {name} does not take it", check)
        return {each: params[each] for each in (*takes, *vars(self).get("_free", ()))}

    def _check_optimizer_settings(self, params: Mapping[str, Any], check: Check) -> None:
        """Reject hyperparameters that an optimizer object sets itself."""
        if isinstance(params["optimizer"], str):
            return
        try:
            config = params["optimizer"].get_config()
        except (NotImplementedError, TypeError):
            return  # the error is raised when the optimizer is copied
        unused = ["learning_rate", "momentum", "clipnorm"]
        if not isinstance(config.get("learning_rate"), float):
            unused.append("lr_schedule")
        self._refuse_ineffective(
            unused, params, "optimizer is an object with its own settings", check
        )

    def _refuse_ineffective(
        self, names: Iterable[str], params: Mapping[str, Any], reason: str, check: Check
    ) -> None:
        """Reject hyperparameters that are set and would have no effect."""
        defaults = _defaults(type(self))
        for name in names:
            if not is_same(params[name], defaults[name]):
                raise ParameterError(
                    f"{check.owner}: {name}={params[name]!r} would have no effect: {reason}."
                )


def _defaults(estimator: type) -> dict[str, Any]:
    """Return the hyperparameters in the signature of the estimator, and their defaults."""
    parameters = inspect.signature(estimator).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not _EMPTY}
