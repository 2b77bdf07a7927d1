"""One turn of the loop as a pure step: what happened and what to do about it follow from state, event and policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trimtab.declare.policy import Retrain
from trimtab.retrain.seen import NOTHING, Measured, Seen
from trimtab.retrain.triggers import judge
from trimtab.retrain.windows import Selection, selection


@dataclass(frozen=True)
class State:
    """What the loop remembers of one system between events."""

    champion: str | None = None
    last_attempt: int | None = None
    training: str | None = None
    trained: int = 0


@dataclass(frozen=True)
class Tick:
    """The clock says: look at everything known before now, and at what was measured by then."""

    at: int
    measured: Measured = NOTHING


@dataclass(frozen=True)
class Trained:
    """A training has ended; `problem` says why its result cannot serve, None when it can."""

    at: int
    version: str
    problem: str | None = None


@dataclass(frozen=True)
class Train:
    """Command: train a version on what is known before `as_of`."""

    version: str
    as_of: int
    selection: Selection


@dataclass(frozen=True)
class Promote:
    """Command: from `at` on, the version answers requests."""

    version: str
    at: int


@dataclass(frozen=True)
class Decision:
    """What was decided and why, for the journal."""

    at: int
    kind: str
    subject: str
    reason: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


Command = Train | Promote
Step = tuple[State, tuple[Command, ...], tuple[Decision, ...]]


def step(state: State, event: Tick | Trained, retrain: Retrain) -> Step:
    """The next state, the commands to carry out, and the decisions to record."""
    if isinstance(event, Tick):
        return _tick(state, event, retrain)
    return _trained(state, event)


def _tick(state: State, event: Tick, retrain: Retrain) -> Step:
    if state.training is not None:
        waiting = Decision(event.at, "train", "not now", f"{state.training} is still in training")
        return state, (), (waiting,)
    if state.last_attempt is None:
        return _start(state, event.at, retrain, "the first model", {})
    due = judge(retrain.when, Seen(state.last_attempt, measured=event.measured), event.at)
    if due.due:
        return _start(state, event.at, retrain, due.reason, due.numbers)
    kind = "notice" if due.notify else "train"
    return state, (), (Decision(event.at, kind, "not now", due.reason, due.numbers),)


def _start(state: State, now: int, retrain: Retrain, reason: str, numbers: Mapping[str, Any]) -> Step:
    version = f"v{state.trained + 1}"
    after = replace(state, last_attempt=now, training=version, trained=state.trained + 1)
    return (
        after,
        (Train(version, now, selection(retrain.window, now)),),
        (Decision(now, "train", version, reason, numbers),),
    )


def _trained(state: State, event: Trained) -> Step:
    after = replace(state, training=None)
    if event.problem is not None:
        kept = f"{state.champion} goes on" if state.champion else "no version serves"
        return after, (), (Decision(event.at, "refuse", event.version, f"{event.problem}; {kept}"),)
    after = replace(after, champion=event.version)
    decision = Decision(event.at, "promote", event.version, f"replaces {state.champion or 'nothing'}")
    return after, (Promote(event.version, event.at),), (decision,)
