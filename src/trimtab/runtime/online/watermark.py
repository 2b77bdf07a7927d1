"""How far a store has come: kept in the store itself and written together with what it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from trimtab.ports import OnlineStore

MARK = b"!mark"
SWEPT = b"!swept"
"""The instant before which values may lack keys that were swept away, as eight bytes."""
BUILDING = b"!building"
"""There while some series are not whole, so that nobody reads half of one."""
NEVER = -(2**63)


@dataclass(frozen=True)
class Progress:
    """Of one source: the sequence number of the first fact not taken up, and the latest known time folded."""

    next: int = 0
    newest: int = NEVER


@dataclass(frozen=True)
class Watermark:
    """The progress of each source, and each series in the store by name: whether it is whole."""

    sources: Mapping[str, Progress]
    series: Mapping[str, bool]

    def at(self, source: str) -> Progress:
        """The progress of a source, from nothing where there is none."""
        return self.sources.get(source, Progress())

    def moved(self, source: str, *, next: int | None = None, newest: int = NEVER) -> Watermark:  # noqa: A002  # as in Progress
        """The watermark with more of a source taken up or folded."""
        now = self.at(source)
        ahead = Progress(now.next if next is None else next, max(newest, now.newest))
        return replace(self, sources={**self.sources, source: ahead})

    def with_series(self, **whole: bool) -> Watermark:
        """The watermark with some series whole or begun."""
        return replace(self, series={**self.series, **whole})

    def without(self, *names: str) -> Watermark:
        """The watermark without some series."""
        return replace(self, series={name: whole for name, whole in self.series.items() if name not in names})

    def change(self) -> dict[bytes, bytes | None]:
        """What to write."""
        return {MARK: _encode(self)}


def watermark_of(store: OnlineStore) -> Watermark:
    """The watermark of a store; that of an empty one is nothing."""
    [content] = store.get_many([MARK])
    return Watermark({}, {}) if content is None else _decode(content)


def swept_of(content: bytes | None) -> int:
    """The instant that the eight bytes say."""
    return NEVER if content is None else int.from_bytes(content, "little", signed=True)


def swept_bytes(at: int) -> bytes:
    """An instant as eight bytes.

    >>> swept_of(swept_bytes(-7)), swept_of(None) == NEVER
    (-7, True)
    """
    return at.to_bytes(8, "little", signed=True)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Watermark).decode
