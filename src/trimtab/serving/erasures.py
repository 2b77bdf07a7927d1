"""The journal of erasures: what was begun, what was finished, and since when the record is as it is."""

from __future__ import annotations

from collections.abc import Iterable

from trimtab.ports import Event, Ledger

ERASURES = "erasures"
"""The journal of tombstones: that something was erased, and how much, never what."""


def cut_short(ledger: Ledger) -> dict[str, str]:
    """The sources of erasures that were begun and not finished, with how far they are: "erasing" or "rebuilt"."""
    latest = {event.subject: event.kind for event in ledger.read_events(ERASURES)}
    return {source: kind for source, kind in latest.items() if kind != "erased"}


def note_rebuilt(ledger: Ledger, sources: Iterable[str], now: int) -> None:
    """Record that online features hold what is on record again; what was to be erased has to be named again."""
    ledger.append_events(ERASURES, [Event(now, "rebuilt", source, {}) for source in sources])


def latest_erasure(ledger: Ledger) -> int:
    """When facts were erased last, epoch microseconds; the beginning of time where none ever were."""
    done = (event for event in ledger.read_events(ERASURES) if event.kind == "erased")
    return max((event.at for event in done if _facts(event)), default=-(2**63))


def _facts(event: Event) -> bool:
    return any(stream.startswith("facts/") and count for stream, count in event.body["erased"].items())
