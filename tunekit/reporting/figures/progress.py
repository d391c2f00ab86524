"""Figures as inline SVG, with text kept as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

from tunekit.records import Curve, Predictions
from tunekit.reporting.drawing import COLORS, draw_svg
from tunekit.reporting.roc import roc_curves
from tunekit.tracking.reader import TrackedTrial

_ANNOTATED = 20  # classes up to which each cell shows its count


def confusion(predictions: Predictions, name: str) -> Markup:
    """Return a confusion matrix: counts, coloured by their share of the true class."""
    # A row may have a label that the model never saw; it counts as an error.
    labels = np.union1d(np.asarray(predictions.classes), predictions.y_true)
    counts = confusion_matrix(predictions.y_true, predictions.y_pred, labels=labels)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [str(label) for label in labels]
    size = min(max(3.6, 1.6 + 0.34 * len(names)), 8.0)

    def draw(ax: Axes) -> None:
        annotated = len(names) <= _ANNOTATED
        sns.heatmap(
            shares,
            ax=ax,
            annot=np.where(counts > 0, counts, "") if annotated else None,
            fmt="",
            cmap=sns.light_palette(COLORS[0], as_cmap=True),
            vmin=0,
            vmax=1,
            square=True,
            linewidths=0.5,
            linecolor="#eef1f5",
            cbar=False,
            xticklabels=names,
            yticklabels=names,
        )
        ax.set(xlabel="predicted", ylabel="true")
        ax.tick_params(length=0)
        ax.tick_params(axis="x", rotation=0 if max(map(len, names)) <= 3 else 45)  # noqa: PLR2004
        ax.tick_params(axis="y", rotation=0)

    wrong = int(counts.sum() - np.trace(counts))
    text = f"Confusion matrix: {wrong} of {int(counts.sum())} rows are wrong."
    return draw_svg(draw, (size, size), name, text)


def roc(predictions: Predictions, name: str) -> Markup:
    """Return the ROC curves of every class, with macro and micro average."""
    curves = roc_curves(predictions)

    def draw(ax: Axes) -> None:
        ax.plot([0, 1], [0, 1], color="#b6bfcc", linestyle=":", linewidth=1)
        for i, curve in enumerate(curves):
            average = curve.is_average
            ax.plot(
                curve.fpr,
                curve.tpr,
                color="#111827" if average else COLORS[i % len(COLORS)],
                linestyle=("-" if curve.label.startswith("macro") else "--") if average else "-",
                linewidth=2 if average or len(curves) == 1 else 1,
                zorder=3 if average else 2,
            )
        ax.set(
            xlabel="false-positive rate",
            ylabel="true-positive rate",
            xlim=(-0.01, 1.01),
            ylim=(-0.01, 1.02),
        )
        # Named one by one, since matplotlib hides a label that begins with an underscore.
        ax.legend(
            ax.lines[1:],
            [f"{curve.label}: {curve.auc:.3f}" for curve in curves],
            title="class and AUC",
            loc="lower right",
            alignment="left",
        )

    areas = ", ".join(f"{curve.label} {curve.auc:.3f}" for curve in curves)
    return draw_svg(draw, (5.0, 5.0), name, f"ROC curves, area under each: {areas}.")


def scatter(predictions: Predictions, name: str) -> Markup:
    """Return predicted against true values of a regression."""
    true, predicted = predictions.y_true.ravel(), predictions.y_pred.ravel()
    ends = [float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))]

    def draw(ax: Axes) -> None:
        ax.plot(ends, ends, color="#b6bfcc", linestyle=":", linewidth=1)
        sns.scatterplot(x=true, y=predicted, ax=ax, s=14, color=COLORS[0], linewidth=0, alpha=0.6)
        ax.set(xlabel="true", ylabel="predicted")

    return draw_svg(draw, (5.0, 5.0), name, f"Predicted against true values of {len(true)} rows.")


def learning_curves(curves: Sequence[Curve], metric: str, name: str) -> Markup:
    """Return a metric by epoch, on the rows fitted on and on those held out; a line a split."""

    def draw(ax: Axes) -> None:
        for key, color, style, label in (
            (metric, COLORS[0], "-", "fitted on"),
            (f"val_{metric}", COLORS[1], "--", "held out"),
        ):
            lines = [curve[key] for curve in curves if key in curve]
            for i, line in enumerate(lines):
                epochs = np.arange(1, len(line) + 1)
                ax.plot(
                    epochs,
                    line,
                    color=color,
                    linestyle=style,
                    linewidth=1.5,
                    label=label if i == 0 else None,
                )
        ax.set(xlabel="epoch", ylabel=metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()

    return draw_svg(draw, (5.0, 3.2), name, f"The {metric} by epoch, a line for each split.")


def progress(trials: Sequence[TrackedTrial], name: str) -> Markup:
    """Return each trial's score and the best so far, by engine."""
    scores = [trial.score for trial in trials if trial.state == "complete"]
    floor = _floor(scores)

    def draw(ax: Axes) -> None:
        for i, engine in enumerate(sorted({trial.engine for trial in trials})):
            own = sorted(
                (t for t in trials if t.engine == engine and t.state == "complete"),
                key=lambda trial: trial.number,
            )
            numbers = [trial.number + 1 for trial in own]
            values = np.array([trial.score for trial in own])
            low = values < floor
            shown = np.maximum(values, floor)
            look: dict[str, Any] = {"s": 18, "color": COLORS[i], "alpha": 0.7, "linewidth": 0}
            ax.scatter(np.array(numbers)[~low], shown[~low], marker="o^"[i % 2], **look)
            ax.scatter(np.array(numbers)[low], shown[low], marker="v", **look)
            ax.plot(
                numbers,
                np.maximum.accumulate(shown) if len(shown) else [],
                color=COLORS[i],
                linestyle=("-", "--")[i % 2],
                label=f"{engine}, best so far",
                drawstyle="steps-post",
            )
        ax.set(xlabel="trial", ylabel="search score")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return draw_svg(draw, (5.0, 3.2), name, "Search score of each trial and the best so far.")


def _floor(scores: Sequence[float]) -> float:
    """Return the lowest score that is drawn to scale: a few bad trials must not flatten the rest.

    It is three times the interquartile range below the lower quartile (J. W. Tukey: Exploratory
    Data Analysis, 1977, calls what lies beyond "far out").
    """
    low, high = np.quantile(scores, [0.25, 0.75])
    far_out = float(low - 3 * (high - low))
    return max(far_out, min(scores)) if high > low else min(scores)
