"""Tables in a browser: formatting, sorting and filtering."""

from __future__ import annotations

import demo_report
import pytest
from chromium import WIDTH, column, emulate, find, press, status
from page_tables import KINDS, fill, headings, sort_button
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tunekit.analysis.text import score
from tunekit.reporting.tables.table import Column, Table


def test_values_are_formatted_by_kind(show):
    page = show(KINDS)
    assert column(page, "number") == ["−0.50", "–", "0.00", "10.00"]
    assert column(page, "general") == ["1.23e−7", "–", "2048", "−70"]
    assert column(page, "integer") == ["12,345", "–", "−3", "0"]
    assert column(page, "percent") == ["50.0%", "–", "12.5%", "100.0%"]
    assert column(page, "interval") == ["−0.10[−0.25, 0.05]", "–", "0.20[0.10, 0.30]", "0.50"]
    assert column(page, "link") == ["x", "–", "w", "v"]
    assert column(page, "values") == ["8 · 16", "–", "none", "true"]


def test_only_web_addresses_are_links(show):
    (link,) = show(KINDS).find_elements(By.CSS_SELECTOR, "td a")
    assert link.get_attribute("href") == "https://a.org/"
    assert link.get_attribute("rel") == "noopener"


def test_the_bars_of_a_column_share_a_scale(show):
    page = show(KINDS)
    bars = page.execute_script(
        """return [...document.querySelectorAll(".bar")].map(bar => {
          const span = bar.querySelector(".span");
          const ends = span && [+span.getAttribute("x1"), +span.getAttribute("x2")];
          return [ends, +bar.querySelector("circle").getAttribute("cx"),
                  +bar.querySelector(".zero").getAttribute("x1")];
        })"""
    )
    # From the lowest bound, −0.25, to the highest value, 0.5, over 88 units.
    expected = [[-0.25, 0.05, -0.1], [0.1, 0.3, 0.2], [None, None, 0.5]]
    for (ends, middle, zero), (low, high, value) in zip(bars, expected, strict=True):
        x = [None if each is None else 4 + 88 * (each + 0.25) / 0.75 for each in (low, high, value)]
        assert [middle, zero] == pytest.approx([x[2], 4 + 88 / 3])
        assert ends == (None if low is None else pytest.approx(x[:2]))


def test_scores_are_rounded_as_in_sentences(show):
    values = [0.97654, 1.0, 0.99999, 0.0, 1e-5, -0.54584, -1e-5, -54.4213, 51631.4, 1234567.0, 1.5]
    columns = (Column("score", "score", "number", None), Column("bar", "bar", "interval", None))
    rows = tuple((each, (each, each, each)) for each in values)
    page = show(Table("tables", "Scores", columns, rows))
    texts = [score(each) for each in values]
    assert column(page, "score") == texts
    assert column(page, "bar") == [f"{each}[{each}, {each}]" for each in texts]


def test_an_outlier_does_not_flatten_the_other_bars(show):
    scores = [0.97, 0.96, 0.95, 0.94, 0.93, 0.08]
    rows = tuple((score, (score, score - 0.01, score + 0.01)) for score in scores)
    columns = (Column("score", "score", "number"), Column("bar", "bar", "interval", digits=2))
    page = show(Table("tables", "An outlier", columns, rows))
    *others, last = page.execute_script(
        """return [...document.querySelectorAll(".bar")].map(bar => {
          const dot = bar.querySelector("circle");
          const box = (dot ?? bar.querySelector("polygon")).getBBox();
          return [dot !== null, box.x + box.width / 2];
        })"""
    )
    assert all(is_dot for is_dot, _ in others)
    places = [x for _, x in others]
    assert places == sorted(places, reverse=True)
    assert places[0] - places[-1] > 20, "of 96 units"
    assert last[0] is False, "an arrow tells that it lies beyond"
    assert 0 <= last[1] < 10 < places[-1]
    assert column(page, "bar")[-1] == "0.08[0.07, 0.09]"


@pytest.mark.parametrize(
    ("label", "upward"),
    [
        ("name", ["a", "b9", "B9", "b10"]),
        ("number", ["−0.50", "0.00", "10.00", "–"]),
        ("general", ["−70", "1.23e−7", "2048", "–"]),
        ("integer", ["−3", "0", "12,345", "–"]),
        ("percent", ["12.5%", "50.0%", "100.0%", "–"]),
        ("interval", ["−0.10[−0.25, 0.05]", "0.20[0.10, 0.30]", "0.50", "–"]),
        ("link", ["v", "w", "x", "–"]),
    ],
)
def test_all_kinds_are_sorted_with_missing_values_last(show, label, upward):
    page = show(KINDS)
    given = column(page, label)
    there = [each for each in upward if each != "–"]
    missing = upward[len(there) :]
    for expected, direction in (
        (upward, "ascending"),
        (there[::-1] + missing, "descending"),
        (given, None),
    ):
        button = sort_button(page, label)
        button.click()
        assert column(page, label) == expected
        heading = button.find_element(By.XPATH, "..")
        assert heading.get_attribute("aria-sort") == direction


@pytest.mark.parametrize("key", [Keys.ENTER, Keys.SPACE])
def test_sorting_works_by_keyboard(show, key):
    page = show(KINDS)
    sort_button(page, "name").send_keys(key)
    assert column(page, "name") == ["a", "b9", "B9", "b10"]
    assert page.switch_to.active_element == sort_button(page, "name")
    page.switch_to.active_element.send_keys(Keys.TAB, key)
    assert column(page, "number") == ["−0.50", "0.00", "10.00", "–"]
    assert len(page.find_elements(By.CSS_SELECTOR, "[aria-sort]")) == 1


def test_numbers_are_aligned(show):
    page = show(KINDS)
    look = "const s = getComputedStyle(arguments[0]); return [s.textAlign, s.fontVariantNumeric]"
    for kind in ("number", "general", "integer", "percent"):
        place = [each.key for each in KINDS.columns].index(kind) + 1
        cell = find(page, f"tbody tr td:nth-child({place})")
        assert page.execute_script(look, cell) == ["right", "tabular-nums"]


def test_search_includes_all_columns(show):
    page = show(demo_report.trials())
    assert status(page, "trials") == "Showing 50 of 60 rows"
    fill(page, "Search in All trials, best first", "sgd HYPEROPT")
    rows = [row for row in demo_report.trials().rows if row[1] == "hyperopt" and row[8] == "sgd"]
    assert status(page, "trials") == f"Showing {len(rows)} of 60 rows"
    assert set(column(page, "optimizer", "trials")) == {"sgd"}
    fill(page, "Search in All trials, best first", "nowhere to be found")
    assert status(page, "trials") == "Showing 0 of 60 rows"
    assert "No matching rows." in find(page, "tbody").text
    press(page, "Clear search and filters")
    assert status(page, "trials") == "Showing 50 of 60 rows"


@pytest.mark.parametrize(
    ("label", "typed", "keeps"),
    [
        ("score", ">0.95", lambda row: row[2] > 0.95),
        ("score", ">=0.9 <0.95", lambda row: 0.9 <= row[2] < 0.95),
        ("score", ">", lambda row: True),
        ("score", ">x", lambda row: False),
        ("layers", "<=2", lambda row: row[5] <= 2),
        ("layers", "!=2", lambda row: row[5] != 2),
        ("layers", "= 3", lambda row: row[5] == 3),
        ("momentum", ">−1", lambda row: row[9] is not None),
        ("momentum", "–", lambda row: row[9] is None),
        ("optimizer", "ADA", lambda row: row[8] == "adam"),
        ("optimizer", "=sgd", lambda row: row[8] == "sgd"),
        ("optimizer", "!=sgd", lambda row: row[8] != "sgd"),
        ("units", "64 · 16", lambda row: "64 · 16" in " · ".join(map(str, row[6]))),
        ("failure reason", "valueerror", lambda row: row[-1] is not None),
    ],
)
def test_columns_are_filtered(show, label, typed, keeps):
    table = demo_report.trials()
    page = show(table)
    press(page, "Filters")
    fill(page, f"Filter {label}", typed)
    count = sum(map(keeps, table.rows))
    shown = (
        f"{min(count, 50)} of 60 rows"
        if count in (60, min(count, 50))
        else (f"50 of {count} matching rows (60 in total)")
    )
    assert status(page, "trials") == f"Showing {shown}"


def test_percentages_are_filtered_as_they_are_shown(show):
    columns = (Column("a", "a", "percent", digits=1), Column("b", "b"))
    page = show(Table("trials", "Shares", columns, ((0.07, "x"), (0.9, "y")), tools=True))
    press(page, "Filters")
    fill(page, "Filter a", ">=90%")
    assert column(page, "a", "trials") == ["90.0%"]
    fill(page, "Filter a", "=7")
    assert column(page, "a", "trials") == ["7.0%"]


def test_columns_can_be_hidden_and_shown(show):
    page = show(demo_report.trials())
    shown = headings(page, "trials")
    assert "parameters" not in shown, "hidden at first"
    press(page, "Columns")
    press(page, "parameters", inside=".chooser")
    press(page, "engine", inside=".chooser")
    now = headings(page, "trials")
    assert set(now) - set(shown) == {"parameters"}
    assert set(shown) - set(now) == {"engine"}
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not find(page, ".chooser fieldset").is_displayed()
    assert page.switch_to.active_element.text == "Columns"
    assert column(page, "trial", "trials")[0] == "17"


def test_a_thousand_rows_are_shown_in_parts(show):
    table = demo_report.trials(1000, n_extra=11)
    assert len(table.columns) == 25
    page = show(table)
    rows = "return document.querySelectorAll('tbody tr').length"
    assert page.execute_script(rows) == 50
    assert status(page, "trials") == "Showing 50 of 1,000 rows"
    press(page, "Show 50 more")
    assert page.execute_script(rows) == 100
    assert page.switch_to.active_element.text == "Show 50 more"
    press(page, "Show all 1,000")
    assert page.execute_script(rows) == 1000
    assert status(page, "trials") == "Showing 1,000 of 1,000 rows"
    assert page.switch_to.active_element.get_attribute("role") == "region"
    fill(page, "Search in All trials, best first", "optuna")
    assert page.execute_script(rows) == 50
    assert page.execute_script(WIDTH) == 1280


def test_long_texts_are_folded(show):
    page = show(demo_report.trials(12))
    (cell,) = page.find_elements(By.CSS_SELECTOR, "td.long")
    folded = cell.size["height"]
    button = cell.find_element(By.TAG_NAME, "button")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert cell.size["height"] > folded
    assert (button.text, button.get_attribute("aria-expanded")) == ("Less", "true")


def test_notes_explain_the_columns(visit, demo):
    page = visit(demo)
    find(page, "[data-table=ranking] .notes summary").click()
    notes = find(page, "[data-table=ranking] .notes dl").text
    assert "Models that share a letter do not differ significantly." in notes


def test_wide_table_is_printed_as_lists(show):
    names = [f"mean fractal dimension {i}" for i in range(30)]
    columns = tuple(Column(f"c{i}", name, "general") for i, name in enumerate(names))
    rows = tuple(tuple(1000 + i + row for i in range(30)) for row in range(2))
    narrow = Table("narrow", "A narrow one", columns[:2], ((1.0, 2.0),))
    page = show(Table("tables", "A wide one", columns, rows), narrow, width=680, media="print")
    assert page.execute_script(WIDTH) == 680
    told = page.execute_script(
        """return [...document.querySelectorAll('[data-table="tables"] tbody tr')].map(row =>
          [...row.cells].map(cell =>
            getComputedStyle(cell, "::before").content + cell.textContent));"""
    )
    assert told[1][29] == f'"{names[29]} "1030'
    assert {len(row) for row in told} == {30}
    assert not find(page, '[data-table="tables"] thead').is_displayed()
    assert find(page, '[data-table="narrow"] thead').is_displayed()
    emulate(page, media="")
    assert find(page, '[data-table="tables"] thead').is_displayed(), "on a screen it is a table"


def test_shadow_marks_more_columns(visit, demo):
    page = visit(demo)
    look = "return getComputedStyle(document.querySelector('[data-table=trials] .scroll'))"
    assert page.execute_script(f"{look}.backgroundAttachment") == "local, scroll"
    assert page.execute_script(f"{look}.backgroundImage").count("linear-gradient") == 2
