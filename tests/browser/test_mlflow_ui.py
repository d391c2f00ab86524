"""The MLflow UI in Debian's Chromium, which ``make test`` installs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from chromium import MISPLACED, resize
from dummy_estimators import Curved, study
from fake_predictions import HOSTILE
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from servers import free_port
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_study
from tunekit.tracking.ui import find_page, ui_server


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """A page with all figures of unusual predictions."""
    from tunekit.reporting.sections.evaluation import evaluation

    figures = [
        figure
        for number, predictions in enumerate(HOSTILE.values())
        for _, figure in evaluation(predictions, f"case-{number}", rows="validation rows").figures
    ]
    style = Path(tk.__file__).parent / "reporting" / "static" / "report.css"
    drawn = "".join(f"<figure>{figure.svg}</figure>" for figure in figures)
    path = tmp_path_factory.mktemp("gallery") / "gallery.html"
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>figures</title>'
        f"<style>{style.read_text()}</style><main><div class='pair'>{drawn}</div></main></html>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(("name", "width"), [("desktop", 1280), ("phone", 360)])
def test_texts_of_figures_are_neither_cut_nor_overlapping(browser, picture, gallery, name, width):
    resize(browser, width, 900)
    browser.get(gallery.as_uri())
    assert browser.execute_script(MISPLACED) == []
    height = browser.execute_script("return document.documentElement.scrollHeight")
    resize(browser, width, min(height, 12_000))
    picture(browser, f"figures-{name}")
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide == width, "a figure is wider than the window"


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    """A finished study of thirty trials with curves, and its report."""
    folder = tmp_path_factory.mktemp("thirty")
    X, y = load_iris(return_X_y=True)
    space = tk.Space(
        quality=tk.Float(0, 1),
        layers=tk.Int(1, 3),
        units=tk.Int(8, 64).per("layers"),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    )
    tuner = study(space, estimator=Curved(), n_trials=30, cv=0.3, name="thirty", tracking=True)
    tuner.set_params(tracking_uri=f"sqlite:///{folder}/mlflow.db").fit(X, y)
    tk.report(tuner, folder / "report.html")
    return tuner


@pytest.fixture(scope="module")
def ui(thirty):
    """Address of the MLflow UI of that study."""
    with ui_server(thirty.tracking_uri_, host="127.0.0.1", port=free_port()) as (address, _server):
        yield address


def opened(browser, picture, address, name, *words, width=1600, height=1400):
    """Open a page of the UI, wait until it shows some words, and return its text."""
    resize(browser, width, height)
    browser.get("about:blank")
    browser.get(address)

    def shown(driver):
        text = driver.find_element(By.TAG_NAME, "body").text
        return text if all(word in text for word in words) else None

    try:
        text = WebDriverWait(browser, 60).until(shown)
        time.sleep(1)  # until animations end
    finally:
        picture(browser, f"ui-{name}")
    return text


@pytest.mark.slow
def test_the_ui_shows_a_study_as_a_table_with_its_columns(browser, picture, thirty, ui):
    address = find_page(open_store(thirty.tracking_uri_, create=False), "thirty").address(ui)
    text = opened(browser, picture, address, "table", "trial 11", "momentum", width=2600)
    assert "31 matching runs" in text
    headers = {each.text for each in browser.find_elements(By.CSS_SELECTOR, ".ag-header-cell")}
    assert {"mean/accuracy", "std/accuracy", "fit_time", "quality", "layers", "units"} <= headers
    scores = thirty.trials_["score"].sort_values(ascending=False)
    first = text.index(f"optuna trial {scores.index[0]}\n")
    assert first < text.index(f"optuna trial {scores.index[15]}\n"), "the best stands first"


@pytest.mark.slow
def test_the_ui_draws_a_study(browser, picture, thirty, ui):
    found = find_page(open_store(thirty.tracking_uri_, create=False), "thirty")
    address = found.address(ui, charts=True)
    words = ("Search", "Learning curves", "Parallel Coordinates", "val_loss")
    opened(browser, picture, address, "charts", *words)
    drawn = {
        name: len(browser.find_elements(By.CSS_SELECTOR, selector))
        for name, selector in (
            ("parallel coordinates", ".parcoords canvas, canvas.gl-canvas"),
            ("lines", ".scatterlayer .trace .js-line"),
            ("points", ".scatterlayer .trace .point"),
        )
    }
    assert all(drawn.values()), drawn
    assert drawn["lines"] >= 20


@pytest.mark.slow
def test_the_ui_shows_a_trial_its_curves_and_its_artifacts(browser, picture, thirty, ui):
    study = read_study(open_store(thirty.tracking_uri_, create=False), "thirty")
    page = f"{ui}/#/experiments/{study.experiment_id}/runs/{study.trials[0].run_id}"
    text = opened(browser, picture, page, "trial", "Parameters (", "tunekit.engine")
    assert "quality" in text
    opened(browser, picture, f"{page}/model-metrics", "curves", "loss", "accuracy", height=2600)
    assert browser.find_elements(By.CSS_SELECTOR, ".scatterlayer .trace .js-line")
    opened(browser, picture, f"{page}/artifacts", "artifacts", "predictions.npz")


@pytest.mark.slow
def test_the_report_opens_inside_the_ui(browser, picture, thirty, ui):
    study = read_study(open_store(thirty.tracking_uri_, create=False), "thirty")
    page = f"{ui}/#/experiments/{study.experiment_id}/runs/{thirty.run_id_}/artifacts/report.html"
    opened(browser, picture, page, "report", "trials.csv", "importances.json", "report.html")
    (frame,) = browser.find_elements(By.TAG_NAME, "iframe")
    browser.switch_to.frame(frame)
    try:
        text = browser.find_element(By.TAG_NAME, "body").text
        assert f"“optuna trial {thirty.best_index_}” is the best of 30 trials" in text
        assert browser.find_elements(By.CSS_SELECTOR, "figure svg")
    finally:
        browser.switch_to.default_content()
