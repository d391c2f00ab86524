"""What a careful colleague would look at before believing a comparison."""

from __future__ import annotations

from tunekit.analysis.checks.baseline import constant, guess
from tunekit.analysis.checks.data import FEW_ROWS, imbalance
from tunekit.analysis.checks.finding import Finding
from tunekit.analysis.comparison import ComparisonData, not_shown_worse, pairs_with_best
from tunekit.analysis.text import counted, listed
from tunekit.comparison.design import Ground
from tunekit.core.predictions import Predictions
from tunekit.statistics.multiple_testing import share_a_letter

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
    ]
    if dummy := _dummy(data):
        found.append(dummy)  # that it guesses, and says the same of every row, is meant so
    elif held is not None:
        found += [guess(held, info.scorer, score) if maximized else None, constant(held)]
    return tuple(sorted(filter(None, found), key=lambda finding: finding.rank))


def _dummy(data: ComparisonData) -> Finding | None:
    """Return TK401 where the best candidate is one that looks at no input."""
    kinds = {each.name: each.kind for each in data.found.info.candidates}
    if not kinds[data.best].startswith("Dummy"):
        return None
    others = len(data.found.ranking().dropna(subset=["score"])) - 1
    beats = f"none of the {others:,} others with a score beats it" if others > 1 else ""
    beats = beats or ("the other one does not beat it" if others else "no other one has a score")
    return Finding(
        code="TK401",
        severity="high",
        title="No candidate is better than a guess",
        evidence=(
            f"{listed([data.best])} ranks first, a {kinds[data.best]}, which looks at no input: "
            f"{beats}."
        ),
        remedy=(
            "Check that rows and targets belong together, and that inputs are scaled; or there is "
            "little in these inputs that tells the targets."
        ),
    )


def _unfinished(data: ComparisonData) -> Finding | None:
    """TK501: some fits are missing."""
    if data.finished:
        return None
    return Finding(
        code="TK501",
        severity="high",
        title="The comparison is not finished",
        evidence=f"It holds {len(data.found.fits):,} of {counted(data.n_fits, 'fit')}; candidates "
        "that lack one have no rank.",
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
    groups = data.found.ranking().dropna(subset=["score"])["group"]
    others = [str(name) for name in groups.index if name != data.best]
    pairs = [pairs_with_best(data, on) for on in data.grounds]
    apart = {name for each in pairs for name in each.index[each["apart"]]}
    alike = [each for each in others if share_a_letter(groups[each], groups[data.best])]
    if not others or len(alike) < len(others) or apart & set(others):
        return None
    rest = not_shown_worse(data)
    choice = (
        f"Take the simplest or cheapest of {listed([data.best, *rest])}, or compare"
        if rest and _dummy(data) is None
        else "Compare"
    )
    return Finding(
        code="TK503",
        severity="low",
        title="The ranking is not certain",
        evidence=f"{listed([data.best])} cannot be told apart from any other candidate.",
        remedy=f"{choice} on more rows.",
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
