#!/usr/bin/env bash
# After "import polars", Ctrl-C does not interrupt a wait for a child process, a lock or a thread.
#
# Versions: polars 2.1.0. Observed on 2026-11-28.
# Expected: Ctrl-C raises KeyboardInterrupt at once while Python waits, for example in
#   subprocess.Popen.wait(), threading.Lock.acquire() or Future.result(). Importing a library for
#   data frames does not change that.
# What happens: the import replaces the handler of SIGINT with one after which the operating system
#   continues the interrupted call. Python sees the signal only when the wait ends by itself. A wait
#   with a timeout and time.sleep() are interrupted at once, as before.
# Meaning: a program that waits for worker processes, a server or a queue cannot be stopped with
#   Ctrl-C. MLflow imports Polars if it is installed, so it is enough that another program of the
#   environment needs it.
# Instead: pass a timeout to every wait of the main thread, such as lock.acquire(timeout=...) with
#   threading.TIMEOUT_MAX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check polars==2.1.0 2>errors || {
  cat errors
  exit 1
}
cat >run.py <<'PROGRAM'
import subprocess
import sys
import time

WAITS = {
    "a child process": "subprocess.Popen(['sleep', '4']).wait()",
    "a child process, with a timeout": "subprocess.Popen(['sleep', '4']).wait(60)",
    "a sleep": "time.sleep(4)",
}
for first in ("", "import polars; "):
    for name, wait in WAITS.items():
        program = f"{first}import subprocess, time; print('waits', flush=True); {wait}"
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(2)
        process.wait()
        when = "at once" if time.monotonic() - start < 2 else "after the wait"
        raised = process.communicate()[1].strip().split("\n")[-1]
        print(f"{first.strip('; ') or 'without polars'}, {name}: {raised} {when}")
PROGRAM
venv/bin/python run.py 2>errors | tee seen || {
  cat errors
  exit 1
}
diff seen - <<'EXPECTED'
without polars, a child process: KeyboardInterrupt at once
without polars, a child process, with a timeout: KeyboardInterrupt at once
without polars, a sleep: KeyboardInterrupt at once
import polars, a child process: KeyboardInterrupt after the wait
import polars, a child process, with a timeout: KeyboardInterrupt at once
import polars, a sleep: KeyboardInterrupt at once
EXPECTED
echo "as stated"
