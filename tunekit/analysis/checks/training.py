"""Whether networks were trained well."""

from __future__ import annotations

from tunekit.analysis.checks.finding import Finding, Severity
from tunekit.analysis.evidence import Evidence
from tunekit.analysis.learning.diagnosis import Diagnosis, Verdict
from tunekit.analysis.learning.reference import diagnosed


def check_overfitting(evidence: Evidence) -> Finding | None:
    """TK301: the best network has learned its rows by heart."""
    return _found(
        evidence,
        "overfitting",
        code="TK301",
        severity="medium",
        title="The best network overfits",
        remedy=(
            "More rows, early_stopping=True, dropout, l2, or fewer units help; what a search does "
            "not vary it cannot find."
        ),
    )


def check_underfitting(evidence: Evidence) -> Finding | None:
    """TK302: the best network has hardly learned."""
    return _found(
        evidence,
        "underfitting",
        code="TK302",
        severity="high",
        title="The best network underfits",
        remedy=(
            "A higher learning rate, more epochs, more units, less regularisation, or scaled "
            "inputs help."
        ),
    )


def check_stopped_early(evidence: Evidence) -> Finding | None:
    """TK303: training stopped while it still got better."""
    found = _found(
        evidence,
        "stopped too early",
        code="TK303",
        severity="medium",
        title="Training stopped while it still got better",
        remedy=(
            "Train longer, with early_stopping=True so that no epoch is for nothing, or let the "
            "search find a higher learning rate."
        ),
    )
    trained = evidence.training
    if found and trained.get("early_stopping") and "epochs" in trained:
        longest = max(map(len, (values for curve in evidence.curves for values in curve.values())))
        return found if longest >= trained["epochs"] else None  # else it was stopped on purpose
    return found


def check_budget(evidence: Evidence) -> Finding | None:
    """TK304: training goes on to the end of its budget, whether it helps or not."""
    trained, found = evidence.training, _diagnosis(evidence)
    space = evidence.search.space
    tuned = space is not None and "epochs" in space.parameters
    if found is None or tuned or trained.get("early_stopping", True) or "epochs" not in trained:
        return None
    if not found.rests_early or found.epochs < trained["epochs"]:
        return None
    return Finding(
        code="TK304",
        severity="low",
        title="Training goes on after it has stopped to help",
        evidence=(
            f"All {found.epochs:.0f} epochs were trained, and the loss held out was lowest at "
            f"epoch {found.best_epoch:.0f}: nobody chose how many there should be."
        ),
        remedy=(
            "early_stopping=True saves these epochs and keeps the best weights; or put epochs into "
            "the space."
        ),
        code_to_paste="estimator.set_params(early_stopping=True)",
    )


def check_unstable(evidence: Evidence) -> Finding | None:
    """TK305: the loss goes up and down."""
    return _found(
        evidence,
        "unstable",
        code="TK305",
        severity="low",
        title="Training of the best network is unstable",
        remedy="A lower learning rate, a larger batch, or clipnorm make it steadier.",
    )


def _diagnosis(evidence: Evidence) -> Diagnosis | None:
    return diagnosed(evidence.curves, evidence.reference)


def _found(
    evidence: Evidence,
    verdict: Verdict,
    *,
    code: str,
    severity: Severity,
    title: str,
    remedy: str,
) -> Finding | None:
    found = _diagnosis(evidence)
    if found is None or verdict not in found.verdicts:
        return None
    words = found.words[found.verdicts.index(verdict)].partition(": ")[2]
    return Finding(code, severity, title, f"{words[:1].upper()}{words[1:]}", remedy)
