"""One process at a time writes a ledger: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from trimtab.errors import LedgerError


class WriterLock:
    """Held from construction to `close`; raises LedgerError naming the process that holds it already."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise LedgerError(
                f"the ledger in {path.parent} is being written by process {holder}",
                do="stop that process, or open the ledger with read_only=True",
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let another process write."""
        os.close(self._descriptor)
