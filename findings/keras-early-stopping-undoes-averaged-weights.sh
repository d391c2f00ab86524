#!/usr/bin/env bash
# Keras's EarlyStopping(restore_best_weights=True) discards the averaged weights of use_ema=True.
#
# Versions: keras 3.15.1, jax 0.10.2; the TensorFlow backend does the same. Observed on 2026-11-27.
# Expected: with use_ema=True, the final weights of the model are the moving averages of its
#   weights, and validation during training evaluates this model. Early stopping restores the best
#   averages.
# What happens: val_loss is computed with the weights of the current step, never with the averages,
#   which replace the weights only at the end of fit. EarlyStopping restores its weights after that.
#   The averages are lost, and the model is exactly equal to the model without use_ema. Without
#   EarlyStopping, the model has the averages, and its loss appears nowhere in the history.
# Meaning: a search over use_ema or ema_momentum with early stopping compares equal models. Without
#   early stopping, trials are ranked by the val_loss of a model that is not the final model of fit.
# Instead: use only one of the two. To validate with averaged weights, use
#   keras.callbacks.SwapEMAWeights(swap_on_epoch=True).
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
y = 3 * X
for ema in (False, True):
    for stopping in (False, True):
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        model = keras.Sequential([keras.Input((1,)), layer])
        model.compile(keras.optimizers.SGD(0.1, use_ema=ema, ema_momentum=0.9), "mse")
        stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
        history = model.fit(
            X, y, batch_size=32, epochs=10, shuffle=False, validation_data=(X, y), verbose=0,
            callbacks=[stop] if stopping else [],
        ).history
        weight = layer.kernel.numpy().item()
        print(f"use_ema={ema}, early stopping {stopping}: weight {weight:.3f}, "
              f"last val_loss {history['val_loss'][-1]:.3f}, "
              f"loss of the model {model.evaluate(X, y, verbose=0):.3f}")
PROGRAM
KERAS_BACKEND=jax venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
use_ema=False, early stopping False: weight 2.279, last val_loss 0.179, loss of the model 0.179
use_ema=False, early stopping True: weight 2.279, last val_loss 0.179, loss of the model 0.179
use_ema=True, early stopping False: weight 1.597, last val_loss 0.179, loss of the model 0.677
use_ema=True, early stopping True: weight 2.279, last val_loss 0.179, loss of the model 0.179
EXPECTED
echo "as stated"
