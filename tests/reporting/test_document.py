"""The HTML document of a report: complete, strict, and with escaped text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import demo_report
import pytest
from markupsafe import Markup

import tunekit as tk
from tunekit.reporting.document import SCRIPTS, wrap
from tunekit.reporting.figures.svg import COLORS, EDGE, GRID, INK, SOFT
from tunekit.reporting.tables.table import Column, Table, embedded

STATIC = files("tunekit.reporting") / "static"


class Page(HTMLParser):
    """A parsed page: its elements, and the content of styles and scripts."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.raw, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag = self.elements[-1][0] if self.elements else ""
        if self.cdata_elem:
            self.raw.append((tag, data))
        else:
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def raw_of(self, kind):
        return "".join(data for tag, data in self.raw if tag == kind)


def plain(body="<p>Well.</p>", data=None, **settings):
    return wrap("Title", Markup(body), embedded([]) if data is None else data, **settings)


def policy(page):
    (meta,) = [each for each in Page(page).all("meta") if "http-equiv" in each]
    assert meta["http-equiv"] == "Content-Security-Policy"
    parts = [each.split() for each in meta["content"].split(";")]
    return {name: sources for name, *sources in parts}


def test_page_is_a_complete_document():
    page = plain(
        '<section id="a"></section><section id="b"></section>',
        subtitle="below",
        footer="at the end",
        sections=[("a", "First"), ("b", "Second & last")],
    )
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    found = Page(page)
    assert found.all("html") == [{"lang": "en", "data-theme": "auto"}]
    assert {"charset": "utf-8"} in found.all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in found.all(
        "meta"
    )
    for once in ("title", "header", "h1", "nav", "main", "footer", "noscript"):
        assert len(found.all(once)) == 1, once
    targets = [each["href"] for each in found.all("a")]
    assert targets == ["#content", "#a", "#b"]
    ids = {each["id"] for _, each in found.elements if "id" in each}
    assert {each[1:] for each in targets} <= ids
    assert [each["value"] for each in found.all("button")] == ["auto", "light", "dark"]


def test_omitted_parts_leave_no_empty_elements():
    found = Page(plain())
    assert not found.all("nav")
    assert not found.all("footer")
    assert all(each.get("class") != "subtitle" for each in found.all("p"))


@pytest.mark.parametrize("kind", ["style", "script"])
def test_policy_contains_the_hashes_of_style_and_script(kind):
    page = demo_report.page()
    blocks = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
    assert len(blocks) == 1
    digest = base64.b64encode(hashlib.sha256(blocks[0].encode()).digest()).decode()
    assert policy(page)[f"{kind}-src"] == [f"'sha256-{digest}'"]


def test_the_policy_allows_nothing_else():
    page = demo_report.page()
    allowed = {each: sources for each, sources in policy(page).items() if "-src" not in each}
    assert allowed == {"base-uri": ["'none'"], "form-action": ["'none'"]}
    sources = {each: sources for each, sources in policy(page).items() if "-src" in each}
    assert set(sources) == {"default-src", "style-src", "script-src", "img-src"}
    assert sources["default-src"] == ["'none'"]
    assert sources["img-src"] == ["data:"]
    assert "unsafe" not in html.unescape(page[: page.index("<style>")])
    # The policy applies only to what follows it.
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_page_loads_nothing_and_has_no_inline_styles_or_handlers():
    for tag, attributes in Page(demo_report.page()).elements:
        for name in ("src", "srcset", "href", "action", "data", "xlink:href"):
            assert re.match(r"#|data:|$", attributes.get(name) or ""), (tag, attributes)
        assert not any(each == "style" or each.startswith("on") for each in attributes)


@pytest.mark.slow
def test_the_same_contents_give_the_same_bytes():
    assert demo_report.page() == demo_report.page()


@pytest.mark.parametrize("text", demo_report.HOSTILE)
def test_hostile_texts_are_escaped(text):
    table = Table("t", text, (Column("a", text),), ((text,),))
    page = wrap(
        text,
        Markup('<section id="a"><div class="table" data-table="t"></div></section>'),
        embedded([table], note=text),
        subtitle=text,
        footer=text,
        sections=[("a", text)],
    )
    found, expected = Page(page), Page(plain('<section id="a"><div></div></section>'))
    for tag in ("script", "style", "img", "svg", "b", "h1"):
        assert len(found.all(tag)) == len(expected.all(tag)), tag
    assert found.text.count(text) == 4, "heading, contents, subtitle and footer"
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["tables"]["t"]["rows"] == [[text]]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_page_has_the_requested_theme(theme):
    assert Page(plain(theme=theme)).all("html")[0]["data-theme"] == theme


def test_unknown_theme_is_rejected():
    with pytest.raises(tk.ParameterError, match="theme must be 'auto', 'light' or 'dark', got 'x'"):
        plain(theme="x")


@pytest.mark.parametrize("kind", ["table", "thresholds", "parallel"])
def test_missing_data_is_rejected(kind):
    body = f'<p>Well.</p><div class="{kind}" data-{kind}="a &amp; b"></div>'
    with pytest.raises(
        tk.ParameterError, match=rf"the page refers to {kind} 'a & b', but its data contains no"
    ):
        plain(body)
    name = "tables" if kind == "table" else kind
    plain(body, Markup(json.dumps({name: {"a & b": {}}})))


def test_unknown_id_in_the_contents_is_rejected():
    with pytest.raises(
        tk.ParameterError, match="table of contents lists 'Gone', but no element has the id"
    ):
        plain(sections=[("gone", "Gone")])


def test_text_that_resembles_an_element_is_ignored():
    text = '<div class="table" data-table="gone">'
    plain(Markup('<p>{0}</p><svg><text>data-table="gone"</text></svg>').format(text))


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_do_not_parse_text_as_code(name):
    script = (STATIC / name).read_text(encoding="utf-8")
    sinks = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
        r"|createContextualFragment|DOMParser|srcdoc|setAttribute\(\"(style|on)|import\("
    )
    assert not re.search(sinks, script)
    assert not re.search(r"</script|<!--", script), "would end the element or hide its end"
    assert len(script.splitlines()) < 400


def test_page_includes_all_scripts():
    scripts = {each.name for each in STATIC.iterdir() if each.name.endswith(".js")}
    assert scripts == set(SCRIPTS)


def test_the_style_loads_nothing():
    style = (STATIC / "report.css").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|</style", style)


@pytest.mark.parametrize("color", [INK, SOFT, GRID, EDGE, *COLORS])
def test_style_has_all_colours_of_the_figures(color):
    style = (STATIC / "report.css").read_text(encoding="utf-8")
    for kind in ("fill", "stroke"):
        assert f'svg [{kind}="{color}"]' in style
