"""Reads the studies and comparisons of a report from the tracking store."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tunekit.analysis.checks.finding import Finding
from tunekit.analysis.checks.registry import run_checks
from tunekit.analysis.comparison import ComparisonData, collect_comparison
from tunekit.analysis.study import StudyData, collect_study
from tunekit.analysis.titles import with_titles
from tunekit.comparison.result import Comparison
from tunekit.core.estimators import is_tuner
from tunekit.core.secrets import shown_address
from tunekit.exceptions import NotFoundError, ParameterError, StudyError, did_you_mean
from tunekit.tracking.comparison_reader import find_comparisons, read_comparison
from tunekit.tracking.store import open_store, other_names, resolve_uri
from tunekit.tracking.study_reader import find_study, read_execution

if TYPE_CHECKING:
    from tunekit.study.tuner import Tuner

#: A study or comparison to report on.
Source: TypeAlias = "Tuner | Comparison | str"


@dataclass(frozen=True)
class ReportData:
    """Everything that a report shows.

    Attributes
    ----------
    studies : tuple of StudyData
    compared : tuple of ComparisonData
        Comparisons made with ``compare``; those of finalists belong to their studies.
    """

    studies: tuple[StudyData, ...]
    compared: tuple[ComparisonData, ...]

    @property
    def names(self) -> list[str]:
        """Distinct names of the studies and comparisons."""
        names = [study.study.name for study in self.studies]
        names += [each.comparison.name for each in self.compared]
        return list(dict.fromkeys(names))

    @property
    def comparisons(self) -> tuple[ComparisonData, ...]:
        """All comparisons, those of finalists first."""
        finalists = (each for study in self.studies for each in study.finalists)
        return (*finalists, *self.compared)

    @functools.cached_property
    def findings(self) -> list[tuple[str, tuple[Finding, ...]]]:
        """Name of each study and comparison, with the findings of its checks."""
        studies = [(each.title, run_checks(each)) for each in self.studies]
        return studies + [(each.name, run_checks(each)) for each in self.compared]

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Tracking URI and run ID of every parent run that is shown."""
        runs = [
            (study.study.uri, engine.execution.run_id)
            for study in self.studies
            for engine in study.engines
        ]
        return runs + [(each.tracked.uri, each.tracked.run_id) for each in self.comparisons]


def collect_sources(
    source: Source | Sequence[Source], tracking_uri: str | None = None
) -> ReportData:
    """Read the data of a report on one or several sources from MLflow.

    Parameters
    ----------
    source : Tuner, Comparison, str, or a sequence of them
        A name selects the newest search of each engine and the newest comparison.
    tracking_uri : str or None, default=None
        MLflow store in which names are looked up.

    Raises
    ------
    ParameterError
        If a source has another type, was not fitted, or was not tracked.
    NotFoundError
        If there is no study or comparison with a name.
    StudyError
        If a study has no finished trial, or a comparison no candidate with a score.
    TrackingError
        If the store cannot be read.
    """
    sources: list[Any] = list(source) if isinstance(source, (list, tuple)) else [source]
    if not sources:
        raise ParameterError("report needs at least one study or comparison, got an empty list.")
    connect = functools.cache(functools.partial(open_store, create=False))
    studies: dict[str, StudyData] = {}
    compared: dict[str, ComparisonData] = {}
    for each in sources:
        for data in _collect(each, tracking_uri, connect):
            if isinstance(data, StudyData):
                if data.best is None:
                    raise StudyError(
                        f"the study {data.study.name!r} has no finished trial yet: run it before "
                        f"you report on it."
                    )
                studies.setdefault(data.winner.execution.run_id, data)
            else:
                compared.setdefault(data.tracked.run_id, data)
    return ReportData(*with_titles(list(studies.values()), list(compared.values())))


def _collect(
    source: Any, tracking_uri: str | None, connect: Callable[[str], Any]
) -> list[StudyData | ComparisonData]:
    if isinstance(source, str):
        return _by_name(source, connect(resolve_uri(tracking_uri)))
    if isinstance(source, Comparison):
        _check_tracked(source.run_id, source.tracking_uri, "comparison was made")
        client = connect(str(source.tracking_uri))
        return [collect_comparison(client, read_comparison(client, str(source.run_id)))]
    if not hasattr(source, "run_id_"):
        if hasattr(source, "get_params") and is_tuner(source):
            raise ParameterError(
                "this tuner has not been run yet, so there is nothing to report: call fit first, "
                "with tracking=True."
            )
        raise ParameterError(
            f"report needs a fitted Tuner or the name of a study, a Comparison, or a list of "
            f"these, got {type(source).__name__}."
        )
    _check_tracked(source.run_id_, source.tracking_uri_, "tuner was run")
    client = connect(source.tracking_uri_)
    return [collect_study(client, read_execution(client, source.run_id_))]


def _by_name(name: str, client: Any) -> list[StudyData | ComparisonData]:
    """Return the study with a name, and the newest comparison made with ``compare``."""
    data: list[StudyData | ComparisonData] = []
    study = find_study(client, name)
    if study is not None:
        data.append(collect_study(client, study))
    for run in find_comparisons(client, name):
        newest = read_comparison(client, run)
        if newest.info.kind == "comparison":
            data.append(collect_comparison(client, newest))
            break
    if not data:
        place = shown_address(client.tracking_uri)
        hint = did_you_mean(name, other_names(client, name))
        raise NotFoundError(f"there is no study or comparison {name!r} in {place}.{hint}")
    return data


def _check_tracked(run_id: str | None, uri: str | None, what: str) -> None:
    if run_id is None or uri is None:
        raise ParameterError(
            f"this {what} with tracking=False, so there is nothing to report: run it with "
            f"tracking=True."
        )
