"""The one place that reads the machine's clocks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trimtab.errors import UsageError

CLOCK_FILE = "TRIMTAB_CLOCK_FILE"
"""The environment variable that names a file which tells the time: for tests and demonstrations, never for production."""


@dataclass(frozen=True)
class SystemClock:
    """The time of this machine, in epoch microseconds, UTC."""

    def now(self) -> int:
        """The present instant."""
        return time.time_ns() // 1000


@dataclass(frozen=True)
class FileClock:
    """The time that a file tells, in epoch microseconds, UTC, so that days may pass in a moment.

    For tests and demonstrations. Every process that is to share the time reads the same file. Write it by renaming
    another one over it, or a reader may find it empty.
    """

    path: Path

    def now(self) -> int:
        """The present instant; raises UsageError where the file tells none."""
        try:
            return int(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise UsageError(
                "no time can be read from the clock's file",
                found=str(problem),
                do=f"write epoch microseconds into it, or unset {CLOCK_FILE}",
            ) from problem


def chosen_clock(environment: Mapping[str, str]) -> SystemClock | FileClock:
    """The clock of this machine, or the file that the environment names instead.

    >>> chosen_clock({})
    SystemClock()
    """
    path = environment.get(CLOCK_FILE)
    return FileClock(Path(path)) if path else SystemClock()


@dataclass(frozen=True)
class Stopwatch:
    """Seconds since it was made: on the wall, and of this process's CPU."""

    began: float = field(default_factory=time.perf_counter)
    began_cpu: float = field(default_factory=time.process_time)

    @property
    def seconds(self) -> float:
        """Wall seconds."""
        return time.perf_counter() - self.began

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of this process, all threads."""
        return time.process_time() - self.began_cpu
