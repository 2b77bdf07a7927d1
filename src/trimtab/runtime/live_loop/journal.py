"""The journal of the loop: what it heard with its measurements, what it decided, and the state that both led to.

One append holds an event together with the decisions that followed from it, so that no crash parts them. Each also
holds the state afterwards: it is what folding the events again must lead to, and it outlives the declaration whose
rules it followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trimtab.declare.digest import digest
from trimtab.ports import Event, Ledger
from trimtab.release.events import Call, Decision
from trimtab.runtime.loop import Command, Declared, State, read_event, step, write_decision, write_event
from trimtab.runtime.loop import Event as LoopEvent

LOOP = "loop"
"""The journal's name."""

HEARD, DECIDED, DECLARED = "heard", "decided", "declared"
"""The kinds of its events that the state follows from."""

FAILED, LOOKED = "failed", "looked"
"""Others: a training or a command that did not work, with the reason; and a look of the gate, with its findings."""

CALLED = "called"
"""A person is needed; the subject is the version that it is about."""


@dataclass(frozen=True)
class Memory:
    """What the loop remembers: its state, how far it read other journals, and the rules that it goes by."""

    state: State
    read: Mapping[str, int] = field(default_factory=dict)
    rules: str | None = None


def ordered_by_loop(ledger: Ledger) -> frozenset[str]:
    """The versions that the loop had trained: none of them answers before its gate."""
    decided = (event for event in ledger.read_events(LOOP) if event.kind == DECIDED)
    return frozenset(event.subject for event in decided if event.body["kind"] == "train")


@dataclass(frozen=True)
class Taken:
    """What followed from one event: the memory afterwards, what to do, and what was decided."""

    memory: Memory
    commands: tuple[Command, ...]
    decisions: tuple[Decision, ...]


def rules_of(declared: Declared) -> str:
    """The digest of all that decisions follow from, beside state and event.

    >>> from trimtab.declare.policy import Retrain
    >>> rules_of(Declared(Retrain())) == rules_of(Declared(Retrain()))
    True
    """
    return digest([declared.retrain, declared.release, declared.recipe])


def recall(ledger: Ledger, memory: Memory | None = None, since: int = 0) -> Memory | None:
    """The memory as the journal has it, going on from an earlier one; None before its first event."""
    for event in ledger.read_events(LOOP, since=since):
        if event.kind in {HEARD, DECLARED}:
            rules = event.body["rules"] if event.kind == DECLARED else memory.rules if memory else None
            memory = Memory(State.from_json(event.body["state"]), event.body["read"], rules)
    return memory


def take(
    ledger: Ledger, memory: Memory, event: LoopEvent, read: Mapping[str, int], declared: Declared
) -> Taken:
    """Let the kernel take an event in, and put it on record with what it led to before anything is done.

    An event that changes nothing and decides nothing leaves no trace.
    """
    written = _plain(write_event(event))
    state, commands, decisions = step(memory.state, read_event(written), declared)
    state = State.from_json(_plain(state.to_json()))
    after = replace(memory, state=state, read=dict(read))
    if after == memory and not decisions:
        return Taken(memory, commands, decisions)
    body = {"event": written, "read": dict(read), "state": state.to_json()}
    subject = str(written.get("version") or written["kind"])
    events = [Event(event.at, HEARD, subject, body)]
    events += [Event(each.at, DECIDED, each.subject, _plain(write_decision(each))) for each in decisions]
    calls = (each for each in commands if isinstance(each, Call))
    events += [Event(each.at, CALLED, _about(each.reason), {"reason": each.reason}) for each in calls]
    ledger.append_events(LOOP, events)
    return Taken(after, commands, decisions)


def declare(ledger: Ledger, memory: Memory, declared: Declared, parts: list[list[str]], at: int) -> Memory:
    """Put on record by which rules the loop goes from now on, and what they are in words."""
    after = replace(memory, rules=rules_of(declared))
    body = {
        "rules": after.rules,
        "recipe": declared.recipe,
        "parts": parts,
        "read": dict(after.read),
        "state": after.state.to_json(),
    }
    ledger.append_events(LOOP, [Event(at, DECLARED, "declaration", body)])
    return after


def failed(ledger: Ledger, subject: str, problem: str, at: int) -> None:
    """Put on record what could not be done, once for each reason in a row."""
    events = [event for event in ledger.read_events(LOOP) if (event.kind, event.subject) == (FAILED, subject)]
    if events and events[-1].body["problem"] == problem:
        return
    ledger.append_events(LOOP, [Event(at, FAILED, subject, {"problem": problem})])


def _about(reason: str) -> str:
    """The version that a call is about: its first word."""
    return re.split(r"[ :]", reason, maxsplit=1)[0]


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """The values as the record will give them back, so that the same is decided now and when it is read again."""
    found: dict[str, Any] = json.loads(json.dumps(content))
    return found
