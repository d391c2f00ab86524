#!/usr/bin/env bash
# After a pruned trial, Keras's BackupAndRestore passes the weights of that trial to the next one.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: the callback resumes an interrupted fit. Another model in the same process, with other
#   hyperparameters, starts with its own initial weights and its first epoch.
# What happens: the folder is removed at the end of a fit, but not if a callback raises an
#   exception, as pruning callbacks do. The folder is not tied to a model: the next fit loads the
#   weights and the state of the optimizer from it, and trains only the remaining epochs. The
#   learning rate also comes from the folder.
# Meaning: the trial after a pruned or failed trial continues the training of that trial. It is
#   reported with its own hyperparameters, and its validation rows may have been training rows of
#   the restored weights.
# Instead: use a separate backup_dir for each trial and fold, or do not use the callback in a
#   search. To resume a search, use its storage.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check keras==3.15.1 jax==0.10.2 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import keras
import numpy as np


class Prune(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 3:
            raise RuntimeError("pruned")


def trial(learning_rate, callbacks):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(learning_rate), "mse")
    X = np.ones((8, 1))
    history = model.fit(X, 3 * X, epochs=6, verbose=0, callbacks=callbacks)
    losses = [round(each, 3) for each in history.history["loss"]]
    rate = float(model.optimizer.learning_rate)
    print(f"trained epochs {history.epoch}, loss {losses}, learning rate {rate:.2f}")


backup = keras.callbacks.BackupAndRestore("backup")
trial(0.01, [])
try:
    trial(0.10, [backup, Prune()])
except RuntimeError:
    print("a trial with learning rate 0.10 is pruned")
trial(0.01, [backup])
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
trained epochs [0, 1, 2, 3, 4, 5], loss [9.0, 8.644, 8.301, 7.973, 7.657, 7.354], learning rate 0.01
a trial with learning rate 0.10 is pruned
trained epochs [4, 5], loss [1.51, 0.966], learning rate 0.10
EXPECTED
echo "as stated"
