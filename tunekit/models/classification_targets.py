"""How a classifier reads its targets, and how it encodes them for its network."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.models.architectures.base import Meta
from tunekit.models.estimator import KerasEstimator
from tunekit.models.labels import Labels
from tunekit.models.sample_weights import class_weights
from tunekit.models.serialization import describe_labels, restore_labels


class ClassificationTargets(KerasEstimator, ABC):
    """An estimator whose targets are labels."""

    classes_: NDArray[Any]
    class_weight: str | Mapping[Any, float] | Sequence[Mapping[Any, float]] | None
    _targets: Labels

    def _network_outputs(self, X: Any) -> tuple[NDArray[Any], bool]:
        network = self._network
        independent = network.units == 1 or self._targets.task == "multilabel"
        return network.scores(X, independent=independent)

    def _fit_targets(self, y: NDArray[Any], *, resume: bool) -> None:
        all_classes = getattr(self, "_all_classes", None)
        if resume:
            self._targets.check_same(all_classes)
            self._targets.check_known(y)
            return
        self._targets = Labels.of(y, all_classes)
        self.classes_ = self._targets.classes

    def _describe_targets(self) -> dict[str, Any]:
        return {"task": self._targets.task, "classes": describe_labels(self.classes_)}

    def _restore_targets(self, described: Mapping[str, Any]) -> None:
        self._targets = Labels(restore_labels(described["classes"]), described["task"])
        self.classes_ = self._targets.classes

    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        task = self._targets.task
        n_outputs = 1 if task == "binary" else len(self.classes_)
        return Meta(input_shape, n_outputs, task, tuple(self.classes_.tolist()), self.dtype)

    def _metrics(self) -> tuple[Any, ...]:
        return ("accuracy",) if self.metrics is None else tuple(self.metrics)

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        network, dtype = self._network, np.dtype(self._float_type).name
        return self._targets.encode(y, units=network.units, one_hot=network.one_hot, dtype=dtype)

    def _target_weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:
        return class_weights(self.class_weight, y)

    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:
        return None if self._targets.task == "multilabel" else y

    def _known_rows(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        return self._targets.known(y)
