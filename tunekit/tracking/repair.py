"""Close the runs of dead processes, so that MLflow does not show them as running."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tunekit.core.processes import is_dead
from tunekit.core.runtime import load_mlflow
from tunekit.core.secrets import shown_address
from tunekit.tracking.operations import HEARTBEAT
from tunekit.tracking.outbox import deliver_pending
from tunekit.tracking.store import STATUS, open_store, search_all, tracking_errors

_DEAD = "its process died unexpectedly"


def repair_store(uri: str) -> tuple[int, int]:
    """Deliver pending writes, and close the runs of dead processes.

    Parameters
    ----------
    uri : str
        The store.

    Returns
    -------
    delivered, closed : int
        Number of pending writes that were delivered, and of runs that were closed.

    Raises
    ------
    NotFoundError
        When the store does not exist.
    TrackingError
        When it cannot be written.
    """
    client = open_store(uri, create=False)
    delivered = deliver_pending(uri, client)
    with tracking_errors(f"the store {shown_address(uri)} cannot be repaired"):
        experiments = [str(each.experiment_id) for each in client.search_experiments()]
        return delivered, close_stale_runs(client, experiments)


def close_stale_runs(client: Any, experiments: Sequence[str]) -> int:
    """Close all runs with status RUNNING whose process is dead, and return their number.

    Their status becomes KILLED, and their end time that of the last heartbeat of their execution.

    Parameters
    ----------
    client : MlflowClient
    experiments : sequence of str
        IDs of the experiments to repair.
    """
    n_closed, heartbeats = 0, _Heartbeats(client)
    for run in search_all(client, experiments, "attributes.status = 'RUNNING'"):
        tags = run.data.tags
        if "tunekit.owner" not in tags:
            continue  # not created by tunekit
        last = heartbeats.last(run)
        if is_dead(tags["tunekit.owner"], time.time() - last / 1000):
            # Read the run again: its last writes are final only now.
            n_closed += _close(client, client.get_run(run.info.run_id), last)
    return n_closed


def _close(client: Any, run: Any, last: int) -> bool:
    if run.info.status != "RUNNING":
        return False
    status = STATUS.get(run.data.tags["tunekit.state"])
    if status is None:  # the run has no final state
        status = "KILLED"
        tag = load_mlflow().entities.RunTag
        client.log_batch(
            run.info.run_id, tags=[tag("tunekit.state", "killed"), tag("tunekit.error", _DEAD)]
        )
    client.set_terminated(run.info.run_id, status, max(last, run.info.start_time))
    return True


class _Heartbeats:
    """Times of the last heartbeat of executions."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._times: dict[str, int] = {}

    def last(self, run: Any) -> int:
        """Return the last heartbeat of a run's execution, in milliseconds since 1970."""
        parent = str(run.data.tags.get("mlflow.parentRunId", run.info.run_id))
        if parent not in self._times:
            self._times[parent] = self._read(parent)
        return self._times[parent]

    def _read(self, parent: str) -> int:
        info = self._client.get_run(parent)
        children = self._client.search_runs(
            [info.info.experiment_id],
            f"tags.`mlflow.parentRunId` = '{parent}'",
            order_by=["attributes.start_time DESC"],
            max_results=2,  # the last one may still be running
        )
        times = [info.info.start_time, int(info.data.tags.get(HEARTBEAT, 0))]
        times += [each.info.end_time or each.info.start_time for each in children]
        return int(max(times))
