"""The methods of a tuner that its best estimator provides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from tunekit.core.targets import plain_targets
from tunekit.evaluation.float64 import in_float64
from tunekit.evaluation.metadata import scorer_metadata, scorers_of
from tunekit.evaluation.objectives import Scorer, make_objectives, score


def _best_has(method: str) -> Any:
    return available_if(
        lambda tuner: hasattr(getattr(tuner, "best_estimator_", tuner.estimator), method)
    )


class BestEstimatorMixin:
    """Mixin whose methods use ``best_estimator_``, as those of ``GridSearchCV`` do."""

    best_estimator_: Any
    estimator: Any
    refit: Any
    cv: Any
    scoring: Any
    scorer_: Scorer | None

    def score(self, X: Any, y: Any = None, **params: Any) -> float:
        """Return the score of the best estimator, by the scorer of the study.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or None, default=None
        **params : object
            Metadata such as ``sample_weight`` for the scorer, if it requests them.
        """
        best = self._best()
        assert self.scorer_ is not None  # noqa: S101 - the main objective has a scorer
        metadata = scorer_metadata("scoring", self.scorer_, params, X, "Tuner.score")
        return score(self.scorer_, best, X, None if y is None else plain_targets(y), metadata)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return what the estimator, the scorers and the splitter request, for scikit-learn."""
        router = MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        to_score = MethodMapping().add(caller="fit", callee="score")
        to_score.add(caller="score", callee="score")
        scorers = scorers_of(make_objectives(self.estimator, self.scoring))
        for number, scorer in enumerate(scorers.values()):
            router.add(**{f"scorer_{number}": scorer}, method_mapping=to_score)
        to_split = MethodMapping().add(caller="fit", callee="split")
        return router.add(splitter=self.cv, method_mapping=to_split)

    @_best_has("predict")
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predictions of the best estimator for X of shape (n_samples, ...)."""
        return np.asarray(self._best().predict(X))

    @_best_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of the best estimator, of shape (n_samples, n_classes)."""
        return np.asarray(in_float64(self._best()).predict_proba(X))

    @_best_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the decision function of the best estimator for X of shape (n_samples, ...)."""
        return np.asarray(in_float64(self._best()).decision_function(X))

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels of the best estimator."""
        return np.asarray(self._best().classes_)

    @property
    def n_features_in_(self) -> int:
        """Number of features seen during ``fit``."""
        return int(self._best().n_features_in_)

    # See findings/optuna-searchcv-is-not-stratified-in-nested-cross-validation.sh.
    def __sklearn_tags__(self) -> Any:
        tags: Any = super().__sklearn_tags__()  # type: ignore[misc]
        inner = get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = inner.classifier_tags
        tags.regressor_tags = inner.regressor_tags
        tags.input_tags.sparse = inner.input_tags.sparse
        return tags

    def _best(self) -> Any:
        if not self.refit and hasattr(self, "best_params_"):
            # As in GridSearchCV, so that hasattr() returns False.
            raise AttributeError("there is no best estimator: fit with refit=True.")
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_
