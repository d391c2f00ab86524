"""Fixtures: a browser and a demo report."""

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
def picture():
    """Saves a screenshot under a name in ``pictures/`` (ignored by git), if that exists."""
    folder = Path(__file__).parents[2] / "pictures"

    def saved(page, name):
        if folder.is_dir():
            page.save_screenshot(str(folder / f"{name}.png"))

    return saved


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """The demo report, with all kinds of content."""
    path = tmp_path_factory.mktemp("demo") / "report.html"
    path.write_text(demo_report.page(), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser):
    """Opens a page, which must cause no errors and no requests."""

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
    """Allows pages to read the clipboard."""
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.execute_cdp_cmd("Browser.grantPermissions", {"permissions": permissions})
    yield
    browser.execute_cdp_cmd("Browser.resetPermissions", {})


@pytest.fixture
def show(visit, tmp_path):
    """Opens a page that contains only tables."""

    def shown(*tables, **settings):
        body = "".join(f'<div class="table" data-table="{each.name}"></div>' for each in tables)
        path = tmp_path / "tables.html"
        path.write_text(wrap("Tables", Markup(body), embedded(tables)), encoding="utf-8")
        return visit(path, **settings)

    return shown
