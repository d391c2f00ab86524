"""Diagram of the layers of a network, or of the steps of a pipeline."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from tunekit.analysis.architecture import Architecture, Part, summarised
from tunekit.analysis.text import counted
from tunekit.core.text import shortened
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, SOFT, Figure, draw_svg
from tunekit.reporting.tables.architecture import layers_table, steps_table

_MOST = 20  # parts
_WIDTH, _ROW = 6.4, 0.42  # inches, of the figure and of a part
_NARROWEST, _WIDEST = 0.18, 0.46  # of a box, as a share of the figure
_MIDDLE = 0.25  # centre of the boxes
_LONGEST = 34  # characters per line
_NAMED = 6  # layers named in the text


def draw_parts(architecture: Architecture, name: str = "architecture") -> Figure | None:
    """Draw the layers or steps as boxes whose width shows the size of the output.

    If there are more than 20, the middle ones are drawn as one. None for no parts or a single step.
    """
    if not architecture.parts or (len(architecture.parts) == 1 and not architecture.is_network):
        return None
    shown = summarised(architecture.parts, architecture.n_parts, _MOST)

    def draw(ax: Axes) -> None:
        ax.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6))
        ax.set_axis_off()
        widths = _widths(shown)
        for row, (each, width) in enumerate(zip(shown, widths, strict=True)):
            if row:
                ax.annotate(
                    "",
                    xy=(_MIDDLE, row - 0.32),
                    xytext=(_MIDDLE, row - 0.68),
                    arrowprops={"arrowstyle": "-|>", "color": EDGE, "linewidth": 0.8},
                )
            _draw_part(ax, each, row, width)

    what = counted(architecture.n_parts, "layer" if architecture.is_network else "step")
    named = [each for each in shown if isinstance(each, Part)][:_NAMED]
    layers = "; ".join(_description(each) for each in named)
    more = "; and more" if architecture.n_parts > len(named) else ""
    size = (
        f" with {architecture.n_params:,} parameters" if architecture.n_params is not None else ""
    )
    inner = architecture.is_network and architecture.steps
    subject = "The network of the best estimator" if inner else "The best estimator"
    text = f"{subject} has {what}{size}: {layers}{more}."
    caption = _context(architecture) if inner else "From input to output, top to bottom."
    if architecture.is_network:
        caption += (
            " The width of a box shows the last dimension of its output, on a logarithmic scale; "
            "hatched boxes have frozen weights."
        )
    svg = draw_svg(draw, (_WIDTH, 0.3 + _ROW * len(shown)), name, text)
    table = layers_table(architecture, name) or steps_table(architecture, name)
    return Figure("Architecture of the best model", svg, text, caption, table)


def _context(architecture: Architecture) -> str:
    """Return a caption that names the pipeline steps that the diagram omits."""
    *first, last = [each.kind for each in architecture.steps]
    names = f"{', '.join(first)} and {last}" if first else last
    steps = f"steps {names}, which are" if first else f"step {names}, which is"
    return f"The network alone, top to bottom; it follows the {steps} not shown."


def _draw_part(ax: Axes, each: Part | int, row: int, width: float) -> None:
    right = _MIDDLE + _WIDEST / 2 + 0.03
    if isinstance(each, int):
        ax.text(_MIDDLE, row, f"… {each} more …", ha="center", va="center", color=SOFT)
        return
    frozen = bool(each.n_params) and each.n_trainable == 0
    box = FancyBboxPatch(
        (_MIDDLE - width / 2, row - 0.24),
        width,
        0.48,
        boxstyle="round,pad=0,rounding_size=0.015",
        mutation_aspect=8.0,
        facecolor=(COLORS[0], 0.3) if each.n_params else "none",
        edgecolor=COLORS[0] if each.n_params else EDGE,
        linewidth=0.8,
        hatch="////" if frozen else "",
    )
    ax.add_patch(box)
    ax.text(_MIDDLE, row, shortened(each.kind, _LONGEST), ha="center", va="center", color=INK)
    facts = [each.shape_words, each.details]
    if each.n_params:
        facts.append(f"{each.n_params:,} parameters{', frozen' if frozen else ''}")
    details = shortened("  ·  ".join(filter(None, facts)), 2 * _LONGEST)
    ax.text(right, row - 0.14, shortened(each.name, _LONGEST), va="center", color=INK, fontsize=9)
    ax.text(right, row + 0.16, details, va="center", color=SOFT, fontsize=8)


def _widths(shown: list[Part | int]) -> list[float]:
    """Return the width of each box, from the logarithm of its last dimension."""
    sizes = [_size(each) for each in shown]
    known = [size for size in sizes if size is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    if high == low:
        return [(_NARROWEST + _WIDEST) / 2 if known else _WIDEST] * len(shown)
    middle = (low + high) / 2
    return [
        _NARROWEST + (_WIDEST - _NARROWEST) * ((middle if s is None else s) - low) / (high - low)
        for s in sizes
    ]


def _size(each: Part | int) -> float | None:
    if isinstance(each, int) or not each.shape or not each.shape[-1]:
        return None
    return math.log(each.shape[-1])


def _description(each: Part) -> str:
    facts = [each.kind, each.shape_words, each.details]
    return " ".join(filter(None, facts))
