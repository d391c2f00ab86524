"""Check boxes that show and hide candidates, in a browser."""

from __future__ import annotations

import numpy as np
import pytest
from chromium import MISPLACED, WIDTH, find, press, violations
from comparison_data import data_of
from markupsafe import Markup
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.collect import ReportData
from tunekit.reporting.document import rendered, wrap
from tunekit.reporting.sections.candidates import candidates_section
from tunekit.reporting.tables.table import embedded

# Number of visible parts of the candidate in a place of the ranking, and of all of its parts.
PARTS = """
const parts = [...document.querySelectorAll(`[data-item="candidates-0-${arguments[0]}"]`)];
return [parts.filter(each => getComputedStyle(each).display !== "none").length, parts.length];
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page with the section of three candidates."""
    X, y = load_iris(return_X_y=True)
    X = X + np.random.default_rng(0).normal(size=X.shape)
    models = {
        "bayes": GaussianNB(),
        "a tree with a long name, to be shortened in a legend": DecisionTreeClassifier(max_depth=2),
        "prior": DummyClassifier(),
    }
    comparison = tk.compare(models, X, y, cv=2, test_size=0.3, tracking=False)
    section = candidates_section(ReportData((), (data_of(comparison),)))
    body = rendered("section", section=section)
    path = tmp_path_factory.mktemp("candidates") / "page.html"
    page = wrap("Candidates", Markup(body), embedded(section.tables))
    path.write_text(page, encoding="utf-8")
    return path


def boxes(page):
    return page.find_elements(By.CSS_SELECTOR, ".picker input")


def test_a_check_box_hides_a_candidate_in_all_figures_and_shows_it_again(visit, path):
    page = visit(path)
    visible, every = page.execute_script(PARTS, 0)
    assert visible == every > 10
    boxes(page)[0].click()
    assert page.execute_script(PARTS, 0) == [0, every]
    for place in (1, 2):
        visible, every_other = page.execute_script(PARTS, place)
        assert visible == every_other
    boxes(page)[1].click()
    press(page, "Show all", ".picker")
    assert all(box.is_selected() for box in boxes(page))
    assert page.execute_script(PARTS, 0) == [every, every]
    assert not find(page, ".picker button").is_displayed()


def test_check_boxes_work_with_the_keyboard(visit, path):
    page = visit(path)
    boxes(page)[0].send_keys(Keys.TAB)
    assert page.switch_to.active_element == boxes(page)[1]
    page.switch_to.active_element.send_keys(Keys.SPACE)
    assert page.execute_script(PARTS, 1)[0] == 0
    boxes(page)[2].send_keys(Keys.TAB)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.execute_script(PARTS, 1)[0] > 0
    assert page.switch_to.active_element == boxes(page)[0], "the button is gone"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (2560, "light"), (360, "light")])
def test_the_section_fits_and_is_accessible(visit, picture, path, width, scheme):
    page = visit(path, width=width, scheme=scheme)
    picture(page, f"candidates-{width}")
    assert page.execute_script(WIDTH) == width
    assert page.execute_script(MISPLACED) == []
    assert violations(page) == []


def test_without_the_script_all_candidates_are_shown_without_check_boxes(browser, visit, path):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = visit(path)
        assert not find(page, ".picker").is_displayed()
        panels = page.find_elements(By.CSS_SELECTOR, ".panel")
        assert len(panels) == 6
        assert all(each.is_displayed() for each in panels)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_check_boxes_are_not_printed(visit, path):
    page = visit(path, media="print")
    assert not find(page, ".picker").is_displayed()
