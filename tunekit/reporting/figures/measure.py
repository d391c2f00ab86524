"""How much room a text takes."""

from __future__ import annotations

import warnings

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path


def text_width(text: str, size: float) -> float:
    """Return how wide a text is in DejaVu Sans, the widest font of those on our pages.

    Parameters
    ----------
    text : str
    size : float
        Of the font, in points.

    Returns
    -------
    float
        In points. A letter that the font lacks counts as the box that stands for it.

    Examples
    --------
    >>> round(text_width("0.5", 10), 1)
    15.9
    """
    font = FontProperties(family="DejaVu Sans", size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, False)
    return float(width)
