"""Figures in a browser: threshold slider, parallel coordinates and colours."""

from __future__ import annotations

import demo_report
import pytest
from chromium import find, press, resize
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tunekit.reporting.figures.confusion import CELL_TEXT, SHADES

# Relative luminance of a colour (WCAG 2.2).
LUMINANCE = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const luminance = (color) => {
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(
    each => each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
"""
NAMED = """
const place = document.querySelector(arguments[0]);
return arguments[1].map(name => {
  place.style.color = `var(${name})`;
  const found = luminance(getComputedStyle(place).color);
  place.style.color = "";
  return found;
});
"""
GROUNDS = """
return [...Array(10).keys()].map(shade => {
  const style = getComputedStyle(document.querySelector(`.matrix .shade-${shade}`));
  return [luminance(style.backgroundColor), luminance(style.color)];
});
"""
OWN = """
return arguments[0].flatMap(color => {
  const found = document.querySelector(`figure svg [fill="${color}"]`);
  if (!found) return [];
  canvas.fillStyle = getComputedStyle(found).fill;
  const shown = canvas.fillStyle;
  return [[color, shown, luminance(shown)]];
});
"""
TEXTS = ("--ink", "--soft", "--accent", "--problem", "--warning", "--advice")
SERIES = ("blue", "orange", "green", "red", "purple", "tan", "pink", "grey", "yellow", "sky")


def test_the_slider_shows_each_threshold(visit, demo):
    page = visit(demo)
    data = demo_report.thresholds()
    slider = find(page, ".thresholds input[type=range]")

    def check(row):
        threshold, tp, fp, fn, tn, *values = row
        assert find(page, ".thresholds output").text == f"{threshold:.3f}"
        assert slider.get_attribute("aria-valuetext") == f"{threshold:.3f}"
        shown = {each: find(page, f".outcomes .{each} b").text for each in ("tp", "fp", "fn", "tn")}
        assert shown == {"tp": str(tp), "fp": str(fp), "fn": str(fn), "tn": str(tn)}
        metrics = [each.text for each in page.find_elements(By.CSS_SELECTOR, ".meters .value")]
        assert metrics == ["undefined" if each is None else f"{each:.3f}" for each in values]

    check(data["rows"][50])
    assert "Chosen: 0.500, on out-of-fold rows, for the best F1." in find(page, ".thresholds").text
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    check(data["rows"][52])
    slider.send_keys(Keys.END)
    check(data["rows"][100])
    press(page, "Back to the chosen threshold")
    check(data["rows"][50])
    assert find(page, ".thresholds label").get_attribute("for") == slider.get_attribute("id")


def lines(page):
    return page.execute_script(
        """return [...document.querySelectorAll(".lines path")].map(path =>
          [path.getAttribute("class"), path.getAttribute("d")])"""
    )


def test_one_line_per_trial_over_all_axes(visit, demo):
    page = visit(demo)
    data = demo_report.parallel()
    drawn = lines(page)
    assert len(drawn) == 300
    assert drawn[-1][0] == "band-4 best"
    height = [float(path.split()[-1]) for _, path in drawn]
    assert height[-1] == min(height), "the best lies on top"
    assert drawn[0][0] == "band-0"
    drawing = find(page, ".coordinates")
    assert drawing.get_attribute("role") == "img"
    assert "momentum" in drawing.get_attribute("aria-label")
    assert "300 of 300 lines" in drawing.get_attribute("aria-label")
    # Unset parameters are below their axis, and nothing else is.
    below = sum(line[3] is None for line in data["lines"])
    ends = [float(path.split("C")[3].split()[-1]) for _, path in drawn]
    bottom = page.execute_script("return +document.querySelector('.axis line').getAttribute('y2')")
    assert sum(y > bottom for y in ends) == below > 0
    # Of two equal scores the first is the best; it has no momentum, but the second has.
    assert data["lines"][0][-1] == data["lines"][1][-1]
    assert ends[-1] > bottom > ends[-2]
    highest = page.execute_script("return +document.querySelector('.axis line').getAttribute('y1')")
    assert min(ends) >= highest


@pytest.mark.parametrize("width", [360, 1280])
def test_axis_names_keep_both_ends_and_fit_in_the_drawing(visit, demo, width):
    page = visit(demo, width=width)
    frame, *names = page.execute_script(
        """const box = (each) => {
          const found = each.getBoundingClientRect();
          return [found.left, found.right];
        };
        const drawing = document.querySelector(".coordinates");
        return [box(drawing), ...[...drawing.querySelectorAll(".name")].map(
          (each) => [...box(each), each.firstChild.textContent, each.lastChild.textContent])]"""
    )
    assert all(left >= frame[0] and right <= frame[1] for left, right, *_ in names)
    assert all(names[i][1] < names[i + 1][0] for i in range(len(names) - 1))
    assert names[0][2].startswith("a")
    assert names[0][2].endswith("end")
    assert names[0][3] == "layers", "the whole name is told"


def passing(page):
    return sum(" out" not in f" {name}" for name, _ in lines(page))


def test_axes_are_restricted_by_keyboard(visit, demo):
    page = visit(demo)
    data = demo_report.parallel()
    press(page, "Restrict the axes")
    field = find(page, "[aria-label='optimizer']")
    field.send_keys("sgd")
    expected = [line for line in data["lines"] if line[2] == "sgd"]
    assert passing(page) == len(expected)
    assert f"Showing {len(expected)} of 300 lines" in find(page, ".parallel").text
    Select(find(page, "[aria-label='layers, from']")).select_by_visible_text("2")
    expected = [line for line in expected if line[0] >= 2]
    assert passing(page) == len(expected)
    Select(field).select_by_visible_text("any")
    Select(find(page, "[aria-label='momentum, from']")).select_by_visible_text("not set")
    expected = [line for line in data["lines"] if line[0] >= 2 and line[3] is None]
    assert passing(page) == len(expected)
    press(page, "Show all lines")
    assert passing(page) == 300
    assert Select(field).first_selected_option.text == "any"


def test_axes_are_restricted_with_the_mouse(visit, demo):
    page = visit(demo)
    press(page, "Restrict the axes")
    drawing = find(page, ".coordinates")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", drawing)
    spots = page.execute_script(
        """return [...document.querySelectorAll(".axis line")].map(line => {
          const [frame, box] = [arguments[0], line].map(each => each.getBoundingClientRect());
          return [box.left - frame.left - frame.width / 2, box.top - frame.top - frame.height / 2,
                  box.height];
        })""",
        drawing,
    )
    x, top, height = spots[3]
    drag = ActionChains(page).move_to_element_with_offset(drawing, round(x), round(top))
    drag.click_and_hold().move_by_offset(0, round(height / 2)).release().perform()
    momenta = [line[3] for line in demo_report.parallel()["lines"]]
    inside = sum(each is not None and each >= 0.495 for each in momenta)
    assert passing(page) == pytest.approx(inside, abs=3)
    x, top, height = spots[2]
    ActionChains(page).move_to_element_with_offset(drawing, round(x), round(top)).click().perform()
    assert Select(find(page, "[aria-label='optimizer']")).first_selected_option.text == "rmsprop"
    assert passing(page) == 0, "rmsprop has no momentum"


def test_drawing_adapts_to_the_width(visit, demo):
    page = visit(demo)
    wide = find(page, ".coordinates").size["width"]
    resize(page, 500, 900)
    WebDriverWait(page, 10).until(lambda _: find(page, ".coordinates").size["width"] < wide)
    assert len(lines(page)) == 300


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("place", "names", "ground", "least"),
    [
        ("main", TEXTS, "--paper", 4.5),
        ("main", TEXTS, "--wash", 4.5),
        ("main", ("--edge", "--best"), "--paper", 3),
        ("figure svg", ("--text", "--quiet"), "--paper", 4.5),
        ("figure svg", tuple(f"--{name}" for name in SERIES), "--paper", 3),
    ],
)
def test_colours_have_enough_contrast(visit, demo, scheme, place, names, ground, least):
    page = visit(demo, scheme=scheme)
    below, *found = page.execute_script(LUMINANCE + NAMED, place, [ground, *names])
    weak = {name: contrast(each, below) for name, each in zip(names, found, strict=True)}
    assert {name: each for name, each in weak.items() if each < least} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shades_of_a_matrix_are_readable_and_distinct(visit, demo, scheme):
    pairs = visit(demo, scheme=scheme).execute_script(LUMINANCE + GROUNDS)
    grounds = [ground for ground, _ in pairs]
    assert grounds == sorted(set(grounds), reverse=scheme == "light")
    assert all(contrast(ground, text) >= 4.5 for ground, text in pairs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_recoloured_except_cells_of_heat_maps(visit, demo, scheme):
    page = visit(demo, scheme=scheme)
    ink = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    assert page.execute_script(ink, "figure svg [fill='#334155']") == (
        "rgb(51, 65, 85)" if scheme == "light" else "rgb(213, 220, 230)"
    )
    font = "return getComputedStyle(document.querySelector('figure svg text')).fontFamily"
    assert page.execute_script(font) == 'Helvetica, Arial, "DejaVu Sans", sans-serif'
    own = page.execute_script(LUMINANCE + OWN, [*SHADES, CELL_TEXT])
    *cells, text = own
    assert {CELL_TEXT, SHADES[-1]} <= {given for given, _, _ in own}
    assert all(given == shown for given, shown, _ in own)
    assert all(contrast(ground, text[2]) >= 4.5 for _, _, ground in cells)
