"""What a careful colleague would look at before believing a comparison."""

from __future__ import annotations

from tunekit.comparison.design import Ground
from tunekit.records import Predictions
from tunekit.reporting.checks.baseline import constant, guess
from tunekit.reporting.checks.data import FEW_ROWS, imbalance
from tunekit.reporting.checks.finding import Finding
from tunekit.reporting.compared import ComparisonData
from tunekit.reporting.telling import listed
from tunekit.reporting.words import counted

_FEWEST = 2
_SHOWN = 3  # reasons of failures


def check_comparison(data: ComparisonData) -> tuple[Finding, ...]:
    """Return what the checks of a comparison found, the most severe first.

    Parameters
    ----------
    data : ComparisonData

    Returns
    -------
    tuple of Finding
        Empty where nothing is wrong.
    """
    ground: Ground = "test" if data.found.info.n_test else "folds"
    held = data.found.predictions(data.best)
    info = data.found.info
    counts = {str(each["label"]): int(each["count"]) for each in data.data.get("classes", ())}
    score = float(data.found.ranking()["score"].iloc[0])
    maximized = info.scoring[info.scorer] == "maximize"
    found = [
        _unfinished(data),
        _failed(data),
        _undecided(data),
        imbalance(counts, info.scorer),
        _few_rows(data.found.predictions(data.best, on=ground), ground),
        None if held is None or not maximized else guess(held, info.scorer, score),
        None if held is None else constant(held),
    ]
    return tuple(sorted(filter(None, found), key=lambda finding: finding.rank))


def _unfinished(data: ComparisonData) -> Finding | None:
    """TK501: some fits are missing."""
    if data.finished:
        return None
    return Finding(
        code="TK501",
        severity="high",
        title="The comparison is not finished",
        evidence=f"It holds {counted(len(data.found.fits), 'fit')}; candidates that lack one have "
        "no rank.",
        remedy="Call compare again with the same data and settings: it goes on where it was.",
    )


def _failed(data: ComparisonData) -> Finding | None:
    """TK502: candidates failed."""
    reasons = {fit.candidate: fit.error for fit in data.found.fits if fit.error}
    if not reasons:
        return None
    told = "; ".join(f"{name}: {why}" for name, why in list(reasons.items())[:_SHOWN])
    return Finding(
        code="TK502",
        severity="medium",
        title="Candidates failed",
        evidence=f"{counted(len(reasons), 'candidate')} failed in at least one fit. {told}",
        remedy="What failed has no rank: mend it and compare again, or leave it out.",
    )


def _undecided(data: ComparisonData) -> Finding | None:
    """TK503: no candidate can be told apart from the best."""
    ranking = data.found.ranking().dropna(subset=["score"])
    letters = set(ranking["group"].iloc[0])
    alike = [str(name) for name in ranking.index[1:] if set(ranking["group"][name]) & letters]
    if len(ranking) < _FEWEST or not letters or len(alike) < len(ranking) - 1:
        return None
    return Finding(
        code="TK503",
        severity="low",
        title="The ranking is not certain",
        evidence=f"{listed([data.best])} cannot be told apart from any other candidate.",
        remedy="Take the one that is simplest or cheapest, or compare on more rows.",
    )


def _few_rows(judged: Predictions | None, ground: Ground) -> Finding | None:
    """TK202: there are few rows to judge on."""
    n_rows = FEW_ROWS if judged is None else len(set(judged.rows.tolist()))
    if n_rows >= FEW_ROWS:
        return None
    return Finding(
        code="TK202",
        severity="medium" if ground == "test" else "low",
        title="The test split is small" if ground == "test" else "Few rows were held out",
        evidence=f"There are {n_rows} rows; one of them is {1 / n_rows:.1%} of the result.",
        remedy="Hold out more rows, or judge with repeated folds.",
    )
