"""How far the online store is complete, told to other processes through eight bytes of shared memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

_NEVER = 2**63 - 1
_SIZE = 8


class Beacon:
    """A file of one instant: the earliest one that something not folded yet may be known at.

    The one process that folds writes it before and after it folds; the others read it after their clock and before
    the store. Eight aligned bytes are read and written at once.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written, read = Beacon(Path(folder) / "complete"), Beacon(Path(folder) / "complete")
    ...     written.tell(5)
    ...     read.complete_until(9), read.complete_until(3)
    (5, 3)
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _SIZE:
                os.pwrite(descriptor, _NEVER.to_bytes(_SIZE, "little"), 0)
            self._memory = memoryview(mmap.mmap(descriptor, _SIZE)).cast("q")
        finally:
            os.close(descriptor)

    def tell(self, held: int | None) -> None:
        """Say that nothing is complete beyond an instant, or (None) that all is."""
        self._memory[0] = _NEVER if held is None else held

    def complete_until(self, now: int) -> int:
        """The instant, `now` or earlier, before which every known fact is in the store."""
        return min(now, self._memory[0])
