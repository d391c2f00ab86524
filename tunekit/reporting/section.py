"""A section of the page: what its templates make of data, and what the script fills in."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
from markupsafe import Markup

from tunekit.reporting.tables import Table


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
