#!/usr/bin/env bash
# In Hyperopt, no_progress_loss ends the whole search with a KeyError when a trial has failed.
#
# Versions: hyperopt 0.3.0. Seen on 2026-11-27.
# Expected: an objective that returns {"status": STATUS_FAIL} marks its trial, and the search goes
#   on. no_progress_loss(10) counts it as a trial without progress, or leaves it out.
# What happens: after each trial, no_progress_loss reads the loss of the last one, which a failed
#   trial does not have. fmin leaves with KeyError: 'loss'. Both are parts of Hyperopt, and each
#   works without the other.
# Meaning: a long search dies of the first configuration that diverges or does not fit into memory.
#   Without a Trials object of one's own, its results are lost.
# Instead: an early_stop_fn of one's own that skips failed trials, or a large loss instead of
#   STATUS_FAIL. Give fmin a Trials object, so that what was evaluated is kept.
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
