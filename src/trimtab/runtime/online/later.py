"""Facts that wait: taken in already, but not known yet, or not folded yet; in order of known time, then sequence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trimtab.ports import OnlineStore

PREFIX = b"~"
_OFFSET = 2**63


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting fact, with the columns that series need of it."""

    source: str
    known: int
    sequence: int
    fact: Mapping[str, Any]

    @property
    def key(self) -> bytes:
        """Its key in the store: byte order is order of known time, then of sequence."""
        name = hashlib.blake2b(self.source.encode(), digest_size=8).digest()
        return PREFIX + (self.known + _OFFSET).to_bytes(8, "big") + self.sequence.to_bytes(8, "big") + name


def waiting_changes(facts: Iterable[Waiting]) -> dict[bytes, bytes | None]:
    """What to write so that the facts wait."""
    return {waiting.key: _encode((waiting.source, waiting.fact)) for waiting in facts}


def waiting_in(store: OnlineStore, limit: int, after: bytes = b"") -> list[Waiting]:
    """The first waiting facts, or the first after a key."""
    return [_waiting(key, value) for key, value in store.scan(PREFIX, after=after, limit=limit)]


def waiting_of(store: OnlineStore, source: str, limit: int) -> Iterator[list[Waiting]]:
    """The waiting facts of one source, some at a time."""
    after = b""
    while found := waiting_in(store, limit, after):
        after = found[-1].key
        yield [waiting for waiting in found if waiting.source == source]


def earliest_waiting(store: OnlineStore) -> int | None:
    """When the first waiting fact is known; None when none waits."""
    found = waiting_in(store, 1)
    return found[0].known if found else None


def _waiting(key: bytes, value: bytes) -> Waiting:
    source, fact = _decode(value)
    known, sequence = key[1:9], key[9:17]
    return Waiting(source, int.from_bytes(known, "big") - _OFFSET, int.from_bytes(sequence, "big"), fact)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, dict[str, Any]]).decode
