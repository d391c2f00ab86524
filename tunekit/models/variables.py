"""The values of Keras variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from tunekit.core.runtime import load_keras


def values_of(variables: Iterable[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables, as NumPy arrays.

    Keras converts a TensorFlow variable in a way that NumPy warns about, but not a tensor.
    """
    ops = load_keras().ops
    return [ops.convert_to_numpy(ops.copy(each.value)) for each in variables]
