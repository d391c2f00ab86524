#!/usr/bin/env bash
# hp.uniformint draws the lowest and the highest number half as often as the ones between.
#
# Versions: hyperopt 0.3.0. Seen on 2026-11-27.
# Expected: hp.uniformint("layers", 1, 4) is uniform over 1, 2, 3 and 4.
# What happens: a number from the interval 1 to 4 is drawn and rounded. Half as much of it rounds to
#   1 and to 4 as to 2 and 3: a sixth of all draws is a 1, and a third is a 2. hp.quniform("n", 1,
#   4, 1) does the same.
# Meaning: a small model, or "off" in a range from 0, gets half of the trials that it should, and an
#   optimum at the end of a range is found late. Frequencies over trials, and importances computed
#   from them, are skewed.
# Instead: hp.randint("layers", 1, 5), whose upper end is excluded, or 1 + hp.randint("layers", 4).
#   randint has no order for TPE: for a wide range, draw hp.uniform("n", 0.5, 4.5) and round it.
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
from collections import Counter

import numpy as np
from hyperopt import Trials, fmin, hp, rand

SPACES = {
    "uniformint(1, 4)": hp.uniformint("n", 1, 4),
    "randint(1, 5)": hp.randint("n", 1, 5),
}
for name, space in SPACES.items():
    trials = Trials()
    fmin(
        lambda n: 0.0, space, rand.suggest, 3000, trials=trials, rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    counts = Counter(int(n) for n in trials.vals["n"])
    print(name, {n: f"{counts[n] / 3000:.0%}" for n in sorted(counts)})
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
uniformint(1, 4) {1: '16%', 2: '33%', 3: '34%', 4: '17%'}
randint(1, 5) {1: '22%', 2: '27%', 3: '26%', 4: '25%'}
EXPECTED
echo "as stated"
