"""The journal of closed windows, and what it comes down to: terms, windows and answers of people in, pages out.

Nothing but this journal decides: folded again it gives the same state and the same pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from trimtab.monitoring.explaining import About, page_finding
from trimtab.monitoring.incidents import Alert, Clear, cause_of
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.summary import InputSummary, OutcomeSummary
from trimtab.monitoring.watcher import State, Watcher
from trimtab.monitoring.watching import Closed, Page, acknowledge
from trimtab.ports import Event
from trimtab.runtime.watching.packing import Summaries, packed, unpacked

WINDOWS = "windows"
"""The journal of what was watched."""
TERMS, WINDOW, ANSWER = "terms", "window", "answer"


@dataclass(frozen=True)
class Terms:
    """By what windows are judged from now on.

    `version` answers; its evidence goes on from the terms before when `line` is the same. `rows` is the blob of the
    accepted rows, None where there are none. `since`: from when on its requests count. After a "benign" the rows
    begin at `benign_from`, and terms that have too few outcomes yet are made again. `paired`: the realised loss is
    compared with that of the weekly challenger on the same rows, else with that of the accepted period.
    """

    version: str
    line: str
    rows: str | None
    options: Mapping[str, Any]
    since: int
    benign_from: int | None = None
    paired: bool = False

    def to_event(self, at: int) -> Event:
        """The terms for the journal."""
        return Event(at, TERMS, self.version, asdict(self))


@dataclass(frozen=True)
class Happening:
    """What the monitors say to people, and the place in the journal of windows where they said it."""

    sequence: int
    signal: Alert | Clear


@dataclass(frozen=True)
class Waiting:
    """A window whose labels are not mature yet; they are at ripe_at."""

    start: int
    stop: int
    ripe_at: int


@dataclass(frozen=True, eq=False)
class Folded:
    """What the journal comes down to; watcher and state are None without a reference, `why` says why.

    `until` is the end of the last window, `windows` how many were taken in under these terms, `noted` the place in the
    journal of incidents up to which answers were taken in, `cause` that of the open page, `changed` whether terms were
    among what was folded.
    """

    sequence: int = 0
    terms: Terms | None = None
    watcher: Watcher | None = None
    state: State | None = None
    why: str = ""
    until: int | None = None
    windows: int = 0
    waiting: tuple[Waiting, ...] = ()
    left_out: Mapping[str, int] | None = None
    rows: int = 0
    noted: int = 0
    cause: str | None = None
    rebase: int | None = None
    changed: bool = False
    happenings: tuple[Happening, ...] = ()


Refer = Callable[[Terms], Reference | str]
"""Gives the reference of terms, or why there is none."""


def fold(events: Iterable[Event], refer: Refer, about: About, folded: Folded | None = None) -> Folded:
    """What events come down to, from their beginning or on top of what came before."""
    found = folded or Folded()
    for event in events:
        found = replace(_taken(found, event, refer, about), sequence=found.sequence + 1)
    return found


def window_event(
    start: int, stop: int, ripe_at: int, summaries: Summaries | None, rows: int, left_out: Mapping[str, int]
) -> Event:
    """One closed window for the journal; without a reference only its rows are counted."""
    body: dict[str, Any] = {"start": start, "stop": stop, "rows": rows}
    body |= {"left_out": dict(left_out)} if left_out else {}
    body |= {"ripe_at": ripe_at, "summaries": packed(summaries)} if summaries is not None else {}
    return Event(stop, WINDOW, "", body)


def ripe(folded: Folded, stop: int) -> tuple[Waiting, ...]:
    """The windows whose labels are mature at the end of the window that ends at stop, that one left out."""
    return tuple(each for each in folded.waiting if each.ripe_at <= stop)


def _taken(folded: Folded, event: Event, refer: Refer, about: About) -> Folded:
    match event.kind:
        case "terms":
            return _under(folded, Terms(**event.body), refer)
        case "answer":
            return _answered(folded, event)
        case "window":
            return _watched(folded, event.body, about)
    return folded


def _under(folded: Folded, terms: Terms, refer: Refer) -> Folded:
    """The terms change; evidence goes on within a line, and begins anew with another one."""
    reference = refer(terms)
    same = folded.terms is not None and folded.terms.line == terms.line
    changed = replace(folded, terms=terms, windows=0, rebase=None, why="", changed=True)
    if not same:
        changed = _ended(replace(changed, waiting=()))
    if isinstance(reference, str):
        return replace(_ended(changed), watcher=None, state=None, waiting=(), why=reference)
    watcher = Watcher(reference)
    going_on = same and folded.state is not None
    state = watcher.carry_over(folded.state) if going_on and folded.state else watcher.begin()
    if folded.terms is not None and folded.terms.paired != terms.paired:
        state = replace(state, outcomes=tuple(_without_realised(each) for each in state.outcomes))
    return replace(changed, watcher=watcher, state=state)


def _without_realised(outcome: OutcomeSummary) -> OutcomeSummary:
    """Matured rows without what was compared: a loss and a difference of losses are never told together."""
    kept = {name: part for name, part in outcome.parts.items() if name.partition(",")[0] != "realised"}
    return replace(outcome, parts=kept)


def _ended(folded: Folded) -> Folded:
    """No page is open any more, as the model that it was of does not answer."""
    if folded.cause is None:
        return folded
    signal = Clear(folded.cause, "another model answers", folded.until or 0)
    return replace(folded, cause=None, happenings=(*folded.happenings, Happening(folded.sequence, signal)))


def _answered(folded: Folded, event: Event) -> Folded:
    """A person answered the open page."""
    noted = replace(folded, noted=event.body["place"] + 1)
    state = folded.state
    if state is None or state.watching.open is None or event.body["cause"] != folded.cause:
        return noted
    watching, closed = acknowledge(state.watching, event.body["answer"], at=event.at)
    noted = replace(noted, state=replace(state, watching=watching))
    if closed is None:
        return noted
    return replace(noted, cause=None, rebase=closed.reference_from)


def _watched(folded: Folded, body: Mapping[str, Any], about: About) -> Folded:
    if folded.until is not None and body["start"] < folded.until:
        return folded  # written twice
    after = replace(
        folded,
        until=body["stop"],
        windows=folded.windows + 1,
        rows=body["rows"],
        left_out=body.get("left_out", {}),
    )
    if folded.watcher is None or folded.state is None or "summaries" not in body:
        return after
    inputs, outcomes = unpacked(body["summaries"])
    own = Waiting(body["start"], body["stop"], body["ripe_at"])
    done = {each.start for each in (*ripe(folded, own.stop),)}
    if own.ripe_at <= own.stop:
        done.add(own.start)
    waiting = tuple(each for each in (*folded.waiting, own) if each.start not in done)
    state, happened = folded.watcher.step(folded.state, inputs, outcomes)
    after = replace(after, state=state, waiting=waiting)
    return after if happened is None else _happened(after, happened, inputs, folded.watcher, about)


def _happened(
    folded: Folded, happened: Page | Closed, inputs: InputSummary, watcher: Watcher, about: About
) -> Folded:
    at = folded.until if folded.until is not None else inputs.start
    signal: Alert | Clear
    if isinstance(happened, Page) and folded.state is not None:
        kinds = (name.split(",")[0] for name, _ in happened.shares)
        # both tell of the loss that labels show; which of the two saw more of it must not make two matters of one
        one_matter = ("realised" if kind == "residual" else kind for kind in kinds)
        cause = cause_of(one_matter, _named(happened, folded.state))
        signal = Alert(cause, page_finding(watcher.reference, folded.state, happened, about), at)
    else:
        cause, signal = None, Clear(folded.cause or "", "recovered", at)
    told = Happening(folded.sequence, signal)
    return replace(folded, cause=cause, happenings=(*folded.happenings, told))


def _named(page: Page, state: State) -> str | None:
    """What stands out: the broken column, or the slice that carried most."""
    lead = page.shares[0][0]
    if lead == "breakage" and state.broken is not None and state.broken.gains:
        return state.broken.gains[0].column
    _, _, piece = lead.partition(", ")
    return piece or None
