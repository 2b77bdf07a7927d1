"""Values that take a while: made one at a time beside the pages, waited for as long as a reader would, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

Found = TypeVar("Found")

KEPT = 50
"""Values that are kept, the latest."""


class Later:
    """Values by name; safe to share by threads. A value that could not be made is made anew at the next look."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trimtab-later")
        self._lock = threading.Lock()
        self._made: dict[Hashable, Future[Any]] = {}

    def value(self, name: Hashable, make: Callable[[], Found], seconds: float) -> Found | None:
        """What `make` gives, or gave before under this name; None where it is not there within so many seconds.

        While another value is being made, nothing is begun. Raises what `make` raised.
        """
        future = self._begun(name, make)
        if future is None:
            return None
        wait([future], seconds)
        if not future.done():
            return None
        if future.exception() is not None:
            with self._lock:
                self._made.pop(name, None)
        return future.result()

    def _begun(self, name: Hashable, make: Callable[[], Found]) -> Future[Found] | None:
        with self._lock:
            if name not in self._made:
                if any(not each.done() for each in self._made.values()):
                    return None
                self._made[name] = self._thread.submit(make)
                while len(self._made) > KEPT:
                    del self._made[next(iter(self._made))]
            return self._made[name]
