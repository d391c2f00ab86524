"""Design of a comparison: which interval and which test to use, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

from tunekit.core.comparison_info import ComparisonInfo
from tunekit.exceptions import ParameterError
from tunekit.statistics import bootstrap, corrected_ttest, seed_variance

#: What a score is computed on: the validation rows of the folds, or the test split.
EvaluatedOn = Literal["folds", "test"]

#: Scorers that are the area under the ROC curve of a binary classifier.
AREAS = ("roc_auc",)
#: Name of the test if there is none.
NO_TEST = "no test"

_IN_TIME = " The splits follow time, for which the correction is an approximation."
_MANY = 3
_PAIR = 2


class Method(Enum):
    """Test of the difference of two candidates. :attr:`Design.test` is the display name."""

    CORRECTED_T = auto()
    POOLED_BOOTSTRAP = auto()
    SEEDS_T = auto()
    MCNEMAR = auto()
    DELONG = auto()
    PAIRED_BOOTSTRAP = auto()
    NONE = auto()


@dataclass(frozen=True)
class Design:
    """Interval and test for the candidates of a comparison.

    Attributes
    ----------
    unit : {"folds", "pooled", "rows", "seeds"}
        Unit of resampling: folds of one data set, pooled rows of all folds, rows of one test set,
        or seeds and rows.
    method : Method
        Test of the difference of two candidates.
    interval : str
        Name of the interval of a score.
    test : str
        Name of the test.
    why : str
        Explanation in one or two sentences.
    omnibus : bool
        Whether Cochran's Q tests all candidates before the pairs.
    """

    unit: Literal["folds", "pooled", "rows", "seeds"]
    method: Method
    interval: str
    test: str
    why: str
    omnibus: bool = False

    @property
    def of_letters(self) -> str:
        """Meaning of the letters in a ranking, in one sentence."""
        if self.method is Method.NONE:
            return "There is no significance test for this comparison."
        return f"Candidates that share a letter are not significantly different ({self.test})."


def choose(info: ComparisonInfo, scorer: str, on: EvaluatedOn) -> Design:
    """Return the design of a comparison for one scorer.

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
        return _folds_design(info)
    design = _rows_design(info, scorer)
    if len(info.seeds) > 1:
        why = (
            f"Each candidate was fitted with {len(info.seeds)} seeds and evaluated on the same "
            f"rows: the variance between seeds and the bootstrap variance over rows are added."
        )
        design = Design("seeds", Method.SEEDS_T, seed_variance.METHOD, seed_variance.TEST, why)
    if info.grouped or info.ordered:
        return replace(design, why=f"{design.why} {_dependence(info)}")
    return design


def pooled_design(info: ComparisonInfo, scorer: str, fewest: int) -> Design:
    """Return the design for a score that is pooled over all folds.

    Parameters
    ----------
    info : ComparisonInfo
    scorer : str
    fewest : int
        Number of rows in the smallest fold.
    """
    why = (
        f"{pooled_words(scorer, fewest)} Interval and test use a paired bootstrap over rows, "
        f"widened for the overlap of the training sets with the correction of Nadeau and Bengio."
    )
    if len(info.seeds) > 1:
        why += f" The score is the mean over {len(info.seeds)} seeds."
    if info.ordered:
        why += _IN_TIME
    elif info.grouped:
        why += f" {_dependence(info)}"
    return Design("pooled", Method.POOLED_BOOTSTRAP, bootstrap.METHOD, bootstrap.POOLED, why)


def pooled_words(scorer: str, fewest: int) -> str:
    """Return in one sentence why a score is pooled over all folds."""
    rows = "1 row" if fewest == 1 else f"{fewest} rows"
    return (
        f"The smallest fold has {rows}, too few for a mean of {scorer} over folds, so {scorer} is "
        f"computed from the pooled predictions of all folds."
    )


def _dependence(info: ComparisonInfo) -> str:
    rows = "in a group" if info.grouped else "that follow each other in time"
    return (
        f"Rows {rows} are correlated, which this test ignores, so its p-values are too small and "
        f"its intervals too narrow."
    )


def without_test(
    design: Design, scorer: str, names: Sequence[str], only_once: Sequence[str]
) -> Design:
    """Return a design for candidates some of whose scores cannot be computed from predictions.

    Parameters
    ----------
    design : Design
        Design for one set of rows.
    scorer : str
    names : sequence of str
        Candidates that have a score.
    only_once : sequence of str
        Candidates whose score cannot be computed again from their predictions.
    """
    if not only_once:
        return design
    all_candidates = len(only_once) == len(names)
    of = "" if all_candidates else f" of {', '.join(only_once)}"
    why = (
        f"On a single set of rows, the test needs the score of resampled rows, but {scorer}{of} "
        f"cannot be computed again from predictions: use it with several folds, such as cv=5."
    )
    if len(names) - len(only_once) >= _PAIR:
        return replace(design, why=f"{design.why} {why}")
    interval = "none" if all_candidates else design.interval
    design = replace(design, method=Method.NONE, omnibus=False)
    return replace(design, interval=interval, test=NO_TEST, why=why)


def check(info: ComparisonInfo, scorer: str, on: str) -> None:
    """Check that a comparison has a scorer, and a test split if ``on="test"``.

    Raises
    ------
    ParameterError
        When it does not.
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
            f"the comparison {info.name!r} has no test split: call compare with test_size=0.2."
        )


def _folds_design(info: ComparisonInfo) -> Design:
    why = (
        "Folds share most of their training rows, so an ordinary t-test gives too many false "
        "positives; the corrected test adds the overlap to the variance. The probabilities come "
        "from the Bayesian correlated t-test."
    )
    if len(info.seeds) > 1:
        why += f" The score of a fold is the mean over {len(info.seeds)} seeds."
    if info.ordered:
        why += _IN_TIME
    return Design("folds", Method.CORRECTED_T, "corrected t", corrected_ttest.TEST, why)


def method_on_rows(scorer: str) -> Method:
    """Return the test of two candidates that were evaluated once on the same rows."""
    if scorer == "accuracy":
        return Method.MCNEMAR
    return Method.DELONG if scorer in AREAS else Method.PAIRED_BOOTSTRAP


def _rows_design(info: ComparisonInfo, scorer: str) -> Design:
    method = method_on_rows(info.known_as(scorer))
    if method is Method.MCNEMAR:
        several = len(info.candidates) >= _MANY
        first = "Cochran's Q for all, then " if several else ""
        return Design(
            "rows",
            method,
            "Wilson",
            f"{first}McNemar's test",
            "All candidates were evaluated once, on the same rows: the test uses rows that only "
            "one of two candidates predicts correctly. The interval of a difference is Newcombe's; "
            "the probabilities are those of a posterior with Jeffreys' prior.",
            omnibus=several,
        )
    if method is Method.DELONG:
        return Design(
            "rows",
            method,
            "DeLong, logit",
            "DeLong's test",
            "Areas under ROC curves of the same rows are correlated, which DeLong's covariance "
            "accounts for.",
        )
    by_class = " within each class" if info.task == "classification" else ""
    return Design(
        "rows",
        method,
        "bootstrap",
        "paired bootstrap",
        "All candidates were evaluated once, on the same rows. The distribution of this score has "
        f"no closed form, so the rows are resampled in pairs{by_class}.",
    )
