"""The verdict in three sentences: the winner, how sure that is, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tunekit.analysis.comparison import ComparisonData, not_shown_worse, pairs_with_best
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import counted, listed, n_bytes, p_value, score, scored, seconds, times
from tunekit.comparison.design import pooled_words
from tunekit.comparison.inference import fits_on
from tunekit.comparison.row_inference import rows_interval
from tunekit.core.predictions import Predictions
from tunekit.evaluation.rescoring import reproduced
from tunekit.statistics.estimates import Interval
from tunekit.statistics.multiple_testing import share_a_letter

_FASTER = 1.5  # times from which on a cheaper candidate is named
_EQUAL = 1e-12  # what rounding leaves of a difference, as a share of a score


def of_comparison(data: ComparisonData) -> list[str]:
    """Return what a comparison found, in up to three sentences.

    Parameters
    ----------
    data : ComparisonData
    """
    ranking = data.found.ranking()
    sound = ranking.dropna(subset=["score"])
    return [_winner(data, sound), _certainty(data, sound), _cost(data, sound)]


def of_study(data: StudyData) -> list[str]:
    """Return what a study found, in up to three sentences.

    Parameters
    ----------
    data : StudyData
    """
    return [_best_trial(data), _luck(data), _cost_of_trial(data)]


def test_interval(data: StudyData) -> Interval | None:
    """Return the score of a study's winner on its test split; None where there is none.

    Parameters
    ----------
    data : StudyData

    Returns
    -------
    Interval
        Without ends where the score cannot be computed again from the predictions.
    """
    execution = data.winner.execution
    if data.test is None or math.isnan(execution.test_score):
        return None
    found = again(data.scoring, data.test, execution.test_score)
    nan = float("nan")
    return found or Interval(execution.test_score, nan, nan, 0.95, "none")


def again(scorer: str, said: Predictions, value: float) -> Interval | None:
    """Return a score computed again from predictions; None where it is another one."""
    statistic = reproduced(scorer, said, value)
    return None if statistic is None else rows_interval(scorer, said, statistic)


def _winner(data: ComparisonData, sound: pd.DataFrame) -> str:
    info, best = data.found.info, sound.iloc[0]
    found = Interval(best["score"], best["low"], best["high"], info.level, "")
    what, total = "ranks first of", counted(len(info.candidates), "candidate")
    if len(sound) < len(info.candidates):
        what += f" the {len(sound)} with a score, of"
    if len(sound) == 1 < len(info.candidates):
        what = "is the only one with a score, of"
    ground = f"on {data.rows_of('folds')} ({info.cv})"
    tied = [str(name) for name in sound.index[sound["rank"] == 1] if name != data.best]
    alike = f", as {'does' if len(tied) == 1 else 'do'} {listed(tied)}" if tied else ""
    sentence = (
        f"{listed([data.best])} {what} {total}{alike}, with {info.scorer} {scored(found)} {ground}"
    )
    return f"{sentence}{_on_test(data)}.{_pooled(data)}"


def _pooled(data: ComparisonData) -> str:
    """Return why the score is of all folds together, if it is, as a sentence with a space."""
    if data.found.design().unit != "pooled":
        return ""
    fewest = min(fit.n_test for fit in fits_on(data.found.fits, "folds"))
    return f" {pooled_words(data.found.info.scorer, fewest)}"


def _on_test(data: ComparisonData) -> str:
    """Return what the winner scored on the test split, if there is one."""
    if "test" not in data.grounds:
        return ""
    tested = data.found.ranking(on="test").T[data.best]
    split = f"a test split of {counted(data.found.info.n_test, 'row')} that no fold has seen"
    if math.isnan(tested["score"]):
        why = "failed" if tested["error"] else "was not made yet"
        return f"; its fit for {split} {why}"
    held = Interval(tested["score"], tested["low"], tested["high"], data.found.info.level, "")
    return f", and {scored(held)} on {split}"


def _certainty(data: ComparisonData, sound: pd.DataFrame) -> str:
    """Return what can and what cannot be told apart from the winner."""
    if len(sound) == 1:
        return "There is no other candidate with a score to compare it with."
    own = pairs_with_best(data, "folds")
    untested = own[own["p_corrected"].isna()]
    apart = own[own["apart"]]
    alike = own.drop([*untested.index, *apart.index])
    parts = []
    if len(alike):
        parts.append(
            f"it cannot be told apart from {listed(list(alike.index))}: differences of this size "
            f"happen by chance{_equivalent(alike)}{_tested(data, list(alike.index))}"
        )
    if len(apart):
        most = "" if len(apart) == 1 else "at most "
        largest = p_value(float(apart["p_corrected"].max()), most)
        parts.append(
            f"it is better than {listed(list(apart.index))} ({largest}, corrected for all pairs)"
        )
    if len(untested):
        parts.append(
            f"whether it is better than {listed(list(untested.index))} was not tested: "
            f"{untested['note'].iloc[0]}"
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _tested(data: ComparisonData, alike: list[str]) -> str:
    """Return what the test split tells of candidates of which the folds cannot."""
    if "test" not in data.grounds:
        return ""
    pairs = pairs_with_best(data, "test")
    apart = pairs[pairs["apart"] & pairs.index.isin(alike)]
    told = ""
    for wins, word in ((True, "better"), (False, "worse")):
        names = list(apart.index[apart["wins"] == wins])
        if names:
            most = "" if len(names) == 1 else "at most "
            largest = p_value(float(apart["p_corrected"].loc[names].max()), most)
            told += f", but on the test split it is {word} than {listed(names)} ({largest})"
    return told


def _equivalent(alike: pd.DataFrame) -> str:
    same = list(alike.index[alike["verdict"] == "equivalent"])
    if not same:
        return ""
    return f", and {listed(same)} {'is' if len(same) == 1 else 'are'} as good in practice"


def _cost(data: ComparisonData, sound: pd.DataFrame) -> str:
    best = sound.iloc[0]
    sentence = (
        f"It takes {seconds(best['fit_time'])} to fit and {seconds(best['predict_time'])} a row to "
        f"predict"
    )
    if not math.isnan(best["n_params"]):
        sentence += f", and has {best['n_params']:,.0f} weights"
    elif not math.isnan(best["n_bytes"]):
        sentence += f", and weighs {n_bytes(best['n_bytes'])}"
    alike = sound.loc[not_shown_worse(data)]
    if alike.empty:
        return f"{sentence}."
    fastest = alike.sort_values("fit_time").iloc[0]
    factor = best["fit_time"] / fastest["fit_time"]
    if factor >= _FASTER:
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
    alike = f", as {'is' if len(tied) == 1 else 'are'} {listed(tied)}" if tied else ""
    sentence = (
        f"{listed([best.name])} is the best of {n_trials}{alike}, with {data.scoring} "
        f"{score(best.score)} on {data.validation_rows}"
    )
    if best.is_pooled:
        sentence += " (computed once for all of them, as a fold has few)"
    tested = test_interval(data)
    if tested is None:
        return (
            f"{sentence}. No test split was used: tuner.evaluate(X_test, y_test) gives a score to "
            f"quote."
        )
    rows = counted(0 if data.test is None else len(data.test.rows), "row")
    uses = data.winner.execution.tested
    used = "was used once" if uses == 1 else f"was used {uses} times, which makes it optimistic"
    return (
        f"{sentence}; fitted again on all rows of the search it has {scored(tested)} on a test "
        f"split of {rows}, which the search has never seen and which {used}."
    )


def _luck(data: StudyData) -> str:
    """Return how much of the search score is luck, as far as one knows."""
    if not data.finalists:
        return (
            "The search score is optimistic, since it is the best of many; tuner.finalists() fits "
            "the best again and says how much of it was luck."
        )
    own = [each for each in data.finalists if each.engine == data.winner.engine]
    found = (own or list(data.finalists))[0]
    return _luck_of(found, f" of {found.engine}" if len(data.engines) > 1 else "")


def _luck_of(data: ComparisonData, of_engine: str) -> str:
    ranking = data.found.ranking().dropna(subset=["score"])
    luck = float((ranking["search_score"] - ranking["score"]).mean())
    best, first = ranking.iloc[0], listed([data.best])
    alike = [
        str(name)
        for name in ranking.index[1:]
        if share_a_letter(ranking["group"][name], best["group"])
    ]
    found = Interval(best["score"], best["low"], best["high"], data.found.info.level, "")
    one, same = len(ranking) == 1, data.found.info.same_splits
    which, their = ("best", "its") if one else (f"{len(ranking)} best", "their")
    sentence = (
        f"When the {which}{of_engine} {'was' if one else 'were'} fitted again {_again(data)}, "
        f"{first} {'had' if one else 'came first with'} {scored(found)}; "
    )
    scores = f"{their} search score{'' if one else 's'}"
    if same and np.allclose(ranking["search_score"], ranking["score"], rtol=_EQUAL, atol=0):
        sentence += f"{scores} came out the same, so nothing is known of the luck in them"
    else:
        sentence += (
            f"{scores} had been {score(abs(luck))} too {'high' if luck >= 0 else 'low'}"
            f"{'' if one else ' on average'}"
        )
        sentence += ", which is the luck of the seed alone, not that of the rows" if same else ""
    return (
        f"{sentence}, and {first} cannot be told apart from {listed(alike)}."
        if alike
        else (f"{sentence}.")
    )


def _again(data: ComparisonData) -> str:
    """Return on which splits finalists were fitted again, and with which seeds."""
    if not data.found.info.same_splits:
        return "on other splits"
    return "with other seeds on the search's own splits, which do not shuffle"


def _cost_of_trial(data: StudyData) -> str:
    best = data.winner.best
    sentence = f"{listed([best.name])} takes {seconds(best.fit_time)} to fit"
    if not math.isnan(best.predict_time):
        sentence += f" and {seconds(best.predict_time)} a row to predict"
    if not math.isnan(best.n_params):
        sentence += f", and has {best.n_params:,.0f} weights"
    spent = sum(trial.duration for trial in data.study.trials if not math.isnan(trial.duration))
    return f"{sentence}; all trials together took {seconds(spent)}."
