"""One prediction from its request to its label, and the way to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.ports import Record
from trimtab.report import Column, KeyValues, Paragraph, Table
from trimtab.report.formats import moment
from trimtab.report.markup import tag
from trimtab.report.table import Cell
from trimtab.runtime.logged import PREDICTIONS, Logged, decode
from trimtab.screens.book import View
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, Row, absent, listed
from trimtab.screens.pages.explained import explained, way_to_explanation
from trimtab.screens.pages.features import latest
from trimtab.serving.service import Outcome

SHOWN = 25
LabelOf = Callable[[Logged, int], Outcome]
"""What is known of a prediction's label at an instant."""


def predictions(view: View, links: Links) -> Page:
    """The page to find a prediction by its id, and the latest ones."""
    if view.book.replay:
        frontier = view.book.ledger.frontier(PREDICTIONS)
        words = f"{frontier:,} predictions are on record as rows; a replay keeps no request of them."
        return Page("Predictions", "predictions", (Part("Predictions", (Paragraph(words),)),))
    found = reversed(latest(view, SHOWN))
    rows = [Row(name, links.to("predictions", name), _words(one)) for name, one in found]
    latest_ones = Part("Latest", (listed(rows, "No prediction was asked for by then."),))
    if links.files:
        return Page("Predictions", "predictions", (latest_ones,))
    return Page("Predictions", "predictions", (Part("Find", (_finder(links),)), latest_ones))


def prediction(
    view: View, links: Links, name: str, label_of: LabelOf | None = None, *, why: bool = False
) -> Page | None:
    """The page of one prediction, or with `why` of its explanation; None where there is none, or it was erased."""
    record = None if view.book.replay else view.book.ledger.find_record(PREDICTIONS, name)
    one = None if record is None else decode(record)
    if record is None or one is None or record.at > view.at:
        return None
    label = None if label_of is None else label_of(one, view.at)
    return explained(view, links, name, label) if why else _recorded(view, links, record, one, label)


def _recorded(view: View, links: Links, record: Record, one: Logged, label: Outcome | None) -> Page:
    facts: list[tuple[str, Cell]] = [
        ("asked for", moment(one.at)),
        ("answered", moment(record.at)),
        ("features as of", moment(one.as_of)),
        ("version", one.version),
        ("answered by", one.served),
        ("flags", ", ".join(one.flags) or "none"),
        ("score", _score(one)),
    ]
    parts = (
        Part("Answer", (KeyValues(tuple(facts)), *_arm(one))),
        Part("Why this score", way_to_explanation(view, links, record.id)),
        Part("Request", (_table("field", one.request),)),
        Part("Features", (_table("feature", one.features),)),
        Part("Label", (_label(view, label),)),
    )
    return Page(f"Prediction {record.id}", "predictions", parts)


def _finder(links: Links) -> Piece:
    address = links.to("find").partition("?")[0]
    field = tag("input", {"name": "id", "required": True, "maxlength": 200, "autocomplete": "off"})
    inside = (tag("label", None, "Id of a prediction", field), tag("button", None, "Find"))
    return tag("form", {"class": "stack", "method": "get", "action": address}, *inside)


def _words(one: Logged) -> str:
    flags = f", {', '.join(one.flags)}" if one.flags else ""
    return f"{moment(one.at)}: {_score(one)} by {one.version}{flags}"


def _score(one: Logged) -> str:
    scores = one.score if isinstance(one.score, list) else [one.score]
    return ", ".join(f"{score:.4f}" for score in scores)


def _arm(one: Logged) -> tuple[Piece, ...]:
    if one.arm is None:
        return ()
    words = f"Of a split for {one.arm.candidate}: {one.arm.name}, with a chance of {one.arm.propensity:.0%}."
    return (Paragraph(words),)


def _table(head: str, values: dict[str, Any]) -> Table:
    rows = tuple((name, _cell(value)) for name, value in values.items())
    return Table((Column(head), Column("value")), rows)


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _label(view: View, found: Outcome | None) -> Piece:
    if found is None:
        return absent("The label", f"trimtab serve {view.book.target}, which joins labels to predictions")
    known = None if found.known is None else moment(found.known)
    return KeyValues((("label", _cell(found.value)), ("state", found.state), ("known since", known)))
