"""A turn of the loop under way: events go in one by one, each on record before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.ports import Ledger
from trimtab.release.events import Decision
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.carrying import carry_out
from trimtab.runtime.live_loop.journal import Memory
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.loop import Declared, State
from trimtab.runtime.loop import Event as LoopEvent

CHANGING = ("promote", "roll back")
"""The kinds of decisions that let another version answer."""


@dataclass
class Going:
    """A turn under way."""

    means: Means
    declared: Declared
    now: int
    memory: Memory
    decisions: list[Decision] = field(default_factory=list)

    def take(self, event: LoopEvent, **read: int) -> None:
        """Take one event in and do what follows."""
        taken = journal.take(
            self.means.ledger, self.memory, event, {**self.memory.read, **read}, self.declared
        )
        self.memory = taken.memory
        self.decisions += taken.decisions
        self.act()

    def act(self) -> None:
        """Make the journal of versions say what the state says."""
        why = why_of(self.means.ledger)
        carry_out(self.means, self.memory.state, self.declared, why, self.now)

    @property
    def state(self) -> State:
        """The loop's state so far."""
        return self.memory.state


def why_of(ledger: Ledger) -> str:
    """Why the champion answers: the last decision about that."""
    events = ledger.read_events(journal.LOOP)
    told = (e for e in reversed(events) if e.kind == journal.DECIDED and e.body["kind"] in CHANGING)
    return next((str(event.body["reason"]) for event in told), "it answered before")
