"""Real reports in a real browser: three digits on both engines, two classes, and a regression."""

from __future__ import annotations

import copy
import csv
import io
import sqlite3
from contextlib import closing

import pytest
from chromium import MISPLACED, OPEN_ALL, WIDTH, copied, find, press, resize, status, violations
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk

KINDS = ["digits", "cancer", "diabetes"]
#: Each kind of report and each window are inspected for accessibility at least once.
INSPECTED = {("digits", "dark"), ("cancer", "light"), ("cancer", "old"), ("diabetes", "phone")}
PAPER = 680  # width of an A4 page without margins, in pixels
CELLS = """
return [...document.querySelectorAll(`[data-table="${arguments[0]}"] tbody tr`)]
  .filter(row => !row.hidden)
  .map(row => [...row.cells].map(cell => cell.innerText.trim()));
"""


@pytest.fixture(scope="module")
def reports(tuners, digits, store, tmp_path_factory):
    """Paths of the three reports."""
    folder = tmp_path_factory.mktemp("reports")
    uri = f"sqlite:///{folder}/mlflow.db"  # a copy, as other tests count the contents of the store
    with closing(sqlite3.connect(store)) as held, closing(sqlite3.connect(uri[10:])) as new:
        held.backup(new)
    tuner = copy.copy(tuners["optuna"])
    tuner.tracking_uri_ = uri
    tuner.finalists(digits[0], digits[2], k=2, seeds=2)
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    space = tk.Space(logisticregression__C=tk.Float(0.01, 10.0, log=True))
    cancer = tk.compare(
        {
            "bayes": GaussianNB(),
            "logistic": scaled,
            "tuned": tk.Tuner(scaled, space, n_trials=3, cv=2),
            "prior": DummyClassifier(),
        },
        X,
        y.map({0: "malignant", 1: "benign"}),
        scoring=["accuracy", "roc_auc"],
        test_size=0.3,
        name="breast cancer",
        tracking_uri=uri,
    )
    X, y = load_diabetes(return_X_y=True)
    ridge = tk.Tuner(
        Ridge(),
        tk.Space(alpha=tk.Float(1e-3, 10.0, log=True)),
        n_trials=8,
        cv=3,
        name="diabetes",
        tracking_uri=uri,
        random_state=0,
    ).fit(X[:300], y[:300])
    ridge.evaluate(X[300:], y[300:])
    sources = {"digits": "three digits", "cancer": cancer, "diabetes": ridge}
    return {
        name: tk.report(source, folder / f"{name}.html", tracking_uri=uri)
        for name, source in sources.items()
    }


def show_all(page, picture, name, width):
    """Show the whole page at once."""
    height = page.execute_script("return document.documentElement.scrollHeight")
    resize(page, width, min(height, 16_000))
    picture(page, f"report-{name}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("light", 1280, "light"),
        ("dark", 1280, "dark"),
        ("phone", 360, "light"),
        ("old", 320, "dark"),
    ],
)
def test_report_fits_the_window(visit, picture, reports, kind, name, width, scheme):
    page = visit(reports[kind], width=width, scheme=scheme)
    show_all(page, picture, f"{kind}-{name}", width)
    assert page.execute_script(WIDTH) == width, "the page is wider than the window"
    assert page.execute_script(MISPLACED) == []
    if (kind, name) in INSPECTED:
        assert violations(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_report_is_accessible_with_all_details_open(visit, reports, kind):
    page = visit(reports[kind])
    page.execute_script(OPEN_ALL)
    WebDriverWait(page, 20).until(lambda _: page.find_elements(By.CSS_SELECTOR, ".behind td"))
    assert violations(page) == []
    assert page.execute_script(WIDTH) == 1280


@pytest.mark.parametrize("kind", KINDS)
def test_print_has_no_buttons_and_is_light(visit, picture, reports, kind):
    page = visit(reports[kind], width=PAPER, scheme="dark", media="print")
    show_all(page, picture, f"{kind}-print", PAPER)
    buttons = page.find_elements(By.CSS_SELECTOR, "button:not(.sort), summary + *, input")
    shown = [each for each in buttons if each.is_displayed() and each.tag_name != "div"]
    assert shown == []
    assert not find(page, "nav").is_displayed()
    colour = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert page.execute_script(WIDTH) <= PAPER + 1, "except for rounding"


def test_trials_are_sorted_and_filtered(visit, reports):
    page = visit(reports["digits"])
    rows = page.execute_script(CELLS, "trials-0")
    assert len(rows) == 24
    heading = find(page, '[data-table="trials-0"] th:nth-child(2) button')
    assert heading.text.startswith("trial")
    heading.send_keys(Keys.ENTER)
    numbers = [int(row[1]) for row in page.execute_script(CELLS, "trials-0")]
    assert numbers == sorted(numbers)
    heading.send_keys(Keys.SPACE)
    numbers = [int(row[1]) for row in page.execute_script(CELLS, "trials-0")]
    assert numbers == sorted(numbers, reverse=True)
    search = find(page, '[data-table="trials-0"] input[type="search"]')
    search.send_keys("hyperopt")
    WebDriverWait(page, 10).until(lambda _: "12 of 24" in status(page, "trials-0"))
    assert {row[2] for row in page.execute_script(CELLS, "trials-0")} == {"hyperopt"}


def test_copied_table_equals_the_shown_table(visit, clipboard, reports):
    page = visit(reports["cancer"])
    press(page, "Copy as CSV", inside='[data-table="models-0"]')
    WebDriverWait(page, 10).until(lambda _: "opied" in status(page, "models-0"))
    rows = list(csv.reader(io.StringIO(copied(page))))
    shown = page.execute_script(CELLS, "models-0")
    assert [row[1] for row in rows[1:]] == [row[1] for row in shown]
    assert {row[1] for row in rows[1:]} == {"bayes", "logistic", "tuned", "prior"}


def test_a_threshold_is_moved_with_the_keyboard(visit, reports):
    page = visit(reports["cancer"])
    slider = find(page, ".thresholds input[type=range]")
    before = find(page, ".thresholds output").text
    slider.send_keys(Keys.HOME)
    lowest = find(page, ".thresholds output").text
    slider.send_keys(Keys.END)
    highest = find(page, ".thresholds output").text
    assert float(lowest) < float(before) < float(highest)


def test_all_tables_of_a_report_have_rows(visit, reports):
    for path in reports.values():
        page = visit(path)
        for place in page.find_elements(By.CSS_SELECTOR, "div[data-table]"):
            if not page.execute_script("return arguments[0].closest('details') !== null", place):
                assert place.find_elements(By.CSS_SELECTOR, "tbody tr"), place.get_attribute(
                    "data-table"
                )
