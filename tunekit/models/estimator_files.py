"""Saving an estimator to files without pickle, and loading it."""

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
from tunekit.models.flat_parameters import FlatParameters
from tunekit.models.network import Network, Recipe, compile_network, load_network
from tunekit.models.param_validation import Check
from tunekit.models.sample_weights import Scale

_NETWORK_ATTRIBUTES = ("input_shape", "units", "probabilities", "one_hot", "compiled_by_user")


class SavableEstimator(FlatParameters, ABC):
    """An estimator that can be saved as a ``.keras`` file and a JSON file."""

    model_: Any
    history_: pd.DataFrame
    _network: Network
    _rng: np.random.RandomState
    _scale: Scale

    def save(self, path: str | Path) -> Path:
        """Save the fitted estimator without pickle, as a ``.keras`` file and a JSON file.

        Parameters
        ----------
        path : str or Path
            Path of the ``.keras`` file; the suffix is added if it is missing. The JSON file has the
            same name.

        Returns
        -------
        Path
            Path of the ``.keras`` file.

        Raises
        ------
        NotFoundError
            When the folder does not exist.
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
            "network": {name: getattr(network, name) for name in _NETWORK_ATTRIBUTES},
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
        """Load an estimator that was saved with :meth:`save`.

        Parameters
        ----------
        path : str or Path
            Path of the ``.keras`` file; the suffix may be omitted.
        architecture : callable or None, default=None
            The function that built the network, if it is a custom one. Only ``fit`` needs it.
        custom_objects : mapping or None, default=None
            Custom layers, losses and other objects, by name, as for ``keras.saving.load_model``.

        Returns
        -------
        estimator
            Fitted estimator with the same predictions.

        Raises
        ------
        NotFoundError
            When a file does not exist.
        ParameterError
            When the file contains another type of estimator.
        """
        model, described = serialization.read(
            path, owner=cls.__name__, custom_objects=custom_objects
        )
        custom = dict(custom_objects or {})
        if architecture is not None:
            custom["architecture"] = architecture
        estimator = cls(**serialization.restore_params(described["params"], custom))
        estimator._rng = estimator._new_rng()
        estimator.n_features_in_ = described["n_features_in_"]
        if names := described["feature_names_in_"]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        history = pd.DataFrame(described["history_"], dtype=np.float64)
        estimator.history_ = history.rename_axis("epoch")
        estimator._restore_targets(described["targets"])
        estimator._scale = Scale(**described.get("weights", {}))
        # Without the architecture function, the network can predict but not be trained further.
        network = load_network(model, described["network"])
        network.input_shape = tuple(network.input_shape)
        with contextlib.suppress(ParameterError):
            params, check = estimator.get_params(), Check(cls.__name__)
            recipe = estimator._recipe(
                network.input_shape, params, check, steps=described.get("steps")
            )
            if network.loaded is not None:  # the network that is trained is not compiled
                compile_network(network.model, recipe, network.units, model.optimizer)
            network.recipe = recipe
        estimator._network = network
        return estimator

    @abstractmethod
    def _describe_targets(self) -> dict[str, Any]:
        """Return the form of the targets as JSON values."""

    @abstractmethod
    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        """Restore the form of the targets from the result of :meth:`_describe_targets`."""

    @abstractmethod
    def _recipe(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        *,
        steps: int | None,
    ) -> Recipe:
        """Return everything that the network is built and compiled from."""

    @abstractmethod
    def _new_rng(self) -> np.random.RandomState:
        """Return a random generator seeded by ``random_state``."""
