"""What a simulation raises: a law that was broken, with the way to see it again."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.errors import TrimtabError
from trimtab.ports import Event


class InvariantError(TrimtabError):
    """A law of the loop was broken in a simulated year; the seed repeats it.

    >>> print(InvariantError("two champions", seed=7, day=30, last=()))
    two champions; found: seed 7, day 30; do: call simulate(..., seed=7) again
    """

    def __init__(self, what: str, *, seed: int, day: int, last: Sequence[Event]) -> None:
        self.seed, self.day, self.last = seed, day, tuple(last)
        told = "".join(f"\n  {event.at} {event.kind} {event.subject} {dict(event.body)}" for event in last)
        super().__init__(
            what,
            found=f"seed {seed}, day {day}" + (f", after{told}\n" if told else ""),
            do=f"call simulate(..., seed={seed}) again",
        )
