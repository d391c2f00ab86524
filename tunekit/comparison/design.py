"""Which interval and which test are right for a comparison, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

from tunekit.core.comparison_info import ComparisonInfo
from tunekit.exceptions import ParameterError
from tunekit.statistics import bootstrap, corrected_ttest, seed_variance

#: What a score is judged on: the folds (or the one hold-out), or the test split.
EvaluatedOn = Literal["folds", "test"]

#: Scorers that are the area under the ROC curve of two classes.
AREAS = ("roc_auc",)
#: What stands for a test where there is none.
NO_TEST = "no test"

_IN_TIME = " The splits follow time, for which the correction is an approximation."
_MANY = 3
_PAIR = 2


class Method(Enum):
    """The test of two candidates. Display names are in :attr:`Design.test`."""

    CORRECTED_T = auto()
    POOLED_BOOTSTRAP = auto()
    SEEDS_T = auto()
    MCNEMAR = auto()
    DELONG = auto()
    PAIRED_BOOTSTRAP = auto()
    NONE = auto()


@dataclass(frozen=True)
class Design:
    """How candidates are told apart.

    Attributes
    ----------
    unit : {"folds", "pooled", "rows", "seeds"}
        What is drawn again, in thought: folds of one data set, rows of all folds together, rows of
        one test set, or seeds and rows together.
    method : Method
        The test of two candidates.
    interval : str
        Name of the interval of one candidate's score.
    test : str
        Name of the test of two candidates.
    why : str
        In one or two sentences, for people.
    omnibus : bool
        Whether Cochran's Q tests all candidates before pairs are tested.
    """

    unit: Literal["folds", "pooled", "rows", "seeds"]
    method: Method
    interval: str
    test: str
    why: str
    omnibus: bool = False

    @property
    def of_letters(self) -> str:
        """What a letter of the ranking says, in one sentence."""
        if self.method is Method.NONE:
            return "There is no test that could tell candidates apart."
        return f"Candidates that share a letter cannot be told apart ({self.test})."


def choose(info: ComparisonInfo, scorer: str, on: EvaluatedOn) -> Design:
    """Return the design of a comparison by one scorer.

    Parameters
    ----------
    info : ComparisonInfo
    scorer : str
        One of ``info.scoring``.
    on : {"folds", "test"}

    Raises
    ------
    ParameterError
        When there is no such scorer, or no test split.
    """
    check(info, scorer, on)
    if on == "folds" and info.n_splits > 1:
        return _of_folds(info)
    found = _of_rows(info, scorer)
    if len(info.seeds) > 1:
        why = (
            f"Each candidate was fitted with {len(info.seeds)} seeds and judged on the same rows: "
            f"the variance between seeds and that of rows, which are drawn again, are added."
        )
        found = Design("seeds", Method.SEEDS_T, seed_variance.METHOD, seed_variance.TEST, why)
    if info.grouped or info.ordered:
        why = (
            f"{found.why} {_alike(info)}, which this does not mind: it is surer than it should be."
        )
        return replace(found, why=why)
    return found


def of_pool(info: ComparisonInfo, scorer: str, fewest: int) -> Design:
    """Return the design of a score of the rows of all folds together.

    Parameters
    ----------
    info : ComparisonInfo
    scorer : str
    fewest : int
        Rows of the smallest fold.
    """
    why = (
        f"{pooled_words(scorer, fewest)} Interval and test use a paired bootstrap over rows, whose "
        f"spread is widened for the overlap of the training parts as by Nadeau and Bengio."
    )
    if len(info.seeds) > 1:
        why += f" The score is the mean over {len(info.seeds)} seeds."
    if info.ordered:
        why += _IN_TIME
    elif info.grouped:
        why += f" {_alike(info)}"
    return Design("pooled", Method.POOLED_BOOTSTRAP, bootstrap.METHOD, bootstrap.POOLED, why)


def pooled_words(scorer: str, fewest: int) -> str:
    """Return why a score is of the rows of all folds together, in one sentence."""
    rows = "1 row" if fewest == 1 else f"{fewest} rows"
    return (
        f"The smallest fold has {rows}, too few for the mean of {scorer} over folds, so it is "
        f"computed from the predictions for all folds together."
    )


def _alike(info: ComparisonInfo) -> str:
    which = "of one group" if info.grouped else "that follow each other"
    return f"Rows {which} are alike, which this does not mind: it is surer than it should be."


def without_test(
    design: Design, scorer: str, names: Sequence[str], only_once: Sequence[str]
) -> Design:
    """Return a design on rows for candidates of which some scores cannot be computed again.

    Parameters
    ----------
    design : Design
        On one set of rows.
    scorer : str
    names : sequence of str
        Of the candidates that have a score.
    only_once : sequence of str
        Those of which it cannot be computed again from what they predicted.
    """
    if not only_once:
        return design
    everyone = len(only_once) == len(names)
    of = "" if everyone else f" of {', '.join(only_once)}"
    why = (
        f"On one set of rows a score is tested by what it is for other rows, and {scorer}{of} "
        f"cannot be computed again from predictions: judge by it on folds, such as cv=5."
    )
    if len(names) - len(only_once) >= _PAIR:
        return replace(design, why=f"{design.why} {why}")
    interval = "none" if everyone else design.interval
    design = replace(design, method=Method.NONE, omnibus=False)
    return replace(design, interval=interval, test=NO_TEST, why=why)


def check(info: ComparisonInfo, scorer: str, on: str) -> None:
    """Refuse a scorer or a ground that a comparison has not.

    Raises
    ------
    ParameterError
    """
    if scorer not in info.scoring:
        raise ParameterError(
            f"the comparison {info.name!r} was not scored by {scorer!r}: choose one of "
            f"{', '.join(info.scoring)}."
        )
    if on not in ("folds", "test"):
        raise ParameterError(f"on must be 'folds' or 'test', got {on!r}.")
    if on == "test" and not info.n_test:
        raise ParameterError(
            f"the comparison {info.name!r} kept no test split: call compare with test_size=0.2."
        )


def _of_folds(info: ComparisonInfo) -> Design:
    why = (
        "Folds share most of the rows that they are fitted on, so a usual t-test would cry wolf; "
        "this one adds the overlap to the variance. The probabilities come from the Bayesian "
        "correlated t-test."
    )
    if len(info.seeds) > 1:
        why += f" The score of a fold is the mean over {len(info.seeds)} seeds."
    if info.ordered:
        why += _IN_TIME
    return Design("folds", Method.CORRECTED_T, "corrected t", corrected_ttest.TEST, why)


def _of_rows(info: ComparisonInfo, scorer: str) -> Design:
    if scorer == "accuracy":
        several = len(info.candidates) >= _MANY
        first = "Cochran's Q for all, then " if several else ""
        return Design(
            "rows",
            Method.MCNEMAR,
            "Wilson",
            f"{first}McNemar's test",
            "All candidates were judged once, on the same rows: what counts is on which rows one "
            "is right and the other wrong. The interval of a difference is Newcombe's; the "
            "probabilities are of a posterior with Jeffreys' prior.",
            omnibus=several,
        )
    if scorer in AREAS:
        return Design(
            "rows",
            Method.DELONG,
            "DeLong, logit",
            "DeLong's test",
            "Areas under ROC curves of the same rows go up and down together, which DeLong's "
            "covariance takes in.",
        )
    by_class = ", class by class" if info.task == "classification" else ""
    return Design(
        "rows",
        Method.PAIRED_BOOTSTRAP,
        "bootstrap",
        "paired bootstrap",
        "All candidates were judged once, on the same rows, by a score whose distribution has no "
        f"formula: the rows are drawn again{by_class}, in pairs.",
    )
