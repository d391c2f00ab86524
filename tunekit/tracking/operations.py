"""What can be done to a study's runs, as data: done at once, or kept and done later."""

from __future__ import annotations

import contextlib
import functools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunekit.core.databases import is_collision
from tunekit.core.runtime import load_mlflow
from tunekit.core.secrets import shown, without_secrets
from tunekit.tracking.model_registry import register

#: The parent run's name among the runs of an execution.
EXECUTION = "execution"

#: The tag with its last sign of life, in milliseconds since 1970.
HEARTBEAT = "tunekit.heartbeat"

#: The tag with the identity of a run's parent.
PARENT = "mlflow.parentRunId"

_ATTEMPTS = 5  # where other processes write the same at this moment
_BATCH = 1000  # metrics that one call takes
_TAGS = 100  # tags or parameters that one call takes


@dataclass(frozen=True)
class Operation:
    """Something that is done to one run.

    All that is tracked becomes one of these before the journal or the store gets it, and here
    passwords and tokens in its texts are hidden.

    Attributes
    ----------
    do : {"create", "log", "attach", "end", "describe", "judge", "crown"}
    run : str
        The run's name among those of its execution: ``"execution"``, or the trial's number.
    facts : mapping
        With what, as JSON can hold it.
    files : mapping of str to bytes
        Content by path.
    """

    do: str
    run: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hide secrets."""
        # Names of metrics have no "//" in them, see safe_key, and there are thousands.
        facts = {
            name: each if name == "metrics" else shown(each) for name, each in self.facts.items()
        }
        object.__setattr__(self, "facts", facts)
        files = {path: _shown_file(content) for path, content in self.files.items()}
        object.__setattr__(self, "files", files)


def _shown_file(content: bytes) -> bytes:
    """Return a text file without secrets, any other one as it is."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    hidden = without_secrets(text)
    return content if hidden == text else hidden.encode()


class OperationRunner:
    """Does operations on a store. It knows the MLflow run behind each name.

    Parameters
    ----------
    connect : callable
        Returns an ``MlflowClient`` on the store; called when one is first needed.
    experiment_id : str
    runs : mapping of str to str
        Identities of the runs that exist, by name.
    """

    def __init__(
        self, connect: Callable[[], Any], experiment_id: str, runs: Mapping[str, str]
    ) -> None:
        self._connect = functools.cache(connect)
        self._experiment = experiment_id
        self.runs = dict(runs)
        self._folders: dict[str, str] = {}  # addresses of the runs' files, as far as we know them

    def do(self, operation: Operation, *, again: bool = False) -> None:
        """Do an operation; one on a run that MLflow refused to make is left out.

        Parameters
        ----------
        operation : Operation
        again : bool, default=False
            Whether it may have been done before, by a call that got no answer.
        """
        for left in reversed(range(_ATTEMPTS)):
            try:
                self._do(operation, again=again)
            except Exception as error:
                if not left or not is_collision(error):  # else another process was faster
                    raise
                again = True
            else:
                return

    def _do(self, operation: Operation, *, again: bool) -> None:
        if operation.do == "create":
            self._create(operation, again=again)
        elif operation.run in self._folders and operation.do == "attach":
            self._attach(operation)
        elif operation.run in self.runs:
            _DOING[operation.do](self._connect(), self.runs[operation.run], operation)

    def _create(self, operation: Operation, *, again: bool) -> None:
        facts = operation.facts
        found = self._find(facts["tags"]) if again else None
        if found is None:
            made = self._connect().create_run(
                self._experiment, start_time=facts["start"], tags=facts["tags"]
            )
            found = str(made.info.run_id)
            if not self._connect().tracking_uri.startswith("databricks"):  # it wants a profile, too
                self._folders[operation.run] = made.info.artifact_uri
        self.runs[operation.run] = found

    def _attach(self, operation: Operation) -> None:
        """Add files to a run without asking the store where they belong, as MLflow would."""
        registry = load_mlflow().store.artifact.artifact_repository_registry
        place = registry.get_artifact_repository(
            self._folders[operation.run], tracking_uri=self._connect().tracking_uri
        )
        with on_disk(operation.files) as folder:
            place.log_artifacts(str(folder))

    def _find(self, tags: Mapping[str, str]) -> str | None:
        # A trial of a study has one run, whoever made it; a candidate has one in each comparison.
        of_trial = "tunekit.trial" in tags
        same = ("tunekit.ledger", "tunekit.trial") if of_trial else (PARENT, "tunekit.candidate")
        condition = " and ".join(f"tags.`{name}` = '{tags[name]}'" for name in same)
        every = load_mlflow().entities.ViewType.ALL  # one that was deleted is not made anew
        runs = self._connect().search_runs(
            [self._experiment], condition, run_view_type=every, max_results=1
        )
        return str(runs[0].info.run_id) if runs else None


def _log(client: Any, run_id: str, operation: Operation) -> None:
    entities, facts = load_mlflow().entities, operation.facts
    metrics = [entities.Metric(*each) for each in facts.get("metrics", ())]
    tags = [entities.RunTag(*each) for each in facts.get("tags", {}).items()]
    params = [entities.Param(*each) for each in facts.get("params", {}).items()]
    while metrics or tags or params:
        client.log_batch(run_id, metrics[:_BATCH], params[:_TAGS], tags[:_TAGS])
        metrics, params, tags = metrics[_BATCH:], params[_TAGS:], tags[_TAGS:]


def _attach(client: Any, run_id: str, operation: Operation) -> None:
    with on_disk(operation.files) as folder:
        client.log_artifacts(run_id, str(folder))


def _end(client: Any, run_id: str, operation: Operation) -> None:
    client.set_terminated(run_id, operation.facts["status"], operation.facts["end"])


def _describe(client: Any, run_id: str, operation: Operation) -> None:
    entities = load_mlflow().entities
    tag = entities.InputTag("mlflow.data.context", "search")
    dataset = entities.Dataset(**operation.facts["dataset"])
    client.log_inputs(run_id, [entities.DatasetInput(dataset, [tag])])


def _judge(client: Any, run_id: str, operation: Operation) -> None:
    """Count one more use of a test split, with its score and predictions."""
    times = int(client.get_run(run_id).data.tags.get("tunekit.tested", 0)) + 1
    _attach(client, run_id, operation)
    client.log_metric(run_id, "test_score", operation.facts["score"], step=times)
    client.set_tag(run_id, "tunekit.tested", str(times))


def _crown(client: Any, run_id: str, operation: Operation) -> None:
    with on_disk(operation.files) as folder:
        register(client, run_id, folder, **operation.facts)


_DOING: Mapping[str, Callable[[Any, str, Operation], None]] = {
    "log": _log,
    "attach": _attach,
    "end": _end,
    "describe": _describe,
    "judge": _judge,
    "crown": _crown,
}


def now() -> int:
    """Return the time as MLflow takes it, in milliseconds since 1970."""
    return int(time.time() * 1000)


@contextlib.contextmanager
def on_disk(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Write files to a folder that is there while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        yield folder
