"""A table with all kinds of values, and access to the parts of tables on a page."""

from __future__ import annotations

from chromium import find
from selenium.webdriver.common.by import By

from tunekit.reporting.tables.table import Column, Table


def headings(page, table):
    selector = f'[data-table="{table}"] thead tr:first-child th'
    cells = page.find_elements(By.CSS_SELECTOR, selector)
    return [each.text for each in cells if each.is_displayed()]


def sort_button(page, label):
    cells = page.find_elements(By.CSS_SELECTOR, "thead th")
    return next(each for each in cells if each.text == label).find_element(By.TAG_NAME, "button")


def fill(page, label, text):
    """Replace the text of a field of the table of trials."""
    field = find(page, f'[data-table="trials"] [aria-label="{label}"]')
    field.clear()
    field.send_keys(text)
    return field


KINDS = Table(
    "tables",
    "All kinds of values",
    (
        Column("name", "name"),
        Column("number", "number", "number", digits=2),
        Column("general", "general", "general", digits=3),
        Column("integer", "integer", "integer"),
        Column("percent", "percent", "percent", digits=1),
        Column("interval", "interval", "interval", digits=2),
        Column("link", "link", "link"),
        Column("values", "values"),
    ),
    (
        (
            "b10",
            -0.5,
            1.23456e-7,
            12345,
            0.5,
            (-0.1, -0.25, 0.05),
            ("x", "https://a.org/"),
            [8, 16],
        ),
        ("B9", None, None, None, None, None, None, None),
        ("b9", -0.001, 2048, -3, 0.125, (0.2, 0.1, 0.3), ("w", "javascript:alert(1)"), []),
        ("a", 10.0, -70.0, 0, 1.0, (0.5, None, None), ("v", None), True),
    ),
)
