"""Small figures of several regressions, of several targets or of several models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from tunekit.analysis.metrics.residuals import Residuals
from tunekit.analysis.metrics.targets import TargetResiduals
from tunekit.analysis.text import counted, listed, significant
from tunekit.reporting.figures.marks import draw_dots
from tunekit.reporting.figures.svg import EDGE, Figure, Panel, draw_svg
from tunekit.reporting.tables.targets import target_errors_table

_MOST = 12  # targets that are drawn
_SIZE = (2.9, 2.5)
_DOTTED = (0, (1, 2))


def predicted_by_target(targets: Sequence[TargetResiduals], name: str) -> Figure:
    """Draw predicted against true values of each target.

    Parameters
    ----------
    targets : sequence of TargetResiduals
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    drawn, omitted = _drawn(targets)
    return _figure(
        "Predicted and true by target",
        [
            Panel(each.name, small_predicted(each.residuals, f"{name}-{i}", each.name), r2(each))
            for i, each in enumerate(drawn)
        ],
        targets,
        f"Predictions on the dotted line are exact; above it they are too high. {omitted}",
        name,
    )


def residuals_of_targets(targets: Sequence[TargetResiduals], name: str) -> Figure:
    """Draw residuals against predicted values of each target."""
    drawn, omitted = _drawn(targets)
    panels = [
        Panel(
            each.name,
            small_residuals(each.residuals, f"{name}-{i}", each.name),
            f"mean {significant(each.residuals.bias)}",
        )
        for i, each in enumerate(drawn)
    ]
    caption = (
        "A good model shows an even cloud around the dotted line. A curve is structure that the"
        " model has not learned; a funnel means that the error grows with the value. "
    )
    return _figure("Residuals by target", panels, targets, caption + omitted, name)


def small_predicted(
    residuals: Residuals, name: str, who: str, ends: tuple[float, float] | None = None
) -> Markup:
    """Draw predicted against true values, in a small drawing.

    Parameters
    ----------
    residuals : Residuals
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    who : str
        What the values belong to.
    ends : (float, float) or None, default=None
        Ends of both axes; None uses those of the values.
    """
    both = np.concatenate([residuals.true, residuals.predicted])
    line = [both.min(), both.max()] if ends is None else list(ends)

    def draw(ax: Axes) -> None:
        ax.plot(line, line, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, residuals.true, residuals.predicted, size=2.6)
        ax.set(xlabel="true value", ylabel="predicted value")
        if ends is not None:
            margin = 0.03 * (ends[1] - ends[0])
            ax.set(xlim=(ends[0] - margin, ends[1] + margin))
            ax.set(ylim=(ends[0] - margin, ends[1] + margin))
        ax.locator_params(nbins=4)

    return _small(draw, residuals, name, f"Predicted against true values of {who}")


def small_residuals(residuals: Residuals, name: str, who: str) -> Markup:
    """Draw residuals against predicted values, in a small drawing."""

    def draw(ax: Axes) -> None:
        ax.axhline(0, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, residuals.predicted, residuals.predicted - residuals.true, size=2.6)
        ax.set(xlabel="predicted value", ylabel="predicted minus true")
        ax.locator_params(nbins=4)

    return _small(draw, residuals, name, f"Residuals of {who}")


def r2(target: TargetResiduals) -> str:
    """Return R² and the mean absolute error of a target, as a note below its drawing."""
    errors = target.residuals.errors
    return f"R² {significant(errors.r2)}, mean absolute error {significant(errors.mae)}"


def _small(draw: Callable[[Axes], None], residuals: Residuals, name: str, what: str) -> Markup:
    errors = residuals.errors
    text = (
        f"{what}, {counted(residuals.n_rows, 'prediction')}: R² {significant(errors.r2)}, mean"
        f" absolute error {significant(errors.mae)}, bias {significant(residuals.bias)}."
    )
    return draw_svg(draw, _SIZE, name, text)


def _drawn(targets: Sequence[TargetResiduals]) -> tuple[Sequence[TargetResiduals], str]:
    """Return the targets to draw, and a sentence if some are omitted."""
    if len(targets) <= _MOST:
        return targets, ""
    order = np.argsort([np.nan_to_num(each.residuals.errors.r2, nan=-np.inf) for each in targets])
    drawn = [targets[i] for i in sorted(order[:_MOST])]
    return drawn, f"The {_MOST} of {len(targets)} targets with the lowest R² are drawn."


def _figure(
    title: str,
    panels: Sequence[Panel],
    targets: Sequence[TargetResiduals],
    caption: str,
    name: str,
) -> Figure:
    worst = min(targets, key=lambda each: np.nan_to_num(each.residuals.errors.r2, nan=np.inf))
    text = (
        f"{title}, of {counted(len(targets), 'target')}. The smallest R² is that of"
        f" {listed([worst.name])}: {significant(worst.residuals.errors.r2)}."
    )
    notes = [note for each in targets for note in each.residuals.notes]
    largest = max(targets, key=lambda each: each.residuals.n_rows).residuals
    if len(largest.true) < largest.n_rows:
        notes.append(
            f"{len(largest.true)} of {largest.n_rows:,} predictions of each target are shown:"
            " evenly spread over the true values, including the largest errors."
        )
    return Figure(
        title,
        Markup(),
        text,
        " ".join(filter(None, [caption.strip(), *dict.fromkeys(notes)])),
        target_errors_table(targets, name),
        wide=True,
        panels=tuple(panels),
    )
