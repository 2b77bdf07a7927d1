"""The laws of the loop, looked at after each step of a simulated year."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from trimtab.release.events import Gated, Promote, PromoteAsked, RollbackAsked, Route, Trouble
from trimtab.release.state import State as Releasing
from trimtab.runtime.loop import Command, Decision, Event, State, Tick, Train, step
from trimtab.runtime.loop.kernel import RETRY_AFTER
from trimtab.testing.simulation.ground import Ground
from trimtab.testing.simulation.worker import Worker

LAWS = (
    "one champion, and its artifact loads",
    "nothing is trained on labels that were not known",
    "no version serves before its gate",
    "alpha spent is within the budget",
    "the same event twice is once",
    "the same command twice is once",
    "a restart is no restart",
    "what is in quarantine never serves",
    "one refresh and one change under way at most",
    "decisions carry their numbers",
    "time does not go back",
    "without a model it tries again",
)
"""What must hold in each simulated year, by name."""

NUMBERED = frozenset({"wait", "pass", "stop", "try", "canary", "roll back", "notice"})
"""Kinds of decisions that rest on numbers."""


@dataclass
class Invariants:
    """What was seen so far, and how often each law was looked at.

    passed: versions that went through a gate since it was last asked for. asked: versions that a person wanted.
    """

    checked: Counter[str] = field(default_factory=Counter)
    passed: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    spent: dict[tuple[str, int | None], float] = field(default_factory=dict)
    learned: set[str] = field(default_factory=set)

    def broken(self, worker: Worker, before: State, event: Event) -> str | None:
        """What an event broke, None when every law holds."""
        self._hear(event)
        laws = (
            (LAWS[0], self._champion(worker)),
            (LAWS[1], self._learned(worker.orders, worker.ground)),
            (LAWS[2], self._gated(worker.orders)),
            (LAWS[3], self._spent(worker.state)),
            (LAWS[4], _event_twice(worker, event)),
            (LAWS[5], _commands_twice(worker)),
            (LAWS[7], _quarantine(worker)),
            (LAWS[8], _in_flight(worker.state)),
            (LAWS[9], _numbered(worker.decided, event)),
            (LAWS[10], _backwards(before, worker.state)),
            (LAWS[11], _stuck(worker.state, event)),
        )
        self.checked.update(name for name, _ in laws)
        return next((f"{name}: {found}" for name, found in laws if found is not None), None)

    def restarted(self, state: State, again: State) -> str | None:
        """What a restart changed, None for nothing."""
        self.checked[LAWS[6]] += 1
        return None if _text(state) == _text(again) else f"{LAWS[6]}: the state differs"

    def _hear(self, event: Event) -> None:
        if isinstance(event, Gated) and event.passed:
            self.passed.add(event.version)
        if isinstance(event, PromoteAsked):
            self.asked.add(event.version)

    def _champion(self, worker: Worker) -> str | None:
        champion, answers = worker.state.champion, worker.ground.champion
        if champion != answers:
            return f"the loop says {champion}, {answers} answers"
        if worker.state.release is not None and worker.state.release.champion != champion:
            return f"the release machine says {worker.state.release.champion}, the loop {champion}"
        if champion is None:
            return None
        target = worker.state.release.target if worker.state.release is not None else None
        lost = [each for each in (champion, target) if each is not None and not worker.ground.loads(each)]
        return f"the artifact of {lost[0]} does not load" if lost else None

    def _learned(self, orders: tuple[Command, ...], ground: Ground) -> str | None:
        for order in orders:
            version = ground.versions.get(order.version) if isinstance(order, Train) else None
            if isinstance(order, Train) and version is not None and version.learned_until >= order.as_of:
                return f"{version.name} was trained at {order.as_of} on a label of {version.learned_until}"
        return None

    def _gated(self, orders: tuple[Command, ...]) -> str | None:
        for order in orders:
            if isinstance(order, Route | Promote) and order.version not in self.passed | self.asked:
                return f"{order.version} answers"
        return None

    def _spent(self, state: State) -> str | None:
        if state.release is None:
            return None
        for name in ("promotions", "rollbacks"):
            account = getattr(state.release, name)
            if account.total > account.per_year + 1e-12:
                return f"{account.total:g} of {account.per_year:g} for {name}"
            key = (name, account.started)
            if account.total < self.spent.get(key, 0.0):
                return f"alpha came back: {self.spent[key]:g} became {account.total:g} for {name}"
            self.spent[key] = account.total
        return None


def _event_twice(worker: Worker, event: Event) -> str | None:
    state, orders, decisions = step(worker.state, event, worker.declared)
    if orders:
        return f"{type(event).__name__} again orders {orders[0]}"
    if decisions and not isinstance(event, PromoteAsked | RollbackAsked):  # a person is answered each time
        return f"{type(event).__name__} again decides {decisions[0]}"
    return None if state == worker.state else f"{type(event).__name__} again changes the state"


def _commands_twice(worker: Worker) -> str | None:
    before = worker.ground.picture()
    for order in worker.orders:
        worker.ground.carry_out(order)
    return None if worker.ground.picture() == before else f"{worker.orders} again changed something"


def _quarantine(worker: Worker) -> str | None:
    barred = set(worker.ground.quarantined)
    if worker.state.release is not None:
        barred |= set(worker.state.release.quarantined)
    serving = {worker.ground.champion, *worker.ground.shares} & barred
    return f"{serving.pop()} answers" if serving else None


def _in_flight(state: State) -> str | None:
    for kind, found in _started(state.release):
        if len(found) > 1:
            return f"{', '.join(found)} are {kind}s under way"
    return None


def _started(release: Releasing | None) -> Iterator[tuple[str, list[str]]]:
    candidates = () if release is None else release.candidates
    for kind in ("first", "refresh", "change"):
        yield kind, [each.version for each in candidates if each.kind == kind and each.started]


def _numbered(decisions: tuple[Decision, ...], event: Event) -> str | None:
    for each in decisions:
        bare = each.kind in NUMBERED and not each.numbers
        if bare and not isinstance(event, Trouble | RollbackAsked):
            return f"{each.kind} {each.subject} has none: {each.reason}"
        if not each.reason:
            return f"{each.kind} {each.subject} says nothing"
    return None


def _backwards(before: State, after: State) -> str | None:
    for name in ("ticked", "last_attempt", "trained"):
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and (new is None or new < old):
            return f"{name} was {old} and is {new}"
    if before.release is None or after.release is None:
        return None
    looks = {each.version: each.looked for each in before.release.candidates}
    for each in after.release.candidates:
        if each.looked < looks.get(each.version, -1):
            return f"{each.version} was looked at at {looks[each.version]}, and then at {each.looked}"
    return None


def _stuck(state: State, event: Event) -> str | None:
    """Whether a tick left a system without a model, with none on its way and no attempt for a day."""
    waits = state.training is not None or (state.release is not None and state.release.candidates)
    if not isinstance(event, Tick) or state.champion is not None or waits:
        return None
    last = state.last_attempt
    tried = last is not None and event.at - last < RETRY_AFTER.microseconds
    return None if tried or event.at != state.ticked else f"no model since the attempt at {last}"


def stale(worker: Worker, event: Event) -> str | None:
    """What an event does that is heard once more after others, None for nothing as it must be.

    A tick, a training and evidence are old news; what a person asks for is a new wish.
    """
    if isinstance(event, Tick) and worker.state.ticked is not None and event.at > worker.state.ticked:
        return None
    _, orders, _ = step(worker.state, event, worker.declared)
    return f"{LAWS[4]}: a late {type(event).__name__} orders {orders[0]}" if orders else None


def _text(state: State) -> str:
    return json.dumps(state.to_json(), sort_keys=True)
