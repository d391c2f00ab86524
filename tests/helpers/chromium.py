"""How the tests look at pages: a real browser, its logs, its sizes, and axe-core."""

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

# Texts of a figure that reach out of it, or lie on one another.
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

# Runs after axe-core itself; the size of targets is a rule that it leaves out unless asked.
CHECK = """
const done = arguments[arguments.length - 1];
axe.run(document, {rules: {"target-size": {enabled: true}}}).then(found => done(
  found.violations.map(each => [each.id, each.help, each.nodes.map(node => node.html)])));
"""


def start_browser() -> webdriver.Chrome:
    """Start Debian's Chromium, which writes down what its pages say and ask for."""
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
    """Set the width of the page itself; a window cannot be as narrow as a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def emulate(browser, *, scheme: str = "light", media: str = "") -> None:
    """Set the system's colours, and the medium: ``"print"`` or, where empty, the screen."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    settings = {"media": media, "features": features}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", settings)


def forget(browser) -> None:
    """End the page before, which may still be asking its server, and what was written of it."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)


def requests(browser) -> list[str]:
    """Return what was asked of a server since the last time."""
    return [
        line["message"]
        for line in browser.get_log("performance")
        if "Network.requestWillBeSent" in line["message"] and '"url":"http' in line["message"]
    ]


def violations(browser) -> list[Any]:
    """Return what axe-core finds: (rule, what it asks, elements)."""
    browser.set_script_timeout(150)  # a long page on a busy machine
    browser.execute_script((files("axe_playwright_python") / "axe.min.js").read_text())
    return browser.execute_async_script(CHECK)


def find(page, selector: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, selector)


def press(page, text: str, inside: str = "main") -> None:
    """Press the button that says something."""
    buttons = find(page, inside).find_elements(By.CSS_SELECTOR, "button, summary, label")
    (button,) = [each for each in buttons if each.text == text and each.is_displayed()]
    button.click()


def column(page, label: str, table: str = "tables") -> list[str]:
    """Return what a column of a table shows, from top to bottom."""
    return page.execute_script(COLUMN, label, table)


def status(page, table: str) -> str:
    """Return what is said of a table: how many rows are shown, or what was copied."""
    return find(page, f'[data-table="{table}"] > .status').text


def copied(page) -> str:
    """Return what is on the clipboard."""
    return page.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
