"""Operations on the runs of a study, as data that can be applied at once or stored for later."""

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

#: Name of the parent run among the runs of an execution.
EXECUTION = "execution"

#: Tag with the time of the last heartbeat, in milliseconds since 1970.
HEARTBEAT = "tunekit.heartbeat"

#: Tag with the ID of the parent run.
PARENT = "mlflow.parentRunId"

_ATTEMPTS = 5  # if other processes write the same at the same time
_BATCH = 1000  # metrics per request
_TAGS = 100  # tags or parameters per request


@dataclass(frozen=True)
class Operation:
    """An operation on one run.

    Everything that is tracked becomes an operation before it reaches the journal or the store. It
    hides passwords and tokens in its texts.

    Attributes
    ----------
    do : {"create", "log", "attach", "end", "describe", "judge", "crown"}
        Kind of the operation, as written to journals.
    run : str
        Name of the run in its execution: ``"execution"``, or the number of the trial.
    facts : mapping
        Arguments as JSON values.
    files : mapping of str to bytes
        Content by path.
    """

    do: str
    run: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hide secrets."""
        # There are thousands of metrics, and their keys cannot contain "//", see safe_key.
        facts = {
            name: value if name == "metrics" else shown(value) for name, value in self.facts.items()
        }
        object.__setattr__(self, "facts", facts)
        files = {path: _without_secrets(content) for path, content in self.files.items()}
        object.__setattr__(self, "files", files)


def _without_secrets(content: bytes) -> bytes:
    """Return a text file without secrets, and any other file unchanged."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    hidden = without_secrets(text)
    return content if hidden == text else hidden.encode()


class OperationRunner:
    """Applies operations to a store.

    Parameters
    ----------
    connect : callable
        Returns an ``MlflowClient`` for the store. It is called once, for the first operation.
    experiment_id : str
    runs : mapping of str to str
        IDs of existing runs, by name.
    """

    def __init__(
        self, connect: Callable[[], Any], experiment_id: str, runs: Mapping[str, str]
    ) -> None:
        self._connect = functools.cache(connect)
        self._experiment = experiment_id
        self.runs = dict(runs)
        self._artifact_uris: dict[str, str] = {}  # of the runs created here

    def do(self, operation: Operation, *, again: bool = False) -> None:
        """Apply an operation; it is skipped if MLflow rejected the creation of its run.

        Parameters
        ----------
        operation : Operation
        again : bool, default=False
            Whether it may have been applied before, by a request without response.
        """
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                self._do(operation, again=again)
            except Exception as error:
                if not attempts_left or not is_collision(error):
                    raise
                again = True
            else:
                return

    def _do(self, operation: Operation, *, again: bool) -> None:
        if operation.do == "create":
            self._create(operation, again=again)
        elif operation.run in self._artifact_uris and operation.do == "attach":
            self._attach(operation)
        elif operation.run in self.runs:
            _HANDLERS[operation.do](self._connect(), self.runs[operation.run], operation)

    def _create(self, operation: Operation, *, again: bool) -> None:
        facts = operation.facts
        run_id = self._find(facts["tags"]) if again else None
        if run_id is None:
            run = self._connect().create_run(
                self._experiment, start_time=facts["start"], tags=facts["tags"]
            )
            run_id = str(run.info.run_id)
            if not self._connect().tracking_uri.startswith("databricks"):  # that needs a profile
                self._artifact_uris[operation.run] = run.info.artifact_uri
        self.runs[operation.run] = run_id

    def _attach(self, operation: Operation) -> None:
        """Add files to a run without a request for its artifact URI, which MLflow would send."""
        registry = load_mlflow().store.artifact.artifact_repository_registry
        repository = registry.get_artifact_repository(
            self._artifact_uris[operation.run], tracking_uri=self._connect().tracking_uri
        )
        with on_disk(operation.files) as folder:
            repository.log_artifacts(str(folder))

    def _find(self, tags: Mapping[str, str]) -> str | None:
        # A trial has one run in its study; a candidate has one run in each comparison.
        is_trial = "tunekit.trial" in tags
        keys = ("tunekit.ledger", "tunekit.trial") if is_trial else (PARENT, "tunekit.candidate")
        condition = " and ".join(f"tags.`{key}` = '{tags[key]}'" for key in keys)
        view = load_mlflow().entities.ViewType.ALL  # deleted runs are not created again
        runs = self._connect().search_runs(
            [self._experiment], condition, run_view_type=view, max_results=1
        )
        return str(runs[0].info.run_id) if runs else None


def _log(client: Any, run_id: str, operation: Operation) -> None:
    entities, facts = load_mlflow().entities, operation.facts
    metrics = [entities.Metric(*metric) for metric in facts.get("metrics", ())]
    tags = [entities.RunTag(*tag) for tag in facts.get("tags", {}).items()]
    params = [entities.Param(*param) for param in facts.get("params", {}).items()]
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


def _log_test(client: Any, run_id: str, operation: Operation) -> None:
    """Log the score and the predictions of a test split, and count its use."""
    times = int(client.get_run(run_id).data.tags.get("tunekit.tested", 0)) + 1
    _attach(client, run_id, operation)
    client.log_metric(run_id, operation.facts["key"], operation.facts["score"], step=times)
    client.set_tag(run_id, "tunekit.tested", str(times))


def _register(client: Any, run_id: str, operation: Operation) -> None:
    with on_disk(operation.files) as folder:
        register(client, run_id, folder, **operation.facts)


_HANDLERS: Mapping[str, Callable[[Any, str, Operation], None]] = {
    "log": _log,
    "attach": _attach,
    "end": _end,
    "describe": _describe,
    "judge": _log_test,
    "crown": _register,
}


def now() -> int:
    """Return the current time in milliseconds since 1970, as MLflow expects it."""
    return int(time.time() * 1000)


@contextlib.contextmanager
def on_disk(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Write files to a temporary folder that exists until the context ends."""
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        yield folder
