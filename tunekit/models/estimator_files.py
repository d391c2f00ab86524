"""An estimator in files: saved without pickle, and loaded again."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tunekit.exceptions import ParameterError
from tunekit.models import serialization
from tunekit.models.architectures.base import Architecture
from tunekit.models.network import Network, Recipe
from tunekit.models.param_validation import Check
from tunekit.models.parameters import FlatParameters
from tunekit.models.sample_weights import Scale

_OF_NETWORK = ("input_shape", "units", "probabilities", "one_hot", "compiled_by_user")


class SavableEstimator(FlatParameters, ABC):
    """An estimator that is saved as a ``.keras`` file and a JSON file."""

    model_: Any
    history_: pd.DataFrame
    _network: Network
    _rng: np.random.RandomState
    _scale: Scale

    def save(self, path: str | Path) -> Path:
        """Save the fitted estimator without pickle: a ``.keras`` file, and JSON beside it.

        Parameters
        ----------
        path : str or Path
            Where; ``.keras`` is added where it is missing. The JSON file has the same name.

        Returns
        -------
        Path
            Of the ``.keras`` file.

        Raises
        ------
        NotFoundError
            When the folder is not there.
        ParameterError
            When a hyperparameter cannot be written as JSON.
        """
        check_is_fitted(self)
        network = self._network
        described = {
            "estimator": type(self).__name__,
            "params": serialization.describe_params(self.get_params()),
            "n_features_in_": self.n_features_in_,
            "feature_names_in_": [str(name) for name in getattr(self, "feature_names_in_", ())],
            "history_": serialization.describe_history(self.history_),
            "weights": asdict(self._scale),
            "network": {name: getattr(network, name) for name in _OF_NETWORK},
            "steps": network.recipe.meta.steps if network.recipe else None,
            "targets": self._describe_targets(),
        }
        return serialization.write(path, self.model_, described)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        architecture: Architecture | None = None,
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Self:
        """Load an estimator that :meth:`save` has written.

        Parameters
        ----------
        path : str or Path
            As it was saved, with ``.keras`` or without.
        architecture : callable or None, default=None
            The function that built the network, where it was one of your own; only ``fit``
            needs it.
        custom_objects : mapping or None, default=None
            Layers, losses and other parts of your own, by name, as for
            ``keras.saving.load_model``.

        Returns
        -------
        estimator
            Fitted; it predicts the same.

        Raises
        ------
        NotFoundError
            When a file is not there.
        ParameterError
            When it is of another estimator.
        """
        model, described = serialization.read(
            path, owner=cls.__name__, custom_objects=custom_objects
        )
        own = dict(custom_objects or {})
        if architecture is not None:
            own["architecture"] = architecture
        estimator = cls(**serialization.restore_params(described["params"], own))
        estimator._rng = estimator._generator()
        estimator.n_features_in_ = described["n_features_in_"]
        if names := described["feature_names_in_"]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        history = pd.DataFrame(described["history_"], dtype=np.float64)
        estimator.history_ = history.rename_axis("epoch")
        estimator._restore_targets(described["targets"])
        estimator._scale = Scale(**described.get("weights", {}))
        # Without the function the network can be asked, and not go on.
        network = Network(model, None, **described["network"])
        network.input_shape = tuple(network.input_shape)
        with contextlib.suppress(ParameterError):
            made, steps = (estimator.get_params(), Check(cls.__name__)), described.get("steps")
            network.recipe = estimator._recipe(network.input_shape, *made, steps=steps)
        estimator._network = network
        return estimator

    @abstractmethod
    def _describe_targets(self) -> dict[str, Any]:
        """Return what was learned of the targets, as JSON holds it."""

    @abstractmethod
    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        """Take up what :meth:`_describe_targets` gave."""

    @abstractmethod
    def _recipe(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        *,
        steps: int | None,
    ) -> Recipe:
        """Return how the network is made and compiled."""

    @abstractmethod
    def _generator(self) -> np.random.RandomState:
        """Return the generator that ``random_state`` seeds."""
