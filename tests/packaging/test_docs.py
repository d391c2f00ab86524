"""The README, the documentation and the Makefile are correct."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tunekit.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = ["README.md", "CONTRIBUTING.md"]
DOCS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))


@pytest.mark.slow
def test_the_python_of_the_readme_runs(bare_folder):
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shorter = block.replace("n_trials=40", "n_trials=2").replace("epochs=30", "epochs=1")
    assert shorter.count("=2") > 0
    assert "epochs=1)" in shorter
    names = {}
    exec(shorter, names)  # noqa: S102 - it is what a reader would paste
    assert Path("reports/digits.html").exists()
    assert set(names["tuner"].best_params_) <= set(names["space"].parameters)


def test_the_commands_that_list_and_repair_studies_run(tuners, uri, capsys, monkeypatch):
    """All but the one that serves until it is stopped, which test_cli.py runs."""
    pages = [
        ROOT / "docs" / "how-to" / name for name in ("read-results.md", "recover-after-a-crash.md")
    ]
    blocks = [
        block
        for page in pages
        for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    commands = [line for block in blocks for line in block.splitlines()]
    assert commands == ["$ tunekit studies", "$ tunekit ui", "$ tunekit studies --repair"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    for command in (commands[0], commands[2]):
        main_words = command.removeprefix("$ tunekit ").split()
        with pytest.raises(SystemExit) as ended:
            main(main_words)
        assert not ended.value.code
        assert "three digits" in capsys.readouterr().out


def prose(page):
    """Return a page without its code blocks."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


def anchors(page):
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", [*PAGES, *DOCS])
def test_every_relative_link_resolves(page):
    source = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", prose(source)):
        path, _, anchor = target.partition("#")
        linked = (source.parent / path).resolve() if path else source
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def test_the_index_lists_every_page():
    text = (ROOT / "docs" / "index.md").read_text()
    listed = {f"docs/{target}" for target in re.findall(r"\]\(([^)#]+)\)", text)}
    assert listed == set(DOCS) - {"docs/index.md"}


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page):
    text = (ROOT / page).read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:\$ |`)make ([a-z]+)", text))
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_help_lists_every_target_for_people():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"demo", "test", "lint", "bench", "ui", "help"} <= set(shown)
