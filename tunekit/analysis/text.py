"""Formats numbers and names for sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sklearn.metrics import get_scorer_names

from tunekit.analysis.labels import readable
from tunekit.statistics.estimates import Interval
from tunekit.statistics.roc_auc import Ends


def percent(share: float) -> str:
    """Return a proportion as a percentage; only exact values are shown as 0% or 100%.

    Examples
    --------
    >>> percent(0.001), percent(0.123), percent(0.999), percent(1.0)
    ('<1%', '12%', '>99%', '100%')
    """
    if math.isnan(share):
        return "undefined"
    if 0 < share < 0.005:  # noqa: PLR2004 - would be rounded to 0
        return "<1%"
    if 0.995 <= share < 1:  # noqa: PLR2004 - would be rounded to 100
        return ">99%"
    return f"{100 * share:.0f}%"


def rate(value: float, digits: int = 3) -> str:
    """Return a number from 0 to 1; only exact values are shown as 0 or 1.

    Examples
    --------
    >>> rate(0.98765), rate(0.99999), rate(1.0), rate(float("nan"))
    ('0.988', '>0.999', '1.000', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    step = 10.0**-digits
    if 1 - step / 2 <= value < 1:
        return f">{1 - step:.{digits}f}"
    return f"<{step:.{digits}f}" if 0 < value < step / 2 else f"{value:.{digits}f}"


def significant(value: float, digits: int = 3) -> str:
    """Return a number with the given number of significant digits.

    Examples
    --------
    >>> significant(54.574), significant(5163.2), significant(1234567.0), significant(-0.000123456)
    ('54.6', '5160', '1.23e+06', '−0.000123')
    """
    return "undefined" if math.isnan(value) else _plain(f"{value:.{digits}g}")


def _plain(text: str) -> str:
    """Return a formatted number without an exponent if it is below a million."""
    if "e+" in text and abs(float(text)) < _EXPONENT:
        text = f"{float(text):.0f}"
    return text.replace("-", "−")


def with_interval(value: float, interval: Ends, digits: int = 3) -> str:
    """Return a value and its interval, if there is one.

    Examples
    --------
    >>> with_interval(0.9, (0.8, 0.95)), with_interval(1.0, (float("nan"), 1.0))
    ('0.900 [0.800, 0.950]', '1.000')
    """
    if math.isnan(interval[0]):
        return rate(value, digits)
    low, high = (rate(end, digits) for end in interval)
    return f"{rate(value, digits)} [{low}, {high}]"


def counted(number: int, what: str) -> str:
    """Return a number with a noun, in the plural if necessary.

    Examples
    --------
    >>> counted(1, "row"), counted(1797, "row")
    ('1 row', '1,797 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))

_TIMES = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))

_EXPONENT = 1e6  # numbers from here on have an exponent

_MIRRORED = {"<": ">", ">": "<"}


def score(value: float) -> str:
    """Return a score: three decimals if it lies in [−1, 1], else four significant digits.

    Examples
    --------
    >>> score(0.97654), score(-3012.5), score(1.0), score(-0.6371), score(-1e-9), score(51631.0)
    ('0.977', '−3012', '1.000', '−0.637', '>−0.001', '51630')
    """
    if 0 <= value <= 1 or math.isnan(value):
        return rate(value)
    if -1 <= value < 0:
        text = rate(-value)
        return f"{_MIRRORED.get(text[0], '')}−{text.lstrip('<>')}"
    return _plain(f"{value:#.4g}".rstrip("."))


_WORDS = {"roc": "ROC", "auc": "AUC", "f1": "F1", "r2": "R²", "d2": "D²", "brier": "Brier"}


def scorer_in_words(scorer: str) -> str:
    """Return a scorer of scikit-learn as people call it; any other name is unchanged.

    Examples
    --------
    >>> [scorer_in_words(each) for each in ("neg_mean_absolute_error", "roc_auc", "my_score")]
    ['mean absolute error', 'ROC AUC', 'my_score']
    """
    if scorer not in get_scorer_names():
        return scorer
    words = scorer.removeprefix("neg_").split("_")
    return " ".join(_WORDS.get(word, word) for word in words)


def score_of(scorer: str, value: float) -> str:
    """Return a score for a sentence; an error of scikit-learn without its minus sign.

    Examples
    --------
    >>> score_of("neg_mean_absolute_error", -0.50984), score_of("accuracy", 0.97654)
    ('0.510', '0.977')
    """
    return score(_sign(scorer) * value + 0.0)  # no minus sign before zero


def scored_by(scorer: str, interval: Interval) -> str:
    """Return a score as :func:`score_of` does, with its interval if there is one.

    Examples
    --------
    >>> scored_by("accuracy", Interval(0.9, 0.85, 0.93, 0.95, "Wilson"))
    '0.900 (95% interval 0.850 to 0.930)'
    >>> scored_by("neg_max_error", Interval(-20.0, -31.25, -10.0, 0.95, "bootstrap"))
    '20.00 (95% interval 10.00 to 31.25)'
    """
    value = score_of(scorer, interval.value)
    if math.isnan(interval.low):
        return value
    low, high = sorted(_sign(scorer) * end + 0.0 for end in (interval.low, interval.high))
    return f"{value} ({100 * interval.level:g}% interval {score(low)} to {score(high)})"


def _sign(scorer: str) -> int:
    """Return −1 if a scorer of scikit-learn is the negative of an error, else 1."""
    return -1 if scorer.startswith("neg_") and scorer in get_scorer_names() else 1


def seconds(value: float) -> str:
    """Return a time in a suitable unit.

    Examples
    --------
    >>> seconds(0.0000042), seconds(0.25), seconds(90.0)
    ('4.2 µs', '250 ms', '1.5 min')
    """
    if math.isnan(value):
        return "an unknown time"
    size, unit = next((each for each in _TIMES if value >= each[0]), _TIMES[-1])
    return f"{significant(value / size, 2 if value / size < 100 else 3)} {unit}"  # noqa: PLR2004 - 254 ms


def times(value: float) -> str:
    """Return a factor with two significant digits.

    Examples
    --------
    >>> times(1.84), times(102.7), times(5432.1)
    ('1.8 times', 'about 100 times', 'about 5,400 times')
    """
    if value < 10:  # noqa: PLR2004 - one decimal gives two digits
        return f"{value:.1f} times"
    return f"about {float(f'{value:.1e}'):,.0f} times"


def n_bytes(value: float) -> str:
    """Return a size in bytes in a suitable unit.

    Examples
    --------
    >>> n_bytes(2027), n_bytes(60)
    ('2 kB', '60 bytes')
    """
    for size, unit in _SIZES:
        if value >= size:
            return f"{significant(value / size, 2 if value / size < 100 else 3)} {unit}"  # noqa: PLR2004 - 254 kB
    return f"{value:.0f} bytes"


def p_value(value: float, most: str = "") -> str:
    """Return a p-value; ``most`` precedes the largest of several.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.0312, "at most "), p_value(1e-7)
    ('p = 0.031', 'p at most 0.031', 'p < 0.001')
    """
    if value < 0.001:  # noqa: PLR2004 - the usual limit
        return "p < 0.001"
    return f"p {most or '= '}{significant(value, 2)}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names as a list in words; after ``most`` names, only the number of others.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(list("abcdefg"))
    ('“a”, “b” and “c”', '“a”, “b”, “c”, “d” and 3 more')
    """
    shown = [f"“{readable(name)}”" for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
