"""Fixtures with a browser, and a report for it to show."""

from __future__ import annotations

from pathlib import Path

import demo_report
import pytest
from chromium import (
    emulate,
    forget,
    requests,
    resize,
    start_browser,
)
from markupsafe import Markup

from tunekit.reporting.document import wrap
from tunekit.reporting.tables.table import embedded


@pytest.fixture(scope="session")
def browser():
    started = start_browser()
    yield started
    started.quit()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """Where pictures go, to be looked at: ``pictures/`` if there is one, which git ignores."""
    kept = Path(__file__).parents[2] / "pictures"
    return kept if kept.is_dir() else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """A report of made-up results, with every kind of content."""
    path = tmp_path_factory.mktemp("demo") / "report.html"
    path.write_text(demo_report.page(), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser):
    """Opens a page; nothing that it does may be an error, or ask a server for something."""

    def visited(path, *, width=1280, scheme="light", media=""):
        forget(browser)
        emulate(browser, scheme=scheme, media=media)
        resize(browser, width, 900)
        browser.get(path.as_uri())
        return browser

    yield visited
    assert browser.get_log("browser") == []
    assert requests(browser) == []


@pytest.fixture
def clipboard(browser):
    """Lets pages read the clipboard, and so a test."""
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.execute_cdp_cmd("Browser.grantPermissions", {"permissions": permissions})
    yield
    browser.execute_cdp_cmd("Browser.resetPermissions", {})


@pytest.fixture
def show(visit, tmp_path):
    """Opens a page with tables alone."""

    def shown(*tables, **settings):
        body = "".join(f'<div class="table" data-table="{each.name}"></div>' for each in tables)
        path = tmp_path / "tables.html"
        path.write_text(wrap("Tables", Markup(body), embedded(tables)), encoding="utf-8")
        return visit(path, **settings)

    return shown
