"""What a study's page in the MLflow UI shows at first: columns, order and charts.

MLflow does not document the form of the tag that holds it. Without the tag, or where MLflow no
longer understands it, the page shows MLflow's own choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tunekit.tracking.facts import curve_key, safe_key

_NAME = "tunekit"
_METRICS = ("objective", "objective_std", "fit_time", "n_params")
_CURVES = ("val_loss", "val_accuracy", "loss", "accuracy")
_SEARCH, _LEARNING = "search", "learning"
_AXES = 8  # that there is room for
_RUNS = 20  # that are drawn; parallel coordinates show all


def view_tags(space: Mapping[str, Any], n_splits: int) -> dict[str, str]:
    """Return the tags of an experiment that make its page one of a study.

    Parameters
    ----------
    space : mapping
        The space in its JSON form.
    n_splits : int
        With several, curves are by fold.
    """
    names = [safe_key(name) for name in space]
    columns = ["attributes.`Duration`", "tags.`tunekit.engine`", "tags.`tunekit.state`"]
    columns += [f"metrics.`{name}`" for name in _METRICS]
    columns += [f"params.`{name}`" for name in names]
    state = {
        "searchFilter": "",
        "orderByKey": "metrics.`objective`",
        "orderByAsc": False,
        "selectedColumns": columns,
        "runsExpanded": {},
        "runsHiddenMode": f"FIRST_{_RUNS}_RUNS",
        "hideEmptyCharts": True,
        "isAccordionReordered": True,  # else sections go by name
        "compareRunCharts": _charts(_always_there(space), n_splits),
        "compareRunSections": [
            _section(_SEARCH, "Search"),
            _section(_LEARNING, "Learning curves"),
        ],
    }
    form = {"name": _NAME, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
    return {
        "mlflow.experimentKind": "custom_model_development",
        f"mlflow.sharedViewState.{_NAME}": json.dumps(form),
    }


def page_of(base: str, experiment_id: str, *, charts: bool = False) -> str:
    """Return the address of a study's page in the MLflow UI at ``base``: the table, or charts."""
    mode = "&compareRunsMode=CHART" if charts else ""
    return (
        f"{base}/#/experiments/{experiment_id}/runs"
        f"?workflowType=machine_learning&viewStateShareKey={_NAME}{mode}"
    )


def _always_there(space: Mapping[str, Any]) -> list[str]:
    """Return the parameters that every trial has, and that have one value.

    MLflow draws no line of a trial that lacks one, and an axis of whole lists cannot be read.
    """
    return [
        safe_key(name)
        for name, domain in space.items()
        if isinstance(domain, Mapping) and "when" not in domain and "per" not in domain
    ][:_AXES]


def _charts(names: Sequence[str], n_splits: int) -> list[dict[str, Any]]:
    folds = [None] if n_splits == 1 else list(range(n_splits))
    chosen = {"selectedParams": list(names), "selectedMetrics": ["objective"], "showAllRuns": True}
    cost = {"key": "fit_time", "type": "METRIC"}, {"key": "objective", "type": "METRIC"}
    return [
        _chart("PARALLEL", _SEARCH, "parallel", chosen),
        _chart("SCATTER", _SEARCH, "cost", {"xaxis": cost[0], "yaxis": cost[1]}),
        _line(_SEARCH, "best", ["objective"]),
        *(_line(_LEARNING, name, [curve_key(name, fold) for fold in folds]) for name in _CURVES),
    ]


def _line(section: str, name: str, metrics: Sequence[str]) -> dict[str, Any]:
    settings = {
        "metricKey": metrics[0],
        "selectedMetricKeys": list(metrics),
        "xAxisKey": "step",
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "lineSmoothness": 0,
        "useGlobalLineSmoothing": True,
        "useGlobalXaxisKey": True,
        "yAxisKey": "metric",
    }
    return _chart("LINE", section, name, settings)


def _chart(kind: str, section: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uuid": f"{_NAME}-{name}",
        "type": kind,
        "metricSectionId": f"{_NAME}-{section}",
        "runsCountToCompare": _RUNS,
        "deleted": False,
        "isGenerated": False,
        **settings,
    }


def _section(key: str, name: str) -> dict[str, Any]:
    return {
        "uuid": f"{_NAME}-{key}",
        "name": name,
        "display": True,
        "isReordered": False,
        "deleted": False,
        "isGenerated": False,
    }
