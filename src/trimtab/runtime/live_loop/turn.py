"""One turn of the loop: what is new is taken in event by event, each on record before anything is done about it.

It reads how far the last turn came, goes on from there, and may be cut off at any point: the next turn does what is
missing and nothing twice. Trainings and fits of challengers take long and are left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from trimtab.errors import TrimtabError
from trimtab.release.events import Decision
from trimtab.runtime.history import resolve_features
from trimtab.runtime.intake import recorded_kinds
from trimtab.runtime.live_loop import challenging, journal
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.challenging import Challenge
from trimtab.runtime.live_loop.declaration import Part, parts, recipe
from trimtab.runtime.live_loop.dropping import drop_challengers
from trimtab.runtime.live_loop.gathering import INCIDENTS, failures, gather, recipe_of
from trimtab.runtime.live_loop.going import Going
from trimtab.runtime.live_loop.journal import Memory
from trimtab.runtime.live_loop.judging import judge, tick
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.live_loop.past import load_history
from trimtab.runtime.live_loop.routes import table
from trimtab.runtime.loop import Declared, Train, begin, outstanding


@dataclass(frozen=True)
class Turned:
    """What a turn decided, and the training and the challenger that it leaves to be fitted."""

    decisions: tuple[Decision, ...]
    training: Train | None = None
    challenge: Challenge | None = None


def turn(means: Means, now: int) -> Turned:
    """Take in everything new as of `now` (epoch microseconds) and carry out what follows, but for a training."""
    declared, found = declared_now(means)
    memory = journal.recall(means.ledger) or _begun(means, declared)
    if memory.rules != journal.rules_of(declared):
        memory = journal.declare(means.ledger, memory, declared, [part.to_json() for part in found], now)
    going = Going(means, declared, now, memory)
    going.act()
    gather(going)
    tick(going)
    judge(going)
    drop_challengers(means, now)
    orders = outstanding(going.state, declared)
    training = next((order for order in orders if isinstance(order, Train)), None)
    wanted = challenging.wants_challenger(means.system)
    return Turned(tuple(going.decisions), training, challenging.due(means.ledger, going.state, wanted=wanted))


def train(means: Means, order: Train, now: int) -> None:
    """Do a training that a turn ordered, unless it has been done; its end is heard at the next turn."""
    if order.version in stored_versions(means.ledger) or order.version in failures(means.ledger):
        return
    try:
        means.fit(load_history(means), order)
    except TrimtabError as problem:
        journal.failed(means.ledger, order.version, str(problem), now)


def declared_now(means: Means) -> tuple[Declared, tuple[Part, ...]]:
    """The rules of the present declaration, and its parts."""
    system = means.system
    features = resolve_features(system, recorded_kinds(means.ledger)[system.request.source.name])
    found = parts(system, features)
    return Declared(system.retrain, system.release, recipe(found)), found


def _begun(means: Means, declared: Declared) -> Memory:
    """The memory of a loop that begins: who answers already is the champion, and what was trained is no candidate."""
    ledger = means.ledger
    stored, name = stored_versions(ledger), table(ledger.read_events(VERSIONS)).champion
    state = begin(declared)
    if name not in stored or state.release is None:
        return Memory(state, {VERSIONS: 0, ASKED: 0, INCIDENTS: ledger.frontier(INCIDENTS)})
    state = replace(
        state,
        champion=name,
        last_attempt=max(version.as_of for version in stored.values()),
        trained=max(int(each[1:]) if each[1:].isdecimal() else 0 for each in stored),
        release=replace(state.release, champion=name, versions={name: recipe_of(stored[name].provenance)}),
    )
    read = {stream: ledger.frontier(stream) for stream in (VERSIONS, INCIDENTS)}
    return Memory(state, {**read, ASKED: 0})
