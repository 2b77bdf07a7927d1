"""What the loop is about, as verdicts for the status of a system: who answers, who is on the way, what comes next."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.declare.system import System
from trimtab.declare.triggers import Every
from trimtab.finding import Finding, Severity
from trimtab.ports import Event, Ledger
from trimtab.release.state import Candidate
from trimtab.release.state import State as Released
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.challenging import CHALLENGERS, FITTED
from trimtab.runtime.live_loop.gathering import failures
from trimtab.runtime.live_loop.journal import LOOKED, LOOP, Memory, recall
from trimtab.runtime.live_loop.routes import table
from trimtab.runtime.live_loop.told import shown
from trimtab.units import Duration, days

LATE = days(2)
"""A loop that has not turned for so long does not run."""


def loop_findings(ledger: Ledger, now: int, system: System | None = None) -> tuple[Finding, ...]:
    """What the loop says of itself as of `now`; with the system, also when the next training is due."""
    memory = recall(ledger)
    if memory is None:
        do = "trimtab serve SYSTEM, or trimtab loop SYSTEM --once"
        return (Finding("the loop has never run", Severity.INFO, action=do),)
    found = [*_running(memory, now), *_training(memory, ledger), *_asked(memory, ledger)]
    found += _challenger(ledger)
    if memory.state.release is not None:
        found += _released(memory.state.release, ledger, now)
    return (*found, *_next(memory, system))


def _running(memory: Memory, now: int) -> Iterator[Finding]:
    ticked = memory.state.ticked
    if ticked is not None and Duration(now - ticked) > LATE:
        what = f"the loop has not turned since {shown(ticked)}"
        yield Finding(
            what, Severity.WATCH, since=ticked, action="serve it, or run: trimtab loop SYSTEM --once"
        )


def _training(memory: Memory, ledger: Ledger) -> Iterator[Finding]:
    if memory.state.training is not None:
        yield Finding(f"{memory.state.training} is being trained", Severity.INFO)
    ended = failures(ledger)
    if ended:
        name, problem = next(reversed(ended.items()))
        latest = [e for e in ledger.read_events(VERSIONS) if e.kind == "trained"]
        if name not in {event.subject for event in latest}:
            yield Finding(
                f"the training of {name} failed: {problem}", Severity.WATCH, action="trimtab check SYSTEM"
            )


def _challenger(ledger: Ledger) -> Iterator[Finding]:
    """The newest challenger, which never answers, or why there is none."""
    events = ledger.read_events(CHALLENGERS)
    if events and events[-1].kind == FITTED:
        body = events[-1].body
        what = f"challenger {body['name']}, of {shown(body['as_of'])}, is compared with the champion"
        yield Finding(what, Severity.INFO)
    elif events:
        latest = events[-1]
        what = f"the fit of challenger {latest.subject} failed: {latest.body['problem']}"
        yield Finding(what, Severity.WATCH, since=latest.at, action="trimtab check SYSTEM")


def _asked(memory: Memory, ledger: Ledger) -> Iterator[Finding]:
    for event in ledger.read_events(ASKED, since=memory.read[ASKED]):
        yield Finding(f"asked to {event.kind} {event.subject}; the loop has not turned yet", Severity.INFO)


def _released(released: Released, ledger: Ledger, now: int) -> Iterator[Finding]:
    found = table(ledger.read_events(VERSIONS))
    if released.champion is not None and released.champion != found.champion:
        what = f"{released.champion} should answer and cannot; {found.champion or 'no version'} does"
        yield Finding(what, Severity.ACT, action="trimtab history SYSTEM")
    if released.frozen:
        what = "releases are frozen after two automatic rollbacks"
        yield Finding(what, Severity.ACT, action="find the cause, then: trimtab promote SYSTEM VERSION")
    for each in released.candidates:
        yield _candidate(each, ledger, now)
    for watch in released.watches:
        yield Finding(f"{watch.anchor} watches {released.champion} until {shown(watch.until)}", Severity.INFO)


def _candidate(each: Candidate, ledger: Ledger, now: int) -> Finding:
    if each.awaiting is not None:
        what = f"{each.version} waits for approval: {each.awaiting}"
        do = f"trimtab approve SYSTEM {each.version}"
        return Finding(what, Severity.WATCH, since=each.since, action=do)
    if each.held:
        do = f"trimtab promote SYSTEM {each.version}, or train another"
        return Finding(f"{each.version} is held in its canary", Severity.WATCH, since=each.since, action=do)
    passed = Duration(now - each.since)
    why = _why_waiting(each, ledger)
    return Finding(
        f"{each.version}, a {each.kind}, is at: {each.stage}, for {passed // days(1)} days{why}",
        Severity.INFO,
    )


def _why_waiting(each: Candidate, ledger: Ledger) -> str:
    if each.stage != "gate":
        return ""
    looked: list[Event] = [
        e for e in ledger.read_events(LOOP) if e.kind == LOOKED and e.subject == each.version
    ]
    causes = [f["cause"] for f in looked[-1].body["findings"] if f["severity"] == "NOT RUN"] if looked else []
    return f" ({causes[0]})" if causes else ""


def _next(memory: Memory, system: System | None) -> Iterator[Finding]:
    if system is None or memory.state.training is not None:
        return
    when, last = system.retrain.when, memory.state.last_attempt
    if isinstance(when, Every) and last is not None:
        due = last + when.period.microseconds
        yield Finding(f"next training: {shown(due)} ({when})", Severity.INFO)
    else:
        yield Finding(f"next training: {when}", Severity.INFO)
