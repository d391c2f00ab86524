"""Tables of the layers of a network and of the steps of a pipeline."""

from __future__ import annotations

from tunekit.analysis.architecture import Architecture
from tunekit.reporting.tables.table import Column, Table

_NAME, _KIND = Column("name", "name"), Column("kind", "kind")


def layers_table(found: Architecture, name: str = "architecture") -> Table | None:
    """Return a table of layers, and their sum; None where there is no network."""
    if not found.is_network:
        return None
    rows = [
        (each.name, each.kind, each.shape_words, each.details, each.n_params, each.n_trainable)
        for each in found.parts
    ]
    if found.n_parts > len(found.parts):
        rows.append((f"{found.n_parts - len(found.parts)} more", "", "", "", None, None))
    rows.append(("all layers", "", "", "", found.n_params, found.n_trainable))
    return Table(
        f"{name}-layers",
        "Layers of the best network, in the order in which data go through them",
        (
            _NAME,
            _KIND,
            Column("shape", "output", note="shape for one row"),
            Column("details", "activation, rate"),
            Column("n_params", "parameters", "integer"),
            Column("n_trainable", "trainable", "integer"),
        ),
        tuple(rows),
    )


def steps_table(found: Architecture, name: str = "architecture") -> Table | None:
    """Return a table of the steps of a pipeline, or of the estimator alone; None without any."""
    if not found.steps:
        return None
    named = any(each.name for each in found.steps)
    what = "Steps of the best estimator" if named else "The best estimator"
    columns = (Column("name", "step"), _KIND, Column("details", "parameters"))
    rows = tuple((each.name, each.kind, each.details) for each in found.steps)
    return Table(
        f"{name}-steps",
        f"{what}, with the parameters that are not at their default",
        columns if named else columns[1:],
        rows if named else tuple(row[1:] for row in rows),
    )
