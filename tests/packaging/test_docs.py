"""The README and the Makefile say what is true."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tunekit.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_python_of_the_readme_runs(bare_folder):
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shorter = block.replace("n_trials=40", "n_trials=2").replace("epochs=30", "epochs=1")
    assert shorter.count("=2") > 0
    assert "epochs=1)" in shorter
    names = {}
    exec(shorter, names)  # noqa: S102 - it is what a reader would paste
    assert Path("reports/digits.html").exists()
    assert set(names["tuner"].best_params_) <= set(names["space"].parameters)


def test_the_commands_of_the_page_on_tracking_run(tuners, uri, capsys, monkeypatch):
    """All but the one that serves until it is stopped, which test_cli.py runs."""
    text = (ROOT / "docs" / "tracking.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert commands == ["$ tunekit studies", "$ tunekit ui", "$ tunekit studies --repair"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    for command in (commands[0], commands[2]):
        main_words = command.removeprefix("$ tunekit ").split()
        with pytest.raises(SystemExit) as ended:
            main(main_words)
        assert not ended.value.code
        assert "three digits" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_and_make_target_is_there(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\((?!http)([^)]+)\)", text):
        assert (ROOT / target).exists(), target
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:\$ |`)make ([a-z]+)", text))
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_help_lists_every_target_for_people():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"demo", "test", "lint", "bench", "ui", "help"} <= set(shown)
