"""Data contracts: what sources promise, what came instead, and the difference that somebody has to accept."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.declare.source import Expect, Source
from trimtab.finding import Severity
from trimtab.ports import Event
from trimtab.report import Column, KeyValues, Paragraph, Table
from trimtab.report.formats import moment, number
from trimtab.report.markup import tag
from trimtab.report.table import Cell
from trimtab.runtime.intake import SOURCES
from trimtab.screens.book import View
from trimtab.screens.folds.columns import ACCEPTED, Columns, columns_of
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent


def contracts(view: View, links: Links, *, acting: bool = False) -> Page:
    """The page of contracts, one part a source."""
    columns = {each.source: each for each in columns_of(view)}
    declared = {each.name: each for each in view.book.system.sources} if view.book.system is not None else {}
    names = dict.fromkeys((*declared, *columns))
    if not names:
        how = "serve or train a live system, which takes its sources in"
        return Page("Contracts", "contracts", (Part("Sources", (absent("Sources", how),)),))
    parts = [
        Part(name, tuple(_source(view, links, declared.get(name), columns.get(name), acting=acting)))
        for name in names
    ]
    changed = [each.source for each in columns.values() if each.changed]
    if not changed:
        return Page("Contracts", "contracts", tuple(parts))
    sentence = f"The columns of {' and '.join(changed)} are not what they were."
    return Page("Contracts", "contracts", tuple(parts), sentence, Severity.WATCH)


def _source(
    view: View, links: Links, source: Source | None, columns: Columns | None, *, acting: bool
) -> Iterator[Piece]:
    taken = [event for event in view.events(SOURCES) if columns and event.subject == columns.source]
    facts: list[tuple[str, Cell]] = [("owner", source.owner if source is not None else None)]
    if columns is not None and taken:
        facts.append(("taken in last", moment(columns.at)))
        facts.append(("facts taken in", sum(event.body.get("facts", 0) for event in taken)))
    yield KeyValues(tuple(facts))
    yield from _left_out(taken)
    if source is not None and source.expects:
        rows = tuple((name, _promise(expect)) for name, expect in source.expects)
        yield Table((Column("column"), Column("promised")), rows, title="Promises of the declaration")
    else:
        yield Paragraph(
            "The declaration promises no limits of its columns: tt.Source(..., expects={...}) does. "
            "The monitors compare distributions with those of the accepted period instead."
        )
    if columns is None:
        yield absent("Columns")
    else:
        yield from _difference(view, links, columns, acting=acting)


def _promise(expect: Expect) -> str:
    """What is promised of a column, in words."""
    parts = []
    if expect.nulls_at_most is not None:
        parts.append(f"at most {expect.nulls_at_most:.1%} null")
    if expect.between is not None:
        parts.append("from {} to {}".format(*(number(float(end)) for end in expect.between)))
    if expect.one_of is not None:
        parts.append(f"one of {', '.join(expect.one_of)}")
    return "; ".join(parts)


def _left_out(taken: list[Event]) -> Iterator[Piece]:
    rows = [(e.at, why, count) for e in taken for why, count in e.body.get("excluded", {}).items()]
    if rows:
        columns = Column("when", format="moment"), Column("left out because"), Column("facts", format=",d")
        yield Table(columns, tuple(rows[-20:]))


def _difference(view: View, links: Links, columns: Columns, *, acting: bool) -> Iterator[Piece]:
    """The columns as expected, or what is another and how to accept it."""
    why = f"accepted by {columns.by}" if columns.by else "as first taken in"
    if not columns.changed:
        shown = ", ".join(f"{name} ({kind})" for name, kind in columns.last.items())
        yield Paragraph(f"Columns as expected since {moment(columns.since)} ({why}): {shown}.")
    else:
        rows = tuple(
            (name, columns.expected.get(name, "not there"), columns.last.get(name, "not there"))
            for name in columns.changed
        )
        heads = (
            Column("column"),
            Column(f"expected since {moment(columns.since)}"),
            Column(f"came {moment(columns.at)}"),
        )
        yield Table(heads, rows, title=f"Columns that changed ({why})")
        if acting:
            marks = {"class": "button", "href": links.to("act", "accept", columns.source)}
            yield tag("p", {"class": "acts"}, tag("a", marks, f"Accept the columns of {columns.source}"))
    accepted = [event for event in view.events(ACCEPTED) if event.subject == columns.source]
    if accepted:
        said = tuple((e.at, str(e.body["by"]), str(e.body["why"])) for e in accepted[-10:])
        yield Table((Column("accepted", format="moment"), Column("by"), Column("why")), said)
