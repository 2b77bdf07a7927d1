"""Reading features for requests, from one snapshot of the store each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trimtab.aggregate.base import Value
from trimtab.errors import LedgerError
from trimtab.features.online import OnlinePlan
from trimtab.ports import OnlineStore
from trimtab.runtime.online.watermark import BUILDING, SWEPT, swept_of, watermark_of


class Served(NamedTuple):
    """All features of a request in declared order, and the instant at which they hold.

    `flags` say what was unusual: "future" when the request's time is yet to come, "behind" when facts on their way
    held the instant back, "late" when the store no longer knows values as old as were asked for.
    """

    values: Sequence[Value | None]
    as_of: int
    flags: tuple[str, ...]


class Reader:
    """Answers with the values that the batch plan has at `as_of`, bit for bit; safe to share between threads.

    Raises LedgerError when the store has not been caught up for the plan.
    """

    def __init__(self, plan: OnlinePlan, store: OnlineStore) -> None:
        self._plan, self._store = plan, store
        whole = watermark_of(store).series
        missing = {series.source for series in plan.series if not whole.get(series.name)}
        if missing:
            raise LedgerError(
                "the online store does not hold these features yet",
                found=f"nothing folded for them from {', '.join(sorted(missing))}",
                do="catch up first",
            )

    def features(self, row: Mapping[str, Any], at: int | None, now: int, complete_until: int) -> Served:
        """The features of a request at its time `at` (None: now), or as near to it as they are complete and kept.

        All times are epoch microseconds. `complete_until` has to be asked of the folder after the clock was read for
        `now`, and before this call. Raises LedgerError while the store is being built, and what `OnlinePlan.values`
        raises.
        """
        keys = self._plan.keys(row)
        building, swept, *blobs = self._store.get_many(
            [BUILDING, SWEPT, *(key for key in keys if key is not None)]
        )
        if building is not None:
            raise LedgerError(
                "the online store is being built anew",
                do="wait until the process that folds facts has caught up",
            )
        if None in keys:
            found = iter(blobs)
            blobs = [None if key is None else next(found) for key in keys]
        asked = now if at is None else at
        wanted = min(asked, now, complete_until)
        as_of = self._plan.as_of(blobs, max(wanted, swept_of(swept)))
        values = self._plan.values(row, blobs, as_of)
        return Served(values, as_of, () if as_of == asked else _flags(asked, now, wanted, as_of))


def _flags(asked: int, now: int, wanted: int, as_of: int) -> tuple[str, ...]:
    unusual = {"future": asked > now, "behind": wanted < min(asked, now), "late": as_of > wanted}
    return tuple(flag for flag, holds in unusual.items() if holds)
