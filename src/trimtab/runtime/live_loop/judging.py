"""What the loop measures by itself: at midnight what triggers and shadows show, at any time the gate and the guards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trimtab.declare.days import DAY, midnights
from trimtab.finding import Severity
from trimtab.ports import Event
from trimtab.release import events as release
from trimtab.release.state import Candidate
from trimtab.runtime.history import ROW_NUMBER, identity
from trimtab.runtime.live_loop import canarying, comparing, journal, suite
from trimtab.runtime.live_loop.arms import Split, arms_of
from trimtab.runtime.live_loop.challenging import reads_challenger
from trimtab.runtime.live_loop.cohorts import close_days
from trimtab.runtime.live_loop.going import Going
from trimtab.runtime.live_loop.measuring import measured, reads_skill
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.loop import Tick
from trimtab.stats import UnitTotals


def tick(going: Going) -> None:
    """The last local midnight, once; what is known by then is what triggers may look at, and what shadows are judged by."""
    at = last_midnight(going.now, going.means.system.zone)
    if going.state.ticked is None or at > going.state.ticked:
        past = Past(going.means, at)
        if identity(going.means.system) != (ROW_NUMBER,):
            retrain = going.declared.retrain
            close_days(past, served=reads_skill(retrain), challenged=reads_challenger(retrain))
        going.take(Tick(at, measured(past, going.state, going.declared.retrain)))
    if going.state.ticked is not None:
        _compared(going, going.state.ticked)


def last_midnight(now: int, zone: str) -> int:
    """The latest local midnight at or before an instant."""
    return int(midnights(now - 2 * DAY, now + 1, zone)[-1])


def _compared(going: Going, at: int) -> None:
    """Once a day: what ripe days say of shadows; whoever was looked at since that midnight is left alone."""
    released, rules = going.state.release, going.declared.release
    if released is None or rules is None:
        return
    ledger, system = going.means.ledger, going.means.system
    for each in released.candidates:
        if each.stage == "shadow" and max(each.looked, each.since) < at:
            going.take(comparing.judged_shadow(ledger, system, rules, each, released.versions, at))
    champion = released.champion
    for watch in released.watches:
        if champion is not None and max(watch.looked, watch.since) < at:
            going.take(comparing.judged_reverse(ledger, system, rules, watch, champion, at))


def judge(going: Going) -> None:
    """What can be told at any time: the gate of new candidates, guards of a canary, sudden failures."""
    released, rules = going.state.release, going.declared.release
    if released is None or rules is None:
        return
    means = going.means
    if released.watch is not None and released.champion is not None:
        trouble = canarying.sudden_trouble(means.ledger, released.champion, going.now)
        if trouble is not None:
            going.take(trouble)
    past = Past(means, going.now)
    while (each := _next_at_gate(going)) is not None:
        _gate(going, past, each)
    for each in going.state.release.candidates if going.state.release else ():
        if each.stage == "canary":
            numbers = not hasattr(means.system.model.learner, "predict_proba")
            slow = means.slow_microseconds
            going.take(
                canarying.judged_canary(
                    means.ledger,
                    rules,
                    each,
                    going.now,
                    slow=slow,
                    numbers=numbers,
                    losses=_losses(going, each, rules.canary[each.share]),
                )
            )


def _losses(going: Going, candidate: Candidate, share: float) -> Mapping[str, UnitTotals] | None:
    """What the arms of a canary lost, once a day and not before a label of theirs can be mature."""
    midnight = last_midnight(going.now, going.means.system.zone)
    ripe = candidate.since + going.means.system.model.label.matures_after.microseconds
    if max(candidate.looked, ripe) >= midnight or identity(going.means.system) == (ROW_NUMBER,):
        return None
    return arms_of(Past(going.means, midnight), Split(candidate.version, share), candidate.since).losses


def _next_at_gate(going: Going) -> Candidate | None:
    """The first candidate at the gate that was not looked at since the last midnight."""
    released = going.state.release
    for each in released.candidates if released is not None else ():
        if each.stage == "gate" and not _waits(going, each):
            return each
    return None


def _waits(going: Going, candidate: Candidate) -> bool:
    looked = _looked(going, candidate)
    return looked is not None and looked.body["verdict"] == "waiting"


def _looked(going: Going, candidate: Candidate) -> Event | None:
    """The look of this day at a candidate, since it came to the gate."""
    day = last_midnight(going.now, going.means.system.zone)
    for event in reversed(going.means.ledger.read_events(journal.LOOP)):
        mine = event.kind == journal.LOOKED and event.subject == candidate.version
        if mine and event.body["since"] == candidate.since and event.at >= day:
            return event
    return None


def _gate(going: Going, past: Past, candidate: Candidate) -> None:
    """Look at a candidate, with the findings on record before anything follows from them; one that waits goes on."""
    event = _looked(going, candidate)
    if event is None:
        found = suite.look(past, candidate, going.declared)
        told = [finding.to_json() for finding in found.findings]
        body = {"verdict": found.verdict, "since": candidate.since, "findings": told}
        event = Event(going.now, journal.LOOKED, candidate.version, body)
        going.means.ledger.append_events(journal.LOOP, [event])
    if event.body["verdict"] != "waiting":
        reason = "; ".join(_telling(event))
        passed = event.body["verdict"] == "passed"
        going.take(release.Gated(going.now, candidate.version, passed=passed, reason=reason))


def _telling(event: Event) -> Iterator[str]:
    """The findings that decided: those that block, or the one on the champion."""
    findings = event.body["findings"]
    blocking = [each["what"] for each in findings if each["severity"] == str(Severity.ACT)]
    compared = [each["what"] for each in findings if "compare" in each["what"] or "champion" in each["what"]]
    yield from blocking or compared[:1] or [findings[0]["what"]]
