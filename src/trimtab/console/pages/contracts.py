"""Data contracts: what sources promise, what came instead, and columns that are other than at first."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.console.book import View
from trimtab.console.links import Links
from trimtab.console.page import Page, Part, Piece, absent
from trimtab.declare.source import Source
from trimtab.ports import Event
from trimtab.report import Column, KeyValues, Paragraph, Table
from trimtab.report.formats import moment
from trimtab.report.table import Cell
from trimtab.runtime.intake import SOURCES


def contracts(view: View, _links: Links) -> Page:
    """The page of contracts, one part a source."""
    taken: dict[str, list[Event]] = {}
    for event in view.events(SOURCES):
        if "kinds" in event.body:
            taken.setdefault(event.subject, []).append(event)
    declared = {each.name: each for each in view.book.system.sources} if view.book.system is not None else {}
    names = dict.fromkeys((*declared, *taken))
    if not names:
        how = "serve or train a live system, which takes its sources in"
        return Page("Contracts", "contracts", (Part("Sources", (absent("Sources", how),)),))
    parts = [Part(name, tuple(_source(declared.get(name), taken.get(name, [])))) for name in names]
    words = "Limits learned from accepted data (ranges, domains, nulls) for review"
    parts.append(Part("Learned limits", (absent(words),)))
    return Page("Contracts", "contracts", tuple(parts))


def _source(source: Source | None, taken: list[Event]) -> Iterator[Piece]:
    facts: list[tuple[str, Cell]] = [("owner", source.owner if source is not None else None)]
    if taken:
        facts.append(("taken in last", moment(taken[-1].at)))
        facts.append(("facts taken in", sum(event.body["facts"] for event in taken)))
    yield KeyValues(tuple(facts))
    left_out = [(e.at, why, count) for e in taken for why, count in e.body.get("excluded", {}).items()]
    if left_out:
        columns = Column("when", format="moment"), Column("left out because"), Column("facts", format=",d")
        yield Table(columns, tuple(left_out[-20:]))
    if source is not None and source.expects:
        rows = tuple((name, str(expect)) for name, expect in source.expects)
        yield Table((Column("column"), Column("promised")), rows, title="Promises of the declaration")
    if taken:
        yield _columns(taken)
    else:
        yield absent("Columns")


def _columns(taken: list[Event]) -> Piece:
    """The columns as they are, and what has changed since they were first taken in."""
    first, last = taken[0].body["kinds"], taken[-1].body["kinds"]
    names = dict.fromkeys((*first, *last))
    changed = [name for name in names if first.get(name) != last.get(name)]
    if not changed:
        shown = ", ".join(f"{name} ({kind})" for name, kind in last.items())
        return Paragraph(f"Columns, the same since {moment(taken[0].at)}: {shown}.")
    rows = tuple((name, first.get(name, "not there"), last.get(name, "not there")) for name in changed)
    columns = Column("column"), Column(f"on {moment(taken[0].at)}"), Column(f"on {moment(taken[-1].at)}")
    return Table(columns, rows, title="Columns that changed")
