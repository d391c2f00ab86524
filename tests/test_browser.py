"""The pages in a real browser: Debian's Chromium, which ``make test`` installs."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import tunekit as tk
from tunekit.tracking.reader import find_experiment
from tunekit.tracking.server import ui_server
from tunekit.tracking.store import experiment_url

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


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Where pictures go, to be looked at: ``pictures/`` if there is one, which git ignores."""
    kept = Path(__file__).parents[1] / "pictures"
    return kept if kept.is_dir() else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def browser():
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "the page tests need Debian's chromium: make browser"
    assert driver, "the page tests need Debian's chromium-driver: make browser"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


def resize(browser, width, height):
    """Set the width of the page itself; a window cannot be as narrow as a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def requests(browser):
    return [
        line["message"]
        for line in browser.get_log("performance")
        if "Network.requestWillBeSent" in line["message"] and "http" in line["message"]
    ]


@pytest.mark.parametrize(("name", "width"), [("desktop", 1280), ("phone", 360)])
def test_the_report_is_whole_at_every_width(browser, pictures, tuners, uri, tmp_path, name, width):
    path = tk.report("three digits", tmp_path / "report.html", tracking_uri=uri)
    for log in ("browser", "performance"):
        browser.get_log(log)  # forgets what other pages did
    resize(browser, width, 900)
    browser.get(path.as_uri())
    height = browser.execute_script("return document.documentElement.scrollHeight")
    resize(browser, width, height)
    browser.save_screenshot(str(pictures / f"report-{name}.png"))
    assert browser.get_log("browser") == []
    assert not [line for line in requests(browser) if '"url":"http' in line]
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide == width, "the page is wider than the window"
    assert browser.execute_script(MISPLACED) == []
    assert len(browser.find_elements(By.CSS_SELECTOR, "figure svg")) == 7
    if name == "desktop":
        for table in browser.find_elements(By.CLASS_NAME, "scroll"):
            hidden = browser.execute_script(
                "return arguments[0].scrollWidth - arguments[0].clientWidth", table
            )
            assert hidden == 0, "a table does not fit"


@pytest.mark.slow
def test_the_ui_shows_the_study_its_executions_and_its_trials(
    browser, pictures, tuners, uri, free_port
):
    with ui_server(uri, host="127.0.0.1", port=free_port) as (address, _server):
        resize(browser, 1600, 1400)
        browser.get(experiment_url(address, find_experiment(uri, None)))

        def shown(driver):
            text = driver.find_element(By.TAG_NAME, "body").text
            return text if "trial 11" in text and "objective" in text else None

        text = WebDriverWait(browser, 60).until(shown)
        time.sleep(1)
        browser.save_screenshot(str(pictures / "ui.png"))
        assert "three digits" in text
        for tuner in tuners.values():
            assert f"{tuner.engine} 20" in text  # the parent run: engine and date
        for column in ("objective", "fit_time"):
            assert column in text
        assert "26 matching runs" in text
        browser.get("about:blank")
