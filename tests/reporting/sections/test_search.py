"""The search section and its figures."""

from __future__ import annotations

import math
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from collected import collected
from dummy_estimators import QUALITY, study
from fake_studies import drawn, search, trial
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.analysis.search.contour import pair_map
from tunekit.analysis.search.optimization_history import courses
from tunekit.analysis.search.param_importances import Share, Shares
from tunekit.reporting.figures.contour import draw_pair_map
from tunekit.reporting.sections.search import draw_search

X, Y = load_iris(return_X_y=True)


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn above


@pytest.fixture(scope="module")
def section(tuners, store):
    return draw_search(collected(f"sqlite:///{store}", "three digits").search)


def test_all_figures_of_a_study_on_both_engines(section, tuners):
    assert set(section.figures) == {"trials", "time", "importances", "slices", "map", "lanes"}
    assert section.data.engines == ("hyperopt", "optuna")
    assert len(section.data.points) == 24
    assert len(section.parallel["lines"]) == 24
    assert section.parallel["lines"][0][-1] == pytest.approx(
        max(tuner.best_score_ for tuner in tuners.values()), abs=1e-6
    )
    assert section.notes == ()
    assert section.pruning == ""


@pytest.mark.parametrize("name", ["trials", "time", "importances", "slices", "map", "lanes"])
def test_figures_have_a_text_alternative_and_data(section, name):
    figure = section.figures[name]
    assert parsed(figure.svg).attrib["aria-label"] == figure.text
    assert any(character.isdigit() for character in figure.text)
    assert len(figure.caption) > 60
    assert 0 < len(figure.table.rows) <= 300
    assert all(len(row) == len(figure.table.columns) for row in figure.table.rows)
    assert " style=" not in figure.svg


@pytest.mark.slow
def test_one_dot_per_trial():
    figure = draw_search(search(drawn(150))).figures["trials"]
    paths = [each.attrib for each in parsed(figure.svg).iter("path")]
    lines = [each["d"] for each in paths if each.get("stroke-linecap") == "round"]
    assert max(line.count("L") for line in lines) == 150  # a move alone draws nothing


def test_names_of_figures_are_unique(section):
    names = [figure.table.name for figure in section.figures.values()]
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_the_same_study_gives_the_same_section(section, store):
    again = draw_search(collected(f"sqlite:///{store}", "three digits").search)
    assert again.figures == section.figures
    assert again.parallel == section.parallel


@pytest.mark.slow
def test_a_thousand_trials_fit_on_the_page():
    trials = drawn(600) + drawn(400, engine="hyperopt", seed=1)
    trials = [
        replace(each, state="pruned", score=math.nan) if each.number % 7 == 2 else each
        for each in trials
    ]
    section = draw_search(search(trials))
    sizes = {name: len(figure.svg) for name, figure in section.figures.items()}
    assert sum(sizes.values()) < 260_000, sizes
    assert max(sizes.values()) < 80_000


@pytest.mark.interpreter
def test_sections_import_neither_keras_nor_hyperopt():
    modules = [
        *("reporting.sections.search", "reporting.sections.learning", "analysis.checks.registry"),
        *("analysis.reproduction", "reporting.figures.architecture"),
    ]
    code = "".join(f"import tunekit.{each}; " for each in modules)
    code += "import sys; print({'keras', 'tensorflow', 'hyperopt'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


HOSTILE = '<script>alert("1")</script>$10'


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        search([trial(0), trial(1, state="pruned"), trial(2, state="killed")]),
        search([]),
        search(drawn(1)),
        search(drawn(2)),
        search([replace(each, score=0.5) for each in drawn(30)]),
        search([replace(each, score=-1e300 if each.number % 3 else 1e300) for each in drawn(30)]),
        search([trial(0, state="running", ended=math.nan)]),
        search(drawn(20, QUALITY, score=lambda p: p["quality"]), QUALITY),
        replace(search(drawn(20)), scoring=HOSTILE),
    ],
    ids=[
        *("no score", "no trial", "one", "two", "constant", "huge", "running", "one parameter"),
        "markup",
    ],
)
def test_unusual_searches_give_figures_or_a_sentence(data):
    section = draw_search(data)
    scored = bool(data.points)
    assert ("trials" in section.figures) == scored
    assert (section.parallel is not None) == scored
    if not scored:
        assert section.notes == ("No trial of the search has a score yet.",)
    for figure in section.figures.values():
        parsed(figure.svg)
        assert "nan" not in figure.svg.lower()
        assert "<script" not in figure.svg


@pytest.mark.slow
def test_hostile_names_and_many_choices_are_escaped():
    choices = [f"{HOSTILE}{i}" for i in range(500)]
    space = tk.Space(kind=tk.Categorical(choices), size=tk.Float(0, 1))
    data = search(drawn(40, space, score=lambda p: p["size"]), space)
    section = draw_search(data)
    for figure in section.figures.values():
        parsed(figure.svg)
        assert "<script" not in figure.svg
    assert section.parallel["axes"][0]["categories"] == choices
    assert "alert" in section.figures["slices"].svg


@pytest.mark.slow
def test_engines_with_different_spaces_are_not_mixed(folder):
    study(QUALITY, "hyperopt", tracking=True, name="two", n_trials=3).fit(X, Y)
    wide = tk.Space(quality=tk.Float(0.0, 2.0))
    tuner = study(wide, "optuna", tracking=True, name="two", n_trials=4).fit(X, Y)
    section = draw_search(collected(tuner.tracking_uri_, "two").search)
    assert section.data.others == ("hyperopt",)
    assert len(section.data.points) == 4
    assert "hyperopt searched another space" in section.notes[-1]
    assert len(courses(section.data)) == 2


def test_caption_states_which_trial_is_the_star():
    space = tk.Space(
        kind=tk.Categorical(["p", "q"]),
        p=tk.Float(0, 1).when(kind="p"),
        q=tk.Float(0, 1).when(kind="q"),
        c=tk.Float(0, 1),
    )
    trials = drawn(60, space, score=lambda each: each["c"] + 0.1 * each.get("p", 0))
    ranked = Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in ("p", "c")), 100)
    for kind, text in (("p", "the star is the best trial. Other"), ("q", "is not shown.")):
        first = next(each for each in trials if each.params["kind"] == kind)
        data = search([replace(first, score=2.0), *(e for e in trials if e is not first)], space)
        figure = draw_pair_map(data, pair_map(data, ranked))
        assert text in figure.caption
        assert (f"the best trial of all, “{first.name}”" in figure.caption) == (kind == "q")


@pytest.mark.slow
def test_store_without_the_space_has_the_other_figures(folder):
    tuner = study(QUALITY, tracking=True, name="bare", n_trials=3).fit(X, Y)
    for path in Path("mlruns").rglob("config.json"):
        path.unlink()
    section = draw_search(collected(tuner.tracking_uri_, "bare").search)
    assert set(section.figures) == {"trials", "time", "lanes"}
    assert section.parallel is None
    assert section.notes == ("The store does not contain the search space.",)
