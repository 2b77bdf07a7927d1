"""What the folder writes: folded facts together with the watermark, so that no fact is ever folded twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from trimtab.declare.kinds import Kind
from trimtab.features.online import OnlinePlan, Retention, Series, fold
from trimtab.features.online.folding import Folding
from trimtab.ports import OnlineStore
from trimtab.runtime.online.later import Waiting, waiting_in
from trimtab.runtime.online.watermark import Watermark, watermark_of

BATCH = 1000
"""Facts, or keys of a build, per write."""

Item = TypeVar("Item")


class Writing:
    """The writes of one folder; `mark` is the watermark as it is written with the next of them."""

    def __init__(self, plan: OnlinePlan, store: OnlineStore, retention: Retention, batch: int) -> None:
        self.plan, self.store, self.retention, self.batch = plan, store, retention, batch
        self.mark = watermark_of(store)
        self._foldings = [Folding(series) for series in plan.series]
        self._columns = {
            source: {
                name: series.kinds[name] is Kind.FLOAT
                for series in self.series_of(source)
                for name in sorted(series.needed)
            }
            for source in plan.sources
        }

    def series_of(self, source: str) -> list[Series]:
        """The series of the plan that read a source."""
        return [series for series in self.plan.series if series.source == source]

    def is_current(self, frontiers: Mapping[str, int]) -> bool:
        """Whether every series of the plan, and no other, holds all facts up to the frontiers."""
        whole = {series.name: True for series in self.plan.series}
        reached = all(self.mark.at(source).next == frontier for source, frontier in frontiers.items())
        return dict(self.mark.series) == whole and reached

    def columns(self, source: str) -> list[str]:
        """The columns of a source that the plan reads."""
        return list(self._columns[source])

    def waiting(
        self, source: str, rows: Sequence[Mapping[str, Any]], known: Sequence[int], first: int
    ) -> list[Waiting]:
        """Facts in sequence, with the columns that series need."""
        columns = self._columns[source].items()
        return [
            Waiting(
                source,
                at,
                sequence,
                {name: _number(row[name]) if is_float else row[name] for name, is_float in columns},
            )
            for sequence, (row, at) in enumerate(zip(rows, known, strict=True), first)
        ]

    def fold(
        self,
        facts: Sequence[Waiting],
        more: Mapping[bytes, bytes | None],
        mark: Watermark | None = None,
    ) -> None:
        """Fold facts, in order of (known, sequence) each source, into the whole series, and write more with them.

        `mark` is how far the record is taken up by it; it counts once the store is written.
        """
        changes: dict[bytes, bytes | None] = dict(more)
        mark = mark or self.mark
        for source in dict.fromkeys(each.source for each in facts):
            mine = [(each.fact, each.known) for each in facts if each.source == source]
            changes.update(self._folded(source, mine))
            mark = mark.moved(source, newest=mine[-1][1])
        self.store.write({**changes, **mark.change()})
        self.mark = mark

    def drain(self, until: int) -> None:
        """Fold the waiting facts known by then; each leaves in the write that folds it."""
        while facts := [each for each in waiting_in(self.store, self.batch) if each.known <= until]:
            self.fold(facts, dict.fromkeys(each.key for each in facts))

    def delete(self, prefix: bytes) -> None:
        """Delete every key with a prefix, some at a time."""
        while found := self.store.scan(prefix, limit=self.batch):
            self.store.write(dict.fromkeys(key for key, _ in found))

    def write_all(self, pairs: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Write pairs, some at a time."""
        for some in batches(pairs, self.batch):
            self.store.write(dict(some))

    def _folded(self, source: str, facts: list[tuple[Mapping[str, Any], int]]) -> dict[bytes, bytes]:
        changed: dict[bytes, bytes] = {}
        for folding in self._foldings:
            if folding.series.source != source or not self.mark.series.get(folding.series.name):
                continue
            keys = [folding.key(fact) for fact, _ in facts]
            wanted = list(dict.fromkeys(key for key in keys if key is not None))
            blobs = dict(zip(wanted, self.store.get_many(wanted), strict=True))
            changed |= fold(folding, facts, keys, blobs, self.retention)
        return changed


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items, so many at a time.

    >>> list(batches("abc", 2))
    [['a', 'b'], ['c']]
    """
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _number(value: Any) -> float | None:
    """A value of a column of floats, which may have come as a whole number."""
    return None if value is None else float(value)
