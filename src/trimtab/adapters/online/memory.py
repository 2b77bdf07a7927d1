"""Online features in memory: the laws of the durable store without a disk, for tests and tutorials."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from trimtab.adapters.online.limits import check_keys
from trimtab.errors import LedgerError


class MemoryStore:
    """Bytes by key that live and die with the process; raises LedgerError like the durable one.

    >>> store = MemoryStore()
    >>> store.write({b"a": b"1", b"b": b"2"})
    >>> store.get_many([b"b", b"c"]), store.scan(b"a")
    ([b'2', None], [(b'a', b'1')])
    """

    def __init__(self) -> None:
        self._contents: dict[bytes, bytes] = {}
        self._sorted: list[bytes] | None = []
        self._lock = threading.Lock()
        self._closed = False

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys as of one instant, None where there is none."""
        self._check_open()
        check_keys(keys)
        with self._lock:
            return [self._contents.get(key) for key in keys]

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Put (or, for None, delete) all of these at once or none."""
        self._check_open()
        check_keys(changes)
        kept = {key: bytes(value) for key, value in changes.items() if value is not None}
        with self._lock:
            self._sorted = None
            for key in changes.keys() - kept.keys():
                self._contents.pop(key, None)
            self._contents.update(kept)

    def scan(self, prefix: bytes, *, after: bytes = b"", limit: int = 1000) -> list[tuple[bytes, bytes]]:
        """Up to `limit` pairs in byte order of their keys, which begin with prefix and are greater than `after`."""
        self._check_open()
        with self._lock:
            keys = self._sorted = sorted(self._contents) if self._sorted is None else self._sorted
            first = max(bisect_left(keys, prefix), bisect_right(keys, after))
            found = []
            for key in keys[first : first + max(limit, 0)]:
                if not key.startswith(prefix):
                    break
                found.append((key, self._contents[key]))
            return found

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError("the online store in memory is closed", do="make another one")
