"""One seed for each trial of a study."""

from __future__ import annotations

import numpy as np

_HIGHEST = 2**31 - 1  # as hyperopt.fmin draws them


# See findings/resumed-search-draws-the-same-configurations-again.sh.
class Seeds:
    """Sequence of seeds: that of trial ``n`` is the ``n``-th number of a random generator.

    A resumed study uses the same seeds. They are those with which
    ``hyperopt.fmin(rstate=numpy.random.default_rng(seed))`` calls its algorithm.

    Parameters
    ----------
    seed : int
        Seed of the generator.

    Examples
    --------
    >>> Seeds(0)[2] == Seeds(0)[2] != Seeds(1)[2]
    True
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._drawn: list[int] = []

    def __getitem__(self, number: int) -> int:
        while len(self._drawn) <= number:
            self._drawn.append(int(self._rng.integers(_HIGHEST)))
        return self._drawn[number]
