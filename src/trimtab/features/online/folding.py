"""Folding: facts in order of known time are added to the rows of their key, and rows that no window needs go."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from trimtab.errors import LedgerError
from trimtab.features.online.keys import encoder, identifier
from trimtab.features.online.layout import ALWAYS, HEADER, ID, pack_texts, unpack_texts
from trimtab.features.online.series import Series
from trimtab.features.online.thinning import Retention, horizon, kept_rows
from trimtab.features.online.updating import Fact, Numbers, Updates


class Folding:
    """Adds facts to the blobs of one series."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.updates = Updates(series)
        self._key = encoder([column for column, _ in series.keys], series.kinds)
        self.id_of = identifier(series.own_id, series.kinds) if series.own_id else None
        self.fresh = [
            (series.layout.places[column], column.empty)
            for column in series.columns
            if column.part in {"min", "max", "first"} and not column.ever
        ]
        self.looks_before = any(column.part == "first" and not column.ever for column in series.columns)

    def key(self, fact: Fact) -> bytes | None:
        """The key of the blob that a fact belongs to, or None where it matches nothing."""
        key = self._key(fact)
        return None if key is None else self.series.prefix + key


class Open:
    """One blob taken apart, to be added to."""

    def __init__(self, folding: Folding, blob: bytes | None) -> None:
        self._folding, self._series, self._layout = folding, folding.series, folding.series.layout
        self._exact_since, self._count = HEADER.unpack_from(blob) if blob else (ALWAYS, 0)
        end = HEADER.size + self._count * self._layout.size
        self._rows = bytearray(blob[HEADER.size : end]) if blob else bytearray()
        texts = unpack_texts(blob[end:]) if blob and self._layout.texts else []
        self._texts = {text: place for place, text in enumerate(texts)}
        self._last = self._row(self._count - 1, texts)
        self._before = self._row_before_step(texts) if folding.looks_before else self._last

    def add(self, fact: Fact, known: int, retention: Retention) -> None:
        """Add one fact, known no earlier than those before it; raises LedgerError for one that was."""
        last, series = self._last, self._series
        if self._count and known < last[0]:
            raise LedgerError(
                f"a fact of {series.source!r} came out of order",
                found=f"known {known} after {last[0]}",
                do="start again: what is kept of this source is then built anew from the record",
            )
        row = list(last)
        own = self._folding.id_of
        if not self._count or own is not None or series.step(known) != series.step(last[0]):
            self._before = last
            for place, empty in self._folding.fresh:
                row[place] = empty
        replaces = bool(self._count) and known == last[0] and own is None
        row[0] = known
        if own is not None:
            row[1] = own(fact) or bytes(ID)
        self._folding.updates.run(row, self._before, fact, known)
        self._put(row, replaces=replaces)
        if self._count % retention.pause == 0:
            self._thin(known, retention)

    def to_bytes(self) -> bytes:
        """The blob."""
        texts = pack_texts(list(self._texts)) if self._layout.texts else b""
        return b"".join((HEADER.pack(self._exact_since, self._count), self._rows, texts))

    def _put(self, row: Numbers, *, replaces: bool) -> None:
        self._last = row
        packed = self._pack(row)
        if replaces:
            self._rows[-self._layout.size :] = packed
        else:
            self._rows += packed
            self._count += 1

    def _thin(self, now: int, retention: Retention) -> None:
        known = memoryview(self._rows).cast("q")[:: self._layout.width].tolist()
        at = horizon(self._series, known, now, retention)
        if at <= self._exact_since:
            return
        kept = kept_rows(self._series, known, at)
        if len(kept) == len(known):
            return
        packed = self._repacked(kept) if self._layout.texts else self._cut(kept)
        self._rows, self._count, self._exact_since = bytearray(b"".join(packed)), len(kept), at

    def _cut(self, kept: list[int]) -> list[bytearray]:
        size = self._layout.size
        return [self._rows[row * size : row * size + size] for row in kept]

    def _repacked(self, kept: list[int]) -> list[bytes]:
        """The rows with no more texts than they need."""
        texts, self._texts = list(self._texts), {}
        return [self._pack(self._row(row, texts)) for row in kept]

    def _pack(self, row: Numbers) -> bytes:
        if not self._layout.texts:
            return self._layout.row.pack(*row)
        packed = list(row)
        for place in self._layout.texts:
            text = row[place]
            packed[place] = -1 if text is None else self._texts.setdefault(text, len(self._texts))
        return self._layout.row.pack(*packed)

    def _row(self, number: int, texts: list[str]) -> Numbers:
        if number < 0:
            return list(self._layout.empty)
        row = list(self._layout.row.unpack_from(self._rows, number * self._layout.size))
        for place in self._layout.texts:
            row[place] = None if row[place] < 0 else texts[row[place]]
        return row

    def _row_before_step(self, texts: list[str]) -> Numbers:
        if not self._count or not self._series.grid:
            return self._row(self._count - 2, texts)
        known = memoryview(self._rows).cast("q")[:: self._layout.width]
        start = self._series.step(self._last[0]) * self._series.grid
        return self._row(bisect_left(known, start) - 1, texts)


def fold(
    folding: Folding,
    facts: Sequence[tuple[Fact, int]],
    keys: Sequence[bytes | None],
    blobs: Mapping[bytes, bytes | None],
    retention: Retention,
) -> dict[bytes, bytes]:
    """The blobs as they are once the facts, each with its known time and key, are added: the changed ones by key.

    Facts come in order of (known, sequence), and none is known before those that the blobs hold already.
    """
    opened: dict[bytes, Open] = {}
    for (fact, known), key in zip(facts, keys, strict=True):
        if key is None:
            continue
        found = opened.get(key)
        if found is None:
            found = opened[key] = Open(folding, blobs[key])
        found.add(fact, known, retention)
    return {key: found.to_bytes() for key, found in opened.items()}
