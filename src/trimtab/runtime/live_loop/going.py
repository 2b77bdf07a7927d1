"""A turn of the loop under way: events go in one by one, each on record before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.ports import Event as Recorded
from trimtab.ports import Ledger
from trimtab.release.events import Decision
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import VERSIONS, carry_out
from trimtab.runtime.live_loop.journal import Memory
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.loop import Declared, State
from trimtab.runtime.loop import Event as LoopEvent

CHANGING = ("promote", "roll back")
"""The kinds of decisions that let another version answer."""

ASKING = ("promote", "roll back", ACTIVATED)
"""The kinds of events by which a person asks for that."""


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
        told = why_of(self.means.ledger)
        carry_out(self.means, self.memory.state, self.declared, told, self.now)

    @property
    def state(self) -> State:
        """The loop's state so far."""
        return self.memory.state


def why_of(ledger: Ledger) -> dict[str, str]:
    """Why the champion answers: the last decision about that, and where a person asked for it, who and for what reason."""
    events = ledger.read_events(journal.LOOP)
    for place in reversed(range(len(events))):
        event = events[place]
        if event.kind == journal.DECIDED and event.body["kind"] in CHANGING:
            heard = next((e for e in reversed(events[:place]) if e.kind == journal.HEARD), None)
            return {"why": str(event.body["reason"]), **({} if heard is None else _asker(ledger, heard))}
    return {"why": "it answered before"}


def _asker(ledger: Ledger, heard: Recorded) -> dict[str, str]:
    """Who asked for what was heard, and the reason: from the wish or the choice that was read last."""
    kind, version = heard.body["event"]["kind"], heard.body["event"].get("version")
    if kind not in {"PromoteAsked", "RollbackAsked"}:
        return {}
    found = []
    for stream, person in ((ASKED, "by"), (VERSIONS, "who")):
        read = heard.body["read"].get(stream, 0)
        wishes = ledger.read_events(stream, since=read - 1, until=read) if read else []
        found += [(each, person) for each in wishes if each.subject == version and each.kind in ASKING]
    if not found:
        return {}
    wish, person = max(found, key=lambda each: each[0].at)
    return {"who": str(wish.body.get(person, "")), "reason": str(wish.body.get("reason", ""))}
