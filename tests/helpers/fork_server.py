"""A process that runs studies in forks of its own: loading the libraries again takes seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
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

    def start(self, code, *argv, err=None, **environment):
        """Run Python code in a fork, as ``python -c`` does, in the current working directory.

        Parameters
        ----------
        code : str
        *argv : str
            Command-line arguments.
        err : Path, optional
            File or terminal for its standard error.
        **environment : str
            Environment variables.

        Returns
        -------
        Fork
        """
        folder = Path(tempfile.mkdtemp(dir=self._errors.parent))
        out = folder / "out"
        os.mkfifo(out)
        err = err or folder / "err"
        number = self.run("start", code, ["-c", *argv], str(out), str(err), environment)
        return Fork(self, number, out, err)

    def said(self):
        """Return what the forks said, all of them."""
        return self._errors.read_text()

    def close(self):
        """End it, with its forks."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None


class Fork:
    """A program in a fork, similar to :class:`subprocess.Popen`.

    Attributes
    ----------
    pid : int
        Process id; the program leads its own session.
    stdout : file
        Its standard output.
    """

    def __init__(self, server, pid, out, err):
        self._server = server
        self._err = err
        self._status = None
        self.pid = pid
        self.stdout = out.open()  # blocks until the program opens it

    def send_signal(self, number):
        os.kill(self.pid, number)

    def ended(self):
        """Wait until it ends; return its exit status, remaining output and standard error."""
        if self._status is None:
            with self.stdout:
                out = self.stdout.read()
            self._status = self._server.run("wait", self.pid), out
        return *self._status, self._err.read_text() if self._err.is_file() else ""

    def kill(self):
        """Kill it and its child processes, if it is running."""
        if self._status is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.ended()
