"""A journal fed through the loop again: what was heard then must lead to the decisions of then, byte for byte.

Recorded measurements are fed as they are; nothing is fitted or measured anew. So a difference means that live
operation and this code do not decide alike, or that the journal was changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.finding import Finding, Severity
from trimtab.runtime.loop import Declared, State, begin, read_event, step, write_decision


@dataclass(frozen=True)
class Heard:
    """One event of a journal with what followed from it, as plain JSON values, and the declaration of that time.

    state: what the loop remembered afterwards, None where the journal does not hold it.
    """

    event: Mapping[str, Any]
    decisions: tuple[Mapping[str, Any], ...]
    declared: Declared
    state: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Difference:
    """Where the loop now decides otherwise: the place of the event, and both sides as text."""

    place: int
    event: str
    recorded: str
    found: str


@dataclass(frozen=True)
class Verified:
    """How many events and decisions were repeated, and where they differ."""

    events: int
    decisions: int
    differences: tuple[Difference, ...]

    @property
    def finding(self) -> Finding:
        """The verdict, with the first difference.

        >>> verify(()).finding.severity
        <Severity.NOT_RUN: 'NOT RUN'>
        """
        if not self.events:
            return Finding("no decision was repeated", Severity.NOT_RUN, cause="the journal holds no event")
        if not self.differences:
            told = f"{self.events:,} events lead to the recorded {self.decisions:,} decisions again"
            return Finding(told, Severity.OK)
        first = self.differences[0]
        return Finding(
            f"{len(self.differences):,} of {self.events:,} events lead to other decisions than recorded",
            Severity.ACT,
            cause=f"event {first.place}, {first.event}",
            action="find out whether the code or the journal changed",
            evidence=(("recorded", first.recorded), ("found", first.found)),
        )


def verify(journal: Iterable[Heard], start: State | None = None) -> Verified:
    """Repeat a journal from a state on, by default that of a system without a version.

    After a difference the recorded state goes on, where there is one, so that one difference is counted once.
    """
    state, events, decisions, differences = start, 0, 0, list[Difference]()
    for place, heard in enumerate(journal):
        before = begin(heard.declared) if state is None else state
        state, _, made = step(before, read_event(heard.event), heard.declared)
        recorded = _text(list(heard.decisions), heard.state)
        found = _text(
            [write_decision(each) for each in made], None if heard.state is None else state.to_json()
        )
        if recorded != found:
            differences.append(Difference(place, str(heard.event.get("kind")), recorded, found))
            state = state if heard.state is None else State.from_json(heard.state)
        events, decisions = events + 1, decisions + len(made)
    return Verified(events, decisions, tuple(differences))


def _text(decisions: list[Any], state: Mapping[str, Any] | None) -> str:
    """Decisions, and the state where it counts, as one text that is the same for the same values."""
    body = [dict(each) for each in decisions], state
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
