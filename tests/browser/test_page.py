"""A report in Debian's Chromium, which ``make test`` installs."""

from __future__ import annotations

import json

import demo_report
import pytest
from chromium import (
    MISPLACED,
    OPEN_ALL,
    WIDTH,
    column,
    copied,
    emulate,
    find,
    press,
    resize,
    status,
    violations,
)
from markupsafe import Markup
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tunekit.reporting.document import wrap
from tunekit.reporting.tables.table import embedded


@pytest.fixture
def framed(visit, demo, tmp_path):
    """The report in a sandboxed frame, as the MLflow UI shows it."""

    def shown(*, scripts=True):
        path = tmp_path / "around.html"
        text = json.dumps(demo.read_text(encoding="utf-8")).replace("<", "\\u003c")
        allowed = "allow-scripts" if scripts else ""
        path.write_text(
            "<!DOCTYPE html><title>Around</title><link rel=icon href=data:,><script>"
            "addEventListener('load', () => { const frame = document.createElement('iframe');"
            f"frame.sandbox = '{allowed}'; frame.width = 1200; frame.height = 800;"
            f"frame.srcdoc = {text}; document.body.append(frame); }})</script>",
            encoding="utf-8",
        )
        page = visit(path, width=1280)
        page.switch_to.frame(WebDriverWait(page, 10).until(lambda _: find(page, "iframe")))
        if scripts:
            WebDriverWait(page, 10).until(lambda _: page.find_elements(By.TAG_NAME, "td"))
        return page

    return shown


def test_everything_except_the_clipboard_works_in_a_sandbox(framed):
    page = framed()
    try:
        press(page, "Dark", inside="header")
        assert find(page, "html").get_attribute("data-theme") == "dark"
        press(page, "Copy as CSV")
        field = WebDriverWait(page, 10).until(lambda _: find(page, ".offer textarea"))
        assert page.switch_to.active_element == field
        selected = page.execute_script(
            "return arguments[0].value.slice(arguments[0].selectionStart, "
            "arguments[0].selectionEnd)",
            field,
        )
        assert selected.replace("\r", "").count("\n") == 60
        assert "press Ctrl+C" in status(page, "trials")
        press(page, "Close")
        assert not page.find_elements(By.CLASS_NAME, "offer")
        find(page, ".contents a[href='#reproduce']").click()
        place = page.execute_script(
            "return document.getElementById('reproduce').getBoundingClientRect().top"
        )
        assert 0 <= place < 800, "it scrolled there, and did not load the page around it"
    finally:
        page.switch_to.default_content()


def test_page_without_scripts_states_what_is_missing(framed):
    page = framed(scripts=False)
    try:
        assert "need JavaScript" in find(page, ".noscript").text
        assert find(page, ".verdict").is_displayed()
        assert not find(page, ".theme").is_displayed()
        assert find(page, "figure svg").is_displayed()
    finally:
        page.switch_to.default_content()


def test_page_with_scripts_has_no_such_note(visit, demo):
    assert not visit(demo).find_elements(By.CLASS_NAME, "noscript")


def test_data_of_a_figure_is_built_when_opened(visit, demo):
    page = visit(demo)
    place = find(page, "details.behind .table")
    assert page.execute_script("return arguments[0].childElementCount", place) == 0
    find(page, "details.behind summary").click()
    WebDriverWait(page, 10).until(lambda _: place.find_elements(By.CSS_SELECTOR, "tbody tr"))
    assert column(page, "rate", "behind-roc")[0] == "0.000"


def test_hostile_texts_are_escaped(visit, demo):
    page = visit(demo)
    assert column(page, "model", "ranking") == [
        text if len(text) <= 100 else f"{text}More" for text in demo_report.HOSTILE
    ]
    page.execute_script(OPEN_ALL)
    made = "return document.querySelectorAll(arguments[0]).length"
    assert page.execute_script(made, "script") == 2
    assert page.execute_script(made, "main b, main img") == (
        page.execute_script(made, ".tile b, .outcomes b, .gallery img")
    )
    assert page.execute_script(made, "[onload], [onerror], [style*=':']:not(svg)") == 0
    links = page.find_elements(By.CSS_SELECTOR, "[data-table=ranking] a")
    assert [each.text for each in links] == ["run 0", "run 3"]


INJECTED = """
const add = (tag, settings) =>
  document.body.append(Object.assign(document.createElement(tag), settings));
add("script", {textContent: "document.title = 'script'"});
add("style", {textContent: "body { display: none }"});
add("img", {src: "data:,", id: "broken"});
document.getElementById("broken").setAttribute("onerror", "document.title = 'handler'");
document.getElementById("broken").src = "data:image/png,broken";
document.getElementById("broken").setAttribute("style", "color: rgb(1, 2, 3)");
add("img", {src: "https://example.org/picture.png"});
add("a", {id: "pressed", href: "javascript:document.title = 'address'"});
document.getElementById("pressed").click();
fetch("https://example.org/").catch(() => {});
"""


def test_policy_is_enforced(visit, demo):
    page = visit(demo)
    title, refused = page.title, []
    page.execute_script(INJECTED)

    def said(directive):
        refused.extend(line["message"] for line in page.get_log("browser"))
        return any(directive in each for each in refused)

    for directive in ("script-src", "style-src", "img-src", "connect-src"):
        WebDriverWait(page, 10).until(lambda _, directive=directive: said(directive))
    assert page.title == title
    assert find(page, "body").is_displayed()
    color = "return getComputedStyle(document.getElementById('broken')).color"
    assert page.execute_script(color) != "rgb(1, 2, 3)"
    # The blocked requests were not sent.
    stopped = [line["message"] for line in page.get_log("performance")]
    assert not [each for each in stopped if "Network.responseReceived" in each and "https:" in each]
    assert sum('"blockedReason":"csp"' in each for each in stopped) >= 1


def colors(page):
    return page.execute_script(
        "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
    )


def test_system_theme_is_used_until_another_is_chosen(visit, demo):
    page = visit(demo)
    light = colors(page)
    page = visit(demo, scheme="dark")
    dark = colors(page)
    assert light != dark
    buttons = page.find_elements(By.CSS_SELECTOR, ".theme button")
    buttons[1].click()
    assert colors(page) == light
    assert [each.get_attribute("aria-pressed") for each in buttons] == ["false", "true", "false"]
    buttons[2].send_keys(Keys.ENTER)
    emulate(page, scheme="light")
    assert colors(page) == dark
    page.refresh()
    assert colors(page) == dark, "the choice is kept"
    page.find_elements(By.CSS_SELECTOR, ".theme button")[0].send_keys(Keys.SPACE)
    assert colors(page) == light
    page.execute_script("localStorage.clear()")


def test_report_opens_in_its_theme(visit, tmp_path):
    path = tmp_path / "dark.html"
    path.write_text(wrap("Dark", Markup("<p>Well.</p>"), embedded([]), theme="dark"))
    page = visit(path)
    assert find(page, ".theme [value=dark]").get_attribute("aria-pressed") == "true"
    assert colors(page)[0] == "rgb(17, 22, 29)"


def test_print_is_light_and_has_no_buttons(visit, demo):
    page = visit(demo, scheme="dark", media="print")
    find_all = page.find_elements
    assert colors(page)[0] == "rgb(255, 255, 255)"
    for hidden in ("nav", ".theme", ".tools", "input", "select", ".hint", "button:not(.sort)"):
        assert not any(each.is_displayed() for each in find_all(By.CSS_SELECTOR, hidden)), hidden
    assert len(column(page, "trial", "trials")) == 50, "what is shown is printed"
    for figure in find_all(By.TAG_NAME, "figure"):
        assert figure.value_of_css_property("break-inside") == "avoid"
    table = find(page, "[data-table=trials] .scroll")
    assert table.value_of_css_property("overflow-x") == "visible"


def test_print_is_light_in_every_theme(visit, demo):
    page = visit(demo)
    press(page, "Dark", inside="header")
    dark = colors(page)
    emulate(page, media="print")
    assert colors(page)[0] == "rgb(255, 255, 255)" != dark[0]
    page.execute_script("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_page_is_not_wider_than_the_window(visit, demo, picture, width, scheme):
    page = visit(demo, width=width, scheme=scheme)
    page.execute_script(OPEN_ALL)
    page.execute_script("document.querySelector('.chooser').open = false")
    assert page.execute_script(WIDTH) == width
    assert page.execute_script(MISPLACED) == []
    height = page.execute_script("return document.documentElement.scrollHeight")
    resize(page, width, min(height, 12_000))
    picture(page, f"demo-{scheme}-{width}")
    first = find(page, "[data-table=trials] tbody th")
    region = find(page, "[data-table=trials] .scroll")
    page.execute_script("arguments[0].scrollLeft = 300", region)
    assert first.location["x"] == pytest.approx(region.location["x"], abs=1), "it stays in view"


def test_scrolling_regions_are_accessible_by_keyboard(visit, demo):
    page = visit(demo, width=360)
    scrolls = "return arguments[0].scrollWidth > arguments[0].clientWidth + 1"
    found = [
        each
        for each in page.find_elements(By.CSS_SELECTOR, ".scroll, .drawing")
        if page.execute_script(scrolls, each)
    ]
    assert {each.get_attribute("class") for each in found} == {"scroll", "drawing"}
    for region in found:
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("role") == "region"
    regions = page.find_elements(By.CSS_SELECTOR, "[role=region]")
    names = [each.get_attribute("aria-label") for each in regions]
    assert all(names)
    assert len(names) == len(set(names)) >= len(found)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_axe_reports_no_violations(visit, demo, width, scheme):
    page = visit(demo, width=width, scheme=scheme)
    page.execute_script(OPEN_ALL)
    press(page, "Filters")
    assert violations(page) == []
    page.execute_script("document.querySelector('.chooser').open = true")
    assert violations(page) == []


def test_code_is_copied(visit, demo, clipboard):
    page = visit(demo)
    press(page, "Copy")
    WebDriverWait(page, 10).until(lambda _: find(page, ".copyable .status").text == "Copied.")
    assert json.loads(copied(page))["name"] == demo_report.HOSTILE[0]


def test_contents_link_to_their_sections(visit, demo):
    page = visit(demo)
    find(page, "body").send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to content"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.switch_to.active_element == find(page, "main")
    find(page, ".contents a[href='#errors']").click()
    marked = ".contents [aria-current]"
    WebDriverWait(page, 10).until(lambda _: find(page, marked).text == "Errors worth a look")
