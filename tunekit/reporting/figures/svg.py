"""Figures as inline SVG, with text kept as text, in a form that a strict page can show.

Nothing in it is styled in place: the style sheet of the page sets the fonts, and gives other
colours to the ones below where the page is dark.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from tunekit.reporting.tables.table import Table

#: Text, text that matters less, grid lines and frames; ``report.css`` knows each by its name.
INK, SOFT, GRID, EDGE = "#334155", "#475569", "#e6eaf0", "#9aa4b2"

#: Colours of what is compared, told apart by colour-blind readers too; never used alone.
COLORS: list[str] = sns.color_palette("colorblind").as_hex()

#: Line styles and markers that go with them.
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
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_GIVEN = frozenset({"font-family", "font-style", "font-variant", "font-weight", "font-stretch"})


@dataclass(frozen=True)
class Figure:
    """A figure of the page.

    Attributes
    ----------
    title : str
    svg : Markup
    text : str
        What it shows, in one or two sentences, for those who do not see it.
    caption : str
        How to read it.
    table : Table or None
        The data behind it.
    wide : bool
        Whether it takes the whole width of the page.
    """

    title: str
    svg: Markup
    text: str
    caption: str
    table: Table | None = None
    wide: bool = False


def draw_svg(
    draw: Callable[[Any], None], size: tuple[float, float], name: str, text: str
) -> Markup:
    """Return what is drawn on axes of their own as an ``<svg>`` element.

    Parameters
    ----------
    draw : callable
        Draws on the axes that it is given.
    size : (float, float)
        Width and height, in inches.
    name : str
        Letters, digits and ``-``, unlike that of every other figure of the page: it keeps ids
        apart.
    text : str
        What the figure shows, for those who do not see it.
    """
    return draw_panels(lambda canvas: draw(canvas.add_subplot()), size, name, text)


def draw_panels(
    draw: Callable[[Canvas], None], size: tuple[float, float], name: str, text: str
) -> Markup:
    """Return what is drawn on a canvas of several panels as an ``<svg>`` element.

    Parameters are those of :func:`draw_svg`, but for ``draw``, which is given the canvas.
    """
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        canvas = Canvas(figsize=size, layout="constrained")
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # The browser has the letters that the font with which texts are measured lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            draw(canvas)
            # Not by savefig, which draws once more, on nothing, before it does.
            FigureCanvasSVG(canvas).print_svg(buffer, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - matplotlib's own, drawn above
    _tidy(root, name)
    root.attrib = {
        "role": "img",
        "aria-label": text,
        "viewBox": root.attrib["viewBox"],
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - the serialiser escapes


def legend_beside(ax: Axes, **settings: Any) -> None:
    """Put the legend to the right of the axes, where it covers nothing."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), alignment="left", **settings)


def _tidy(root: ET.Element, name: str) -> None:
    """Take out what the page does not need, put styles into attributes, and names before ids."""
    used = set(_references(root))
    for parent in root.iter():
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style") or _unseen(child):
                parent.remove(child)
    for each in root.iter():
        each.tag = each.tag.removeprefix(_SVG)
        each.text = None if (each.text or "").isspace() else each.text
        each.tail = None
        attributes = _styled(each.attrib)
        if attributes.get("transform", "").startswith("rotate(-0 "):
            del attributes["transform"]
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        each.attrib = {key: _renamed(key, value, name) for key, value in attributes.items()}
        if _HREF in each.attrib:
            each.set("href", each.attrib.pop(_HREF))


def _unseen(element: ET.Element) -> bool:
    """Tell whether an element is a path that is neither filled nor stroked, as a masked cell is."""
    look = _styled(element.attrib)
    filled = "fill" not in look or look["fill"] != "none"
    return element.tag == f"{_SVG}path" and not filled and look.get("stroke", "none") == "none"


def _styled(attributes: dict[str, str]) -> dict[str, str]:
    """Return attributes with a style among them spread out."""
    styles = (each.partition(":") for each in attributes.get("style", "").split(";"))
    spread = {key.strip(): value.strip() for key, _, value in styles if value}
    kept = {key: value for key, value in attributes.items() if key != "style"}
    return kept | {key: value for key, value in spread.items() if key not in _GIVEN}


def _renamed(key: str, value: str, name: str) -> str:
    """Return an attribute's value with names before ids, and with as many digits as one sees."""
    if key == "id":
        return f"{name}-{value}"
    if key == _HREF:
        return f"#{name}-{value[1:]}"
    if key in ("d", "transform", "x", "y"):
        return " ".join(_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value).split())
    return _REFERENCE.sub(rf"url(#{name}-\1)", value)


def _references(root: ET.Element) -> Iterator[str]:
    for each in root.iter():
        for key, value in each.attrib.items():
            if key == _HREF:
                yield value[1:]
            yield from _REFERENCE.findall(value)
