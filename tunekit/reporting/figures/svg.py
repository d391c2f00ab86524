"""Figures as inline SVG with real text, valid under a strict content-security policy.

They have no inline styles: the style sheet of the page sets the fonts, and replaces the colours
below on a dark page.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.textpath import text_to_path

from tunekit.reporting.tables.table import Table

#: Colours of text, secondary text, grid lines and frames; ``report.css`` refers to each.
INK, SOFT, GRID, EDGE = "#334155", "#475569", "#e6eaf0", "#9aa4b2"

#: Colours of compared items, safe for colour-blind readers; always used with another sign.
COLORS: list[str] = sns.color_palette("colorblind").as_hex()

#: Line styles and markers that are used with these colours.
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")

_SETTINGS = {
    **sns.axes_style("whitegrid"),
    "axes.edgecolor": EDGE,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 10,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.labelcolor": INK,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a class may be called "$10"
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}
_SVG, _HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_ITEM = "item:"  # precedes the name of a candidate in the id of an element
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = frozenset({"font-family", "font-style", "font-variant", "font-weight", "font-stretch"})


@dataclass(frozen=True)
class Panel:
    """One of several small drawings of the same kind, side by side.

    Attributes
    ----------
    title : str
    svg : Markup
    note : str
        A line below the drawing; empty if there is none.
    item : str
        Name of the candidate that it belongs to, which the reader can hide; empty if none.
    """

    title: str
    svg: Markup
    note: str = ""
    item: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes
    ----------
    title : str
    svg : Markup
        Empty if the figure consists of panels.
    text : str
        What it shows, in one or two sentences, for screen readers.
    caption : str
        How to read it.
    table : Table or None
        Data of the figure.
    wide : bool
        Whether it takes the full width of the page.
    panels : tuple of Panel
        Small drawings side by side.
    """

    title: str
    svg: Markup
    text: str
    caption: str
    table: Table | None = None
    wide: bool = False
    panels: tuple[Panel, ...] = ()


def draw_svg(
    draw: Callable[[Any], None], size: tuple[float, float], name: str, text: str
) -> Markup:
    """Return a drawing on new axes as an ``<svg>`` element.

    Parameters
    ----------
    draw : callable
        Draws on the axes that it gets.
    size : (float, float)
        Width and height, in inches.
    name : str
        Letters, digits and ``-``; unique on the page, as it is the prefix of ids.
    text : str
        What the figure shows, for screen readers.
    """
    return draw_panels(lambda canvas: draw(canvas.add_subplot()), size, name, text)


def draw_panels(
    draw: Callable[[Canvas], None], size: tuple[float, float], name: str, text: str
) -> Markup:
    """Return a drawing of several panels as an ``<svg>`` element.

    Parameters are those of :func:`draw_svg`, except that ``draw`` gets the canvas.
    """
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        canvas = Canvas(figsize=size, layout="constrained")
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # The browser has fonts for characters that DejaVu Sans lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            draw(canvas)
            # Not savefig, which draws an extra time first.
            FigureCanvasSVG(canvas).print_svg(buffer, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - made by matplotlib above
    _tidy(root, name)
    root.attrib = {
        "role": "img",
        "aria-label": text,
        "viewBox": root.attrib["viewBox"],
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - the serialiser escapes


def mark_item(artist: Artist, item: str) -> None:
    """Mark what belongs to a candidate, so that the reader can hide it.

    Parameters
    ----------
    artist : Artist
    item : str
        Name of the candidate on the page; empty if it cannot be hidden.
    """
    if item:
        artist.set_gid(f"{_ITEM}{item}")


def mark_legend(legend: Legend, items: Sequence[str]) -> None:
    """Mark the entries of a legend, see :func:`mark_item`."""
    entries = zip(items, legend.legend_handles, legend.get_texts(), strict=True)
    for item, handle, text in entries:
        mark_item(text, item)
        if handle is not None:
            mark_item(handle, item)


def legend_beside(ax: Axes, **settings: Any) -> Legend:
    """Place the legend to the right of the axes."""
    return ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), alignment="left", **settings)


def text_width(text: str, size: float) -> float:
    """Return the width of a text in DejaVu Sans, the widest of the fonts that a page may use.

    Parameters
    ----------
    text : str
    size : float
        Font size in points.

    Returns
    -------
    float
        In points. A character that the font lacks counts as its placeholder box.

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


def _tidy(root: ET.Element, name: str) -> None:
    """Remove what the page does not need, turn styles into attributes, and prefix ids."""
    used = set(_references(root))
    for parent in root.iter():
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style") or _is_invisible(child):
                parent.remove(child)
    for each in root.iter():
        each.tag = each.tag.removeprefix(_SVG)
        each.text = None if (each.text or "").isspace() else each.text
        each.tail = None
        attributes = _styled(each.attrib)
        if attributes.get("id", "").startswith(_ITEM):
            attributes["data-item"] = attributes["id"].removeprefix(_ITEM)
        if attributes.get("transform", "").startswith("rotate(-0 "):
            del attributes["transform"]
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        each.attrib = {key: _renamed(key, value, name) for key, value in attributes.items()}
        if _HREF in each.attrib:
            each.set("href", each.attrib.pop(_HREF))


def _is_invisible(element: ET.Element) -> bool:
    """Return whether an element is a path without fill and stroke, such as a masked cell."""
    style = _styled(element.attrib)
    filled = "fill" not in style or style["fill"] != "none"
    return element.tag == f"{_SVG}path" and not filled and style.get("stroke", "none") == "none"


def _styled(attributes: dict[str, str]) -> dict[str, str]:
    """Return attributes with the properties of ``style`` as attributes of their own."""
    styles = (each.partition(":") for each in attributes.get("style", "").split(";"))
    spread = {key.strip(): value.strip() for key, _, value in styles if value}
    others = {key: value for key, value in attributes.items() if key != "style"}
    return others | {key: value for key, value in spread.items() if key not in _FONT}


def _renamed(key: str, value: str, name: str) -> str:
    """Return the value of an attribute with ids prefixed and numbers rounded."""
    if key == "id":
        return f"{name}-{value}"
    if key == _HREF:
        return f"#{name}-{value[1:]}"
    if key in ("d", "transform", "x", "y"):
        return " ".join(_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value).split())
    return _REFERENCE.sub(rf"url(#{name}-\1)", value)


def _references(root: ET.Element) -> Iterator[str]:
    for each in root.iter():
        for key, value in each.attrib.items():
            if key == _HREF:
                yield value[1:]
            yield from _REFERENCE.findall(value)
