"""What a record shows of one test, and the ways to find it that several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.evaluation.acceptances import day
from trimtab.runtime.auditing.record import OnRecord

NOTHING, BY_HAND, AUTOMATIC = 0.0, 0.5, 1.0
"""Points: not shown; done once by a person, with the outcome on record; repeated by the system itself."""

OWN = "own"
"""The system's own policy in a replay; what happened to others is nothing that the system did."""


@dataclass(frozen=True)
class Shown:
    """The points of a test, what is on record in words, and the command that shows it, or that would put it there."""

    points: float
    told: str
    command: str


@dataclass(frozen=True)
class Test:
    """One of the 28 tests: its number within its section, what it asks, and how a record is read for it."""

    number: int
    asks: str
    judge: Callable[[OnRecord], Shown]


def missing(command: str, why: str = "nothing is on record") -> Shown:
    """A test that the record does not show, and the command that would.

    >>> missing("trimtab train shop.py").points
    0.0
    """
    return Shown(NOTHING, why, command)


def evaluations(record: OnRecord) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """The newest evaluation of each version, newest version first: its name, what was found, and when."""
    known = record.evaluated
    for name in (*reversed(list(record.versions)), ""):
        if name in known:
            yield name, known[name].body, known[name].at


def ran(body: Mapping[str, Any], *topics: str) -> list[Mapping[str, Any]]:
    """The findings of some topics of an evaluation that ran."""
    found = body["findings"]
    return [each for topic in topics for each in found.get(topic, ()) if each["severity"] != "NOT RUN"]


def by_evaluation(record: OnRecord, told_by: Callable[[Mapping[str, Any]], str | None]) -> Shown:
    """Half a point where one evaluation shows it, a whole one where those of the two newest versions do.

    `told_by` says in words what an evaluation shows; None when it does not.
    """
    command = f"trimtab evaluate {record.called}"
    shown = [
        (name, told, at) for name, body, at in evaluations(record) if (told := told_by(body)) is not None
    ]
    if not shown:
        return missing(command, "no evaluation on record shows it")
    name, told, at = shown[0]
    newest = list(record.versions)[-2:]
    repeated = len(newest) == 2 and {each for each, _, _ in shown} >= set(newest)
    by = f"{name or 'the declared model'}, evaluated on {day(at)}: {told}"
    return Shown(AUTOMATIC if repeated else BY_HAND, by, f"{command} {name}".strip())


def worst(findings: list[Mapping[str, Any]]) -> str | None:
    """How many findings there are, and the worst with its severity; None where none ran."""
    order = ("ACT", "WATCH", "INFO", "OK")
    found = sorted(findings, key=lambda each: order.index(each["severity"]))
    if not found:
        return None
    count = f"{len(found)} checks, the worst " if len(found) > 1 else ""
    return f"{count}{found[0]['severity']}: {found[0]['what']}"


def at_gate(record: OnRecord, *words: str) -> tuple[str, Mapping[str, Any], int] | None:
    """The newest finding of the gate, of those that ran, whose sentence holds one of some words; and how many looks."""
    told = [
        (event.subject, each)
        for event in record.looked
        for each in event.body["findings"]
        if each["severity"] != "NOT RUN" and any(word in each["what"] for word in words)
    ]
    return (*told[-1], len({name for name, _ in told})) if told else None


def gate_or_evaluation(
    record: OnRecord, words: tuple[str, ...], told_by: Callable[[Mapping[str, Any]], str | None]
) -> Shown:
    """A whole point where the gate looked at it by itself, else what evaluations show."""
    found = at_gate(record, *words)
    if found is None:
        return by_evaluation(record, told_by)
    name, finding, looks = found
    told = f"the gate looked at {looks} candidates; at {name}: {finding['severity']}: {finding['what']}"
    return Shown(AUTOMATIC, told, f"trimtab history {record.called}")
