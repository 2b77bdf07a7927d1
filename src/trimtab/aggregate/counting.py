"""How many facts."""

from __future__ import annotations

from trimtab.aggregate.base import Value


class Count:
    """The number of facts (whose value is not null); 0 for none.

    >>> count = Count()
    >>> count.finish(count.merge(count.update(count.init(), "a", 1, 1), 4), t=9)
    5
    """

    def init(self) -> int:
        """No facts."""
        return 0

    def update(self, state: int, value: Value | None, known: int, sequence: int) -> int:  # noqa: ARG002
        """One more, unless null."""
        return state if value is None else state + 1

    def merge(self, one: int, other: int) -> int:
        """Both counts together."""
        return one + other

    def finish(self, state: int, t: int) -> int:  # noqa: ARG002
        """The count itself."""
        return state

    def serialise(self, state: int) -> bytes:
        """Eight bytes."""
        return state.to_bytes(8, "little")

    def deserialise(self, content: bytes) -> int:
        """The count of eight bytes."""
        return int.from_bytes(content, "little")
