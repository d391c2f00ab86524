"""Estimators that do what their parameters say, so that a study takes no time."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import LinearSVC

import tunekit as tk
from tunekit.core.epoch_hooks import epoch_hooks


class ScriptedEstimator(ClassifierMixin, BaseEstimator):
    """Scores what its parameters say, and misbehaves as they say."""

    def __init__(self, quality=0.5, deed="good", seconds=0.0, marks=None):
        self.quality = quality
        self.deed = deed
        self.seconds = seconds
        self.marks = marks

    def fit(self, X, y):
        if self.marks:
            with Path(self.marks).open("a") as file:
                file.write(json.dumps([self.quality, self.deed]) + "\n")
        if self.deed == "raise":
            raise ValueError(f"quality {self.quality} is too bad")
        if self.deed == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.deed == "hang":
            time.sleep(600)
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return np.nan if self.deed == "nan" else float(self.quality)


class TooLarge(ScriptedEstimator):
    """Fails on more rows than a sanity check has."""

    def __init__(self, most=80):
        super().__init__()
        self.most = most

    def fit(self, X, y):
        if len(X) > self.most:
            raise ValueError("it has too many rows")
        return super().fit(X, y)


class InconsistentSVC(LinearSVC):
    """Ranks rows the other way round when it is asked again."""

    def decision_function(self, X):
        again = self.__dict__.setdefault("asked", False)
        self.asked = True
        return super().decision_function(X) * (-1 if again else 1)


class InterruptingEstimator(ScriptedEstimator):
    """Presses Ctrl-C at one of its fits, counted from 1."""

    count = 0

    def __init__(self, quality=0.5, at=3):
        super().__init__(quality)
        self.at = at

    def fit(self, X, y):
        InterruptingEstimator.count += 1
        if InterruptingEstimator.count == self.at:
            raise KeyboardInterrupt
        return super().fit(X, y)


class Curved(ScriptedEstimator):
    """Leaves a curve, and takes what a network takes."""

    def __init__(self, quality=0.5, layers=1, units=(8,), optimizer="adam", momentum=0.0):
        self.quality = quality
        self.layers = layers
        self.units = units
        self.optimizer = optimizer
        self.momentum = momentum

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        loss = [(2 - self.quality) / n for n in range(1, 6)]
        self.history_ = pd.DataFrame({"loss": loss, "held_out_loss": loss})
        return self

    def score(self, X, y):
        return float(self.quality)


class IterativeEstimator(ClassifierMixin, BaseEstimator):
    """Gets better epoch by epoch, towards what its rate is worth."""

    def __init__(self, rate=0.5, epochs=8):
        self.rate = rate
        self.epochs = epochs

    def fit(self, X, y, on_epoch=None):
        self.classes_ = np.unique(y)
        on_epoch = on_epoch or epoch_hooks(self, X, y).on_epoch
        for epoch in range(self.epochs):
            self.reached_ = self.rate * (1 - 0.5 ** (epoch + 1))
            if on_epoch:
                on_epoch(epoch)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return self.reached_ + 0.01 * float(X[0, 0] % 1)  # splits differ a little


QUALITY = tk.Space(quality=tk.Float(0.0, 1.0))


RATES = tk.Space(rate=tk.Float(0.0, 1.0))


def study(space, engine="optuna", **settings):
    estimator = settings.pop("estimator", ScriptedEstimator())
    defaults = {"n_trials": 20, "cv": 2, "random_state": 0, "tracking": False}
    defaults["sanity_check"] = False  # its fits would be counted
    return tk.Tuner(estimator, space, engine=engine, **{**defaults, **settings})
