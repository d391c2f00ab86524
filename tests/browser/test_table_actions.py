"""Comparison of rows, and copying of tables."""

from __future__ import annotations

import csv
import io

import demo_report
from chromium import copied, find, press, status
from page_tables import KINDS, fill, headings, sort_button
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tunekit.reporting.tables.table import Column, Table


def equal_cells(page):
    """Return the parameters of each row that are marked as equal to the reference."""
    return page.execute_script(
        """return [...document.querySelectorAll("[data-table=trials] tbody tr")].map(row =>
          [...row.cells].filter(cell => {
            const mark = getComputedStyle(cell, "::before").content.startsWith('"=');
            if (mark !== cell.classList.contains("same")) throw "colour without a mark";
            return mark;
          }).map(cell => cell.cellIndex))"""
    )


def expected_equal(table, reference):
    """The same, computed from the data: indices of visible columns."""
    shown = [each.key for each in table.columns if not each.hidden]
    keys = [each.key for each in table.columns]
    places = [(keys.index(key), shown.index(key)) for key in table.parameters]
    own = table.rows[reference]
    return [
        [] if n == reference else [place for i, place in places if row[i] == own[i]]
        for n, row in enumerate(table.rows[:50])
    ]


def test_rows_are_compared_with_the_first_or_a_selected_row(show):
    table = demo_report.trials()
    page = show(table)
    assert equal_cells(page) == expected_equal(table, 0)
    assert "Compared with trial 17:" in find(page, ".hint").text
    choices = page.find_elements(By.CSS_SELECTOR, "tbody input[type=radio]")
    assert choices[0].is_selected()
    choices[4].click()
    assert equal_cells(page) == expected_equal(table, 4)
    assert f"Compared with trial {table.rows[4][0]}:" in find(page, ".hint").text
    focused = page.switch_to.active_element
    assert focused.is_selected()
    focused.send_keys(Keys.ARROW_DOWN)
    assert equal_cells(page) == expected_equal(table, 5)
    assert page.switch_to.active_element.is_selected(), "the arrows go on from there"


def test_equal_parameters_can_be_hidden(show):
    page = show(demo_report.trials())
    before = headings(page, "trials")
    press(page, "Only differing parameters")
    assert set(before) - set(headings(page, "trials")) == {"activation"}
    press(page, "Filters")
    fill(page, "Filter optimizer", "=sgd")
    assert "optimizer" in headings(page, "trials"), "its filter must stay in reach"
    fill(page, "Filter optimizer", "")
    fill(page, "Filter state", "=failed")
    press(page, "Only differing parameters")
    assert headings(page, "trials") == before


def test_a_table_is_copied_as_csv(show, clipboard):
    tricky = Table(
        "trials",
        "Tricky",
        (*KINDS.columns, Column("z", 'a "quoted", label')),
        tuple((*row, text) for row, text in zip(KINDS.rows, demo_report.HOSTILE[2:], strict=False)),
        tools=True,
    )
    page = show(tricky)
    sort_button(page, "integer").click()
    press(page, "Copy as CSV")
    WebDriverWait(page, 10).until(lambda _: "Copied 4 rows as CSV." in status(page, "trials"))
    head, *rows = csv.reader(io.StringIO(copied(page)))
    assert head[:5] == ["name", "number", "general", "integer", "percent"]
    assert head[5:10] == ["interval", "interval low", "interval high", "link", "link address"]
    assert head[10:] == ["values", 'a "quoted", label']
    assert [row[0] for row in rows] == ["b9", "a", "b10", "B9"]
    assert rows[2][1:10] == [
        *("-0.5", "1.23456e-7", "12345", "0.5"),
        *("-0.1", "-0.25", "0.05", "x", "https://a.org/"),
    ]
    assert rows[3][1:-1] == [""] * 10
    assert {row[-1] for row in rows} == set(demo_report.HOSTILE[2:6])


def test_matching_rows_and_visible_columns_are_copied(show, clipboard):
    page = show(demo_report.trials())
    fill(page, "Search in All trials, best first", "optuna")
    press(page, "Copy as CSV")
    count = sum(row[1] == "optuna" for row in demo_report.trials().rows)
    WebDriverWait(page, 10).until(lambda _: f"Copied {count} rows" in status(page, "trials"))
    head, *rows = csv.reader(io.StringIO(copied(page)))
    assert len(rows) == count
    assert head == headings(page, "trials")
