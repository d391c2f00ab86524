"""Custom learning rate schedules, with and without a configuration."""

from __future__ import annotations

import keras


class Slowing(keras.optimizers.schedules.LearningRateSchedule):
    """A custom schedule that is not registered with Keras."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {"rate": self.rate}


class Silent(Slowing):
    """A custom schedule without a configuration."""

    def get_config(self):
        raise NotImplementedError
