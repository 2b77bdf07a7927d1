"""Online features in LMDB: one process writes, any number read, each from a consistent snapshot."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import lmdb

from trimtab.adapters.durable import make_folder
from trimtab.adapters.ledger.lock import WriterLock
from trimtab.adapters.online.limits import check_keys
from trimtab.errors import LedgerError

MAP_SIZE = 256 * 2**20
"""Bytes of address space at first; it is doubled when the data outgrow it. The file is only as large as its data."""
READERS = 512
"""Reading threads of all processes together, at most."""


class LmdbStore:
    """Bytes by key in a folder; safe to share between threads, not with a forked process.

    A write is on disk, in whole, when it returns. Only the newest one may be missing after a power cut, since the
    page that names it is not forced to disk. Raises LedgerError for everything that goes wrong.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, LmdbStore(folder) as store:
    ...     store.write({b"a": b"1"})
    ...     store.get_many([b"a", b"b"])
    [b'1', None]
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False, map_size: int = MAP_SIZE) -> None:
        self._folder, self._read_only, self._process = Path(folder), read_only, os.getpid()
        # the map must not move while a transaction of this process looks at it
        self._still = threading.Lock()
        self._closed, self._lock = False, None
        if not read_only:
            with _told_plainly(self._folder):
                make_folder(self._folder)
                self._lock = _lock(self._folder)
        try:
            with _told_plainly(self._folder):
                self._environment = self._open(map_size)
        except LedgerError:
            self._unlock()
            raise

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys as of one instant, None where there is none."""
        self._check_usable()
        check_keys(keys)
        with self._still:
            try:
                with self._begin() as transaction:
                    get = transaction.get
                    return [get(key) for key in keys]
            except (lmdb.Error, OSError) as error:
                raise _translated(self._folder, error) from error

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Put (or, for None, delete) all of these at once or none, on disk when this returns."""
        self._check_usable()
        check_keys(changes)
        if self._read_only:
            raise LedgerError(f"the online store in {self._folder} is open for reading only")
        with _told_plainly(self._folder):
            while not self._written(changes):
                with self._still:
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])

    def scan(self, prefix: bytes, *, after: bytes = b"", limit: int = 1000) -> list[tuple[bytes, bytes]]:
        """Up to `limit` pairs in byte order of their keys, which begin with prefix and are greater than `after`."""
        self._check_usable()
        found: list[tuple[bytes, bytes]] = []
        with (
            _told_plainly(self._folder),
            self._still,
            self._begin() as transaction,
            transaction.cursor() as cursor,
        ):
            there = cursor.set_range(max(prefix, after)) if prefix or after else cursor.first()
            while there and len(found) < limit and cursor.key().startswith(prefix):
                if cursor.key() > after:
                    found.append((cursor.key(), cursor.value()))
                there = cursor.next()
        return found

    def close(self) -> None:
        """Release files and locks."""
        if self._closed or os.getpid() != self._process:
            return
        with self._still:
            self._closed = True
            self._environment.close()
        self._unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _open(self, map_size: int) -> Any:
        return lmdb.open(
            str(self._folder),
            map_size=map_size,
            readonly=self._read_only,
            create=not self._read_only,
            metasync=False,
            max_readers=READERS,
            readahead=False,  # keys of one request lie far apart
        )

    def _written(self, changes: Mapping[bytes, bytes | None]) -> bool:
        """Write everything; False when the map was too small, and then nothing."""
        try:
            with self._environment.begin(write=True) as transaction:
                for key, value in changes.items():
                    if value is None:
                        transaction.delete(key)
                    else:
                        transaction.put(key, value)
        except lmdb.MapFullError:
            return False
        return True

    def _begin(self) -> Any:
        try:
            return self._environment.begin()
        except lmdb.MapResizedError:  # the writer, in another process, has made it larger
            self._environment.set_mapsize(0)
            return self._environment.begin()

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise LedgerError(
                f"the online store in {self._folder} was opened before this process was forked",
                do="open it again in this process, with read_only=True",
            )
        if self._closed:
            raise LedgerError(f"the online store in {self._folder} is closed", do="open it again")

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()


def _lock(folder: Path) -> WriterLock:
    try:
        return WriterLock(folder / "writer.lock")
    except LedgerError as error:
        raise LedgerError(
            f"the online store in {folder} is being written by another process",
            found=error.what,
            do="stop that process, or open the store with read_only=True",
        ) from None


@contextmanager
def _told_plainly(folder: Path) -> Iterator[None]:
    """Turn what LMDB and the file system report into one LedgerError."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise _translated(folder, error) from error


def _translated(folder: Path, error: Exception) -> LedgerError:
    what, do = "it cannot be used", None
    if isinstance(error, lmdb.ReadersFullError):
        what, do = "too many threads read it at once", f"use at most {READERS}"
    elif isinstance(error, (lmdb.CorruptedError, lmdb.InvalidError, lmdb.VersionMismatchError)):
        what, do = (
            "its file is damaged",
            "delete the folder; it is built again from the record at the next start",
        )
    elif isinstance(error, OSError):
        what, do = "its files cannot be used", "check the path, the free space and this user's rights there"
    return LedgerError(f"the online store in {folder}: {what}", found=" ".join(str(error).split()), do=do)
