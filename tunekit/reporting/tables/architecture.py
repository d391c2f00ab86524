"""Tables of network layers and pipeline steps."""

from __future__ import annotations

from tunekit.analysis.architecture import Architecture
from tunekit.reporting.tables.table import Column, Table

_NAME, _KIND = Column("name", "name"), Column("kind", "kind")


def layers_table(architecture: Architecture, name: str = "architecture") -> Table | None:
    """Return a table of layers with a total; None without a network."""
    if not architecture.is_network:
        return None
    rows = [
        (each.name, each.kind, each.shape_words, each.details, each.n_params, each.n_trainable)
        for each in architecture.parts
    ]
    if architecture.n_parts > len(architecture.parts):
        rows.append(
            (f"{architecture.n_parts - len(architecture.parts)} more", "", "", "", None, None)
        )
    several = architecture.n_networks > 1
    which = f"one of {architecture.n_networks} networks" if several else "the best network"
    rows.append(("all layers", "", "", "", architecture.n_params, architecture.n_trainable))
    return Table(
        f"{name}-layers",
        f"Layers of {which}, from input to output",
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


def steps_table(architecture: Architecture, name: str = "architecture") -> Table | None:
    """Return a table of the steps of a pipeline, or of a single estimator; None without steps."""
    if not architecture.steps:
        return None
    named = any(each.name for each in architecture.steps)
    subject = "Steps of the best estimator" if named else "The best estimator"
    columns = (Column("name", "step"), _KIND, Column("details", "parameters"))
    rows = tuple((each.name, each.kind, each.details) for each in architecture.steps)
    return Table(
        f"{name}-steps",
        f"{subject}, with all parameters that differ from the default",
        columns if named else columns[1:],
        rows if named else tuple(row[1:] for row in rows),
    )
