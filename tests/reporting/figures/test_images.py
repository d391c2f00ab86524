"""Inputs that are drawn as images."""

from __future__ import annotations

import numpy as np

from tunekit.reporting.figures.images import as_images


def test_rows_are_images_only_where_neighbours_go_together():
    from sklearn.datasets import load_digits

    assert as_images(load_digits().data[:20]).shape == (20, 8, 8)
    assert as_images(np.random.default_rng(0).normal(size=(20, 64))) is None
    assert as_images(np.zeros((3, 4))) is None
    assert as_images(np.random.default_rng(0).random((3, 10, 12, 3))).shape == (3, 10, 12, 3)
    assert as_images(np.array([["a"]])) is None
    assert as_images(None) is None
