"""Inputs that are images, as pictures embedded in the page."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from numpy.typing import NDArray

_LEAST = 7  # smallest side of an image that is stored as a row of numbers, in pixels
_SMOOTH = 0.3  # smallest correlation of neighbouring pixels of an image
_IMAGE, _COLOURED = 3, 4  # dimensions of an array of images
_CHANNELS = (1, 3, 4)


def as_images(inputs: NDArray[np.generic] | None) -> NDArray[np.float64] | None:
    """Return rows of data as images, or None if they are not images.

    Parameters
    ----------
    inputs : ndarray of shape (n_rows, ...) or None
        A row of two or three dimensions is an image; a row of one dimension is an image if it
        forms a square with correlated neighbours.

    Returns
    -------
    ndarray of shape (n_rows, height, width) or (n_rows, height, width, channels) or None
        From 0 to 1.
    """
    if inputs is None or inputs.dtype.kind not in "biuf" or not len(inputs):
        return None
    values = np.nan_to_num(inputs.astype(np.float64))
    if values.ndim == 2:  # noqa: PLR2004 - rows of numbers
        side = math.isqrt(values.shape[1])
        if side < _LEAST or side * side != values.shape[1]:
            return None
        values = values.reshape(len(values), side, side)
        if not _are_smooth(values):
            return None
    elif not _has_pixels(values.shape):
        return None
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def picture(image: NDArray[np.float64]) -> str:
    """Return an image as a data URL.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        From 0 to 1. With one channel, 1 is black.
    """
    from PIL import Image

    if image.ndim == _IMAGE and image.shape[2] == 1:
        image = image[:, :, 0]
    shown = image if image.ndim == _IMAGE else 1 - image
    buffer = io.BytesIO()
    Image.fromarray((255 * shown).round().astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _has_pixels(shape: tuple[int, ...]) -> bool:
    if len(shape) == _COLOURED and shape[3] not in _CHANNELS:
        return False
    return len(shape) in (_IMAGE, _COLOURED) and min(shape[1:3]) > 1


def _are_smooth(images: NDArray[np.float64]) -> bool:
    """Return whether horizontally and vertically adjacent values are correlated."""
    return all(
        _correlation(one, other) > _SMOOTH
        for one, other in (
            (images[:, :, :-1], images[:, :, 1:]),
            (images[:, :-1], images[:, 1:]),
        )
    )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
