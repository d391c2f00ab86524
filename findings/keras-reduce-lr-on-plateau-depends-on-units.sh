#!/usr/bin/env bash
# Keras's ReduceLROnPlateau lowers the learning rate for a loss that falls by 7% in every epoch.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: the learning rate is lowered when the loss stops falling. The unit of the targets, such
#   as metres or kilometres, has no effect.
# What happens: an improvement must be at least min_delta=0.0001, an absolute value. The same
#   regression with targets in another unit has a smaller loss, which soon falls by less than
#   min_delta per epoch. The learning rate is halved every three epochs, indefinitely, although
#   val_loss still falls in every epoch. PyTorch's scheduler of the same name uses a threshold
#   relative to the loss.
# Meaning: training ends with a learning rate close to zero and appears to have converged. A search
#   attributes the result to the architecture or the initial learning rate, and the same study in
#   other units selects a different configuration.
# Instead: standardize the targets, or set min_delta=0.
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

X = np.linspace(-1, 1, 64)[:, np.newaxis]
for unit in (1.0, 0.01):
    y = unit * 3 * X
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3)
    history = model.fit(
        X, y, batch_size=64, epochs=40, validation_data=(X, y), callbacks=[plateau], verbose=0
    ).history
    losses = history["val_loss"]
    falls = all(after < before for before, after in zip(losses, losses[1:]))
    learned = float(layer.kernel.numpy().item()) / (3 * unit)
    print(f"targets times {unit}: val_loss falls in every epoch: {falls}, "
          f"final rate {float(model.optimizer.learning_rate):.1g}, slope learned {learned:.0%}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
targets times 1.0: val_loss falls in every epoch: True, final rate 0.05, slope learned 75%
targets times 0.01: val_loss falls in every epoch: True, final rate 6e-06, slope learned 22%
EXPECTED
echo "as stated"
