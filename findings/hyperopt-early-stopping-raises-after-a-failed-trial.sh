#!/usr/bin/env bash
# Hyperopt's no_progress_loss ends the whole search with a KeyError after a failed trial.
#
# Versions: hyperopt 0.3.0. Observed on 2026-11-27.
# Expected: an objective that returns {"status": STATUS_FAIL} marks its trial as failed, and the
#   search continues. no_progress_loss(10) counts the trial as one without progress, or ignores it.
# What happens: after each trial, no_progress_loss reads the loss of the last trial. A failed trial
#   has no loss, so fmin raises KeyError: 'loss'. Both features are part of Hyperopt, and each works
#   without the other.
# Meaning: the first configuration that diverges or does not fit into memory ends a long search. If
#   the caller did not pass a Trials object, the results of the search are lost.
# Instead: use a custom early_stop_fn that skips failed trials, or return a large loss instead of
#   STATUS_FAIL. Pass a Trials object to fmin to keep the results of the evaluated trials.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check hyperopt==0.3.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import numpy as np
from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, rand
from hyperopt.early_stop import no_progress_loss


def objective(x):
    return {"status": STATUS_OK, "loss": x} if x < 0.6 else {"status": STATUS_FAIL}


for stop in (None, no_progress_loss(10)):
    trials = Trials()
    try:
        fmin(
            objective, hp.uniform("x", 0, 1), rand.suggest, 10, trials=trials,
            rstate=np.random.default_rng(0), early_stop_fn=stop, show_progressbar=False,
        )
        ended = "ends well"
    except KeyError as error:
        ended = f"KeyError {error}"
    name = "no_progress_loss" if stop else "no early_stop_fn"
    print(f"{name}: {ended}, {trials.statuses()}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
no early_stop_fn: ends well, ['fail', 'fail', 'ok', 'fail', 'ok', 'fail', 'fail', 'ok', 'ok', 'ok']
no_progress_loss: KeyError 'loss', ['fail']
EXPECTED
echo "as stated"
