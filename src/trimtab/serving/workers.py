"""Several serving processes beside one owner: started, started again when they end, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

from trimtab.runtime.receiving import Row, Verdict
from trimtab.serving.champion import Champions

LOOK_SECONDS = 0.3
AGAIN_SECONDS = 1.0
"""How long to wait before a worker that ended is started again."""
STOP_SECONDS = 40.0


class Following:
    """A thread that turns to newly activated versions; beside a `parent` process it ends this one when that ended."""

    def __init__(self, champions: Champions, parent: int | None = None) -> None:
        self._champions, self._parent = champions, parent
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trimtab-following", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if self._parent is not None and os.getppid() != self._parent:
                os.kill(os.getpid(), signal.SIGTERM)  # again at the next look, should this one get lost
                continue
            with suppress(Exception):  # a version that cannot be loaded leaves the champion as it is
                self._champions.follow()


class ThroughOwner:
    """Takes facts in by asking the process that owns the record; `call` names a service and its arguments."""

    busy = True  # a commit crosses to another process, which the event loop must not wait for

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def take(self, source: str, rows: Sequence[Row]) -> list[Verdict]:
        """What became of each fact; once this returns the accepted ones are on disk and folded."""
        verdicts: list[Verdict] = self._call("take", source, list(rows))
        return verdicts


def supervise(commands: Sequence[Sequence[str]], shared: int) -> None:
    """Run a process for each command, with a file descriptor that they share, until this one is asked to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    running = [_started(command, shared) for command in commands]
    while not stopping.wait(LOOK_SECONDS):
        for place, process in enumerate(running):
            if process.poll() is not None and not stopping.wait(AGAIN_SECONDS):
                running[place] = _started(commands[place], shared)
    for process in running:
        process.terminate()
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def _started(command: Sequence[str], shared: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, pass_fds=(shared,))  # noqa: S603  # our own command line
