"""Tables of what a search found, as scikit-learn and pandas users expect them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunekit.records import TrialRecord


def cv_results(records: Sequence[TrialRecord], n_splits: int) -> dict[str, Any]:
    """Return the dictionary that scikit-learn's searches call ``cv_results_``.

    Parameters
    ----------
    records : sequence of TrialRecord
        One or more trials.
    n_splits : int
        Splits of a trial; a failed one may have finished fewer, and its scores are NaN.

    Returns
    -------
    dict of str to ndarray or list
        An entry a trial, in the order of ``records``.
    """
    scores = np.array([_padded(record, n_splits) for record in records])
    table: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        times = [getattr(record.evaluation, f"{name}s") or (np.nan,) for record in records]
        table[f"mean_{name}"] = np.array([np.mean(each) for each in times])
        table[f"std_{name}"] = np.array([np.std(each) for each in times])
    for name in _names(records):
        table[f"param_{name}"] = _column(records, name)
    table["params"] = [dict(record.params) for record in records]
    for split in range(n_splits):
        table[f"split{split}_test_score"] = scores[:, split]
    table["mean_test_score"] = np.array([record.evaluation.score for record in records])
    table["std_test_score"] = np.array([record.evaluation.spread for record in records])
    table["rank_test_score"] = _ranks(table["mean_test_score"])
    return table


def trials_frame(records: Sequence[TrialRecord]) -> pd.DataFrame:
    """Return a trial a row: number, state, score, spread, times, reason of failure, parameters.

    Inactive parameters are missing values; a parameter's column has its own name, or
    ``param_<name>`` where that is taken.
    """
    rows = []
    for record in records:
        facts = {
            "number": record.number,
            "engine": record.engine,
            "state": record.state,
            "score": record.evaluation.score,
            "std": record.evaluation.spread,
            "duration": record.duration,
            "error": record.evaluation.error,
        }
        params = {
            f"param_{name}" if name in facts else name: value
            for name, value in record.params.items()
        }
        rows.append(facts | params)
    return pd.DataFrame(rows).set_index("number")


def _names(records: Sequence[TrialRecord]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.params))


def _column(records: Sequence[TrialRecord], name: str) -> np.ma.MaskedArray[Any, Any]:
    """Return a parameter's values, masked where it is inactive; a tuple is one object."""
    values = np.empty(len(records), dtype=object)
    for i, record in enumerate(records):
        values[i] = record.params.get(name)
    return np.ma.array(values, mask=[name not in record.params for record in records])


def _padded(record: TrialRecord, n_splits: int) -> list[float]:
    scores = [] if record.evaluation.error else list(record.evaluation.scores)
    return scores + [np.nan] * (n_splits - len(scores))


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.int32]:
    worst = np.nanmin(scores, initial=0.0) - 1
    ranks = rankdata(-np.nan_to_num(scores, nan=worst), method="min")
    return np.asarray(ranks, dtype=np.int32)
