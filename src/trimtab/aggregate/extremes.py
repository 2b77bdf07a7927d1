"""The smallest and the largest value."""

from __future__ import annotations

import msgspec

from trimtab.aggregate.base import Value


def plain_zero(value: Value) -> Value:
    """The value, with the negative zero made positive: the two are equal, so a choice between them is no choice.

    >>> plain_zero(-0.0), plain_zero("a")
    (0.0, 'a')
    """
    return value + 0.0 if isinstance(value, float) else value


class _Extreme:
    def init(self) -> Value | None:
        """No value."""
        return None

    def update(self, state: Value | None, value: Value | None, known: int, sequence: int) -> Value | None:  # noqa: ARG002
        """The better of the two; null is passed over."""
        return self.merge(state, None if value is None else plain_zero(value))

    def merge(self, one: Value | None, other: Value | None) -> Value | None:
        """The better of the two."""
        if one is None or other is None:
            return other if one is None else one
        return self.choose(one, other)

    def choose(self, one: Value, other: Value) -> Value:
        """The better of two values."""
        raise NotImplementedError

    def finish(self, state: Value | None, t: int) -> Value | None:  # noqa: ARG002
        """The value itself; null for none."""
        return state

    def serialise(self, state: Value | None) -> bytes:
        """The value as MessagePack."""
        return msgspec.msgpack.encode(state)

    def deserialise(self, content: bytes) -> Value | None:
        """The value of MessagePack bytes."""
        return msgspec.msgpack.decode(content)  # type: ignore[no-any-return]


class Min(_Extreme):
    """The smallest value; texts compare as UTF-8 bytes, which is by code point.

    >>> Min().merge("b", "a")
    'a'
    """

    def choose(self, one: Value, other: Value) -> Value:
        """The smaller."""
        return min(one, other)


class Max(_Extreme):
    """The largest value; texts compare as UTF-8 bytes, which is by code point.

    >>> Max().merge(None, 3)
    3
    """

    def choose(self, one: Value, other: Value) -> Value:
        """The larger."""
        return max(one, other)
