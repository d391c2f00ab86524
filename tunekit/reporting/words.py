"""Numbers as a sentence has them."""

from __future__ import annotations

import math

from tunekit.reporting.quality.areas import Interval


def percent(share: float) -> str:
    """Return a share as percent, never rounded to none or all where it is not.

    Examples
    --------
    >>> percent(0.001), percent(0.123), percent(0.999), percent(1.0)
    ('<1%', '12%', '>99%', '100%')
    """
    if math.isnan(share):
        return "undefined"
    if 0 < share < 0.005:  # noqa: PLR2004 - what is rounded to 0
        return "<1%"
    if 0.995 <= share < 1:  # noqa: PLR2004 - what is rounded to 100
        return ">99%"
    return f"{100 * share:.0f}%"


def rate(value: float, digits: int = 3) -> str:
    """Return a number from 0 to 1, never rounded to one of the ends where it is not.

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
    """Return a number of any size with so many significant digits.

    Examples
    --------
    >>> significant(54.574), significant(1234567.0), significant(-0.000123456)
    ('54.6', '1.23e+06', '−0.000123')
    """
    return "undefined" if math.isnan(value) else f"{value:.{digits}g}".replace("-", "−")


def with_interval(value: float, interval: Interval, digits: int = 3) -> str:
    """Return a value with its interval, if it has one.

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
    """Return a number and what it counts.

    Examples
    --------
    >>> counted(1, "row"), counted(1797, "row")
    ('1 row', '1,797 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
