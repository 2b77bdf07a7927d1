"""Records on their way to disk: whatever waits goes in one commit, and nothing waits for a timer.

While syncs are quick the commit runs on the event loop itself, once a turn, for all who came in that turn: no thread
is woken, and a lone request pays one sync. When syncs are slow, or another writer is at work, the commit runs in a
thread and takes, each time, all that came while the last one ran.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from trimtab.ports import Record
from trimtab.runtime.clock import Stopwatch

QUICK_SECONDS = 0.001
"""A commit that takes longer is not made on the event loop."""
_REMEMBERED = 0.9

Earlier = list[Record | None]
Append = Callable[[Sequence[Record]], Earlier]
_Waiting = tuple[Sequence[Record], "asyncio.Future[Earlier]"]


class Committer:
    """Appends records in groups; `add` is called on the event loop, its future is done once they are on disk.

    `busy` says whether another writer holds the ledger just now.
    """

    def __init__(self, append: Append, busy: Callable[[], bool] = lambda: False) -> None:
        self._append, self._busy = append, busy
        self._waiting: list[_Waiting] = []
        self._due = False
        self._seconds = 0.0
        self._groups: SimpleQueue[tuple[asyncio.AbstractEventLoop, list[_Waiting]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.groups = 0
        self.records = 0

    @property
    def waiting(self) -> int:
        """How many callers wait for the disk."""
        return len(self._waiting)

    @property
    def seconds(self) -> float:
        """How long a commit takes, as a running mean."""
        return self._seconds

    def add(self, records: Sequence[Record]) -> asyncio.Future[Earlier]:
        """The future of one caller's records: for each None, or the record that had its id before."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Earlier] = loop.create_future()
        self._waiting.append((records, future))
        if not self._due:
            self._due = True
            loop.call_soon(self._commit_soon, loop)
        return future

    def close(self) -> None:
        """Wait for the commit under way."""
        if self._thread is not None:
            self._groups.put(None)
            self._thread.join()
            self._thread = None

    def _commit_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._waiting = self._waiting, []
        if self._seconds < QUICK_SECONDS and not self._busy():
            self._due = False
            self._answer(group, *self._run(group))
        else:
            self._hand_over(loop, group)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, group: list[_Waiting]) -> None:
        """Let the thread commit a group; meanwhile the next one gathers."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="trimtab-commit", daemon=True)
            self._thread.start()
        self._groups.put((loop, group))

    def _work(self) -> None:
        while (given := self._groups.get()) is not None:
            loop, group = given
            loop.call_soon_threadsafe(self._committed, loop, group, self._run(group))

    def _committed(
        self,
        loop: asyncio.AbstractEventLoop,
        group: list[_Waiting],
        outcome: tuple[Earlier, Exception | None],
    ) -> None:
        self._answer(group, *outcome)
        if self._waiting:
            self._commit_soon(loop)
        else:
            self._due = False

    def _run(self, group: list[_Waiting]) -> tuple[Earlier, Exception | None]:
        watch = Stopwatch()
        records = [record for records, _ in group for record in records]
        try:
            earlier = self._append(records)
        except Exception as problem:  # noqa: BLE001  # every caller of the group must be told
            return [], problem
        self._seconds += (1 - _REMEMBERED) * (watch.seconds - self._seconds)
        self.groups += 1
        self.records += len(records)
        return earlier, None

    def _answer(self, group: list[_Waiting], earlier: Earlier, problem: Exception | None) -> None:
        place = 0
        for records, future in group:
            if not future.done():
                if problem is not None:
                    future.set_exception(problem)
                else:
                    future.set_result(earlier[place : place + len(records)])
            place += len(records)
