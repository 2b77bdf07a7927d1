"""`trimtab serve` as a page shows it, in a process of its own, and the commands of the shell that call it.

The page says port 8000; the process listens on a free one, and what is run and printed is told accordingly.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

SHOWN = ":8000"
STOP_SECONDS = 60


class Server:
    """Runs `trimtab serve` commands in a folder, one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def start(self, words: list[str]) -> str:
        """The first line that it prints, once it also answers."""
        self.stop()
        self._port = _free_port()
        command = [sys.executable, "-m", *words, "--port", str(self._port)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self._process.stdout is not None
        greeting = self._process.stdout.readline()
        _wait_for(self._port)
        return self._as_shown(greeting)

    def shell(self, text: str) -> str:
        """What the shell prints for the commands of a page."""
        told = text.replace(SHOWN, f":{self._port}")
        return self._as_shown(
            subprocess.run(["sh", "-ec", told], capture_output=True, text=True, check=True).stdout
        )

    def stop(self) -> None:
        """Stop as Ctrl-C does."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        finally:
            self._process.kill()
            self._process = None

    def _as_shown(self, text: str) -> str:
        return text.replace(f":{self._port}", SHOWN)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server that is stopped in the end."""
    found = Server()
    try:
        yield found
    finally:
        found.stop()


def _wait_for(port: int) -> None:
    """The greeting comes a moment before the socket listens."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("the server greeted and never listened")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
