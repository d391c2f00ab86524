"""Whether networks were trained well."""

from __future__ import annotations

from tunekit.analysis.checks.finding import Found, check
from tunekit.analysis.learning.diagnosis import Diagnosis, Verdict, evidence_of
from tunekit.analysis.learning.reference import diagnosed
from tunekit.analysis.study import StudyData


@check("TK301", severity="medium", title="The best network overfits")
def check_overfitting(data: StudyData) -> Found | None:
    """Find that the best network has memorized its training rows."""
    return _found(
        data,
        "overfitting",
        "More rows, early_stopping=True, dropout, l2, or fewer units help; what a search does "
        "not vary it cannot find.",
    )


@check("TK302", severity="high", title="The best network underfits")
def check_underfitting(data: StudyData) -> Found | None:
    """Find that the best network has hardly learned."""
    return _found(
        data,
        "underfitting",
        "A higher learning rate, more epochs, more units, less regularisation, or scaled inputs "
        "help.",
    )


@check("TK303", severity="medium", title="Training stopped while it still got better")
def check_stopped_early(data: StudyData) -> Found | None:
    """Find that training stopped while it was still improving."""
    found = _found(
        data,
        "stopped too early",
        "Train longer, with early_stopping=True so that no epoch is for nothing, or let the "
        "search find a higher learning rate.",
    )
    trained = data.training
    if found and trained.get("early_stopping") and "epochs" in trained:
        curves = data.best_curves
        longest = max(map(len, (values for curve in curves for values in curve.values())))
        return found if longest >= trained["epochs"] else None  # else it was stopped on purpose
    return found


@check("TK304", severity="low", title="Training goes on after it has stopped to help")
def check_budget(data: StudyData) -> Found | None:
    """Find that training continues to the end of its budget, whether it helps or not."""
    trained, found = data.training, _diagnosis(data)
    space = data.search.space
    tuned = space is not None and "epochs" in space.parameters
    if found is None or tuned or trained.get("early_stopping", True) or "epochs" not in trained:
        return None
    if not found.rests_early or found.epochs < trained["epochs"]:
        return None
    return Found(
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


@check("TK305", severity="low", title="Training of the best network is unstable")
def check_unstable(data: StudyData) -> Found | None:
    """Find a training loss that goes up and down."""
    return _found(
        data, "unstable", "A lower learning rate, a larger batch, or clipnorm make it steadier."
    )


def _diagnosis(data: StudyData) -> Diagnosis | None:
    return diagnosed(data.best_curves, data.reference)


def _found(data: StudyData, verdict: Verdict, remedy: str) -> Found | None:
    diagnosis = _diagnosis(data)
    if diagnosis is None or verdict not in diagnosis.verdicts:
        return None
    evidence = evidence_of(diagnosis, verdict)
    return Found(f"{evidence[:1].upper()}{evidence[1:]}", remedy)
