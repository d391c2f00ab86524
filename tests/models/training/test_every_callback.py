"""Every Keras callback with a changed setting: in fits, further fits and copies."""

from __future__ import annotations

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.base import clone

import tunekit as tk

pytestmark = pytest.mark.slow

callbacks = keras.callbacks
_rng = np.random.RandomState(0)
X = _rng.randn(40, 4)
y = X @ [1.0, 2.0, 3.0, 4.0] + _rng.randn(40)

# Arguments of each callback: usual ones, and with a setting changed; None without settings.
SETTINGS = {
    "CSVLogger": (
        lambda folder: {"filename": folder / "log.csv"},
        lambda folder: {"filename": folder / "log.csv", "separator": ";"},
    ),
    "EarlyStopping": (
        lambda _: {"monitor": "loss", "min_delta": 10.0, "patience": 1},
        lambda _: {"monitor": "loss", "min_delta": 10.0, "patience": 3},
    ),
    "History": (lambda _: {}, None),
    "LambdaCallback": (
        lambda _: {"on_epoch_end": lambda *_: None},
        lambda _: {"on_train_begin": lambda *_: None},
    ),
    "LearningRateScheduler": (
        lambda _: {"schedule": lambda epoch: 0.05 / (epoch + 1)},
        lambda _: {"schedule": lambda epoch: 0.01 / (epoch + 1)},
    ),
    "ModelCheckpoint": (
        lambda folder: {"filepath": folder / "kept.keras"},
        lambda folder: {"filepath": folder / "kept.weights.h5", "save_weights_only": True},
    ),
    "ReduceLROnPlateau": (
        lambda _: {"monitor": "loss", "min_delta": 10.0, "patience": 1, "factor": 0.5},
        lambda _: {"monitor": "loss", "min_delta": 10.0, "patience": 1, "factor": 0.1},
    ),
    "SwapEMAWeights": (lambda _: {}, lambda _: {"swap_on_epoch": True}),
    "TensorBoard": (
        lambda folder: {"log_dir": folder / "logs"},
        lambda folder: {"log_dir": folder / "logs", "update_freq": 1},
    ),
    "TerminateOnNaN": (lambda _: {}, lambda _: {"raise_error": True}),
}
ELSEWHERE = {
    "BackupAndRestore": "is refused: it begins with the weights of another fit",
    "Callback": "does nothing",
    "CallbackList": "is Keras's own list of callbacks",
    "OrbaxCheckpoint": "needs orbax-checkpoint",
    "ProgbarLogger": "is for a terminal",
    "RemoteMonitor": "sends to a server",
}


class Watching(keras.callbacks.Callback):
    """Has a batch hook, which requires training with ``model.fit``."""

    def on_train_batch_end(self, batch, logs=None):
        self.seen = batch


def model(name, which, folder: Path, *, by_keras=False):
    folder.mkdir(exist_ok=True)
    kind, settings = getattr(callbacks, name), SETTINGS[name][which]
    given = {each: str(value) if isinstance(value, Path) else value
             for each, value in settings(folder).items()}  # fmt: skip
    averaging = {"use_ema": True, "ema_momentum": 0.5} if name == "SwapEMAWeights" else {}
    return tk.KerasRegressor(
        units=4,
        epochs=6,
        optimizer=keras.optimizers.SGD(0.02, **averaging),
        callbacks=[kind(**given), *([Watching()] if by_keras else [])],
        random_state=0,
    )


def assert_same_results(one, other):
    np.testing.assert_allclose(one.history_["loss"], other.history_["loss"], rtol=1e-4)
    assert one.n_iter_ == other.n_iter_
    for a, b in zip(one.model_.get_weights(), other.model_.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_every_keras_callback_is_covered():
    known = {
        name
        for name, kind in vars(callbacks).items()
        if inspect.isclass(kind) and issubclass(kind, callbacks.Callback)
    }
    assert known == set(SETTINGS) | set(ELSEWHERE)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_callback_does_the_same_as_in_keras_in_each_fit(name, tmp_path):
    ways = [0] if SETTINGS[name][1] is None else [0, 1, 0]
    references = {
        which: model(name, which, tmp_path / f"keras {which}", by_keras=True).fit(X, y)
        for which in sorted(set(ways))
    }
    for number, which in enumerate(ways):
        reference = references[which]
        ours = model(name, which, tmp_path / f"ours {number}")
        copied = clone(ours)
        assert_same_results(ours.fit(X, y), reference)
        assert_same_results(copied.fit(X, y), reference)
        assert_same_results(ours.fit(X, y), reference)
        assert_same_files(tmp_path / f"ours {number}", tmp_path / f"keras {which}")


def assert_same_files(ours: Path, theirs: Path):
    files = [sorted(each.suffix for each in folder.rglob("*.*")) for folder in (ours, theirs)]
    assert set(files[0]) == set(files[1])
    if (log := ours / "log.csv").exists():
        assert len(log.read_text().splitlines()) == 7
    if (kept := ours / "kept.keras").exists():
        mine, yours = (keras.models.load_model(each) for each in (kept, theirs / kept.name))
        for a, b in zip(mine.get_weights(), yours.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
