"""docs/architecture.md is true, and imports go one way."""

from __future__ import annotations

import ast
import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
PACKAGES = {path.parent.name for path in (ROOT / "tunekit").glob("*/__init__.py")}


def test_every_path_of_the_page_exists():
    paths = set(re.findall(r"`((?:tunekit|tests|docs)/[\w./-]*)`", PAGE))
    assert len(paths) > 40
    for path in sorted(paths):
        assert (ROOT / path).exists(), path


def test_there_are_eleven_packages_and_three_modules():
    modules = {path.name for path in (ROOT / "tunekit").glob("*.py")}
    assert modules == {"__init__.py", "cli.py", "exceptions.py"}
    assert len(PACKAGES) == 11


def test_the_page_lists_the_packages_in_the_order_of_the_layers():
    listed = [
        Path(each).stem for each in re.findall(r"^\| `tunekit/([\w.]+)/?` \|", PAGE, re.MULTILINE)
    ]
    assert set(listed) == PACKAGES | {"cli", "exceptions"}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert not any("ignore_imports" in contract for contract in settings["contracts"])
    (layers,) = [each["layers"] for each in settings["contracts"] if each["type"] == "layers"]
    names = [name.strip() for layer in layers for name in re.split(r"[|:]", layer)]
    assert names == listed


def imports(path):
    """Modules of the package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tunekit."):
            for alias in node.names:
                inner = ROOT / node.module.replace(".", "/") / f"{alias.name}.py"
                yield f"{node.module}.{alias.name}" if inner.exists() else node.module


def test_no_module_imports_itself_by_a_detour():
    graph = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "tunekit").rglob("*.py")
    }
    del graph["tunekit"]  # it names the public names of all
    sorter = TopologicalSorter({name: set(imports(path)) for name, path in graph.items()})
    assert len(list(sorter.static_order())) >= len(graph)  # raises CycleError
