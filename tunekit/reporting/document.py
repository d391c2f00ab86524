"""The page around a report: one offline file under a strict content-security policy."""

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

#: Scripts by what they are about; the last one starts the page.
SCRIPTS = ("cells.js", "tables.js", "tools.js", "thresholds.js", "parallel.js", "page.js")

# What the script fills, and where its data stands. Neither texts nor values hold a bare "<".
_PLACE = re.compile(r'<\w+\b[^<>]*\bdata-(table|thresholds|parallel)="([^"]*)"')
_ID = re.compile(r'<\w+\b[^<>]*\sid="([^"]*)"')


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
    """Return a whole HTML document that loads nothing and runs no script but its own.

    Parameters
    ----------
    title : str
        Heading of the page.
    body : Markup
        Sections, without styles in place and without scripts. The script fills
        ``<div class="table" data-table="NAME">`` with a table,
        ``<div class="thresholds" data-thresholds="NAME">`` with a slider over thresholds, and
        ``<div class="parallel" data-parallel="NAME">`` with parallel coordinates.
    data : Markup
        What it fills them with, from :func:`tunekit.reporting.tables.table.embedded`:
        ``tables``, and by name under ``thresholds`` and ``parallel``::

            thresholds: {"positive": label, "chosen": 0.5, "chosen_on": words,
                         "metrics": [name, …],
                         "rows": [[threshold, tp, fp, fn, tn, value of each metric, …], …]}
            parallel:   {"axes": [{"label", "kind": "number" | "log" | "category",
                                   "low", "high", "categories"}, …],
                         "lines": [[value or None on each axis, …, score], …],
                         "score": {"label", "low", "high"}}

        Of scores, greater is better.
    theme : {"auto", "light", "dark"}, default="auto"
        Colours at first; the reader can choose others.
    subtitle, footer : str
        Lines below the heading and at the end; none where empty.
    sections : sequence of (id, title)
        Contents: parts of the body.

    Raises
    ------
    ParameterError
        When there is no such theme, or the body lacks a part that the contents name, or the
        data of a place to be filled.

    References
    ----------
    W3C: Content Security Policy Level 3, section 2.3.1 (sources that are hashes).

    Examples
    --------
    >>> from tunekit.reporting.tables.table import embedded
    >>> page = wrap("Digits & more", Markup("<p>All well.</p>"), embedded([]))
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
        policy=Markup(_policy(style, script)),  # noqa: S704 - ours, as are the two it names
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
    )


def check_theme(theme: str) -> Theme:
    """Return a theme if there is one of this name.

    Raises
    ------
    ParameterError
        When there is none.
    """
    if theme not in get_args(Theme):
        raise ParameterError(f"theme must be 'auto', 'light' or 'dark', got {theme!r}.")
    return cast("Theme", theme)


def _static(name: str) -> str:
    return (files("tunekit.reporting") / "static" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return a policy under which this style and this script stand, and no others."""
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
    """Check that all that the page names is there: the browser would leave an empty place."""
    known = json.loads(data)
    for kind, found in _PLACE.findall(body):
        name = html.unescape(found)
        if name not in known.get("tables" if kind == "table" else kind, {}):
            raise ParameterError(
                f"the page has a place for {kind} {name!r}, but its data has none of that name: "
                "hand it to embedded()."
            )
    ids = {html.unescape(each) for each in _ID.findall(body)}
    for name, heading in sections:
        if name not in ids:
            raise ParameterError(
                f"the contents name {heading!r}, but no part of the page has the id {name!r}."
            )


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    name : str
        Under which it can be asked for; also its place in the page.
    title : str
    html : Markup
        Without its heading.
    tables : tuple of Table
        All that its places name.
    thresholds, parallel : mapping of str to mapping
        Data of its sliders and of its parallel coordinates, by name.
    """

    name: str
    title: str
    html: Markup
    tables: tuple[Table, ...] = ()
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parallel: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def rendered(template: str, **context: object) -> Markup:
    """Return what a template makes of some objects; their texts are escaped.

    Parameters
    ----------
    template : str
        Name of a file in ``templates/``, without its ending.
    **context : object
        By the names that the template uses.
    """
    text = _environment().get_template(f"{template}.html.j2").render(**context)
    return Markup(text)  # noqa: S704 - the template escapes


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tunekit.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
