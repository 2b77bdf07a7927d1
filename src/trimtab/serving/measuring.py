"""How the service does, put on record now and then, so that limits can be judged later from the ledger alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self

from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Event, Ledger
from trimtab.serving.buckets import p99_microseconds
from trimtab.serving.shadow_scores import ShadowScores

MEASUREMENTS = "measurements"
"""The journal of what was measured: calls, and parity of what was served."""
CALLS, PARITY = "calls", "parity"
SHADOW = "shadow"
"""Where counts of calls hold those of shadow scores, if there are any."""
EVERY_SECONDS = 60.0
PREDICTING = ("/predict",)


class Tally(Protocol):
    """Counts of one route: by status, and by how long calls took."""

    @property
    def statuses(self) -> Mapping[int, int]:
        """How many calls ended with each status."""
        ...

    @property
    def buckets(self) -> Sequence[int]:
        """How many calls took no longer than each bound but longer than the one before; the last is the rest."""
        ...


@dataclass(frozen=True)
class Calls:
    """Calls for predictions: how many, how many got no answer, and how many took how long (by upper bound)."""

    requests: int = 0
    unanswered: int = 0
    buckets: tuple[int, ...] = ()

    def __add__(self, other: Calls) -> Calls:
        longest = max(len(self.buckets), len(other.buckets))
        both = (each.buckets + (0,) * (longest - len(each.buckets)) for each in (self, other))
        return Calls(
            self.requests + other.requests,
            self.unanswered + other.unanswered,
            tuple(one + two for one, two in zip(*both, strict=True)),
        )

    def __sub__(self, other: Calls) -> Calls:
        negative = Calls(-other.requests, -other.unanswered, tuple(-count for count in other.buckets))
        return self + negative

    def p99_microseconds(self, bounds: Sequence[float]) -> float | None:
        """What 99 of 100 calls took at most, told by straight lines inside the buckets; bounds in seconds.

        >>> Calls(100, 0, (98, 2)).p99_microseconds((0.001, 0.003))
        2000.0
        """
        return p99_microseconds(self.buckets, bounds)

    @classmethod
    def of(cls, tallies: Mapping[str, Tally]) -> Calls:
        """The calls for predictions among the counts of all routes."""
        total = cls()
        for route in PREDICTING:
            if route in tallies:
                statuses = dict(tallies[route].statuses)  # calls go on being counted meanwhile
                lost = sum(count for status, count in statuses.items() if status >= 500)
                answered = sum(statuses.values())
                total += cls(answered, lost, tuple(tallies[route].buckets))
        return total


class Measuring:
    """A thread that appends what happened since it last looked, and at the end of the process what is left.

    `shadow` gives what became of all shadow scores since the start.
    """

    def __init__(
        self,
        tallies: Mapping[str, Tally],
        ledger: Ledger,
        clock: Clock,
        system: str,
        shadow: Callable[[], ShadowScores] = ShadowScores,
    ) -> None:
        self._tallies, self._ledger, self._clock, self._system = tallies, ledger, clock, system
        self._shadow = shadow
        self._seen, self._seen_shadow = Calls(), ShadowScores()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trimtab-measuring", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.look()

    def look(self) -> None:
        """Append what is new; nothing when nothing happened, and next time what could not be written now."""
        total, shadow = Calls.of(self._tallies), self._shadow()
        new, unseen = total - self._seen, shadow - self._seen_shadow
        if not new.requests and shadow == self._seen_shadow:
            return
        body: dict[str, Any] = {"requests": new.requests, "unanswered": new.unanswered}
        body["buckets"] = list(new.buckets)
        if shadow != self._seen_shadow:
            body[SHADOW] = unseen.to_json()
        with suppress(TrimtabError):
            self._ledger.append_events(MEASUREMENTS, [Event(self._clock.now(), CALLS, self._system, body)])
            self._seen, self._seen_shadow = total, shadow

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_SECONDS):
            self.look()


def calls_since(ledger: Ledger, instant: int) -> Calls:
    """All calls on record since an instant."""
    total = Calls()
    for event in ledger.read_events(MEASUREMENTS):
        if event.kind == CALLS and event.at >= instant:
            body = event.body
            total += Calls(body["requests"], body["unanswered"], tuple(body["buckets"]))
    return total


def latest_parity(ledger: Ledger) -> Mapping[str, Any] | None:
    """The body of the latest parity sample on record: rows, values, differing."""
    events = [event for event in ledger.read_events(MEASUREMENTS) if event.kind == PARITY]
    return {"at": events[-1].at, **events[-1].body} if events else None
