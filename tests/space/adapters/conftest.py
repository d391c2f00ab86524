"""KerasTuner."""

from __future__ import annotations

import pytest

from tunekit.space.adapters.keras_tuner import _load_keras_tuner


@pytest.fixture(scope="module")
def kt():
    return _load_keras_tuner()
