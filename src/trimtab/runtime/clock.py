"""The one place that reads the machine's clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


class SystemClock:
    """The time of this machine, in epoch microseconds, UTC."""

    def now(self) -> int:
        """The present instant."""
        return time.time_ns() // 1000


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
