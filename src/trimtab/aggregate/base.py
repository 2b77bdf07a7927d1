"""What every aggregate is: a monoid over facts, so that any split of a window gives the same value."""

from __future__ import annotations

from typing import Protocol, TypeVar

Value = bool | int | float | str
"""A value of a fact; times and durations are whole microseconds."""

State = TypeVar("State")


class Aggregator(Protocol[State]):
    """One aggregate as an algebra of immutable states.

    `merge` is associative with `init()` as its identity and does not depend on the order of its arguments, because
    every state that cares for order carries (known, sequence) itself.
    """

    def init(self) -> State:
        """The state of no facts."""
        ...

    def update(self, state: State, value: Value | None, known: int, sequence: int) -> State:
        """The state with one more fact; a null value leaves it as it was."""
        ...

    def merge(self, one: State, other: State) -> State:
        """The state of both sets of facts together."""
        ...

    def finish(self, state: State, t: int) -> Value | None:
        """The value of the aggregate at time t (epoch microseconds)."""
        ...

    def serialise(self, state: State) -> bytes:
        """The state as bytes, the same on every machine."""
        ...

    def deserialise(self, content: bytes) -> State:
        """The state that `serialise` wrote."""
        ...
