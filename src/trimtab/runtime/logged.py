"""What is written down of a prediction before its answer is sent: all that explains it later."""

from __future__ import annotations

from typing import Any

import msgspec

from trimtab.ports import Record

PREDICTIONS = "predictions"
"""The stream of served predictions."""

Score = float | list[float]


class Arm(msgspec.Struct):
    """On which side of a split a request was: "canary" or "control", and how likely that was for its unit.

    `candidate` is the version that the split is for; `microseconds` is how long scoring took.
    """

    name: str
    propensity: float
    candidate: str
    unit: str
    microseconds: float


class Logged(msgspec.Struct, omit_defaults=True):
    """The body of a prediction's record.

    `at` is the time that was asked for, `as_of` the one at which the features hold; values of time are microseconds.
    `arm` is there where units were split between versions.
    """

    request: dict[str, Any]
    features: dict[str, Any]
    at: int
    as_of: int
    version: str
    served: str
    score: Score
    flags: list[str] = []
    arm: Arm | None = None


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Logged).decode


def decode(record: Record) -> Logged | None:
    """What a record says; None when it was erased."""
    return _decode(record.body) if record.body else None
