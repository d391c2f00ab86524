"""The wheel, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.interpreter, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("tunekit_hpo-*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"tunekit", f"tunekit_hpo-{wheel.name.split('-')[1]}.dist-info"}
    for needed in (
        "py.typed",
        "reporting/templates/verdict.html.j2",
        "reporting/static/report.css",
        "reporting/templates/document.html.j2",
        "reporting/static/page.js",
    ):
        assert f"tunekit/{needed}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_tunes_and_reports_outside_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import tunekit as tk\n"
        "from sklearn.datasets import load_iris\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "X, y = load_iris(return_X_y=True)\n"
        "space = tk.Space(max_depth=tk.Int(1, 4))\n"
        "tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=2, cv=2).fit(X, y)\n"
        "print(tk.__file__, tk.report(tuner, 'r.html'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert done.stdout.split() == [str(site / "tunekit" / "__init__.py"), "r.html"]
    assert (tmp_path / "r.html").stat().st_size > 10_000
