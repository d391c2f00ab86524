"""Parse a report, and check what must hold for every report."""

from __future__ import annotations

import html as escaping
import json
import re
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "wbr", "br", "path", "use", "rect", "img", "input"}


class Checker(HTMLParser):
    """Collects everything a browser would load, all ids, and unclosed tags."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.open, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.attributes.append(attrs)
        self.loads += [attrs[name] for name in ("src", "href", "srcset") if name in attrs]
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def check(html):
    """Check that a page is complete and self-contained, without inline styles and handlers."""
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    outside = [each for each in checker.loads if not each.startswith(("#", "data:image/png;"))]
    assert outside == ["data:,"]
    assert html.count("<style") == html.count("</style>") == 1
    assert html.count("<script") == html.count("</script>") == 2, "the data and the script"
    places = {each[1:] for each in checker.loads if each.startswith("#")}
    assert places <= set(checker.ids)
    assert not any("style" in attributes for attributes in checker.attributes)
    assert not any(
        name.startswith("on") for attributes in checker.attributes for name in attributes
    )
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"@import|url\((?!#)", html)
    assert "default-src 'none'" in html


class Page:
    """A report, read from a file and checked."""

    def __init__(self, path):
        self.html = Path(path).read_text(encoding="utf-8")
        check(self.html)
        self._data = json.loads(re.search(r'id="data">(.*?)</script>', self.html, re.DOTALL)[1])

    @property
    def sections(self):
        """Names of the sections, in order."""
        return re.findall(r'<section aria-labelledby="(\w+)">', self.html)

    def section(self, name):
        """The HTML of a section."""
        start = self.html.index(f'<section aria-labelledby="{name}">')
        return self.html[start : self.html.index("</section>", start)]

    def text(self, name):
        """The text of a section, without markup."""
        plain = re.sub(r"<[^>]+>", " ", self.section(name))
        return " ".join(escaping.unescape(plain).split())

    @property
    def verdict(self):
        return self.text("verdict")

    def headings(self, name):
        """Headings of the parts of a section."""
        return [
            escaping.unescape(each) for each in re.findall(r"<h3>(.*?)</h3>", self.section(name))
        ]

    def figures(self, name):
        """Titles of the figures of a section."""
        return re.findall(r"<figure[^>]*>\s*<h4>(.*?)</h4>", self.section(name))

    def figure(self, name, title):
        """The HTML of the first figure of a section with this title."""
        html = self.section(name)
        html = html[html.index(f"<h4>{title}</h4>") :]
        return html[: html.index("</figure>")]

    @property
    def tables(self):
        """Names of all tables."""
        return list(self._data["tables"])

    def table(self, name):
        """The rows of a table, as mappings from columns to values."""
        table = self._data["tables"][name]
        keys = [column["key"] for column in table["columns"]]
        return [dict(zip(keys, row, strict=True)) for row in table["rows"]]

    @property
    def trials(self):
        """The trials of the only study."""
        return self.table("trials-0")
