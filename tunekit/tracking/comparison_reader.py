"""Read comparisons from MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunekit.core.addresses import as_address
from tunekit.core.comparison_info import ComparisonInfo, Fit
from tunekit.core.secrets import shown_address
from tunekit.exceptions import NotFoundError, TrackingError, did_you_mean
from tunekit.tracking.artifacts import CONFIG, FITS_FOLDER, load_fit, load_info
from tunekit.tracking.operations import PARENT
from tunekit.tracking.store import check_is_active, other_names, search_all, tracking_errors


@dataclass(frozen=True)
class TrackedComparison:
    """A comparison in MLflow.

    Attributes
    ----------
    uri : str
        The store.
    experiment_id, run_id : str
    status : str
        MLflow's run status: RUNNING, FINISHED, FAILED or KILLED.
    started : datetime
        Start time in UTC.
    tags : mapping of str to str
        Tags of the parent run.
    runs : mapping of str to str
        Run ID of each candidate, by name.
    info : ComparisonInfo
    fits : tuple of Fit
    """

    uri: str
    experiment_id: str
    run_id: str
    status: str
    started: datetime
    tags: Mapping[str, str]
    runs: Mapping[str, str]
    info: ComparisonInfo
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class ListedComparison:
    """Summary of a comparison, for a list.

    Attributes
    ----------
    name, kind, candidates, status : str
    started : datetime
        Start time in UTC.
    """

    name: str
    kind: str
    candidates: str
    status: str
    started: datetime


def find_comparisons(client: Any, name: str) -> list[str]:
    """Return the run IDs of all comparisons with a name, newest first; empty if there are none.

    Raises
    ------
    NotFoundError
        When the store does not exist.
    TrackingError
        When the store cannot be read, or the comparison was deleted there.
    """
    uri = client.tracking_uri
    with tracking_errors(f"the store {shown_address(uri)} cannot be read"):
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            return []
        check_is_active(experiment, uri)
        runs = search_all(client, [experiment.experiment_id], "tags.`tunekit.kind` = 'comparison'")
    return [str(run.info.run_id) for run in runs]


def list_comparisons(client: Any) -> list[ListedComparison]:
    """Return the newest comparison of each name and kind in a store, sorted by name.

    Raises
    ------
    NotFoundError
        When the store does not exist.
    TrackingError
        When it cannot be read.
    """
    uri = client.tracking_uri
    with tracking_errors(f"the store {shown_address(uri)} cannot be read"):
        names = {str(each.experiment_id): str(each.name) for each in client.search_experiments()}
        runs = search_all(client, list(names), "tags.`tunekit.kind` = 'comparison'")
    newest: dict[tuple[str, str], ListedComparison] = {}
    for run in runs:
        name, params = names[str(run.info.experiment_id)], run.data.params
        newest.setdefault(
            (name, params.get("kind", "")),
            ListedComparison(
                name=name,
                kind=params.get("kind", ""),
                candidates=params.get("candidates", ""),
                status=run.info.status,
                started=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
            ),
        )
    return [newest[key] for key in sorted(newest)]


def read_newest(client: Any, name: str) -> TrackedComparison:
    """Return the newest comparison with a name.

    Raises
    ------
    NotFoundError
        When there is no such comparison.
    TrackingError
        When the store cannot be read.
    """
    runs = find_comparisons(client, name)
    if not runs:
        names = other_names(client, name)
        raise NotFoundError(
            f"there is no comparison {name!r} in {shown_address(client.tracking_uri)}."
            f"{did_you_mean(name, names)}"
        )
    return read_comparison(client, runs[0])


def read_comparison(client: Any, run_id: str) -> TrackedComparison:
    """Return the comparison that belongs to a parent run.

    Raises
    ------
    TrackingError
        When the store has no such run, or it cannot be read.
    """
    uri = client.tracking_uri
    with tracking_errors(f"the store {shown_address(uri)} has no comparison {run_id}"):
        run = client.get_run(run_id)
        info = _info(client, run_id)
        candidate_ids = candidate_runs(client, run.info.experiment_id, run_id)
        fits = read_fits(client, candidate_ids)
    names = info.names
    order = {name: position for position, name in enumerate(names)}
    seeds = {seed: position for position, seed in enumerate(info.seeds)}
    fits.sort(
        key=lambda fit: (order[fit.candidate], fit.split < 0, fit.split, seeds.get(fit.seed, 0))
    )
    return TrackedComparison(
        uri=as_address(uri),
        experiment_id=str(run.info.experiment_id),
        run_id=run_id,
        status=run.info.status,
        started=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
        tags=dict(run.data.tags),
        runs={names[int(number)]: run for number, run in candidate_ids.items()},
        info=info,
        fits=tuple(fits),
    )


def candidate_runs(client: Any, experiment_id: str, parent: str) -> dict[str, str]:
    """Return the run IDs of the candidates of a comparison, by the number of the candidate."""
    runs = search_all(client, [experiment_id], f"tags.`{PARENT}` = '{parent}'")
    tag = "tunekit.candidate"
    return {run.data.tags[tag]: str(run.info.run_id) for run in runs if tag in run.data.tags}


def read_fits(client: Any, runs: Mapping[str, str]) -> list[Fit]:
    """Return all fits that the runs of some candidates store; incomplete files are skipped."""
    fits = []
    for number in sorted(runs, key=int):
        with tempfile.TemporaryDirectory(prefix="tunekit-") as folder:
            if not any(each.path == FITS_FOLDER for each in client.list_artifacts(runs[number])):
                continue
            path = Path(client.download_artifacts(runs[number], FITS_FOLDER, folder))
            loaded = [load_fit(file) for file in sorted(path.glob("*.npz"))]
        fits += [fit for fit in loaded if fit is not None]
    return fits


def _info(client: Any, run_id: str) -> ComparisonInfo:
    with tempfile.TemporaryDirectory(prefix="tunekit-") as folder:
        path = Path(client.download_artifacts(run_id, CONFIG, folder))
        try:
            return load_info(path.read_text(encoding="utf-8"))
        except (KeyError, TypeError, ValueError) as error:
            raise TrackingError(
                f"run {run_id} does not contain a comparison of this version of tunekit."
            ) from error
