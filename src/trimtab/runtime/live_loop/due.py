"""Whether a turn of the loop would find anything to do: a cheap look, so that a server need not turn for nothing."""

from __future__ import annotations

from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import BY_LOOP, VERSIONS
from trimtab.runtime.live_loop.gathering import INCIDENTS
from trimtab.runtime.live_loop.journal import LOOP, Memory, recall
from trimtab.runtime.live_loop.judging import last_midnight
from trimtab.units import minutes

GUARDED_EVERY = minutes(5)
"""How often the guards of a canary and of a new champion are looked at."""


class Due:
    """Looks at a record again and again; what was read once is not read again."""

    def __init__(self, ledger: Ledger, zone: str) -> None:
        self._ledger, self._zone = ledger, zone
        self._memory: Memory | None = None
        self._seen = 0
        self._guarded = 0

    def why(self, now: int, *, training: bool) -> str | None:
        """Why a turn is due; None when it is not. `training` says that a training is under way somewhere."""
        frontier = self._ledger.frontier(LOOP)
        if frontier != self._seen:
            self._memory, self._seen = recall(self._ledger, self._memory, self._seen), frontier
        memory = self._memory
        if memory is None:
            return "the loop begins"
        if memory.state.ticked is None or last_midnight(now, self._zone) > memory.state.ticked:
            return "a day has ended"
        for stream, what in ((ASKED, "a person asked"), (INCIDENTS, "an incident opened")):
            if self._ledger.frontier(stream) > memory.read[stream]:
                return what
        if any(_new(event) for event in self._ledger.read_events(VERSIONS, since=memory.read[VERSIONS])):
            return "a version came"
        if memory.state.training is not None and not training:
            return f"{memory.state.training} is to be trained"
        return self._guarding(memory, now)

    def _guarding(self, memory: Memory, now: int) -> str | None:
        released = memory.state.release
        if released is None or now - self._guarded < GUARDED_EVERY.microseconds:
            return None
        if released.watch is None and not any(each.stage == "canary" for each in released.candidates):
            return None
        self._guarded = now
        return "guards are to be looked at"


def _new(event: Event) -> bool:
    """Whether somebody else than the loop put it there."""
    chosen = event.kind == "activated" and event.body.get("why") != "start"
    return event.body.get("by") != BY_LOOP and (event.kind == "trained" or chosen)
