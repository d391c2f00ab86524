"""Why every candidate of a comparison failed, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tunekit.fits import ComparisonInfo, Fit

_LONGEST = 2000  # characters of reasons

#: Scorers of two classes: of which, what scikit-learn says of others, and what to take then.
_OF_TWO = {
    "roc_auc": ("two classes", re.compile("multi_class must be in"), "roc_auc_ovr"),
    **{
        name: ("the classes 0 and 1", re.compile("average='binary'|pos_label="), f"{name}_macro")
        for name in ("f1", "jaccard", "precision", "recall")
    },
}


def why_all_failed(info: ComparisonInfo, fits: Sequence[Fit], y: Any) -> str:
    """Return each reason once, with for whom and how often, and the next step.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
        Of all candidates.
    y : array-like of shape (n_samples,)
    """
    by_reason: dict[str, list[str]] = {}
    for fit in fits:
        if fit.error:
            by_reason.setdefault(fit.error, []).append(fit.candidate)
    said = "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {reason.rstrip('.')} "
        f"({len(names)} of {sum(fit.candidate in names for fit in fits)} fits)"
        for reason, names in by_reason.items()
    )
    step = _next_step(info, list(by_reason), y)
    return f"every candidate of {info.name!r} failed. {said[:_LONGEST]}. {step}"


def _next_step(info: ComparisonInfo, reasons: Sequence[str], y: Any) -> str:
    first = np.asarray(y).flat[0]
    if info.task == "regression" and isinstance(first, str):
        return f"y holds text, such as {str(first)!r}: compare classifiers, or give numbers."
    for scorer in info.scoring:
        if scorer in _OF_TWO:
            classes, said, instead = _OF_TWO[scorer]
            if any(said.search(reason) for reason in reasons):
                return f"{scorer!r} is for {classes}: score by {instead!r}."
    return f"To see where, fit one alone: clone(candidates[{info.names[0]!r}]).fit(X, y)."
