"""What the store is told of an execution before its first trial."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.owner import this_process
from tunekit.records import StudyInfo
from tunekit.tracking import facts
from tunekit.tracking.surroundings import packages, source_tags, user_name

_LONG = ("space", "storage")  # fields of a study that are no parameters of its run


@dataclass(frozen=True)
class Description:
    """What stands on the parent run.

    Attributes
    ----------
    params, tags : mapping of str to str
    dataset : mapping of str to object
        The data set, in MLflow's words.
    files : mapping of str to bytes
        Artifacts by path.
    """

    params: Mapping[str, str]
    tags: Mapping[str, str]
    dataset: Mapping[str, Any]
    files: Mapping[str, bytes]


def describe(info: StudyInfo) -> Description:
    """Return what the study is about and in what surroundings it runs."""
    described = dataclasses.asdict(info)
    note = (
        f"{info.estimator} on {info.n_rows:,} rows of {info.n_features:,}, {info.cv}, judged "
        f"by {info.scoring}; {info.engine} ({info.algorithm}), {info.n_trials} trials at most. "
        f"Among the artifacts: the space and all settings (config.json), the trials "
        f"(trials.csv), and the report, once it is made (report.html)."
    )
    return Description(
        params={name: str(value) for name, value in described.items() if name not in _LONG},
        tags={
            "tunekit.measured": facts.measured(info),
            "mlflow.note.content": note,
            **source_tags(),
        },
        dataset={
            "name": facts.shortened(info.name, 500),
            "digest": info.digest[:36] or "unknown",
            "source_type": "local",
            "source": "arrays in memory",
            "schema": None,
            "profile": json.dumps({"shape": info.shape, "rows": info.n_rows}),
        },
        files={
            "config.json": json.dumps(described, indent=2, ensure_ascii=False).encode(),
            "environment.json": json.dumps(packages(), indent=2).encode(),
        },
    )


def first_tags(info: StudyInfo, kind: str, name: str) -> dict[str, str]:
    """Return the tags that a run is made with.

    Parameters
    ----------
    info : StudyInfo
    kind : {"execution", "trial"}
    name : str
        Of the run, for people.
    """
    return {
        "mlflow.runName": name,
        "mlflow.user": user_name(),
        "tunekit.kind": kind,
        "tunekit.ledger": info.ledger,
        "tunekit.engine": info.engine,
        "tunekit.sampler": info.algorithm,
        "tunekit.seed": str(info.random_state),
        "tunekit.state": "running",
        "tunekit.owner": this_process(),
    }


def about_another_study(info: StudyInfo, tags: Mapping[str, str]) -> str:
    """Return what is to be said where a name stands for two studies; empty where it does not.

    MLflow keeps them in one experiment.

    Parameters
    ----------
    info : StudyInfo
    tags : mapping of str to str
        Those of the newest execution of the name.
    """
    held, ours = json.loads(tags.get("tunekit.measured", "{}")), json.loads(facts.measured(info))
    # The number of rows tells nothing: the outer folds of a cross-validation differ in it.
    others = [name for name in held if name != "n_rows" and held[name] != ours.get(name)]
    if not others:
        return ""
    differ = ", ".join(f"{name} {held[name]}, now {ours.get(name)}" for name in others)
    return (
        f"the store holds a study {info.name!r} of something else ({differ}). Both are kept; "
        f"reports and load_study show the newest. Choose another name to keep them apart."
    )
