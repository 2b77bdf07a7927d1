"""One loop at a time for a system: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trimtab.errors import UsageError

LOOP, TRAINING = "loop", "training"
"""What a home has a lock for: a turn of the loop, and a training, which lasts longer."""


@contextmanager
def lock(home: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold a home's lock; raises UsageError naming the process that holds it already, or waits for that one."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{what}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise UsageError(
                f"another {what} of this system is under way",
                found=f"process {holder}",
                do="wait until it ends, or stop it",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def held(home: Path, what: str) -> bool:
    """Whether some process holds a home's lock."""
    try:
        with lock(home, what):
            return False
    except UsageError:
        return True
