"""Diagnosis of learning curves: overfitting, underfitting, unstable, stopped too early.

The definitions are relative, so they apply to losses of any size:

- *Overfitting*: the gap between training and validation error is too large (Goodfellow et al.), or
  the validation error rose again while the training error fell. The rise is measured by the
  generalization loss: the percentage by which the validation loss exceeds its minimum (Prechelt).
- *Underfitting*: the training error is not low enough (Goodfellow et al.).

References
----------
I. Goodfellow, Y. Bengio and A. Courville: Deep Learning. MIT Press, 2016, section 5.2.
L. Prechelt: Automatic early stopping using cross validation: quantifying the criteria. Neural
Networks 11, 1998, pages 761-767.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.learning.bands import HELD_OUT
from tunekit.core.predictions import Curve

Verdict = Literal["overfitting", "underfitting", "unstable", "stopped too early"]

#: Percentage by which the validation loss may exceed its minimum; Prechelt's slowest criterion.
RISE = 5.0

#: Least rise of the validation loss, relative to its previous decrease; a smaller one is noise.
NOISE = 0.02

#: Least rise, as a multiple of the median change between epochs in the second half.
STEPS = 3.0

#: How much the training accuracy may exceed the validation accuracy.
GAP = 0.1

#: Ratio of validation to training loss that is allowed without accuracies.
TIMES = 2.0

#: Least proportion of the possible improvement that training must achieve.
LEARNED = 0.1

#: Proportion of the total decrease in the loss that the last fifth of the epochs may bring.
PROGRESS = 0.05

#: How much the training loss may rise again, relative to its total decrease.
WOBBLE = 0.5

#: Proportion of the epochs after which a minimum of the validation loss is not early.
ENOUGH = 0.75

_SAVED = 8  # epochs from which on saving the last quarter is worth it
_STRIP = 5  # the last fifth
_FEWEST = 3  # epochs that a diagnosis needs
_ACCURACIES = ("accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy")
_MEANS = ("epochs", "best_epoch", "rise", "gap", "wide", "times", "learned", "progress", "wobble")


@dataclass(frozen=True)
class Diagnosis:
    """Diagnosis of the curves of one configuration, as means over its folds.

    Attributes
    ----------
    epochs, best_epoch : float
        Number of epochs, and the epoch (from 1) with the lowest validation loss.
    rise : float
        Generalization loss: percentage by which the final validation loss exceeds its minimum.
    gap : float
        Training accuracy minus validation accuracy; NaN without accuracies.
    wide : float
        Proportion of the folds whose ``gap`` alone is overfitting.
    times : float
        Validation loss divided by training loss, at the epoch of the weights that are kept.
    learned : float
        Proportion of the possible improvement that was achieved on the training rows, 0 to 1.
    progress : float
        Proportion of the total decrease in the loss that the last fifth of the epochs brought.
    wobble : float
        Sum of the rises of the training loss, relative to its total decrease.
    restored : bool
        Whether the weights of the best epoch were kept instead of those of the last.
    held_out : bool
        Whether there is a validation loss; otherwise the training loss is examined.
    verdicts : tuple of str
        Problems of the training; empty if there are none.
    words : tuple of str
        The verdicts as sentences with numbers; one sentence if there are none.
    """

    epochs: float
    best_epoch: float
    rise: float
    gap: float
    wide: float
    times: float
    learned: float
    progress: float
    wobble: float
    restored: bool
    held_out: bool
    verdicts: tuple[Verdict, ...]
    words: tuple[str, ...]

    @property
    def trains_too_long(self) -> bool:
        """Whether training continued after it had stopped helping, and kept the last weights."""
        few = self.epochs < _SAVED or self.best_epoch > ENOUGH * self.epochs
        return self.held_out and not self.restored and not few


def diagnose(
    curves: Sequence[Curve],
    *,
    chance: float = float("nan"),
    baseline: float = float("nan"),
    restored: bool = False,
) -> Diagnosis | None:
    """Diagnose the learning curves of one configuration.

    Parameters
    ----------
    curves : sequence of Curve
        One per fold.
    chance : float, default=nan
        Accuracy of a classifier that always predicts the most frequent class.
    baseline : float, default=nan
        Loss of a regressor that always predicts the mean of the targets.
    restored : bool, default=False
        Whether the weights of the best epoch were kept, so that a later rise of the loss has no
        effect.

    Returns
    -------
    Diagnosis or None
        None with fewer than three epochs, or without a loss.
    """
    measured = [_fold(curve, chance, baseline, restored=restored) for curve in curves]
    folds = [fold for fold in measured if fold is not None]
    if not folds:
        return None
    means = {name: _mean(fold[name] for fold in folds) for name in folds[0]}
    # A single fold can dominate a mean, so half of the folds must agree.
    applies: dict[Verdict, bool] = {
        # Training rows that are not learned leave nothing to overfit.
        "overfitting": not means["learned"] < LEARNED
        and _in_half([_overfits(fold) for fold in folds]),
        "underfitting": means["learned"] < LEARNED,
        "unstable": means["wobble"] > WOBBLE,
        "stopped too early": _in_half([fold["progress"] > PROGRESS for fold in folds]),
    }
    diagnosis = Diagnosis(
        **{name: means[name] for name in _MEANS},
        restored=restored,
        held_out=any(fold["validated"] for fold in folds),
        verdicts=tuple(verdict for verdict, is_true in applies.items() if is_true),
        words=(),
    )
    return replace(diagnosis, words=_sentences(diagnosis))


def _fold(
    curve: Curve, chance: float, baseline: float, *, restored: bool
) -> dict[str, float] | None:
    """Return the measures of one fold."""
    training, validation = _values(curve, "loss"), _values(curve, f"{HELD_OUT}loss")
    n_epochs = min(len(training), len(validation) or len(training))
    if n_epochs < _FEWEST:
        return None
    training, validation = training[:n_epochs], validation[:n_epochs]
    monitored = validation if len(validation) else training
    best = int(monitored.argmin())
    kept_epoch = best if restored else len(monitored) - 1
    lowest, last = float(monitored[best]), float(monitored[-1])
    fall, rise = float(monitored[0]) - lowest, last - lowest
    # The rise must exceed the noise, and the training loss must have fallen meanwhile.
    noise = max(NOISE * fall, STEPS * _step(monitored))
    has_validation = len(validation) > 0
    training_fell = bool(training[-1] < training[best])
    overfitted = has_validation and not restored and rise > noise and training_fell
    difference = validation[kept_epoch] - training[kept_epoch] if has_validation else np.nan
    gap = _gap(curve, kept_epoch)
    return {
        "validated": float(has_validation),
        "epochs": float(len(monitored)),
        "best_epoch": best + 1.0,
        "rise": 100 * _ratio(rise, lowest),
        "overfitted": float(overfitted),
        "gap": gap,
        "wide": float(gap >= GAP),
        "times": _ratio(validation[kept_epoch], training[kept_epoch]) if has_validation else np.nan,
        "difference": _ratio(difference, validation[0]) if has_validation else np.nan,
        "learned": _learned(curve, training, chance, baseline),
        "progress": _progress(monitored),
        "wobble": _wobble(training),
    }


def _step(loss: NDArray[np.float64]) -> float:
    """Return the median change of a loss from one epoch to the next, in the second half."""
    return float(np.median(np.abs(np.diff(loss[(len(loss) - 1) // 2 :]))))


def _overfits(fold: Mapping[str, float]) -> bool:
    if fold["overfitted"] and fold["rise"] > RISE:
        return True
    if not np.isnan(fold["gap"]):
        return fold["gap"] >= GAP
    return fold["times"] >= TIMES and fold["difference"] > GAP


def _values(curve: Curve, name: str) -> NDArray[np.float64]:
    values = np.array(curve.get(name, ()), dtype=np.float64)
    return values[np.isfinite(values)]


def _accuracy(curve: Curve) -> str | None:
    return next((name for name in _ACCURACIES if name in curve), None)


def _gap(curve: Curve, kept_epoch: int) -> float:
    name = _accuracy(curve)
    if name is None:
        return np.nan
    training, validation = _values(curve, name), _values(curve, f"{HELD_OUT}{name}")
    shortest = min(len(training), len(validation))
    return float(training[kept_epoch] - validation[kept_epoch]) if shortest > kept_epoch else np.nan


def _learned(curve: Curve, loss: NDArray[np.float64], chance: float, baseline: float) -> float:
    """Return the proportion of the possible improvement that was achieved on the training rows."""
    name = _accuracy(curve)
    if name is not None and chance < 1 and len(accuracy := _values(curve, name)):
        return float((accuracy.max() - chance) / (1 - chance))
    # Approaching the mean of the targets from a distant start does not count as learning.
    start = float(np.fmin(loss[0], baseline))
    return max(0.0, 1 - _ratio(float(loss.min()), start))


def _progress(loss: NDArray[np.float64]) -> float:
    strip = max(1, len(loss) // _STRIP)
    before, within = loss[:-strip].min(), loss[-strip:].min()
    fall = loss[0] - min(before, within)
    return float(max(0.0, before - within) / fall) if fall > 0 else 0.0


def _wobble(loss: NDArray[np.float64]) -> float:
    fall = loss.max() - loss.min()
    return float(np.maximum(np.diff(loss), 0).sum() / fall) if fall > 0 else 0.0


def _ratio(numerator: float, denominator: float) -> float:
    """Return a ratio; NaN if the denominator is not positive."""
    return float(numerator / denominator) if denominator > 0 else float("nan")


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _in_half(facts: Sequence[bool]) -> bool:
    return 2 * sum(facts) >= len(facts)


def _sentences(diagnosis: Diagnosis) -> tuple[str, ...]:
    epoch = f"at epoch {diagnosis.best_epoch:.0f} of {diagnosis.epochs:.0f}"
    sentences = [
        f"{verdict.capitalize()}: {evidence_of(diagnosis, verdict)}"
        for verdict in diagnosis.verdicts
    ]
    if not diagnosis.held_out:
        kinds = "overfitting" if "underfitting" in diagnosis.verdicts else "over- or underfitting"
        undetected = f"Without a validation curve, {kinds} cannot be detected."
        return (*(sentences or [f"The training loss is lowest {epoch}."]), undetected)
    if diagnosis.trains_too_long and "overfitting" not in diagnosis.verdicts:
        sentences.append(f"The validation loss is lowest {epoch}: later epochs did not help.")
    restored = ", and the weights of that epoch were kept" if diagnosis.restored else ""
    healthy = f"These curves show no problem: the validation loss is lowest {epoch}{restored}."
    return tuple(sentences or [healthy])


def evidence_of(diagnosis: Diagnosis, verdict: Verdict) -> str:
    """Return the evidence for a verdict, as a clause with a full stop."""
    if verdict == "overfitting":
        epoch = f"at epoch {diagnosis.best_epoch:.0f} of {diagnosis.epochs:.0f}"
        return f"{_evidence_of_overfitting(diagnosis, epoch)}."
    clauses = {
        "underfitting": (
            f"on the training rows, the network achieved only {diagnosis.learned:.0%} of the "
            f"possible improvement."
        ),
        "unstable": (
            f"along the way the training loss rose again by {diagnosis.wobble:.0%} of its total "
            f"decrease."
        ),
        "stopped too early": (
            f"the last fifth of the epochs still brought {diagnosis.progress:.0%} of the total "
            f"decrease in the loss."
        ),
    }
    return clauses[verdict]


def _evidence_of_overfitting(diagnosis: Diagnosis, epoch: str) -> str:
    if diagnosis.gap >= GAP:
        return f"the training accuracy exceeds the validation accuracy by {diagnosis.gap:.2f}"
    if diagnosis.wide >= 0.5:  # noqa: PLR2004 - in half of the folds
        return (
            f"in {diagnosis.wide:.0%} of the folds, the training accuracy exceeds the validation "
            f"accuracy by at least {GAP:g}"
        )
    if not diagnosis.restored and diagnosis.rise > RISE:
        return (
            f"the validation loss is lowest {epoch} and ends {diagnosis.rise:.0f}% above its "
            f"minimum, while the training loss continued to fall"
        )
    return f"the validation loss is {diagnosis.times:.1f} times the training loss"
