"""Folding that goes on after a failed write: the record is folded again from where the store is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.errors import LedgerError
from trimtab.features.online import OnlinePlan
from trimtab.ports import OnlineStore
from trimtab.runtime.online import Folder

PAUSE = 1_000_000
"""Microseconds between two attempts to mend."""


class MendingFolder(Folder):
    """A folder that catches up by itself after a fold that failed; until then it takes no further facts.

    `again` has a folder catch up with the record as of an instant. Meanwhile what is served holds as of the instant
    before the facts that were not folded, and new ones are refused, before they are written, with a LedgerError.
    """

    def __init__(
        self,
        plan: OnlinePlan,
        store: OnlineStore,
        again: Callable[[Folder, int], None],
        tell: Callable[[int | None], None] | None = None,
    ) -> None:
        super().__init__(plan, store, tell=tell)
        self._again = again
        self._problem: Exception | None = None
        self._tried = 0

    def receiving(self, stamp: int) -> None:
        """Facts known from `stamp` on are on their way; raises LedgerError while earlier ones cannot be folded."""
        self._mend(stamp)
        if self._problem is not None:
            raise LedgerError(
                "facts cannot be folded now", found=self._problem, do="try again in a second"
            ) from self._problem
        super().receiving(stamp)

    def fold(
        self,
        source: str,
        rows: Sequence[Mapping[str, Any]],
        known: Sequence[int],
        first: int,
        now: int | None = None,
    ) -> None:
        """Fold facts that have just been appended; one that fails is made up for by a later call."""
        try:
            super().fold(source, rows, known, first, now)
        except Exception as problem:
            self._problem = problem
            raise

    def tick(self, now: int) -> None:
        """Fold the facts that have become known by `now`, and those whose folding failed."""
        self._mend(now)
        super().tick(now)

    def _mend(self, now: int) -> None:
        if self._problem is None or now < self._tried + PAUSE:
            return
        self._tried = now
        with self._one_at_a_time:
            try:
                self._again(self, now)
            except LedgerError as problem:
                self._problem = problem
            else:
                self._problem = None
