"""The loop beside a server: a thread looks whether a turn is due, and a process of its own, with low priority, makes it.

Measuring and training get the processor time that the server leaves. Of trainings there is one at a time; turns go on
beside it, so that a rollback never waits for a training.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Event, Ledger
from trimtab.runtime.clock import FileClock
from trimtab.runtime.live_loop.due import Due
from trimtab.runtime.live_loop.lock import TRAINING, held
from trimtab.serving.housekeeping import TROUBLE
from trimtab.serving.priority import with_one_thread

LOOK_SECONDS = 10.0
FIRST_SECONDS = 20.0
"""A server that has just begun has better things to do."""
QUICK_SECONDS = 0.2
"""Between two looks where a file tells the time: a day may be over in a moment."""
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class LoopCommand:
    """The command that makes one turn of a home's loop, and the home."""

    command: Sequence[str]
    home: Path


class Looping:
    """Starts a turn whenever one is due; without a command it does nothing."""

    def __init__(self, ledger: Ledger, clock: Clock, zone: str, how: LoopCommand | None) -> None:
        self._ledger, self._clock, self._how = ledger, clock, how
        self._due = Due(ledger, zone)
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trimtab-loop", daemon=True)

    def __enter__(self) -> Self:
        if self._how is not None:
            self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        if self._how is not None:
            self._thread.join()
        for process in self._running:
            process.terminate()
        for process in self._running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()

    def look(self) -> str | None:
        """Start a turn if one is due, and say why."""
        if self._how is None:
            return None
        self._collect()
        training = held(self._how.home, TRAINING)
        if self._running and not training:  # a turn is under way
            return None
        why = self._due.why(self._clock.now(), training=training)
        if why is not None and len(self._running) < 2:
            self._running.append(_started(self._how.command))
        return why

    def _collect(self) -> None:
        """Let go of turns that ended; one that failed is put on record with its last words."""
        for process in [each for each in self._running if each.poll() is not None]:
            self._running.remove(process)
            words = b"" if process.stderr is None else process.stderr.read()
            if process.stderr is not None:
                process.stderr.close()
            if process.returncode:
                self._note(words.decode(errors="replace").strip() or f"it ended with {process.returncode}")

    def _note(self, why: str) -> None:
        with suppress(TrimtabError):
            self._ledger.append_events(
                TROUBLE, [Event(self._clock.now(), "failed", "the loop", {"why": why})]
            )

    def _run(self) -> None:
        quick = isinstance(self._clock, FileClock)
        wait = QUICK_SECONDS if quick else FIRST_SECONDS
        while not self._stopped.wait(wait):
            wait = QUICK_SECONDS if quick else LOOK_SECONDS
            try:
                self.look()
            except Exception as problem:  # noqa: BLE001  # a fault here must not end the loop
                self._note(f"{type(problem).__name__}: {problem}")


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own command line
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=with_one_thread(os.environ),
    )
