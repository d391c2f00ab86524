"""How the scores were measured: data, splits, seeds, scorer and test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.labels import readable
from tunekit.analysis.metrics.rows import Noun
from tunekit.analysis.metrics.targets import numbered_names
from tunekit.analysis.search.timeline import saved_work
from tunekit.analysis.study import EngineSummary, StudyData
from tunekit.analysis.text import counted, listed, significant
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.tables.table import Column, Table

_SHOWN = 30  # classes of a table without search and filters

Facts = list[tuple[str, str]]


def measured_section(data: ReportData) -> Section:
    """Return the section on how the scores were measured.

    Parameters
    ----------
    data : ReportData
    """
    parts, tables = [], []
    for number, study in enumerate(data.studies):
        classes = _classes(study.data, f"measured-study-{number}")
        parts.append((study.title, _of_study(study), classes))
    for number, compared in enumerate(data.comparisons):
        classes = _classes(compared.data, f"measured-comparison-{number}")
        finalists = compared.comparison.info.kind == "finalists"
        parts.append((compared.title, _of_comparison(compared), None if finalists else classes))
    tables = [classes for _, _, classes in parts if classes is not None]
    html = rendered("measured", parts=parts, several=len(parts) > 1)
    return Section("measured", "How it was measured", html, tuple(tables))


def _of_study(data: StudyData) -> Facts:
    info = data.info
    size = (info.n_rows, info.n_features)
    note = "" if data.test is None else "without the test split"
    facts = _of_data(data.data, size, info.digest, note)
    if data.test is not None:
        used = data.winner.execution.tested
        times = "once" if used == 1 else f"{used} times"
        n_rows = counted(len(data.test.rows), "row")
        facts.append(("test split", f"{n_rows} not used in the search, evaluated {times}"))
    else:
        facts.append(("test split", "none: the search used all rows"))
    facts += [
        ("splits", f"{info.cv}, the same for all trials"),
        ("scorer", f"{data.scoring}, greater is better"),
        *_of_metadata(info.metadata),
    ]
    if data.directions:
        goals = "; ".join(f"{name}, to {way}" for name, way in data.directions.items())
        front = ", ".join(map(str, data.front))
        trials = "trial" if len(data.front) == 1 else "trials"
        selection = f"{data.scoring} selects the best trial. Pareto-optimal {trials}: {front}"
        facts.append(("objectives", f"{goals}. {selection}."))
    facts += [(each.engine, _of_engine(each)) for each in data.engines]
    facts.append(("seed", str(info.random_state)))
    return facts


def _of_metadata(names: Sequence[str]) -> Facts:
    if not names:
        return []
    passed = (
        "passed to the fits and scorers that request it; the figures on predictions do not use it"
    )
    return [("metadata", f"{listed(names)}, {passed}")]


def _of_engine(engine: EngineSummary) -> str:
    info = engine.execution.info
    parts = [f"{counted(len(engine.trials), 'trial')} by {info.algorithm}"]
    parts[0] += f" with pruner {info.pruner}" if info.pruner != "none" else ""
    for state in ("failed", "pruned", "killed"):
        if engine.count(state):
            work = saved_work(engine.trials) if state == "pruned" else ""
            saved = f", which saved {work}" if work else ""
            parts.append(f"{engine.count(state)} {state}{saved}")
    if engine.n_reused:
        parts.append(f"{engine.n_reused} repeated a configuration and reused its result")
    if engine.execution.stopped:
        parts.append(f"the search ended because {engine.execution.stopped}")
    return "; ".join(parts)


def _of_comparison(data: ComparisonData) -> Facts:
    info = data.comparison.info
    note = "with the test split" if info.n_test else ""
    facts = _of_data(data.data, (info.n_rows, info.n_features), info.digest, note)
    order = ", in time order: each fold is later than its training rows" if info.ordered else ""
    facts.append(("splits", f"{info.cv}{order}, the same for all candidates"))
    if info.n_test:
        last = "the last " if info.ordered else ""
        times = "once per seed" if len(info.seeds) > 1 else "once"
        test_split = (
            f"{last}{counted(info.n_test, 'row')}, in none of the folds; each candidate was "
            f"trained on all other rows and evaluated on these {times}"
        )
        facts.append(("test split", test_split))
    nested = [each.name for each in info.candidates if each.nested]
    if nested:
        searched = (
            f"{listed(nested)} searched inside each training part, so no candidate was evaluated "
            f"on rows that it was selected on"
        )
        facts.append(("nested", searched))
    facts += [
        ("scorers", "; ".join(f"{name}, to {way}" for name, way in info.scoring.items())),
        *_of_metadata(info.metadata),
        ("seeds", ", ".join(map(str, info.seeds))),
    ]
    if len(info.candidates) > 1:
        facts.append(("test used", data.comparison.design().test))
    facts.append(("intervals", f"{100 * info.level:g}%"))
    if info.baseline:
        facts.append(("baseline", readable(info.baseline)))
    if not data.finished:
        facts.append(("state", "not finished: some fits are missing"))
    return facts


def _of_data(described: Mapping[str, Any], size: tuple[int, int], digest: str, note: str) -> Facts:
    rows, features = size
    what = f"{counted(rows, 'row')} of {counted(features, 'feature')}"
    facts = [("data", f"{what}{', ' + note if note else ''}")]
    if described.get("shape") and len(described["shape"]) > 2:  # noqa: PLR2004 - else rows and features
        facts.append(("shape", " × ".join(str(n) for n in described["shape"])))
    if described.get("dtypes"):
        facts.append(("values", str(described["dtypes"])))
    if "missing" in described:
        missing = described["missing"]
        facts.append(("missing values", f"{missing:,}" if missing else "none"))
    targets = described.get("targets", ())
    names = numbered_names(described, len(targets), "target") if len(targets) > 1 else ("target",)
    facts += [(name, _target(target)) for name, target in zip(names, targets, strict=False)]
    if described.get("label_counts"):
        facts.append(("labels", f"{len(described['label_counts']):,}, several per row"))
    if described.get("n_classes"):
        facts.append(("classes", f"{described['n_classes']:,}"))
    if digest:
        facts.append(("digest", digest))
    return facts


def _target(target: Mapping[str, float | None]) -> str:
    known = {name: significant(value) for name, value in target.items() if value is not None}
    center = f"mean {known['mean']}, standard deviation {known['std']}" if "std" in known else ""
    ends = f"from {known['min']} to {known['max']}" if {"min", "max"} <= set(known) else ""
    return "; ".join(filter(None, (center, ends))) or "no finite value"


def _classes(described: Mapping[str, Any], name: str) -> Table | None:
    """Return the number of rows of each class or label; None if there are none or too many."""
    noun: Noun = "label" if described.get("label_counts") else "class"
    if noun == "label":
        counts = described["label_counts"]
        names = numbered_names(described, len(counts), "label")
        total = described["shape"][0]
    elif described.get("classes"):
        names = tuple(readable(each["label"]) for each in described["classes"])
        counts = [each["count"] for each in described["classes"]]
        total = sum(counts)
    else:
        return None
    rows = tuple((label, n, n / total) for label, n in zip(names, counts, strict=True))
    columns = (
        Column("class", noun),
        Column("rows", "rows", "integer"),
        Column("share", "share", "percent", 1),
    )
    return Table(name, f"Rows per {noun}", columns, rows, tools=len(rows) > _SHOWN)
