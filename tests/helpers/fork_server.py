"""A process that runs studies in forks of its own: loading the libraries again takes seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path


class ForkServer:
    """Starts :mod:`fork_worker` when it is first needed; it works in the folder of who asks.

    Parameters
    ----------
    errors : Path
        File for what the forks say.
    """

    def __init__(self, errors):
        self._errors = errors
        self._process = None

    def run(self, name, *words):
        """Call one of its functions, and return what that returns."""
        if self._process is None:
            with self._errors.open("ab") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, Path(__file__).with_name("fork_worker.py")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    start_new_session=True,
                )
        answer = ""
        try:
            print(json.dumps([str(Path.cwd()), name, words]), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        finally:
            if not answer:
                self.close()
        assert answer, self.said()
        return json.loads(answer)

    def said(self):
        """Return what the forks said, all of them."""
        return self._errors.read_text()

    def close(self):
        """End it, with its forks."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None
