"""The next state, what to do, and what to write down: from state, event and declaration alone.

The same event twice changes nothing more. Every decision carries the numbers that it saw, also "not now".
"""

from __future__ import annotations

from dataclasses import replace

from trimtab.release import events as release
from trimtab.release import machine
from trimtab.release.events import Decision, Numbers
from trimtab.retrain.seen import Seen
from trimtab.retrain.triggers import judge
from trimtab.retrain.windows import selection
from trimtab.runtime.loop.events import Command, Event, IncidentOpened, Tick, Train, Trained
from trimtab.runtime.loop.state import Declared, State
from trimtab.units import days

Step = tuple[State, tuple[Command, ...], tuple[Decision, ...]]

RETRY_AFTER = days(1)
"""How long after a failed attempt at a first model the next one comes, whatever the triggers."""


def step(state: State, event: Event, declared: Declared) -> Step:
    """The next state, the commands to carry out, and the decisions to record.

    Commands may be carried out twice, as after a crash: the loop's memory, not theirs, says what comes of them.

    >>> from trimtab.declare.policy import Retrain
    >>> state, commands, _ = step(State(), Tick(0), Declared(Retrain()))
    >>> commands[0].version, step(state, Trained(5, "v1"), Declared(Retrain()))[0].champion
    ('v1', 'v1')
    """
    match event:
        case Tick():
            return _ticked(state, event, declared)
        case IncidentOpened():
            return _opened(state, event), (), ()
        case Trained():
            return _trained(state, event, declared)
    return _released(state, event, declared)


def outstanding(state: State, declared: Declared) -> tuple[Command, ...]:
    """What was ordered and not yet answered: what to carry out again after a restart, at the last tick's instant.

    Promotions are not among them: the champion and the shares in the state say who answers.

    >>> from trimtab.declare.policy import Retrain
    >>> outstanding(step(State(), Tick(0), Declared(Retrain()))[0], Declared(Retrain()))[0].version
    'v1'
    """
    orders: list[Command] = []
    if state.training is not None and state.training_as_of is not None:
        orders.append(_order(state.training, state.training_as_of, declared))
    if state.release is None or declared.release is None:
        return tuple(orders)
    for each in state.release.candidates:
        if each.stage == "gate":
            orders.append(release.Gate(each.version, each.since))
        elif each.stage == "shadow":
            orders.append(release.Shadow(each.version, each.since))
        elif each.stage == "canary":
            orders.append(release.Route(each.version, declared.release.canary[each.share], each.since))
    orders.extend(release.Shadow(each.anchor, each.since) for each in state.release.watches)
    return tuple(orders)


def _ticked(state: State, event: Tick, declared: Declared) -> Step:
    if state.ticked is not None and event.at <= state.ticked:
        return state, (), ()
    state = replace(state, ticked=event.at)
    state, commands, decisions = _released(state, release.Tick(event.at), declared)
    state, orders, made = _considered(state, event, declared)
    return state, (*commands, *orders), (*decisions, *made)


def _considered(state: State, event: Tick, declared: Declared) -> Step:
    """Train or not: the first model at once, later ones when a trigger is due and nothing stands in the way."""
    if state.last_attempt is None:
        return _start(state, event.at, declared, "the first model", {})
    if _without_model(state, event.at):
        return _start(state, event.at, declared, "no version serves, a day after the last attempt", {})
    seen = Seen(state.last_attempt, len(state.incidents), event.measured)
    due = judge(declared.retrain.when, seen, event.at)
    obstacle = _obstacle(state, event.at, declared)
    if obstacle is not None:
        return state, (), (Decision(event.at, "train", "not now", obstacle, due.numbers),)
    if due.due:
        return _start(state, event.at, declared, due.reason, due.numbers)
    kind = "notice" if due.notify else "train"
    return state, (), (Decision(event.at, kind, "not now", due.reason, due.numbers),)


def _without_model(state: State, now: int) -> bool:
    """Whether there is still no first model, none under way, and the last attempt a day ago: no trigger asks for one."""
    last, released = state.last_attempt, state.release
    if state.champion is not None or state.training is not None or last is None:
        return False
    under_way = released is not None and (released.frozen or bool(released.candidates))
    return not under_way and now - last >= RETRY_AFTER.microseconds


def _obstacle(state: State, now: int, declared: Declared) -> str | None:
    """Why a training would be for nothing, None when it would not."""
    if state.training is not None:
        return f"{state.training} is still in training"
    if state.release is None:
        return None
    if state.release.frozen:
        return "releases are frozen until a person decides"
    resting = any(recipe == declared.recipe and now < until for recipe, until in state.release.resting)
    return "its recipe rests after a rollback" if resting else None


def _start(state: State, now: int, declared: Declared, reason: str, numbers: Numbers) -> Step:
    number = state.trained + 1
    version = f"v{number}"
    after = replace(
        state, last_attempt=now, training=version, training_as_of=now, trained=number, incidents=()
    )
    order = _order(version, now, declared)
    return after, (order,), (Decision(now, "train", version, reason, numbers),)


def _order(version: str, as_of: int, declared: Declared) -> Train:
    return Train(version, as_of, selection(declared.retrain.window, as_of), declared.recipe)


def _opened(state: State, event: IncidentOpened) -> State:
    """An incident counts once, and not against a version that was asked for after it."""
    known = event.incident in state.incidents
    if known or (state.last_attempt is not None and event.at <= state.last_attempt):
        return state
    return replace(state, incidents=(*state.incidents, event.incident))


def _trained(state: State, event: Trained, declared: Declared) -> Step:
    ordered = event.version == state.training
    if ordered:
        state = replace(state, training=None, training_as_of=None)
    if event.problem is not None:
        kept = f"{state.champion} goes on" if state.champion else "no version serves"
        decision = Decision(event.at, "refuse", event.version, f"{event.problem}; {kept}")
        return state, (), (decision,) if ordered else ()
    if state.release is not None:
        if not ordered and event.version not in state.release.versions:
            state = _foreign(state, event)
        return _released(state, release.Registered(event.at, event.version, event.recipe), declared)
    if not ordered:
        return state, (), ()
    promotion = release.Promote(event.version, state.champion, event.at)
    decision = Decision(event.at, "promote", event.version, f"replaces {state.champion or 'nothing'}")
    return replace(state, champion=event.version), (promotion,), (decision,)


def _foreign(state: State, event: Trained) -> State:
    """A version that a person trained: an attempt like any other, whose name is not given again."""
    attempt = max(state.last_attempt or 0, event.at)
    return replace(state, last_attempt=attempt, trained=max(state.trained, _number(event.version)))


def _number(version: str) -> int:
    """The number of a version, so that no later one takes its name; 0 for a name of another form."""
    digits = version.removeprefix("v")
    return int(digits) if digits.isdecimal() else 0


def _released(state: State, event: release.Event, declared: Declared) -> Step:
    """Let the release machine take an event in; a rollback counts as an attempt to learn from the same data."""
    if state.release is None or declared.release is None:
        return state, (), ()
    after, commands, decisions = machine.step(state.release, event, declared.release)
    state = replace(state, release=after, champion=after.champion)
    if any(isinstance(command, release.RollBack) for command in commands):
        state = replace(state, last_attempt=max(state.last_attempt or event.at, event.at), incidents=())
    return state, commands, decisions
