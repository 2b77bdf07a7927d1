"""A small worker of the loop: it writes down what it hears before it acts, and may crash between any two steps.

Written down in this order: the event, the decisions it led to, and, once its commands are carried out, that they are.
After a crash the state is the fold of all events, and what the last one ordered is carried out again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trimtab.ports import Event as Entry
from trimtab.ports import Ledger
from trimtab.runtime.loop import (
    Command,
    Decision,
    Declared,
    Event,
    State,
    begin,
    read_event,
    step,
    write_decision,
    write_event,
)
from trimtab.testing.simulation.ground import Ground

EVENTS, DECISIONS, DONE = "loop", "decisions", "done"
"""The journals: what was heard and declared, what was decided, and whose commands are carried out."""

NEW_RECIPE = "declared"
"""The kind of an entry that says that the declaration has another recipe from now on."""


class CrashError(Exception):
    """The process dies here."""


Boundary = Callable[[str], None]
"""Called after each append and each command, with its name; raises CrashError to crash there."""


class Worker:
    """One life of the process that runs the loop, from the journals that the life before left."""

    def __init__(self, ground: Ground, ledger: Ledger, declared: Declared, boundary: Boundary) -> None:
        self.ground, self.ledger, self.boundary = ground, ledger, boundary
        self.declared, self.state, self.heard = declared, begin(declared), set[str]()
        self.orders: tuple[Command, ...] = ()
        self.decided: tuple[Decision, ...] = ()
        self._read()

    def _read(self) -> None:
        """Become what the journals say."""
        told, at, decisions = 0, 0, list[Decision]()
        for entry in self.ledger.read_events(EVENTS):
            self.heard.add(entry.subject)
            told, at = told + 1, entry.at
            if entry.kind == NEW_RECIPE:
                self.declared = replace(self.declared, recipe=entry.body["recipe"])
                self.orders = self.decided = ()
                continue
            event = read_event(entry.body)
            self.state, self.orders, self.decided = step(self.state, event, self.declared)
            decisions += self.decided
        self._decide(decisions[self.ledger.frontier(DECISIONS) :])
        if told > self.ledger.frontier(DONE):
            self._act(at)

    def declare(self, recipe: str, key: str, at: int) -> None:
        """Take in that the declaration has another recipe."""
        self._write(EVENTS, Entry(at, NEW_RECIPE, key, {"recipe": recipe}))
        self.heard.add(key)
        self.declared, self.orders, self.decided = replace(self.declared, recipe=recipe), (), ()
        self._act(at)

    def hear(self, event: Event, key: str) -> None:
        """Take in an event that is known by its key: write it down, and do what follows."""
        self._write(EVENTS, Entry(event.at, "event", key, write_event(event)))
        self.heard.add(key)
        self.state, self.orders, self.decided = step(self.state, event, self.declared)
        self._decide(list(self.decided))
        self._act(event.at)

    def _decide(self, decisions: list[Decision]) -> None:
        if decisions:
            entries = [Entry(each.at, each.kind, each.subject, write_decision(each)) for each in decisions]
            self.ledger.append_events(DECISIONS, entries)
            self.boundary(DECISIONS)

    def _act(self, at: int) -> None:
        for place, order in enumerate(self.orders):
            self.ground.carry_out(order)
            self.boundary(f"command {place}")
        self._write(DONE, Entry(at, "done", str(self.ledger.frontier(EVENTS))))

    def _write(self, stream: str, entry: Entry) -> None:
        self.ledger.append_events(stream, [entry])
        self.boundary(stream)


def folded(ledger: Ledger, declared: Declared) -> State:
    """The state that the journal of events gives, from nothing."""
    state = begin(declared)
    for entry in ledger.read_events(EVENTS):
        if entry.kind == NEW_RECIPE:
            declared = replace(declared, recipe=entry.body["recipe"])
        else:
            state, _, _ = step(state, read_event(entry.body), declared)
    return state
