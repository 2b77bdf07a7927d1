"""What a version scored unseen, on record: one score for each request that another version answered."""

from __future__ import annotations

import msgspec

from trimtab.ports import Record

SHADOW = "shadow"
"""The stream of shadow scores."""

Score = float | list[float]


class Shadowed(msgspec.Struct, omit_defaults=True):
    """The body of one shadow score: whose it is, of which prediction, and None where the version failed."""

    version: str
    prediction: str
    score: Score | None = None


def record_of(shadowed: Shadowed, at: int) -> Record:
    """The record of a shadow score, made at an instant; a version scores a prediction once.

    >>> record_of(Shadowed("v2", "p7", 0.5), 3).id
    'v2/p7'
    """
    return Record(f"{shadowed.version}/{shadowed.prediction}", at, _encode(shadowed))


def shadow_score(record: Record) -> Shadowed | None:
    """What a record says; None when it was erased."""
    return _decode(record.body) if record.body else None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Shadowed).decode
