"""From event to event: who is tried next, who serves, who goes. Pure, and the same event twice changes nothing more.

A *refresh* (the accepted recipe on newer data) goes gate, canary, champion; labels judge it afterwards, in the reverse
shadow. A *change* goes gate, shadow, canary, champion. One of each may be under way. A newer one takes the place of one
that has not started; of a change in shadow, the newer fit goes on with the evidence of its recipe.
"""

from __future__ import annotations

from dataclasses import replace

from trimtab.declare.releasing import Release
from trimtab.release.events import (
    Approved,
    Call,
    CanaryJudged,
    Command,
    Decision,
    Declined,
    Event,
    Gate,
    Gated,
    PromoteAsked,
    Registered,
    Retire,
    ReverseJudged,
    RollbackAsked,
    Route,
    Shadow,
    ShadowJudged,
    Tick,
    Trouble,
)
from trimtab.release.state import Candidate, Kind, State
from trimtab.release.turn import Turn
from trimtab.stats.sequence import PASSING
from trimtab.units import Duration, days

CALMED = days(1)
"""A champion that had no trouble for so long is not the same trouble any more: people are called again."""

Step = tuple[State, tuple[Command, ...], tuple[Decision, ...]]


def step(state: State, event: Event, declared: Release) -> Step:
    """The next state, the commands to carry out, and the decisions to record.

    >>> from trimtab.release.state import start
    >>> state, _, _ = step(start(Release()), Registered(1, "v1", "weekly"), Release())
    >>> step(state, Gated(2, "v1", passed=True), Release())[1]
    (Promote(version='v1', replaces=None, at=2),)
    """
    turn = _settled(_heard(Turn(_budgeted(state, declared), event.at, declared), event))
    return turn.state, turn.commands, turn.decisions


def _budgeted(state: State, declared: Release) -> State:
    """With the budgets that are declared now: what was spent stays spent, what comes is spent of these."""
    promotions = state.promotions.declared(declared.harmful_promotions_per_year)
    rollbacks = state.rollbacks.declared(declared.false_rollbacks_per_year)
    if promotions is state.promotions and rollbacks is state.rollbacks:
        return state
    return replace(state, promotions=promotions, rollbacks=rollbacks)


def _heard(turn: Turn, event: Event) -> Turn:
    """What follows from evidence and from the clock."""
    match event:
        case Tick():
            return _ticked(turn)
        case Registered():
            return _registered(turn, event)
        case Gated():
            return _gated(turn, event)
        case ShadowJudged():
            return _shadow_judged(turn, event)
        case CanaryJudged():
            return _canary_judged(turn, event)
    return _called(turn, event)


def _called(
    turn: Turn, event: ReverseJudged | Trouble | Approved | Declined | PromoteAsked | RollbackAsked
) -> Turn:
    """What follows from harm after a promotion, and from what a person asks for."""
    match event:
        case ReverseJudged():
            return _reverse_judged(turn, event)
        case Trouble():
            return _troubled(turn, event)
    return _asked(turn, event)


def _asked(turn: Turn, event: Approved | Declined | PromoteAsked | RollbackAsked) -> Turn:
    """What follows from what a person asks for."""
    match event:
        case Approved():
            return _approved(turn, event)
        case Declined():
            return _declined(turn, event)
        case PromoteAsked():
            return _promote_asked(turn, event)
    if event.version != turn.state.champion:
        return turn
    return turn.roll_back("a person asked for it", automatic=False).remember(frozen=False)


def _registered(turn: Turn, event: Registered) -> Turn:
    state = turn.state
    if event.version in state.versions:
        return turn
    turn = turn.remember(versions={**state.versions, event.version: event.recipe})
    until = max((end for recipe, end in state.resting if recipe == event.recipe), default=-1)
    if event.at < until:
        return turn.say("refuse", event.version, "its recipe rests after a rollback", {"until": until})
    kind: Kind = "change" if event.recipe != state.recipe else "refresh"
    if state.champion is None:
        kind = "first"
    for each in state.candidates:
        if each.kind == kind and not each.started:
            turn = turn.drop(each.version, "supersede", f"{event.version} is newer")
    account, alpha = state.promotions.spend(event.version, event.at)
    turn = turn.remember(promotions=account)
    turn = turn.put(Candidate(event.version, event.recipe, kind, alpha, event.at))
    turn = turn.order(Gate(event.version, event.at))
    return turn.say("try", event.version, f"a {kind}, to the gate", {"alpha": alpha, "spent": account.total})


def _gated(turn: Turn, event: Gated) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is None or candidate.stage != "gate" or event.at <= candidate.looked:
        return turn
    if not event.passed:
        return turn.drop(event.version, "refuse", event.reason or "the gate blocks", event.numbers)
    turn = turn.put(replace(candidate, stage="queued", since=event.at, looked=event.at))
    return turn.say("pass", event.version, event.reason or "through the gate", event.numbers)


def _shadow_judged(turn: Turn, event: ShadowJudged) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is None or candidate.stage != "shadow" or event.at <= candidate.looked:
        return turn
    heard = replace(candidate, looked=event.at)
    ripe = Duration(event.at - candidate.since) >= turn.declared.shadow
    if event.verdict in PASSING and ripe:
        turn = turn.put(replace(heard, stage="ready", since=event.at))
        return turn.say("pass", event.version, f"{event.verdict} in shadow", event.numbers)
    if event.verdict in {"worse", "undecided"}:
        return turn.drop(event.version, "refuse", f"{event.verdict} in shadow", event.numbers)
    return turn.put(heard).say("wait", event.version, "in shadow", event.numbers)


def _canary_judged(turn: Turn, event: CanaryJudged) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is None or candidate.stage != "canary" or event.at <= candidate.looked:
        return turn
    if event.share != turn.declared.canary[candidate.share]:  # of an earlier stage
        return turn
    heard, numbers = replace(candidate, looked=event.at), {"share": event.share, **event.numbers}
    match event.verdict:
        case "stop":
            turn = turn.drop(event.version, "stop", "a guard of the canary", numbers).bar(event.version)
        case "undecided":
            turn = turn.drop(event.version, "refuse", "undecided in canary", numbers)
        case "advance":
            turn = _next_share(turn, heard).say("pass", event.version, "a stage of the canary", numbers)
        case "hold" if not candidate.held:
            turn = turn.put(replace(heard, held=True)).order(
                Call(f"{event.version} is held in its canary", turn.at)
            )
            turn = turn.say("hold", event.version, "a person has to look", numbers)
        case _:
            turn = turn.put(heard).say("wait", event.version, f"{event.verdict} in canary", numbers)
    return turn


def _next_share(turn: Turn, candidate: Candidate) -> Turn:
    share = candidate.share + 1
    if share == len(turn.declared.canary):
        return turn.put(replace(candidate, stage="passed", since=turn.at))
    turn = turn.put(replace(candidate, share=share, since=turn.at, held=False))
    return turn.order(Route(candidate.version, turn.declared.canary[share], turn.at))


def _reverse_judged(turn: Turn, event: ReverseJudged) -> Turn:
    open_ = turn.state.watches
    watch = next((each for each in open_ if event.anchor in {"", each.anchor}), None)
    if watch is None or event.version != turn.state.champion or event.at <= watch.looked:
        return turn
    looked = replace(watch, looked=event.at)
    turn = turn.remember(watches=tuple(looked if each is watch else each for each in open_))
    if event.verdict == "worse":
        why = f"worse than {watch.anchor} by labels"
        return turn.roll_back(why, automatic=True, to=watch.anchor, numbers=event.numbers)
    return _ticked(turn) if event.verdict == "kept" else turn


def _troubled(turn: Turn, event: Trouble) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is not None and candidate.started:
        return turn.drop(event.version, "stop", event.what).bar(event.version)
    if event.version != turn.state.champion or event.at <= turn.state.troubled:
        return turn
    if Duration(event.at - turn.state.troubled) >= CALMED:
        turn = turn.remember(helpless=None)
    return turn.remember(troubled=event.at).roll_back(event.what, automatic=True)


def _approved(turn: Turn, event: Approved) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is None or event.step in candidate.approved:
        return turn
    awaiting = None if candidate.awaiting == event.step else candidate.awaiting
    turn = turn.put(replace(candidate, approved=(*candidate.approved, event.step), awaiting=awaiting))
    return turn.say("approve", event.version, f"a person approved: {event.step}")


def _declined(turn: Turn, event: Declined) -> Turn:
    candidate = turn.state.candidate(event.version)
    if candidate is None or candidate.awaiting != event.step:
        return turn
    return turn.drop(event.version, "decline", f"a person declined: {event.step}")


def _promote_asked(turn: Turn, event: PromoteAsked) -> Turn:
    state = turn.state
    if event.version == state.champion:
        return turn.remember(frozen=False)
    if event.version not in state.versions or event.version in state.quarantined:
        why = "it is in quarantine" if event.version in state.quarantined else "there is no such version"
        return turn.say("refuse", event.version, why)
    return turn.promote(event.version, "a person asked for it").remember(frozen=False)


def _ticked(turn: Turn) -> Turn:
    for each in turn.state.candidates:
        late = Duration(turn.at - each.since) >= turn.declared.deadline
        if late and (each.awaiting is not None or each.stage in {"gate", "shadow", "canary"}):
            where = f"approval of {each.awaiting}" if each.awaiting else each.stage
            turn = turn.drop(each.version, "refuse", f"no answer by the deadline: {where}")
    for watch in turn.state.watches:
        if turn.at >= watch.until:
            kept = tuple(each for each in turn.state.watches if each is not watch)
            turn = turn.remember(watches=kept).order(Retire(watch.anchor, turn.at))
            told = f"not surely worse than {watch.anchor} while watched"
            turn = turn.say("keep", turn.state.champion or "", told)
    return turn


def _settled(turn: Turn) -> Turn:
    """Let every candidate take the step that is open to it, in the order in which they came, until none is.

    A step of a later one may open one to an earlier one: a promotion ends a canary.
    """
    before = None
    while turn is not before:
        before = turn
        for version in [each.version for each in turn.state.candidates]:
            candidate = turn.state.candidate(version)
            wanted = None if candidate is None or turn.state.frozen else _wanted(turn, candidate)
            if candidate is not None and wanted is not None:
                turn = _taken(turn, candidate, wanted)
    return turn


def _wanted(turn: Turn, candidate: Candidate) -> str | None:
    """The step that is open to a candidate, None when it has to wait."""
    others = [each for each in turn.state.candidates if each is not candidate]
    if candidate.stage == "passed" or (candidate.stage == "queued" and candidate.kind == "first"):
        return "promotion"
    if candidate.stage == "queued" and candidate.kind == "change":
        free = all(each.kind != "change" or not each.started or _heir(candidate, each) for each in others)
        return "shadow" if free else None
    if candidate.stage in {"queued", "ready"}:
        if not turn.declared.canary:
            return "promotion"
        return None if any(each.stage in {"canary", "passed"} for each in others) else "canary"
    return None


def _heir(candidate: Candidate, other: Candidate) -> bool:
    """True when a candidate is a newer fit of the recipe that is in shadow."""
    return other.recipe == candidate.recipe and other.stage == "shadow"


def _taken(turn: Turn, candidate: Candidate, wanted: str) -> Turn:
    if wanted in turn.declared.approval and wanted not in candidate.approved:
        if candidate.awaiting == wanted:
            return turn
        told = f"{candidate.version} waits for approval: {wanted}"
        turn = turn.put(replace(candidate, awaiting=wanted, since=turn.at))
        return turn.order(Call(told, turn.at)).say("ask", candidate.version, told)
    if wanted == "promotion":
        return turn.promote(candidate.version, f"replaces {turn.state.champion or 'nothing'}")
    if wanted == "shadow":
        return _shadowed(turn, candidate)
    share = turn.declared.canary[0]
    turn = turn.put(replace(candidate, stage="canary", since=turn.at))
    turn = turn.order(Route(candidate.version, share, turn.at))
    return turn.say("canary", candidate.version, "answers its first units", {"share": share})


def _shadowed(turn: Turn, candidate: Candidate) -> Turn:
    older = next((each for each in turn.state.candidates if _heir(candidate, each)), None)
    since = turn.at
    if older is not None:
        since = older.since
        turn = turn.drop(
            older.version, "supersede", f"{candidate.version} goes on with its recipe's evidence"
        )
    turn = turn.put(replace(candidate, stage="shadow", since=since))
    return turn.order(Shadow(candidate.version, turn.at)).say(
        "shadow", candidate.version, "scores beside the champion"
    )
