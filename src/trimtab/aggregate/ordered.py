"""The first and last value by (known, sequence), and the time since the last fact."""

from __future__ import annotations

import msgspec

from trimtab.aggregate.base import Value

Dated = tuple[int, int, Value]
"""A value with when it became known and its place in arrival order."""


class _Ordered:
    def init(self) -> Dated | None:
        """No fact."""
        return None

    def update(self, state: Dated | None, value: Value | None, known: int, sequence: int) -> Dated | None:
        """The one that stands; a null value is passed over."""
        return self.merge(state, None if value is None else (known, sequence, value))

    def merge(self, one: Dated | None, other: Dated | None) -> Dated | None:
        """The one of the two that stands."""
        if one is None or other is None:
            return other if one is None else one
        return self.choose(one, other)

    def choose(self, one: Dated, other: Dated) -> Dated:
        """The later of two facts."""
        return one if one[:2] > other[:2] else other

    def finish(self, state: Dated | None, t: int) -> Value | None:  # noqa: ARG002
        """The value itself; null for none."""
        return None if state is None else state[2]

    def serialise(self, state: Dated | None) -> bytes:
        """The fact as MessagePack."""
        return msgspec.msgpack.encode(state)

    def deserialise(self, content: bytes) -> Dated | None:
        """The fact of MessagePack bytes."""
        state = msgspec.msgpack.decode(content)
        return None if state is None else tuple(state)


class Last(_Ordered):
    """The latest known value, nulls passed over.

    >>> Last().merge((5, 1, "a"), (5, 2, "b"))
    (5, 2, 'b')
    """


class First(_Ordered):
    """The earliest known value, nulls passed over.

    >>> First().merge((5, 1, "a"), (5, 2, "b"))
    (5, 1, 'a')
    """

    def choose(self, one: Dated, other: Dated) -> Dated:
        """The earlier of two facts."""
        return one if one[:2] < other[:2] else other


class TimeSinceLast(_Ordered):
    """Seconds from the latest known fact to t.

    >>> TimeSinceLast().finish((1_000_000, 1, True), t=3_500_000)
    2.5
    """

    def finish(self, state: Dated | None, t: int) -> float | None:
        """The seconds; null for none."""
        return None if state is None else float(t - state[0]) / 1e6
