"""The journal of a live loop, as what was heard and what was decided then, to be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trimtab.errors import UsageError
from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.journal import DECIDED, DECLARED, HEARD, LOOP, rules_of
from trimtab.runtime.loop import Declared, State
from trimtab.runtime.verify import Heard, Verified, verify


def verify_live(ledger: Ledger, declared: Declared) -> Verified:
    """Repeat what a live loop heard since its rules last changed; raises UsageError when it goes by others now."""
    events = ledger.read_events(LOOP)
    places = [place for place, event in enumerate(events) if event.kind == DECLARED]
    if not places:
        return verify(())
    start = events[places[-1]]
    if start.body["rules"] != rules_of(declared):
        raise UsageError(
            "the declaration was changed since the loop last turned",
            do="let it turn once, or verify with the file as it was",
        )
    return verify(_heard(events[places[-1] + 1 :], declared), State.from_json(start.body["state"]))


def _heard(events: Sequence[Event], declared: Declared) -> Iterator[Heard]:
    """Each event that was heard, with the decisions that stand behind it."""
    for place, event in enumerate(events):
        if event.kind == HEARD:
            decisions = []
            for later in events[place + 1 :]:
                if later.kind == HEARD:
                    break
                if later.kind == DECIDED:
                    decisions.append(later.body)
            yield Heard(event.body["event"], tuple(decisions), declared, event.body["state"])
