"""When the labels of some requests became known: one pass over the facts that came since the first was asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.closure import to_closure
from trimtab.declare.closure_shapes import RowFunction
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.ports import Ledger
from trimtab.runtime import given_labels
from trimtab.runtime.history import identity
from trimtab.runtime.intake import recorded_kinds
from trimtab.serving.timeline import Timeline, rows
from trimtab.sources.identity import KNOWN
from trimtab.sources.intake import GONE
from trimtab.sources.marks import id_text

FACTS_AT_MOST = 300_000
"""How many of the latest facts of one arm are looked at."""
CHUNK = 100_000

Who = tuple[Any, ...]
"""The identity of a request."""


@dataclass(frozen=True)
class Asked:
    """A request that was answered: who it is, and when it was asked or for when, whichever is later; microseconds."""

    who: Who
    at: int
    recorded: int


@dataclass(frozen=True)
class Known:
    """When each request's first label became known; `untold` are those that nothing can be said of.

    Their label was erased, or taken in before they were asked, or before all facts that were looked at.
    """

    at: dict[Who, int]
    untold: frozenset[Who]


@dataclass(frozen=True)
class _Arm:
    source: Source
    value: RowFunction
    stream: str
    timeline: Timeline[None]


class KnownLabels:
    """Looks up when labels of requests became known, as known at an instant (epoch microseconds)."""

    def __init__(self, system: System, ledger: Ledger, now: int) -> None:
        self._names, self._ledger, self._now = identity(system), ledger, now
        given = given_labels.given_labels(system, self._names)
        arms, kinds = (*system.model.label.arms, (given, given_labels.VALUE)), recorded_kinds(ledger)
        self._arms = [
            self._arm(source, to_closure(value, kinds[source.name]))
            for source, value in arms
            if source.name in kinds
        ]

    def of(self, asked: Sequence[Asked]) -> Known:
        """When the first label of each request became known."""
        known: dict[Who, int] = {}
        untold: set[Who] = set()
        for arm in self._arms if asked else ():
            answered, told_of, since = self._scanned(arm, asked)
            for who, at in answered.items():
                known[who] = min(at, known.get(who, at))
            untold |= {one.who for one in asked if one.recorded < since}
            untold |= self._taken(arm, {one.who for one in asked} - told_of)
        return Known(
            {who: at for who, at in known.items() if at < self._now}, frozenset(untold - known.keys())
        )

    def _arm(self, source: Source, value: RowFunction) -> _Arm:
        stream = f"facts/{source.name}"
        return _Arm(source, value, stream, rows(self._ledger, stream))

    def _scanned(self, arm: _Arm, asked: Sequence[Asked]) -> tuple[dict[Who, int], set[Who], int]:
        """The first answers of an arm, whom it has any fact about, and since when facts were looked at."""
        since, frontier = min(one.recorded for one in asked), arm.timeline.frontier
        first = arm.timeline.first_since(since)
        if frontier - first > FACTS_AT_MOST:
            first = frontier - FACTS_AT_MOST
            since = arm.timeline.at(first) or since
        answers: dict[Who, int] = {}
        told_of: set[Who] = set()
        wanted = {one.who for one in asked}
        for start in range(first, frontier, CHUNK):
            facts = self._ledger.read_rows(arm.stream, since=start, until=min(start + CHUNK, frontier))
            for fact in _about(facts, self._names, wanted):
                who = tuple(fact[name] for name in self._names)
                told_of.add(who)
                if arm.value(fact) is not None:
                    answers[who] = min(fact[KNOWN], answers.get(who, fact[KNOWN]))
        return answers, told_of, since

    def _taken(self, arm: _Arm, whom: Collection[Who]) -> set[Who]:
        """Of requests without a fact, those about whom the arm once had one: ids stay taken when facts are erased."""
        if set(arm.source.id) != set(self._names) or not whom:
            return set()
        places = [self._names.index(name) for name in arm.source.id]
        ordered = list(whom)
        ids = [id_text([who[place] for place in places]) for who in ordered]
        found = self._ledger.find_identities(arm.stream, ids)
        return {who for who, content in zip(ordered, found, strict=True) if content is not None}


def _about(facts: pa.Table, names: tuple[str, ...], wanted: Collection[Who]) -> Iterator[dict[str, Any]]:
    """The facts about some requests; one that says that a row is gone is none."""
    column = facts[names[0]]
    among = pa.array([who[0] for who in wanted], column.type)
    for fact in facts.filter(pc.is_in(column, value_set=among)).to_pylist():
        if tuple(fact[name] for name in names) in wanted and not fact.get(GONE):
            yield fact
