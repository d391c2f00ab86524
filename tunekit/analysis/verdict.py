"""The verdict in three sentences: the best model, its certainty, and its cost."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tunekit.analysis.comparison import ComparisonData, not_shown_worse, pairs_with_best
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import (
    counted,
    listed,
    n_bytes,
    p_value,
    score,
    score_of,
    scored_by,
    scorer_in_words,
    seconds,
    times,
)
from tunekit.comparison.inference import fits_on
from tunekit.comparison.inference_methods import pooled_words
from tunekit.comparison.row_inference import rows_interval
from tunekit.core.predictions import Predictions
from tunekit.evaluation.rescoring import reproduced
from tunekit.statistics.estimates import Interval
from tunekit.statistics.multiple_testing import share_a_letter

_FASTER = 1.5  # least speedup of a cheaper candidate that is named
_SAVED = 1.0  # seconds that it must save at least; shorter times vary with the load of the machine
_EQUAL = 1e-12  # relative difference of scores that is only rounding


def comparison_verdict(data: ComparisonData) -> list[str]:
    """Return the verdict on a comparison, in three sentences.

    Parameters
    ----------
    data : ComparisonData
    """
    ranked = data.comparison.ranking().dropna(subset=["score"])
    return [_best_candidate(data, ranked), _certainty(data, ranked), _cost(data, ranked)]


def study_verdict(data: StudyData) -> list[str]:
    """Return the verdict on a study, in three sentences.

    Parameters
    ----------
    data : StudyData
    """
    return [_best_trial(data), _optimism(data), _cost_of_trial(data)]


def test_interval(data: StudyData) -> Interval | None:
    """Return the score of a study's best model on the test split; None if there is none.

    Parameters
    ----------
    data : StudyData

    Returns
    -------
    Interval or None
        Its ends are NaN if the score cannot be reproduced from the predictions.
    """
    execution = data.winner.execution
    if data.test is None or math.isnan(execution.test_score):
        return None
    interval = reproduced_interval(data.scoring, data.test, execution.test_score)
    nan = float("nan")
    return interval or Interval(execution.test_score, nan, nan, 0.95, "none")


def reproduced_interval(scorer: str, predictions: Predictions, value: float) -> Interval | None:
    """Return a score and its interval from predictions; None if they give another score."""
    statistic = reproduced(scorer, predictions, value)
    return None if statistic is None else rows_interval(scorer, predictions, statistic)


def _best_candidate(data: ComparisonData, ranked: pd.DataFrame) -> str:
    info, best = data.comparison.info, ranked.iloc[0]
    interval = Interval(best["score"], best["low"], best["high"], info.level, "")
    total = counted(len(info.candidates), "candidate")
    if len(info.candidates) == 1:
        place = "is the only candidate"
    elif len(ranked) == len(info.candidates):
        place = f"ranks first among {total}"
    elif len(ranked) == 1:
        place = f"is the only one of {total} with a score"
    else:
        place = f"ranks first among the {len(ranked)} of {total} that have a score"
    tied = [str(name) for name in ranked.index[ranked["rank"] == 1] if name != data.best]
    place += f", tied with {listed(tied)}" if tied else ""
    sentence = (
        f"{listed([data.best])} {place}, with {scorer_in_words(info.scorer)} "
        f"{scored_by(info.scorer, interval)} on "
        f"{data.rows_of('folds')} ({info.cv})"
    )
    return f"{sentence}{_on_test(data)}.{_pooled(data)}"


def _pooled(data: ComparisonData) -> str:
    """Return why the score is computed from all folds together, if it is, after a space."""
    if data.comparison.design().unit != "pooled":
        return ""
    fewest = min(fit.n_test for fit in fits_on(data.comparison.fits, "folds"))
    return f" {pooled_words(data.comparison.info.scorer, fewest)}"


def _on_test(data: ComparisonData) -> str:
    """Return the score of the best candidate on the test split, if there is one."""
    if "test" not in data.grounds:
        return ""
    tested = data.comparison.ranking(on="test").T[data.best]
    split = f"a separate test split of {counted(data.comparison.info.n_test, 'row')}"
    if math.isnan(tested["score"]):
        state = "failed" if tested["error"] else "is not done yet"
        return f"; its fit for {split} {state}"
    level = data.comparison.info.level
    interval = Interval(tested["score"], tested["low"], tested["high"], level, "")
    return f", and {scored_by(data.scoring, interval)} on {split}"


def _certainty(data: ComparisonData, ranked: pd.DataFrame) -> str:
    """Return which candidates the best one is significantly better than."""
    if len(ranked) == 1:
        return "There is no other candidate with a score to compare it with."
    pairs = pairs_with_best(data, "folds")
    untested = pairs[pairs["p_corrected"].isna()]
    worse = pairs[pairs["significant"]]
    similar = pairs.drop([*untested.index, *worse.index])
    parts = []
    if len(similar):
        parts.append(
            f"it is not significantly better than {listed(list(similar.index))}: chance alone may "
            f"explain the difference{'' if len(similar) == 1 else 's'}{_equivalent(similar)}"
            f"{_tested(data, list(similar.index))}"
        )
    if len(worse):
        most = "" if len(worse) == 1 else "at most "
        largest = p_value(float(worse["p_corrected"].max()), most)
        parts.append(
            f"it is significantly better than {listed(list(worse.index))} ({largest}, corrected "
            f"for all pairs)"
        )
    if len(untested):
        parts.append(
            f"whether it is better than {listed(list(untested.index))} was not tested: "
            f"{untested['note'].iloc[0]}"
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _tested(data: ComparisonData, similar: list[str]) -> str:
    """Return significant differences on the test split from candidates similar on the folds."""
    if "test" not in data.grounds:
        return ""
    pairs = pairs_with_best(data, "test")
    different = pairs[pairs["significant"] & pairs.index.isin(similar)]
    clauses = ""
    for best_wins, word in ((True, "better"), (False, "worse")):
        names = list(different.index[different["best_wins"] == best_wins])
        if names:
            most = "" if len(names) == 1 else "at most "
            largest = p_value(float(different["p_corrected"].loc[names].max()), most)
            clauses += (
                f", but on the test split it is significantly {word} than {listed(names)} "
                f"({largest})"
            )
    return clauses


def _equivalent(similar: pd.DataFrame) -> str:
    names = list(similar.index[similar["verdict"] == "equivalent"])
    if not names:
        return ""
    return f", and {listed(names)} {'is' if len(names) == 1 else 'are'} practically equivalent"


def _cost(data: ComparisonData, ranked: pd.DataFrame) -> str:
    best = ranked.iloc[0]
    sentence = (
        f"It takes {seconds(best['fit_time'])} to fit and {seconds(best['predict_time'])} per row "
        f"to predict"
    )
    if not math.isnan(best["n_params"]):
        sentence += f", and has {best['n_params']:,.0f} parameters"
    elif not math.isnan(best["n_bytes"]):
        sentence += f", and its size is {n_bytes(best['n_bytes'])}"
    alternatives = ranked.loc[not_shown_worse(data)]
    if alternatives.empty:
        return f"{sentence}."
    fastest = alternatives.sort_values("fit_time").iloc[0]
    factor = best["fit_time"] / fastest["fit_time"]
    if factor >= _FASTER and best["fit_time"] - fastest["fit_time"] >= _SAVED:
        sentence += (
            f"; {listed([str(fastest.name)])}, which is not shown to be worse, fits "
            f"{times(factor)} as fast"
        )
    return f"{sentence}."


def _best_trial(data: StudyData) -> str:
    best = data.winner.best
    n_trials = counted(len(data.study.trials), "trial")
    tied = [
        trial.name
        for trial in data.study.trials
        if trial.score == best.score and trial.name != best.name and not trial.reused
    ]
    tie = f", tied with {listed(tied)}" if tied else ""
    sentence = (
        f"{listed([best.name])} is the best of {n_trials}{tie}, with "
        f"{scorer_in_words(data.scoring)} {score_of(data.scoring, best.score)} on "
        f"{data.validation_rows}"
    )
    if best.is_pooled:
        sentence += " (computed over all of them together, since the folds are small)"
    tested = test_interval(data)
    if tested is None:
        return (
            f"{sentence}. No test split was used; tuner.evaluate(X_test, y_test) gives a score "
            f"that you can report."
        )
    rows = counted(0 if data.test is None else len(data.test.rows), "row")
    uses = data.winner.execution.tested
    used = "was used once" if uses == 1 else f"was used {uses} times, so this score is optimistic"
    return (
        f"{sentence}; refitted on all rows of the search, it scores "
        f"{scored_by(data.scoring, tested)} on a separate test split of {rows}, which {used}."
    )


def _optimism(data: StudyData) -> str:
    """Return how optimistic the search score is, as far as the finalists show it."""
    if not data.finalists:
        n_trials = sum(not math.isnan(each.score) for each in data.study.trials)
        if n_trials == 1:
            return "There is only one trial, so its score is not the best of several."
        return (
            f"The search score is optimistic, since it is the best of {n_trials}; "
            f"tuner.finalists() refits the best trials and estimates by how much."
        )
    same_engine = [each for each in data.finalists if each.engine == data.winner.engine]
    finalists = (same_engine or list(data.finalists))[0]
    return _optimism_of(finalists, f" of {finalists.engine}" if len(data.engines) > 1 else "")


def _optimism_of(data: ComparisonData, of_engine: str) -> str:
    ranking = data.comparison.ranking().dropna(subset=["score"])
    optimism = float((ranking["search_score"] - ranking["score"]).mean())
    best, first = ranking.iloc[0], listed([data.best])
    similar = [
        str(name)
        for name in ranking.index[1:]
        if share_a_letter(ranking["group"][name], best["group"])
    ]
    interval = Interval(best["score"], best["low"], best["high"], data.comparison.info.level, "")
    one, same_splits = len(ranking) == 1, data.comparison.info.same_splits
    trials = "best trial" if one else f"{len(ranking)} best trials"
    sentence = (
        f"When the {trials}{of_engine} {'was' if one else 'were'} refitted {_how_refitted(data)}, "
        f"{first} {'scored' if one else 'ranked first with'} "
        f"{scored_by(data.scoring, interval)}; "
    )
    scores = "its search score" if one else "their search scores"
    unchanged = np.allclose(ranking["search_score"], ranking["score"], rtol=_EQUAL, atol=0)
    if same_splits and unchanged:
        sentence += f"{scores} did not change, so this does not show how optimistic they are"
    else:
        sentence += (
            f"{scores} {'was' if one else 'were'} {score(abs(optimism))} "
            f"{'better' if optimism >= 0 else 'worse'}{'' if one else ' on average'}"
        )
        sentence += ", which reflects the seeds only, not the choice of rows" if same_splits else ""
    if similar:
        sentence += f", and {first} is not significantly better than {listed(similar)}"
    return f"{sentence}."


def _how_refitted(data: ComparisonData) -> str:
    """Return with which splits and seeds the finalists were refitted."""
    if not data.comparison.info.same_splits:
        return "on other splits"
    return "with other seeds on the splits of the search, which are not shuffled"


def _cost_of_trial(data: StudyData) -> str:
    best = data.winner.best
    sentence = f"{listed([best.name])} takes {seconds(best.fit_time)} to fit"
    if not math.isnan(best.predict_time):
        sentence += f" and {seconds(best.predict_time)} per row to predict"
    if not math.isnan(best.n_params):
        sentence += f", and has {best.n_params:,.0f} parameters"
    spent = sum(trial.duration for trial in data.study.trials if not math.isnan(trial.duration))
    return f"{sentence}; all trials together took {seconds(spent)}."
