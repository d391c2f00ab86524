"""Results of a search as tables: ``cv_results_``, ``trials_``, and the notebook view."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import optuna
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunekit.core.named import by_name, real
from tunekit.core.notebook import short_html
from tunekit.core.object_names import named
from tunekit.core.trial import TrialRecord
from tunekit.evaluation.objectives import Objective
from tunekit.exceptions import SpaceError, StudyError

_REASONS = 3
_NUMBERS = re.compile(r"-?\d[\d.]*")


# See findings/sklearn-search-without-a-score-returns-the-first-candidate.sh.
def best_index(records: Sequence[TrialRecord]) -> int | None:
    """Return the index of the best record, the first one in a tie; None if none has a score."""
    scores = np.array([record.evaluation.score for record in records])
    return None if np.isnan(scores).all() else int(np.nanargmax(scores))


def require_best(records: Sequence[TrialRecord], study: str, stopped: str) -> int:
    """Return the index of the best record.

    Parameters
    ----------
    records : sequence of TrialRecord
    study : str
        Name of the study.
    stopped : str
        Why the search ended.

    Raises
    ------
    StudyError
        When no record has a score.
    """
    best = best_index(records)
    if best is None:
        reasons = f": {failure_reasons(records)}" if records else ""
        raise StudyError(
            f"no trial of {study!r} succeeded; the study ended because {stopped}{reasons}"
        )
    return best


def failure_reasons(records: Sequence[TrialRecord]) -> str:
    """Return the most frequent reasons of failed trials, with their counts."""
    return frequent([record.evaluation.error for record in records if record.evaluation.error])


def frequent(errors: Sequence[str]) -> str:
    """Return the most frequent error messages, with their counts.

    Messages that differ only in their numbers are counted together and shown as the first one.

    Examples
    --------
    >>> frequent(["layers=3 is too many", "out of memory", "layers=4 is too many"])
    '2 × layers=3 is too many; 1 × out of memory'
    """
    kinds = [_NUMBERS.sub("#", error) for error in errors]
    return "; ".join(
        f"{count} × {errors[kinds.index(kind)]}"
        for kind, count in Counter(kinds).most_common(_REASONS)
    )


# See findings/optuna-trials-dataframe-ranks-pruned-trials-first.sh.
def cv_results(
    records: Sequence[TrialRecord], n_splits: int, minimized: Collection[str] = ()
) -> dict[str, Any]:
    """Return ``cv_results_`` in the format of scikit-learn's searches.

    Parameters
    ----------
    records : sequence of TrialRecord
        One or more trials.
    n_splits : int
        Number of splits. The scores of a failed or pruned trial are NaN.
    minimized : collection of str, default=()
        Names of the objectives that are minimized.

    Returns
    -------
    dict of str to ndarray or list
        One entry per trial, in the order of ``records``. Scores are named ``test_score``, or with
        several objectives ``test_<objective>``.
    """
    table: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        times = [getattr(record.evaluation, f"{name}s") or (np.nan,) for record in records]
        table[f"mean_{name}"] = np.array([np.mean(each) for each in times])
        table[f"std_{name}"] = np.array([np.std(each) for each in times])
    for name in _names(records):
        table[f"param_{name}"] = _column(records, name)
    table["params"] = [real(dict(record.params)) for record in records]
    for name in objective_names(records) or ["score"]:
        values = np.array([_padded(record, name, n_splits) for record in records])
        for split in range(n_splits):
            table[f"split{split}_test_{name}"] = values[:, split]
        table[f"mean_test_{name}"] = np.array([record.evaluation.value(name) for record in records])
        table[f"std_test_{name}"] = values.std(axis=1)
        sign = -1 if name in minimized else 1
        table[f"rank_test_{name}"] = _ranks(sign * table[f"mean_test_{name}"])
    return table


def objective_names(records: Sequence[TrialRecord]) -> list[str]:
    """Return the names of several objectives; empty if there is only one."""
    named = (each.evaluation.objectives for each in records)
    return next((list(objectives) for objectives in named if objectives), [])


def trials_frame(
    records: Sequence[TrialRecord], front: Collection[int] | None = None
) -> pd.DataFrame:
    """Return a table with one row per trial: number, state, score, times, error, parameters.

    Parameters
    ----------
    records : sequence of TrialRecord
    front : collection of int or None, default=None
        With several objectives, the numbers of the Pareto-optimal trials.

    Returns
    -------
    DataFrame
        Inactive parameters are NaN, whereas a choice of None is None. The column of an objective
        or a parameter has its name, or if that is in use, ``objective_<name>`` or
        ``param_<name>``.
    """
    rows: list[dict[str, Any]] = []
    with_none: set[str] = set()
    for record in records:
        evaluation = record.evaluation
        complete = record.state == "complete"
        row: dict[str, Any] = {
            "number": record.number,
            "engine": record.engine,
            "state": record.state,
            "score": evaluation.score,
            "std": evaluation.spread,
            **({} if front is None else {"pareto": record.number in front}),
            "duration": record.duration,
            "reused": record.reused,
            "epochs_saved": evaluation.epochs_saved,
            "fits_saved": evaluation.fits_saved,
            "error": evaluation.error,
        }
        objectives: dict[str, Any] = {
            f"objective_{name}" if name in row else name: evaluation.value(name)
            if complete
            else np.nan
            for name in evaluation.objectives
        }
        row |= objectives
        params = {
            f"param_{name}" if name in row else name: by_name(value)
            for name, value in record.params.items()
        }
        rows.append(row | params)
        with_none |= {name for name, value in params.items() if value is None}
    frame = pd.DataFrame(rows)
    for name in with_none:  # pandas makes None a missing value, except in a column of objects
        frame[name] = pd.Series([row.get(name, np.nan) for row in rows], dtype=object)
    frame = frame.set_index("number")
    return frame.astype({"reused": "Int64"})


def result_tables(
    records: Sequence[TrialRecord],
    study: optuna.Study,
    objectives: Sequence[Objective],
    n_splits: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return ``trials_`` and ``cv_results_`` of a search; see the functions for each."""
    several = len(objectives) > 1
    front = [each.number for each in study.best_trials] if several else None
    minimized = [each.name for each in objectives if each.direction == "minimize"]
    return trials_frame(records, front), cv_results(records, n_splits, minimized)


def search_html(tuner: Any) -> str:
    """Return the HTML that a notebook shows for a fitted tuner: its result and best trials.

    Parameters
    ----------
    tuner : Tuner
        Fitted tuner.
    """
    name, trials = tuner.study_.study_name, tuner.trials_.reset_index()
    tested = (
        f" Score on the test split: {tuner.test_score_:.4f}."
        if hasattr(tuner, "test_score_")
        else ""
    )
    best = (
        f"Best score {tuner.best_score_:.4f} of {len(trials)} trials by {tuner.engine}. It is "
        f"optimistic, as the best of many.{tested}"
    )
    sentences = [best, f"Best parameters: {best_by_name(tuner)}"]
    columns = ["number", "state", "score", "std", *_names_in(tuner, trials)]
    ranked = trials.sort_values("score", ascending=False, kind="stable")
    return short_html(f"Study {name!r}", sentences, ranked[columns])


def best_by_name(tuner: Any) -> dict[str, Any]:
    """Return the best parameters of a fitted tuner, with objects by name."""
    try:
        return dict(tuner.space.name_objects(tuner.best_params_))
    except SpaceError:  # the user has changed an object
        return {name: by_name(named(value)) for name, value in tuner.best_params_.items()}


def _names_in(tuner: Any, trials: pd.DataFrame) -> list[str]:
    return [name for name in tuner.space.parameters if name in trials]


def _names(records: Sequence[TrialRecord]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.params))


def _column(records: Sequence[TrialRecord], name: str) -> np.ma.MaskedArray[Any, Any]:
    """Return the values of a parameter, masked if it is inactive; tuples are single objects."""
    values = np.empty(len(records), dtype=object)
    for i, record in enumerate(records):
        values[i] = real(record.params.get(name))
    return np.ma.array(values, mask=[name not in record.params for record in records])


def _padded(record: TrialRecord, objective: str, n_splits: int) -> list[float]:
    evaluation = record.evaluation
    if record.state != "complete":
        return [np.nan] * n_splits
    return list(evaluation.objectives.get(objective, evaluation.scores))


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.int32]:
    worst = np.nanmin(scores, initial=0.0) - 1
    ranks = rankdata(-np.nan_to_num(scores, nan=worst), method="min")
    return np.asarray(ranks, dtype=np.int32)
