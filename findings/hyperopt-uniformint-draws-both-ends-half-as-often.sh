#!/usr/bin/env bash
# hp.uniformint draws the lowest and the highest number half as often as the numbers in between.
#
# Versions: hyperopt 0.3.0. Observed on 2026-11-27.
# Expected: hp.uniformint("layers", 1, 4) is uniform over 1, 2, 3 and 4.
# What happens: Hyperopt draws a number from the interval 1 to 4 and rounds it. The parts of the
#   interval that round to 1 and to 4 are half as long as those that round to 2 and to 3: one sixth
#   of all draws are a 1, and one third are a 2. hp.quniform("n", 1, 4, 1) does the same.
# Meaning: a small model, or "off" in a range that starts at 0, gets half as many trials as it
#   should. An optimum at the end of a range is found late. Frequencies over trials, and importances
#   computed from them, are biased.
# Instead: use hp.randint("layers", 1, 5), which excludes its upper end, or 1 + hp.randint("layers",
#   4). TPE treats the values of randint as unordered. For a wide range, draw hp.uniform("n", 0.5,
#   4.5) and round it.
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
