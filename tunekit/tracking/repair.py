"""Ends the runs of processes that are gone, so that nothing is shown as running that is not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tunekit.core.processes import is_dead
from tunekit.core.runtime import load_mlflow
from tunekit.core.secrets import shown_address
from tunekit.tracking.operations import HEARTBEAT
from tunekit.tracking.outbox import deliver_left_behind
from tunekit.tracking.store import STATUS, asked, open_store, search_all

_GONE = "its process ended without a word"


def repair_store(uri: str) -> tuple[int, int]:
    """Write what earlier processes could not, and end the runs of those that are gone.

    Parameters
    ----------
    uri : str
        The store.

    Returns
    -------
    written, ended : int
        How many operations were done late, and how many runs ended.

    Raises
    ------
    NotFoundError
        When there is no store.
    TrackingError
        When it cannot be written.
    """
    client = open_store(uri, create=False)
    written = deliver_left_behind(uri, client)
    with asked(f"the store {shown_address(uri)} cannot be repaired"):
        experiments = [str(each.experiment_id) for each in client.search_experiments()]
        return written, end_left_running(client, experiments)


def end_left_running(client: Any, experiments: Sequence[str]) -> int:
    """End every run that is RUNNING while its process is not, and return how many there were.

    They become KILLED, at the time of their execution's last sign of life.

    Parameters
    ----------
    client : MlflowClient
    experiments : sequence of str
        Identities of the experiments to look at.
    """
    ended, heard = 0, _Signs(client)
    for run in search_all(client, experiments, "attributes.status = 'RUNNING'"):
        tags = run.data.tags
        if "tunekit.owner" not in tags:
            continue  # not ours
        last = heard.last(run)
        if is_dead(tags["tunekit.owner"], time.time() - last / 1000):
            # What it did before it went is only now certain.
            ended += _end(client, client.get_run(run.info.run_id), last)
    return ended


def _end(client: Any, run: Any, last: int) -> bool:
    if run.info.status != "RUNNING":
        return False
    status = STATUS.get(run.data.tags["tunekit.state"])
    if status is None:  # else it was about to be ended
        status = "KILLED"
        tag = load_mlflow().entities.RunTag
        client.log_batch(
            run.info.run_id, tags=[tag("tunekit.state", "killed"), tag("tunekit.error", _GONE)]
        )
    client.set_terminated(run.info.run_id, status, max(last, run.info.start_time))
    return True


class _Signs:
    """When executions last gave a sign of life."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[str, int] = {}

    def last(self, run: Any) -> int:
        """Return the time of the last sign of a run's execution, in milliseconds since 1970."""
        parent = str(run.data.tags.get("mlflow.parentRunId", run.info.run_id))
        if parent not in self._known:
            self._known[parent] = self._look(parent)
        return self._known[parent]

    def _look(self, parent: str) -> int:
        info = self._client.get_run(parent)
        children = self._client.search_runs(
            [info.info.experiment_id],
            f"tags.`mlflow.parentRunId` = '{parent}'",
            order_by=["attributes.start_time DESC"],
            max_results=2,  # the last may be running still
        )
        times = [info.info.start_time, int(info.data.tags.get(HEARTBEAT, 0))]
        times += [each.info.end_time or each.info.start_time for each in children]
        return int(max(times))
