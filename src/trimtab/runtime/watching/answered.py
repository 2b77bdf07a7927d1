"""What people answered to incidents, taken over into the journal of windows so that the monitors hear of it in order."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.monitoring.incidents import INCIDENTS, Change
from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.calling import is_call
from trimtab.runtime.watching.windows import ANSWER

ENDING = ("benign", "fixed")


def noted_answers(ledger: Ledger, since: int, now: int) -> Iterator[Event]:
    """The answers on record from a place of the journal of incidents on, as events of the journal of windows."""
    events = ledger.read_events(INCIDENTS, since=since)
    for place, event in enumerate(events, since):
        incident = Change.from_event(event).incident
        answer: str | None = None
        if event.kind == "acknowledged":
            answer = incident.answer
        elif event.kind == "resolved" and incident.why in ENDING:
            answer = incident.why
        if answer is not None and not is_call(event):  # the monitors have nothing to learn from a call
            body = {"place": place, "answer": answer, "cause": incident.cause}
            yield Event(now, ANSWER, incident.id, body)
