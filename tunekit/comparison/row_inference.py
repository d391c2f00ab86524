"""One model or two, judged once on the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from tunekit.comparison.design import (
    AREAS,
)
from tunekit.core.predictions import Predictions
from tunekit.statistics.bootstrap import (
    Resamples,
    Statistic,
    bootstrap_interval,
    resample,
)
from tunekit.statistics.estimates import Difference, Interval
from tunekit.statistics.proportions import wilson
from tunekit.statistics.roc_auc import auc_interval, delong

_NAN = float("nan")


def interval_on_rows(
    scorer: str, said: Predictions, drawn: Callable[[], Resamples], level: float
) -> Interval:
    """Return a score with its interval: Wilson's, DeLong's, or that of rows drawn again.

    Parameters
    ----------
    scorer : str
    said : Predictions
    drawn : callable
        Returns the score of rows that were drawn again; called where it is needed.
    level : float
    """
    if scorer == "accuracy":
        return wilson(int(right(said).sum()), len(said.y_true), level)
    if scorer in AREAS and (parts := binary(said)) is not None:
        return auc_interval(*parts, level)
    return bootstrap_interval(drawn(), level)


def difference_of_areas(
    truth: NDArray[np.bool_],
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    rope: float,
    level: float,
) -> Difference:
    """Return the difference of two areas under ROC curves with DeLong's interval and test.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row is of the positive class.
    scores : (ndarray, ndarray)
        Of both models, for each row.
    rope : float
        Half the width of the region of practical equivalence.
    level : float
    """
    value, error, p_value = delong(truth, *scores)
    name = "DeLong's test"
    if not error > 0:
        note = "DeLong's variance is 0 or unknown"
        return Difference(value, _NAN, _NAN, p_value, _NAN, _NAN, _NAN, rope, name, note)
    reach = float(norm.ppf((1 + level) / 2)) * error
    better, worse = (float(norm.sf((rope - sign * value) / error)) for sign in (1, -1))
    ends, same = (value - reach, value + reach), max(0.0, 1 - better - worse)  # but for rounding
    return Difference(value, *ends, p_value, better, same, worse, rope, name)


def strata(said: Predictions) -> NDArray[np.int64]:
    """Return the class of each row as a number; 0 for all rows of a regression."""
    if said.classes is None:
        return np.zeros(len(said.y_true), dtype=np.int64)
    return np.unique(said.y_true, return_inverse=True)[1].astype(np.int64)


def right(said: Predictions) -> NDArray[np.bool_]:
    """Return which rows are predicted right, all labels of each."""
    found: NDArray[np.bool_] = np.asarray(said.y_true == said.y_pred, dtype=bool)
    return np.asarray(found.reshape(len(found), -1).all(axis=1))


def binary(said: Predictions) -> tuple[NDArray[np.bool_], NDArray[np.float64]] | None:
    """Return which rows are of the second of two classes, and what ranks them.

    It is the decision function or else the probability, as scikit-learn's scorers choose.
    """
    if said.classes is None or len(said.classes) != 2:  # noqa: PLR2004
        return None
    ranks = said.decision
    if ranks is None and said.y_score is not None:
        ranks = said.y_score[:, 1]
    return None if ranks is None else (said.y_true == said.classes[1], ranks)


def rows_interval(
    scorer: str, said: Predictions, statistic: Statistic, level: float = 0.95
) -> Interval:
    """Return the score of one model on rows that it was judged on once, with its interval.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    said : Predictions
    statistic : callable
        Computes the score of any of the rows, see
        :func:`tunekit.evaluation.rescoring.rescored`.
    level : float, default=0.95

    Returns
    -------
    Interval
        Wilson's for accuracy, DeLong's for an area of two classes, a bootstrap's for the rest.
    """
    return interval_on_rows(scorer, said, lambda: resample(statistic, strata(said)), level)
