"""Errors of a regression with several targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunekit.analysis.metrics.targets import TargetResiduals
from tunekit.reporting.tables.evaluation import MOST_ROWS
from tunekit.reporting.tables.table import Column, Table


def target_errors_table(targets: Sequence[TargetResiduals], name: str) -> Table:
    """Return the error metrics of each target, at most of the 50 with the lowest R².

    Parameters
    ----------
    targets : sequence of TargetResiduals
    name : str
        Name of the figure or section that contains the table.
    """
    shown, caption = list(targets), "Error metrics of each target."
    if len(shown) > MOST_ROWS:
        r2 = [np.nan_to_num(each.residuals.errors.r2, nan=-np.inf) for each in targets]
        shown = [targets[i] for i in np.argsort(r2, kind="stable")[:MOST_ROWS]]
        caption = f"The {MOST_ROWS} of {len(targets)} targets with the lowest R²."
    columns = (
        Column("target", "target"),
        Column("r2", "R²", "number", 3),
        Column("mae", "mean absolute error", "general"),
        Column("mae_of_mean", "predicting the mean", "general", note="mean absolute error"),
        Column("rmse", "root mean squared error", "general"),
        Column("bias", "bias", "general", note="mean of predicted minus true value"),
        Column("rows", "predictions", "integer"),
    )
    rows = tuple(
        (
            each.name,
            each.residuals.errors.r2,
            each.residuals.errors.mae,
            each.residuals.of_mean.mae,
            each.residuals.errors.rmse,
            each.residuals.bias,
            each.residuals.n_rows,
        )
        for each in shown
    )
    return Table(f"{name}-targets", caption, columns, rows)
