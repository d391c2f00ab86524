"""What learning curves say: over- or underfitting, unstable, stopped too early.

The definitions are relative, so that they hold for losses of any size:

- *Overfitting*: the gap between the error on the rows fitted on and on those held out is too large
  (Goodfellow et al.), or the error on those held out has risen again while the other one fell,
  measured by the generalization loss, the rise above its minimum in percent (Prechelt).
- *Underfitting*: the error on the rows fitted on is not low enough (Goodfellow et al.).

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

#: Percent that the loss held out may lie above its minimum; Prechelt's slowest criterion.
RISE = 5.0

#: Share of the fall of the loss held out that a rise must have to be more than noise.
NOISE = 0.02

#: Times the median step between epochs of the second half that it must have, too.
STEPS = 3.0

#: How much better a share of right labels may be on the rows fitted on.
GAP = 0.1

#: How many times the loss fitted on the one held out may be, where there are no labels.
TIMES = 2.0

#: Share of what there is to learn that has to be learned.
LEARNED = 0.1

#: Share of the whole fall of the loss that the last fifth of the epochs may bring.
PROGRESS = 0.05

#: How much of its fall the loss fitted on may rise again on its way.
WOBBLE = 0.5

#: Share of the epochs by which the loss held out has its minimum, and the rest is for nothing.
ENOUGH = 0.75

_SAVED = 8  # epochs, of which a quarter is worth saving
_STRIP = 5  # the last fifth
_FEWEST = 3  # epochs of which something can be said
_ACCURACIES = ("accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy")
_TOLD = ("epochs", "best_epoch", "rise", "gap", "times", "learned", "progress", "wobble")


@dataclass(frozen=True)
class Diagnosis:
    """What the curves of one configuration say, as means over its folds.

    Attributes
    ----------
    epochs, best_epoch : float
        Epochs trained, and the epoch (from 1) with the lowest loss held out.
    rise : float
        Generalization loss: percent by which the loss held out ends above its minimum.
    gap : float
        How much larger the accuracy on the rows fitted on is; NaN without one.
    times : float
        Loss held out over loss fitted on, at the epoch of the weights that are kept.
    learned : float
        Share of what there was to learn that was learned on the rows fitted on, 0 to 1.
    progress : float
        Share of the fall of the loss that the last fifth of the epochs brought.
    wobble : float
        How much of its fall the loss fitted on rose again on its way.
    restored : bool
        Whether the weights of the best epoch were kept, and not those of the last.
    held_out : bool
        Whether there is a loss on rows held out; without, that on the rows fitted on is looked at.
    verdicts : tuple of str
        What is wrong; empty where nothing is.
    words : tuple of str
        The same in sentences with numbers, and one where nothing is wrong.
    """

    epochs: float
    best_epoch: float
    rise: float
    gap: float
    times: float
    learned: float
    progress: float
    wobble: float
    restored: bool
    held_out: bool
    verdicts: tuple[Verdict, ...]
    words: tuple[str, ...]

    @property
    def rests_early(self) -> bool:
        """Whether training went on after it had stopped to help, and the last weights were kept."""
        few = self.epochs < _SAVED or self.best_epoch > ENOUGH * self.epochs
        return self.held_out and not self.restored and not few


def diagnose(
    curves: Sequence[Curve],
    *,
    chance: float = float("nan"),
    baseline: float = float("nan"),
    restored: bool = False,
) -> Diagnosis | None:
    """Return what the learning curves of one configuration say.

    Parameters
    ----------
    curves : sequence of Curve
        One a fold.
    chance : float, default=nan
        Accuracy of the most frequent label alone, of a classifier.
    baseline : float, default=nan
        Loss of a regressor that always predicts the mean of the targets.
    restored : bool, default=False
        Whether the weights of the best epoch were kept: then what the loss did afterwards did
        no harm.

    Returns
    -------
    Diagnosis or None
        None with fewer than three epochs, or without a loss.
    """
    folds = [_fold(curve, chance, baseline, restored=restored) for curve in curves]
    known = [fold for fold in folds if fold is not None]
    if not known:
        return None
    means = {name: _mean(fold[name] for fold in known) for name in known[0]}
    # A mean may be one fold's doing: half of the folds must agree.
    holds: dict[Verdict, bool] = {
        "overfitting": _in_half([_overfits(fold) for fold in known]),
        "underfitting": means["learned"] < LEARNED,
        "unstable": means["wobble"] > WOBBLE,
        "stopped too early": _in_half([fold["progress"] > PROGRESS for fold in known]),
    }
    found = Diagnosis(
        **{name: means[name] for name in _TOLD},
        restored=restored,
        held_out=any(fold["held"] for fold in known),
        verdicts=tuple(verdict for verdict, held in holds.items() if held),
        words=(),
    )
    return replace(found, words=_words(found))


def _fold(
    curve: Curve, chance: float, baseline: float, *, restored: bool
) -> dict[str, float] | None:
    """Return what one fold's curves say."""
    fitted, held = _values(curve, "loss"), _values(curve, f"{HELD_OUT}loss")
    n_epochs = min(len(fitted), len(held) or len(fitted))
    if n_epochs < _FEWEST:
        return None
    fitted, held = fitted[:n_epochs], held[:n_epochs]
    watched = held if len(held) else fitted
    best = int(watched.argmin())
    kept = best if restored else len(watched) - 1
    lowest, last = float(watched[best]), float(watched[-1])
    fall, rise = float(watched[0]) - lowest, last - lowest
    # Only where the other loss fell meanwhile, and by more than it goes up and down anyway.
    noise = max(NOISE * fall, STEPS * _step(watched))
    harm = bool(len(held)) and not restored and rise > noise and fitted[-1] < fitted[best]
    return {
        "held": float(len(held) > 0),
        "epochs": float(len(watched)),
        "best_epoch": best + 1.0,
        "rise": 100 * _ratio(rise, lowest),
        "harm": float(harm),
        "gap": _gap(curve, kept),
        "times": _ratio(held[kept], fitted[kept]) if len(held) else np.nan,
        "apart": _ratio(held[kept] - fitted[kept], held[0]) if len(held) else np.nan,
        "learned": _learned(curve, fitted, chance, baseline),
        "progress": _progress(watched),
        "wobble": _wobble(fitted),
    }


def _step(watched: NDArray[np.float64]) -> float:
    """Return how much a loss goes up or down from one epoch to the next, once it has fallen."""
    return float(np.median(np.abs(np.diff(watched[(len(watched) - 1) // 2 :]))))


def _overfits(fold: Mapping[str, float]) -> bool:
    if fold["harm"] and fold["rise"] > RISE:
        return True
    if not np.isnan(fold["gap"]):
        return fold["gap"] >= GAP
    return fold["times"] >= TIMES and fold["apart"] > GAP


def _values(curve: Curve, name: str) -> NDArray[np.float64]:
    values = np.array(curve.get(name, ()), dtype=np.float64)
    return values[np.isfinite(values)]


def _accuracy(curve: Curve) -> str | None:
    return next((name for name in _ACCURACIES if name in curve), None)


def _gap(curve: Curve, kept: int) -> float:
    name = _accuracy(curve)
    if name is None:
        return np.nan
    fitted, held = _values(curve, name), _values(curve, f"{HELD_OUT}{name}")
    shortest = min(len(fitted), len(held))
    return float(fitted[kept] - held[kept]) if shortest > kept else np.nan


def _learned(curve: Curve, fitted: NDArray[np.float64], chance: float, baseline: float) -> float:
    """Return the share of the possible improvement that training reached on the training rows."""
    name = _accuracy(curve)
    if name is not None and chance < 1 and len(right := _values(curve, name)):
        return float((right.max() - chance) / (1 - chance))
    # A network that starts far from the mean of the targets has learned nothing on its way there.
    start = float(np.fmin(fitted[0], baseline))
    return max(0.0, 1 - _ratio(float(fitted.min()), start))


def _progress(watched: NDArray[np.float64]) -> float:
    strip = max(1, len(watched) // _STRIP)
    before, within = watched[:-strip].min(), watched[-strip:].min()
    fall = watched[0] - min(before, within)
    return float(max(0.0, before - within) / fall) if fall > 0 else 0.0


def _wobble(fitted: NDArray[np.float64]) -> float:
    fall = fitted.max() - fitted.min()
    return float(np.maximum(np.diff(fitted), 0).sum() / fall) if fall > 0 else 0.0


def _ratio(part: float, whole: float) -> float:
    """Return a ratio; NaN where what it is of is not above 0."""
    return float(part / whole) if whole > 0 else float("nan")


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _in_half(facts: Sequence[bool]) -> bool:
    return 2 * sum(facts) >= len(facts)


def _words(found: Diagnosis) -> tuple[str, ...]:
    where = f"at epoch {found.best_epoch:.0f} of {found.epochs:.0f}"
    told = [f"{verdict.capitalize()}: {evidence_of(found, verdict)}" for verdict in found.verdicts]
    if not found.held_out:
        kinds = "overfitting" if "underfitting" in found.verdicts else "over- or underfitting"
        course = f"The loss on the rows fitted on is lowest {where}."
        return (*(told or [course]), f"Without a curve of rows held out, {kinds} cannot be seen.")
    if found.rests_early and "overfitting" not in found.verdicts:
        told.append(f"The loss held out is lowest {where}: the epochs behind it did not help.")
    kept = ", and the weights of that epoch were kept" if found.restored else ""
    nothing = f"Nothing is wrong with these curves: the loss held out is lowest {where}{kept}."
    return tuple(told or [nothing])


def evidence_of(found: Diagnosis, verdict: Verdict) -> str:
    """Return what the curves show that a verdict follows from, as a clause with a full stop."""
    if verdict == "overfitting":
        where = f"at epoch {found.best_epoch:.0f} of {found.epochs:.0f}"
        return f"{_how_overfitted(found, where)}."
    clauses = {
        "underfitting": (
            f"on the rows that it was fitted on, it has learned {found.learned:.0%} of what there "
            f"is to learn."
        ),
        "unstable": (
            f"on its way the loss on the rows fitted on rose again by {found.wobble:.0%} of its "
            f"fall."
        ),
        "stopped too early": (
            f"the last fifth of the epochs still brought {found.progress:.0%} of the fall of the "
            f"loss."
        ),
    }
    return clauses[verdict]


def _how_overfitted(found: Diagnosis, where: str) -> str:
    if found.gap >= GAP:
        return (
            f"the accuracy is {found.gap:.2f} higher on the rows fitted on than on those held out"
        )
    if not found.restored and found.rise > RISE:
        return (
            f"the loss held out is lowest {where} and ends {found.rise:.0f}% above, while the loss "
            f"on the rows fitted on went on falling"
        )
    return f"the loss held out is {found.times:.1f} times that on the rows fitted on"
