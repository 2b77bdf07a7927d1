"""A record that can be leafed through: what every page reads, up to an instant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from trimtab.declare.system import System
from trimtab.ports import Clock, Event, Ledger
from trimtab.screens.keeping import Arrays, Kept
from trimtab.screens.later import Later
from trimtab.screens.means import Means

Found = TypeVar("Found")

ENDS = ("measurements", "decisions", "versions")
"""The journals whose last event is the end of a replay."""


class Journals:
    """The journals of a ledger, kept in memory and read on from where they ended; safe to share by threads.

    `kept` has folds that were made before this process began.
    """

    def __init__(self, ledger: Ledger, kept: Kept | None = None) -> None:
        self._ledger, self._lock = ledger, threading.Lock()
        self.kept = kept or Kept()
        self._events: dict[str, list[Event]] = {}
        self._folds: dict[Hashable, tuple[Hashable, Any]] = {}
        self._grown: dict[str, tuple[int, Arrays]] = {}

    def events(self, stream: str) -> list[Event]:
        """Every event of a journal, in its order."""
        with self._lock:
            held = self._events.setdefault(stream, [])
            if self._ledger.frontier(stream) > len(held):
                held += self._ledger.read_events(stream, since=len(held))
            return list(held)

    def folded(self, name: Hashable, state: Hashable, make: Callable[[], Found]) -> Found:
        """What `make` gives, made again only when `state` is another than the last time."""
        with self._lock:
            kept = self._folds.get(name)
        if kept is not None and kept[0] == state:
            found: Found = kept[1]
            return found
        found = make()
        with self._lock:
            self._folds[name] = (state, found)
        return found

    def grown(self, stream: str, make: Callable[[Sequence[Event]], Arrays]) -> Arrays:
        """What `make` gives for the events of a journal, array by array one behind another.

        Only events that are new since the last look, in this process or an earlier one, are read.
        """
        frontier = self._ledger.frontier(stream)
        with self._lock:
            until, held = self._grown.get(stream) or self._kept(stream, frontier)
            if frontier > until or stream not in self._grown:
                new = make(self._ledger.read_events(stream, since=until, until=frontier))
                held = new if not until else {name: np.concatenate([held[name], new[name]]) for name in new}
                self._grown[stream] = frontier, held
                if frontier - until > frontier // 50:
                    content = {**held, "until": np.array(frontier)}
                    self.kept.write(f"journal-{stream}", self._born(stream), content)
        return held

    def _kept(self, stream: str, frontier: int) -> tuple[int, Arrays]:
        found = dict(self.kept.read(f"journal-{stream}", self._born(stream)) or {})
        until = int(found.pop("until", np.array(0)))
        return (until, found) if until <= frontier else (0, {})

    def _born(self, stream: str) -> str:
        """What tells a journal from that of another record in the same place."""
        first = self._ledger.read_events(stream, until=1)
        return f"{first[0].at} {first[0].kind} {first[0].subject}" if first else ""


@dataclass(frozen=True, eq=False)
class Book:
    """One record: of a live system, or of a replay.

    `slug` is its name in addresses, `target` what commands call the system. Without a system, pages show only what
    the record itself says. `folds` is the folder where what was added up once is kept; None keeps it in memory only. Without
    `means` nothing is shown that has to be computed from models.
    """

    slug: str
    name: str
    ledger: Ledger
    clock: Clock
    system: System | None = None
    target: str = "SYSTEM"
    replay: bool = False
    folds: Path | None = None
    means: Means | None = None
    journals: Journals = field(init=False)
    later: Later = field(init=False, default_factory=Later)

    def __post_init__(self) -> None:
        object.__setattr__(self, "journals", Journals(self.ledger, Kept(self.folds)))

    def now(self) -> int:
        """The latest instant that can be shown, epoch microseconds: the present, or the end of a replay."""
        if not self.replay:
            return self.clock.now()
        ends = (event.at for stream in ENDS for event in self.journals.events(stream))
        return max(ends, default=self.clock.now())

    def begin(self) -> int | None:
        """When the first version was trained, epoch microseconds; None before that."""
        return min((event.at for event in self.journals.events("versions")), default=None)

    def view(self, at: int | None = None) -> View:
        """The record as it stood at an instant (default: the latest)."""
        return View(self, self.now() if at is None else min(at, self.now()))


@dataclass(eq=False)
class View:
    """A record as it stood at an instant, epoch microseconds: nothing later is seen."""

    book: Book
    at: int
    _kept: dict[str, list[Event]] = field(default_factory=dict)

    def events(self, stream: str) -> list[Event]:
        """The events of a journal up to the instant, in their order; read once for a view."""
        if stream not in self._kept:
            every = self.book.journals.events(stream)
            self._kept[stream] = [event for event in every if event.at <= self.at]
        return self._kept[stream]

    def latest(self, stream: str, kind: str | None = None) -> Event | None:
        """The last event of a journal up to the instant, of a kind where one is named."""
        fitting = (each for each in self.events(stream) if kind is None or each.kind == kind)
        return max(fitting, key=lambda event: event.at, default=None)

    @cached_property
    def policy(self) -> str:
        """The policy whose versions a replay put on record as the system's own; empty for a live system."""
        if not self.book.replay:
            return ""
        decisions = self.book.journals.events("decisions")
        return decisions[-1].subject.partition("/")[0] if decisions else ""

    def own(self, stream: str) -> list[Event]:
        """The events of the system's own versions; in a replay other policies are left out, and their names."""
        if not self.book.replay:
            return self.events(stream)
        ahead, name = f"{self.policy}/", f"own {stream}"
        if name not in self._kept:
            self._kept[name] = [
                Event(each.at, each.kind, each.subject.removeprefix(ahead), each.body)
                for each in self.events(stream)
                if each.subject.startswith(ahead)
            ]
        return self._kept[name]


class Seen:
    """The journals of a view in the form of a ledger, for folds that read one."""

    def __init__(self, view: View) -> None:
        self._view = view

    def frontier(self, stream: str) -> int:
        """How many events a journal has."""
        return len(self._view.events(stream))

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= place < until."""
        return self._view.events(stream)[since:until]
