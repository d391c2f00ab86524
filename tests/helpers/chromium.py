"""A real browser for the tests: its logs and sizes, and axe-core."""

from __future__ import annotations

import shutil
from importlib.resources import files
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--disable-dev-shm-usage --hide-scrollbars"""

# Texts of a figure that extend beyond it or overlap.
MISPLACED = """
const wrong = [];
for (const svg of document.querySelectorAll("figure svg")) {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map(t => [t.textContent, t.getBoundingClientRect()]);
  for (const [text, box] of boxes)
    if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
        box.top < frame.top - 1 || box.bottom > frame.bottom + 1) wrong.push(["cut", text]);
  for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
    const [a, b] = [boxes[i][1], boxes[j][1]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 0.4 * Math.min(a.height, b.height))
      wrong.push(["overlap", boxes[i][0], boxes[j][0]]);
  }
}
return wrong;
"""

OPEN_ALL = "for (const each of document.querySelectorAll('main details')) each.open = true"
WIDTH = "return document.documentElement.scrollWidth"
COLUMN = """
const table = document.querySelector(`[data-table="${arguments[1]}"] table`);
const heads = [...table.tHead.rows[0].cells].filter(each => !each.hidden);
const place = heads.findIndex(each => each.textContent === arguments[0]);
return [...table.tBodies[0].rows].map(row => row.cells[place].textContent);
"""

# Runs after axe-core is loaded; the rule on target size is off by default.
CHECK = """
const done = arguments[arguments.length - 1];
axe.run(document, {rules: {"target-size": {enabled: true}}}).then(found => done(
  found.violations.map(each => [each.id, each.help, each.nodes.map(node => node.html)])));
"""


def start_browser() -> webdriver.Chrome:
    """Start Debian's Chromium with logs of console messages and requests."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "the page tests need Debian's chromium: make browser"
    assert driver, "the page tests need Debian's chromium-driver: make browser"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


def resize(browser, width: int, height: int) -> None:
    """Set the size of the page; a window cannot be as narrow as a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def emulate(browser, *, scheme: str = "light", media: str = "") -> None:
    """Set the colour scheme and the medium: ``"print"``, or the screen if empty."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    settings = {"media": media, "features": features}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", settings)


def forget(browser) -> None:
    """Close the previous page, which may still send requests, and clear its logs."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)


def requests(browser) -> list[str]:
    """Return the requests since the last call."""
    return [
        line["message"]
        for line in browser.get_log("performance")
        if "Network.requestWillBeSent" in line["message"] and '"url":"http' in line["message"]
    ]


def violations(browser) -> list[Any]:
    """Return the violations that axe-core reports: (rule, requirement, elements)."""
    browser.set_script_timeout(150)  # a long page on a busy machine
    browser.execute_script((files("axe_playwright_python") / "axe.min.js").read_text())
    return browser.execute_async_script(CHECK)


def find(page, selector: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, selector)


def press(page, text: str, inside: str = "main") -> None:
    """Press the button with a text."""
    buttons = find(page, inside).find_elements(By.CSS_SELECTOR, "button, summary, label")
    (button,) = [each for each in buttons if each.text == text and each.is_displayed()]
    button.click()


def column(page, label: str, table: str = "tables") -> list[str]:
    """Return the texts of a column, from top to bottom."""
    return page.execute_script(COLUMN, label, table)


def status(page, table: str) -> str:
    """Return the status of a table: the number of rows, or what was copied."""
    return find(page, f'[data-table="{table}"] > .status').text


def copied(page) -> str:
    """Return the content of the clipboard."""
    return page.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
