"""Versions: all of them, one with what it was made from, and what sets two apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trimtab.report import Column, KeyValues, Paragraph, Table
from trimtab.report.formats import cell, moment
from trimtab.report.markup import tag
from trimtab.report.table import Cell
from trimtab.screens.book import View
from trimtab.screens.folds.matters import Kept, kept_versions, routing
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, Row, absent, listed
from trimtab.screens.pages.evaluation import evaluation_of
from trimtab.screens.pages.lineage import TOLD, lineage

LONG = (
    "declared",
    "meanings",
    "engine_report",
    "sample",
    "packages",
    "features",
    "fallback",
    "learner",
    "learning",
)
"""What a version keeps that has a table of its own, or is too long for one line."""


def versions(view: View, links: Links) -> Page:
    """The page of all versions, newest first."""
    kept = kept_versions(view)
    rows = [
        Row(each.name, links.to("versions", each.name), _words(each), _state(view, each))
        for each in reversed(kept)
    ]
    parts: tuple[Part, ...] = (Part("Versions", (listed(rows, "No version was trained by then."),)),)
    if len(kept) > 1 and not links.files:
        parts = (*parts, Part("Compare", (_choose(kept, links),)))
    return Page("Versions", "versions", parts)


def version(view: View, links: Links, name: str, *, acting: bool = False) -> Page | None:
    """The page of one version; None where there is none of that name."""
    kept = {each.name: each for each in kept_versions(view)}
    one = kept.get(name)
    if one is None:
        return None
    parts = [Part("Service", (*_service(view, one), *_acts(one, links, acting=acting)))]
    learned = lineage(one.body, links, f"trimtab history {view.book.target}")
    parts += [Part("How it learned", learned)] if learned else []
    parts.append(Part("Provenance", _provenance(one.body)))
    parts.append(Part("Declaration it was trained on", (_declared(one.body),)))
    parts.append(Part("Evaluation and card", evaluation_of(view, links, name)))
    before = [each for each in kept.values() if each.trained_at < one.trained_at]
    if before:
        parts.append(Part(f"What sets it apart from {before[-1].name}", _difference(before[-1], one)))
    return Page(f"Version {name}", "versions", tuple(parts))


def difference(view: View, links: Links, one: str, other: str) -> Page | None:
    """The page that sets two versions side by side; None where one is missing."""
    kept = {each.name: each for each in kept_versions(view)}
    if one not in kept or other not in kept:
        return None
    back = ("All versions", links.to("versions"))
    return Page(
        f"{one} and {other}", "versions", (Part("Differences", _difference(kept[one], kept[other]), back),)
    )


def _state(view: View, one: Kept) -> str:
    modes = {each.version: each.mode for each in routing(view).routes}
    return "champion" if one.serving else str(modes.get(one.name, ""))


def _words(one: Kept) -> str:
    rows = f" on {one.body['rows']:,} rows" if "rows" in one.body else ""
    problem = f"; {one.body['problem']}" if one.body.get("problem") else ""
    return f"trained {moment(one.trained_at)}{rows}{problem}"


def _service(view: View, one: Kept) -> tuple[Piece, ...]:
    facts: list[tuple[str, Cell]] = [
        ("trained", moment(one.trained_at)),
        ("data up to", moment(one.as_of)),
        ("state", _state(view, one) or "stored"),
    ]
    if not one.spans:
        return (KeyValues(tuple(facts)), Paragraph("It has not been champion."))
    rows = tuple((since, until) for since, until in one.spans)
    columns = Column("champion from", format="moment"), Column("until", format="moment")
    return (KeyValues(tuple(facts)), Table(columns, rows))


def _acts(one: Kept, links: Links, *, acting: bool) -> tuple[Piece, ...]:
    if not acting or one.serving:
        return ()
    button = tag(
        "a", {"class": "button", "href": links.to("act", "activate", one.name)}, f"Let {one.name} answer"
    )
    return (tag("p", {"class": "acts"}, button),)


def _provenance(body: Mapping[str, Any]) -> tuple[Piece, ...]:
    rows = tuple((name, _told(name, body)) for name in body if name not in {*LONG, *TOLD})
    packages = body.get("packages") or {}
    found: list[Piece] = [Table((Column("what"), Column("value")), rows)]
    if packages:
        table = Table((Column("package"), Column("version")), tuple((n, str(v)) for n, v in packages.items()))
        found.append(table)
    return tuple(found)


def _declared(body: Mapping[str, Any]) -> Piece:
    parts = body.get("declared")
    if not parts:
        return absent("The declaration part by part", "train with this trimtab, in a live system")
    columns = Column("part"), Column("name"), Column("what it means")
    return Table(columns, tuple((kind, name, words) for kind, name, _, words in parts))


def _difference(one: Kept, other: Kept) -> tuple[Piece, ...]:
    names = [name for name in dict.fromkeys((*one.body, *other.body)) if name not in LONG]
    rows = [
        (name, _told(name, one.body), _told(name, other.body))
        for name in names
        if one.body.get(name) != other.body.get(name)
    ]
    rows += _parts_apart(one.body, other.body)
    if not rows:
        return (Paragraph("Nothing that is on record differs."),)
    return (Table((Column("what"), Column(one.name), Column(other.name)), tuple(rows)),)


def _parts_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The parts of two declarations that mean something else."""
    left, right = (
        {(kind, name): (digest, words) for kind, name, digest, words in body.get("declared", ())}
        for body in (one, other)
    )
    keys = [key for key in dict.fromkeys((*left, *right)) if left.get(key) != right.get(key)]
    return [
        (" ".join(key), left.get(key, ("", "\u2013"))[1], right.get(key, ("", "\u2013"))[1]) for key in keys
    ]


def _told(name: str, body: Mapping[str, Any]) -> str:
    """One fact of a version in words; instants as times, and a seed without the commas of a count."""
    value = body.get(name)
    if name == "as_of" and value is not None:
        return moment(value)
    if value is None or isinstance(value, bool | float | str) or (isinstance(value, int) and name != "seed"):
        words = cell(value)
    else:
        words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= 80 else f"{words[:77]}..."


def _choose(kept: tuple[Kept, ...], links: Links) -> Piece:
    names = [each.name for each in reversed(kept)]

    def chooser(name: str, words: str, first: int) -> Piece:
        options = (tag("option", {"selected": place == first}, each) for place, each in enumerate(names))
        return tag("label", None, words, tag("select", {"name": name}, *options))

    inside = (chooser("one", "Version", 1), chooser("other", "beside", 0), tag("button", None, "Compare"))
    return tag(
        "form", {"class": "stack", "method": "get", "action": links.to("compare").partition("?")[0]}, *inside
    )
