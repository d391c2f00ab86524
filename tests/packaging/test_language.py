"""Public texts are plain technical English: phrases that were reworded do not come back."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What was written, and what to write instead.
PHRASES = {
    r"told apart|tell .{0,20}apart": "significantly different",
    r"(go|goes|gone|going|went) on with": "resume, continue",
    r"goes on where|searching on\b": "resume, continue to search",
    r"\banew\b": "again, from scratch",
    r"\balike\b": "equal, similar",
    r"rows?,? (that .{0,25} )?fitted on\b|fitted on and\b": "training rows",
    r"\bheld[ -]out\b(?!=)|holds? out\b": "validation rows",
    r"judged? (on|by)\b": "evaluated on, scored by",
    r"of (one|your|his|the user)'s own|of your own": "custom",
    r"a (row|value|column|file|fold|line|figure) an? (row|trial|layer|fold|candidate|split)\b": (
        "one row per trial"
    ),
    r"(cry|cries|cried) wolf": "gives a false positive",
    r"by heart\b": "memorized",
    r"\bminds? (that|groups|folds|what)\b": "accounts for, respects",
    r"no number any ?more": "NaN",
    r"for want of": "because of a lack of",
    r"as (far|time) (as one knows|goes)": "in time order",
    r"(says|tells) (the same|what|that|whether|nothing|of|how)\b": "shows, reports",
    r"\bTell whether\b": "Return whether",
    r"\b(this|the) house\b|\brooms\b": "the package",
    r"\bclerk\b|\bdesk\b|\bhotline\b": "the pattern's name",
    r"what it is of\b|what that is of\b": "what it shows",
    r"\bmend(ed|s)?\b": "fix, correct",
    r"nothing is known of|nobody knows": "unknown",
}


def texts():
    """Yield place and text of everything that a user or a reader of the code sees."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "reports" / "README.md"]
    for path in [*pages, *(ROOT / "tunekit" / "reporting").rglob("*.j2")]:
        yield path, path.read_text()
    for path in (ROOT / "tunekit" / "reporting" / "static").glob("*.js"):
        yield path, path.read_text()
    for folder in ("tunekit", "studies"):
        for path in (ROOT / folder).rglob("*.py"):
            source = path.read_text()
            strings = [
                node.value
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            comments = re.findall(r"#:? (.*)", source)
            yield path, "\n".join((*strings, *comments))


@pytest.mark.slow
@pytest.mark.parametrize("phrase", PHRASES)
def test_a_reworded_phrase_does_not_come_back(phrase):
    pattern = re.compile(phrase, re.IGNORECASE)
    places = [
        f"{path.relative_to(ROOT)}: {' '.join(found.group().split())!r}"
        for path, text in texts()
        for found in pattern.finditer(" ".join(text.split()))
    ]
    assert not places, f"write {PHRASES[phrase]!r} instead:\n" + "\n".join(places)
