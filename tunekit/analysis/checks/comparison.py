"""Checks of a comparison."""

from __future__ import annotations

from tunekit.analysis.checks.finding import Issue, check
from tunekit.analysis.comparison import ComparisonData, not_shown_worse, pairs_with_best
from tunekit.analysis.text import counted, listed
from tunekit.statistics.multiple_testing import share_a_letter

_SHOWN = 3  # reasons of failures


@check("TK501", severity="high", title="The comparison is not finished", of=(ComparisonData,))
def check_unfinished(data: ComparisonData) -> Issue | None:
    """Report missing fits."""
    if data.finished:
        return None
    return Issue(
        evidence=(
            f"{len(data.comparison.fits):,} of {counted(data.n_fits, 'fit')} are done; candidates "
            f"that lack a fit have no rank."
        ),
        remedy="Call compare again with the same data and settings to resume it.",
    )


@check("TK502", severity="medium", title="Candidates failed", of=(ComparisonData,))
def check_failed(data: ComparisonData) -> Issue | None:
    """Report candidates that failed."""
    reasons = {fit.candidate: fit.error for fit in data.comparison.fits if fit.error}
    if not reasons:
        return None
    shown = "; ".join(f"{name}: {why}" for name, why in list(reasons.items())[:_SHOWN])
    return Issue(
        evidence=f"{counted(len(reasons), 'candidate')} failed in at least one fit. {shown}",
        remedy="A candidate that failed has no rank: fix it and compare again, or remove it.",
    )


@check("TK503", severity="low", title="The ranking is not certain", of=(ComparisonData,))
def check_undecided(data: ComparisonData) -> Issue | None:
    """Report that no candidate is significantly different from the best."""
    groups = data.comparison.ranking().dropna(subset=["score"])["group"]
    others = [str(name) for name in groups.index if name != data.best]
    pairs = [pairs_with_best(data, on) for on in data.grounds]
    different = {name for each in pairs for name in each.index[each["significant"]]}
    same_group = [each for each in others if share_a_letter(groups[each], groups[data.best])]
    if not others or len(same_group) < len(others) or different & set(others):
        return None
    rest = not_shown_worse(data)
    excluded = " (the others are probably worse)" if len(rest) < len(others) else ""
    choice = (
        f"Choose the simplest or cheapest of {listed([data.best, *rest])}{excluded}, or compare"
        if rest and not data.best_is_dummy
        else "Compare"
    )
    return Issue(
        evidence=f"{listed([data.best])} is not significantly different from any other candidate.",
        remedy=f"{choice} on more rows.",
    )
