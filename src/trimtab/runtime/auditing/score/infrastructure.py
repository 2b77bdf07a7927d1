"""Tests for infrastructure."""

from __future__ import annotations

from trimtab.evaluation.acceptances import day
from trimtab.ports import Event
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.auditing.score.shown import (
    AUTOMATIC,
    BY_HAND,
    OWN,
    Shown,
    Test,
    at_gate,
    gate_or_evaluation,
    missing,
    ran,
    worst,
)
from trimtab.runtime.live_loop.carrying import BY_LOOP
from trimtab.runtime.live_loop.routes import ACTIVATED, ROUTED


def _reproducible(record: OnRecord) -> Shown:
    """Two trainings as of one instant on the same rows must leave the same bytes."""
    seen: dict[tuple[object, ...], tuple[str, str]] = {}
    for name, version in record.versions.items():
        made = (version.as_of, version.dataset, version.provenance.get("recipe"))
        other, artifact = seen.setdefault(made, (name, version.artifact))
        if other != name:
            same = "the same bytes" if artifact == version.artifact else "other bytes"
            told = f"{other} and {name} learned the same rows, and are {same}"
            return Shown(BY_HAND, told, f"trimtab train {record.called} --as-of DATE")
    newest = record.newest
    when = "DATE" if newest is None else day(newest.as_of)
    why = "nothing was trained twice as of one instant"
    return missing(f"trimtab train {record.called} --as-of {when}, twice", why)


def _unit_tested(record: OnRecord) -> Shown:
    found = gate_or_evaluation(record, ("promise",), lambda body: worst(ran(body, "contracts")))
    loads = at_gate(record, "loads, and scores as it did")
    if found.points or loads is None:
        return found
    name, finding, _ = loads
    return Shown(BY_HAND, f"at the gate, {name}: {finding['what']}", f"trimtab history {record.called}")


def _integrated(record: OnRecord) -> Shown:
    command = f"trimtab replay {record.called}"
    if record.replay is None or not record.replay.policies:
        return missing(command, "no replay is on record")
    happened = [each.kind for each in record.replay.happened if each.subject == OWN]
    names = sorted(set(happened))
    counts = ", ".join(f"{happened.count(each)} {each}" for each in names)
    until = day(record.replay.policies[-1].at)
    told = f"the whole loop ran over the history until {until}" + (f": {counts}" if counts else "")
    return Shown(BY_HAND, told, command)


def _validated(record: OnRecord) -> Shown:
    passed = {each.subject for each in record.looked if each.body["verdict"] == "passed"}
    live = [each.subject for each in record.routes if each.kind == ACTIVATED]
    through = [name for name in dict.fromkeys(live) if name in passed]
    if through:
        told = f"{len(through)} of the {len(set(live))} versions that answered had passed the gate"
        return Shown(AUTOMATIC, told, f"trimtab history {record.called}")
    evaluated = {
        event.subject: event
        for event in record.evaluations
        for each in record.routes
        if each.kind == ACTIVATED and each.subject == event.subject and event.at <= each.at
    }
    if evaluated:
        name, event = next(reversed(evaluated.items()))
        told = f"{name} was evaluated before it answered, on {day(event.at)}"
        return Shown(BY_HAND, told, f"trimtab evaluate {record.called} {name}")
    why = "no version that answers was judged before"
    return missing(f"trimtab loop {record.called} --once", why)


def _debuggable(record: OnRecord) -> Shown:
    if not record.predictions:
        return missing(f"trimtab explain {record.called} ID", "no prediction is on record")
    told = f"{record.predictions:,} predictions are on record with their request, features and version"
    return Shown(BY_HAND, told, f"trimtab explain {record.called} ID")


def _canaried(record: OnRecord) -> Shown:
    canaries = [each for each in record.routes if each.kind == ROUTED]
    if canaries:
        last = canaries[-1]
        told = f"{last.subject} answered {last.body['share']:.0%} of the units first, on {day(last.at)}"
        return Shown(AUTOMATIC, told, f"trimtab history {record.called}")
    why = "no version has answered a share of the units first"
    return missing(f"trimtab serve {record.called}", why)


def _rolled_back(record: OnRecord) -> Shown:
    back = [each for each in record.decided if each.body["kind"] == "roll back"]
    command = f"trimtab rollback {record.called}"
    if back:
        asked = sum(each.kind == "roll back" for each in record.asked)
        last = back[-1]
        told = f"{last.subject} was rolled back on {day(last.at)}: {last.body['reason']}"
        return Shown(AUTOMATIC if len(back) > asked else BY_HAND, told, command)
    by_hand = [each for each in _returns(record) if each.body.get("by") != BY_LOOP]
    if by_hand:
        last = by_hand[-1]
        told = f"{last.subject} was let answer again by a person on {day(last.at)}"
        return Shown(BY_HAND, told, command)
    return missing(command, "no rollback is on record")


def _returns(record: OnRecord) -> list[Event]:
    """When a version was let answer again after another one had."""
    seen: list[str] = []
    found: list[Event] = []
    for event in record.routes:
        if event.kind == ACTIVATED:
            if event.subject in seen[:-1]:
                found.append(event)
            seen.append(event.subject)
    return found


INFRASTRUCTURE = (
    Test(1, "training is reproducible", _reproducible),
    Test(2, "model specifications are unit tested", _unit_tested),
    Test(3, "the pipeline is integration tested", _integrated),
    Test(4, "model quality is validated before serving", _validated),
    Test(5, "the model is debuggable, one example step by step", _debuggable),
    Test(6, "models are canaried before serving", _canaried),
    Test(7, "serving models can be rolled back", _rolled_back),
)
