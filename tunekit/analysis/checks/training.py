"""Checks of the training of networks."""

from __future__ import annotations

from tunekit.analysis.checks.finding import Issue, check
from tunekit.analysis.learning.diagnosis import Diagnosis, Verdict, evidence_of
from tunekit.analysis.learning.reference import diagnosed
from tunekit.analysis.study import StudyData


@check("TK301", severity="medium", title="The best network overfits")
def check_overfitting(data: StudyData) -> Issue | None:
    """Report a best network that overfits."""
    stopping = "" if data.training.get("early_stopping") else "early_stopping=True, "
    return _issue(
        data,
        "overfitting",
        f"More rows, {stopping}dropout, l2 or fewer units may help. A search can only find what "
        "its space varies.",
    )


@check("TK302", severity="high", title="The best network underfits")
def check_underfitting(data: StudyData) -> Issue | None:
    """Report a best network that underfits."""
    return _issue(
        data,
        "underfitting",
        "A higher learning rate, more epochs, more units, less regularization or scaled inputs "
        "may help.",
    )


@check("TK303", severity="medium", title="Training stopped while it was still improving")
def check_stopped_early(data: StudyData) -> Issue | None:
    """Report a training that stopped while it was still improving."""
    issue = _issue(
        data,
        "stopped too early",
        "Train longer, with early_stopping=True to avoid useless epochs, or let the search find a "
        "higher learning rate.",
    )
    training = data.training
    if issue and training.get("early_stopping") and "epochs" in training:
        curves = data.best_curves
        longest = max(map(len, (values for curve in curves for values in curve.values())))
        return issue if longest >= training["epochs"] else None  # else early stopping ended it
    return issue


@check("TK304", severity="low", title="Training continues after it has stopped helping")
def check_budget(data: StudyData) -> Issue | None:
    """Report a training that continues to its last epoch although it no longer helps."""
    training, diagnosis = data.training, _diagnosis(data)
    space = data.search.space
    tuned = space is not None and "epochs" in space.parameters
    if diagnosis is None or tuned:
        return None
    if training.get("early_stopping", True) or "epochs" not in training:
        return None
    if not diagnosis.trains_too_long or diagnosis.epochs < training["epochs"]:
        return None
    return Issue(
        evidence=(
            f"All {diagnosis.epochs:.0f} epochs were trained, but the validation loss was lowest "
            f"at epoch {diagnosis.best_epoch:.0f}. The number of epochs was not searched."
        ),
        remedy=(
            "early_stopping=True saves these epochs and keeps the best weights. Alternatively, add "
            "epochs to the space."
        ),
        code_to_paste="estimator.set_params(early_stopping=True)",
    )


@check("TK305", severity="low", title="Training is unstable")
def check_unstable(data: StudyData) -> Issue | None:
    """Report a training loss that repeatedly rises."""
    return _issue(
        data, "unstable", "A lower learning rate, a larger batch size or clipnorm may stabilize it."
    )


def _diagnosis(data: StudyData) -> Diagnosis | None:
    return diagnosed(data.best_curves, data.reference)


def _issue(data: StudyData, verdict: Verdict, remedy: str) -> Issue | None:
    diagnosis = _diagnosis(data)
    if diagnosis is None or verdict not in diagnosis.verdicts:
        return None
    evidence = evidence_of(diagnosis, verdict)
    return Issue(f"{evidence[:1].upper()}{evidence[1:]}", remedy)
