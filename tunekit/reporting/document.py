"""The HTML document of a report: one offline file under a strict content-security policy."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import jinja2
from markupsafe import Markup

from tunekit.exceptions import ParameterError
from tunekit.reporting.tables.table import Table

Theme = Literal["auto", "light", "dark"]

#: Scripts in the order of inclusion; the last one starts the page.
SCRIPTS = (
    *("cells.js", "tables.js", "tools.js", "thresholds.js", "parallel.js", "picker.js"),
    "page.js",
)

# Elements that the script fills, with the name of their data. Text never contains a bare "<".
_PLACE = re.compile(r'<\w+\b[^<>]*\bdata-(table|thresholds|parallel)="([^"]*)"')
_ID = re.compile(r'<\w+\b[^<>]*\sid="([^"]*)"')


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    name : str
        Name by which it is requested; also the id of its heading.
    title : str
    html : Markup
        Content without the heading.
    tables : tuple of Table
        All tables that the content refers to.
    thresholds, parallel : mapping of str to mapping
        Data of threshold sliders and of parallel coordinates, by name.
    """

    name: str
    title: str
    html: Markup
    tables: tuple[Table, ...] = ()
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parallel: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def wrap(
    title: str,
    body: Markup,
    data: Markup,
    *,
    theme: Theme = "auto",
    subtitle: str = "",
    footer: str = "",
    sections: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a complete HTML document that loads nothing and runs no scripts but its own.

    Parameters
    ----------
    title : str
        Heading of the page.
    body : Markup
        Sections, without inline styles and scripts. The script fills
        ``<div class="table" data-table="NAME">`` with a table,
        ``<div class="thresholds" data-thresholds="NAME">`` with a slider over thresholds, and
        ``<div class="parallel" data-parallel="NAME">`` with parallel coordinates. Check boxes in a
        ``<fieldset class="picker">`` show and hide the elements whose ``data-item`` is their value.
    data : Markup
        Data of these elements, from :func:`tunekit.reporting.tables.table.embedded`:
        ``tables``, ``thresholds`` and ``parallel``, each by name::

            thresholds: {"positive": label, "chosen": 0.5, "chosen_on": rows,
                         "metrics": [name, …],
                         "rows": [[threshold, tp, fp, fn, tn, value of each metric, …], …]}
            parallel:   {"axes": [{"label", "kind": "number" | "log" | "category",
                                   "low", "high", "categories"}, …],
                         "lines": [[value or None on each axis, …, score], …],
                         "score": {"label", "low", "high"}}

        Higher scores are better.
    theme : {"auto", "light", "dark"}, default="auto"
        Initial colours; the reader can change them.
    subtitle, footer : str
        Lines below the heading and at the end; omitted if empty.
    sections : sequence of (id, title)
        Table of contents: ids and titles of parts of the body.

    Raises
    ------
    ParameterError
        If the theme is unknown, the body lacks an id of the table of contents, or the data of an
        element is missing.

    References
    ----------
    W3C: Content Security Policy Level 3, section 2.3.1 (sources that are hashes).

    Examples
    --------
    >>> from tunekit.reporting.tables.table import embedded
    >>> page = wrap("Digits & more", Markup("<p>Text</p>"), embedded([]))
    >>> "<h1>Digits &amp; more</h1>" in page
    True
    """
    check_theme(theme)
    _check_parts(body, data, sections)
    style = _static("report.css")
    script = '"use strict";\n(() => {\n' + "\n".join(map(_static, SCRIPTS)) + "})();\n"
    return rendered(
        "document",
        title=title,
        body=body,
        data=data,
        theme=theme,
        subtitle=subtitle,
        footer=footer,
        sections=sections,
        policy=Markup(_policy(style, script)),  # noqa: S704 - made of our own files
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
    )


def check_theme(theme: str) -> Theme:
    """Return the theme with a name, or raise an error.

    Raises
    ------
    ParameterError
        If there is no such theme.
    """
    if theme not in get_args(Theme):
        raise ParameterError(f"theme must be 'auto', 'light' or 'dark', got {theme!r}.")
    return cast("Theme", theme)


def rendered(template: str, **context: object) -> Markup:
    """Return a rendered template; texts in the context are escaped.

    Parameters
    ----------
    template : str
        Name of a file in ``templates/``, without ``.html.j2``.
    **context : object
        Variables of the template.
    """
    text = _environment().get_template(f"{template}.html.j2").render(**context)
    return Markup(text)  # noqa: S704 - the template escapes


def _static(name: str) -> str:
    return (files("tunekit.reporting") / "static" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return a policy that allows this style and this script only."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hashed(style)}'",
            f"script-src '{_hashed(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hashed(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _check_parts(body: Markup, data: Markup, sections: Sequence[tuple[str, str]]) -> None:
    """Check that the data and ids that the page refers to exist; a browser would show nothing."""
    known = json.loads(data)
    for kind, escaped in _PLACE.findall(body):
        name = html.unescape(escaped)
        if name not in known.get("tables" if kind == "table" else kind, {}):
            raise ParameterError(
                f"the page refers to {kind} {name!r}, but its data contains no such entry; "
                "pass it to embedded()."
            )
    ids = {html.unescape(each) for each in _ID.findall(body)}
    for name, heading in sections:
        if name not in ids:
            raise ParameterError(
                f"the table of contents lists {heading!r}, but no element has the id {name!r}."
            )


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tunekit.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
