"""The monitors beside a server: the record as they read it, and a process of their own once a window has ended."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from trimtab.declare.system import System
from trimtab.errors import LedgerError, UsageError
from trimtab.ports import Clock, Ledger, Record
from trimtab.runtime.delivery import Sink
from trimtab.runtime.watching.live import due
from trimtab.runtime.watching.passing import told_on
from trimtab.runtime.watching.served_rows import Served
from trimtab.serving.logged import PREDICTIONS
from trimtab.serving.timeline import predictions

SLACK = 60_000_000
"""Microseconds by which answers may be on record out of their order in time."""

NICENESS = 10
LOOK_SECONDS = 0.2
STOP_SECONDS = 10.0
LAST_WORDS = 500


@dataclass(frozen=True)
class Watching:
    """How an owner has its system watched: the command of one pass, who is told, and what keeps passes apart.

    `file` is what people's commands call the system.
    """

    command: Sequence[str]
    sinks: Sequence[Sink]
    alone: Callable[[], AbstractContextManager[object]]
    file: str | None = None


def served(ledger: Ledger) -> Served:
    """The answers on record, found by their time in a few reads however many there are."""
    timeline = predictions(ledger, PREDICTIONS)

    def records(since: int, until: int, most: int) -> list[Record]:
        found = timeline.between(since - SLACK, until + SLACK, most)
        return [placed.entry for placed in found if since <= placed.at < until]

    return Served(timeline.at(0), records)


class Watch:
    """Looks whether a window has ended and has it closed by another process, of low priority; sends what is due."""

    def __init__(self, system: System, ledger: Ledger, clock: Clock, how: Watching) -> None:
        self._system, self._ledger, self._clock, self._how = system, ledger, clock, how
        self._stopped = threading.Event()

    def look(self) -> None:
        """One turn; raises LedgerError when the pass failed."""
        now = self._clock.now()
        if due(self._system, self._ledger, served(self._ledger), now):
            self._pass()
            return  # a pass sends, too
        if self._how.sinks:
            with suppress(UsageError), self._how.alone():  # whoever holds it sends, too
                told_on(self._system, self._ledger, self._how.sinks, now, file=self._how.file)

    def stop(self) -> None:
        """End a pass that is under way; the next one goes on where it was."""
        self._stopped.set()

    def _pass(self) -> None:
        process = subprocess.Popen(  # noqa: S603  # our own command line
            self._how.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        with suppress(OSError):  # it may have ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        with process:
            while process.poll() is None:
                if self._stopped.wait(LOOK_SECONDS):
                    _end(process)
                    return
            words = process.stderr.read() if process.stderr else b""
        told = words.decode(errors="replace").strip()
        # 1 says that something is to be done, unless there is a problem with it; whoever else watches does the same
        if (process.returncode not in (0, 1) or "error:" in told) and "is under way" not in told:
            raise LedgerError("a pass of the monitors failed", found=told[-LAST_WORDS:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
