"""A whole pass: close what has ended, tell people, note the verdicts. It may be cut short anywhere, and run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trimtab.declare.system import System
from trimtab.finding import Finding, Severity
from trimtab.monitoring.explaining import About
from trimtab.monitoring.verdicts import verdicts
from trimtab.ports import Event, Ledger
from trimtab.runtime.delivery import Sink, deliver
from trimtab.runtime.live_loop.calling import call_people
from trimtab.runtime.live_loop.challenging import wants_challenger
from trimtab.runtime.watching.answered import noted_answers
from trimtab.runtime.watching.caching import keep
from trimtab.runtime.watching.live import Place, due, look, told_of
from trimtab.runtime.watching.telling import judged, latest_verdicts, note_verdicts, tell
from trimtab.runtime.watching.windows import WINDOWS, Folded


@dataclass(frozen=True)
class Passed:
    """What came of a pass: windows closed, what the monitors and the incidents say, and what was sent."""

    windows: int
    findings: tuple[Finding, ...]
    sent: tuple[Finding, ...]


def run_pass(place: Place, sinks: Sequence[Sink], now: int, *, file: str | None = None) -> Passed:
    """Close every window that has ended, put pages and verdicts on record, and send what is due; `now` in microseconds."""
    ledger, before = place.ledger, _windows(place)
    latest = latest_verdicts(ledger)
    if latest is None or _behind(place, latest, now):
        folded = look(place, now)
        tell(ledger, folded.happenings, now)
        if folded.sequence > (0 if latest is None else latest.body["windows"]):
            cache = _cache(place, folded, None if latest is None else latest.body["cache"])
            note_verdicts(ledger, folded, _said(place.system, folded, told_of(place)), now, cache)
    sent = told_on(place.system, ledger, sinks, now, file=file)
    return Passed(_windows(place) - before, judged(ledger, now), sent)


def told_on(
    system: System, ledger: Ledger, sinks: Sequence[Sink], now: int, *, file: str | None = None
) -> tuple[Finding, ...]:
    """Put calls for a person and reminders on record and send what is due; nothing is folded."""
    call_people(ledger, now, file=file)
    tell(ledger, (), now)
    return deliver(ledger, sinks, now, system=system.name, file=file)


def _behind(place: Place, latest: Event, now: int) -> bool:
    """Whether there is anything that the latest verdicts do not know of."""
    if latest.body["windows"] < _windows(place) or due(place.system, place.ledger, place.served, now):
        return True
    return any(noted_answers(place.ledger, latest.body["noted"], now))


def _windows(place: Place) -> int:
    """How many events the journal of windows has."""
    return place.ledger.frontier(WINDOWS)


def _cache(place: Place, folded: Folded, before: str | None) -> str | None:
    """A new short cut where terms have changed since the last one, else that one."""
    return keep(folded, place.blobs) if folded.changed or before is None else before


def _said(system: System, folded: Folded, about: About) -> tuple[Finding, ...]:
    """Everything that is known of the model at the end of the last window."""
    if folded.terms is None:
        return ()
    if folded.watcher is None or folded.state is None:
        return (Finding("the model is not watched", Severity.NOT_RUN, cause=folded.why),)
    found = verdicts(folded.watcher.reference, folded.state, about)
    return (*found, *_compared(system, folded), _counted(folded))


def _compared(system: System, folded: Folded) -> Iterator[Finding]:
    """What realised loss is compared with, where a challenger is wanted."""
    terms = folded.terms
    if terms is None or not wants_challenger(system):
        return
    what = "realised loss is compared with that of the weekly challenger"
    if not terms.paired:
        why = (
            "no challenger is on record that answers the same"
            if terms.benign_from is None
            else "it was called benign"
        )
        what = f"realised loss is compared with the accepted period: {why}"
    yield Finding(what, Severity.INFO)


def _counted(folded: Folded) -> Finding:
    """How many answers the last window had, and what was left out of it."""
    left_out = ", ".join(f"{count:,} {what}" for what, count in sorted((folded.left_out or {}).items()))
    more = f"; left out: {left_out}" if left_out else ""
    return Finding(f"{folded.rows:,} answers in the last window{more}", Severity.INFO)
