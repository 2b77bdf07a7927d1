"""Writing files so that after a crash each one is either whole or absent."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp"
_numbers = itertools.count()


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; on leaving, its content is on disk as `path`; on an error nothing is.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder) / "note") as temporary:
    ...         _ = temporary.write_text("kept")
    ...     (Path(folder) / "note").read_text()
    'kept'
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}{TEMPORARY}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            sync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and its parents, so that their names survive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring a folder's list of names to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def sync(descriptor: int) -> None:
    """Bring an open file's content to disk, through the drive's own cache where the system can ask for it."""
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync alone stops at the drive
    if full is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, full)
