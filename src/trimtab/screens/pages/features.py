"""Features: what each is, where it comes from, and what its values were lately, from a sample of what was served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.features import Features
from trimtab.report import Column, Paragraph, Table
from trimtab.report.formats import number
from trimtab.report.table import Cell
from trimtab.runtime.logged import PREDICTIONS, Logged, decode
from trimtab.screens.book import View
from trimtab.screens.folds.matters import champion
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent
from trimtab.screens.pages.evaluation import worth
from trimtab.screens.pages.operation import moved
from trimtab.serving.timeline import predictions as timeline_of

SAMPLE = 1_000
"""Latest answers that are looked at."""


def features(view: View, _links: Links) -> Page:
    """The page of all features of the champion."""
    now = champion(view)
    names = list(now.body.get("features", ())) if now is not None else []
    meanings = {name: words for kind, name, _, words in _declared(view) if kind == "feature"}
    if not names:
        names = list(meanings)
    if not names:
        part = Part("Features", (absent("Features", f"trimtab train {view.book.target}"),))
        return Page("Features", "features", (part,))
    served = [one for _, one in latest(view)]
    parts = (
        Part("Definition", (_definitions(view, names, meanings),)),
        Part("Values now", _values(served, names)),
        Part("What moved", moved(view)),
        Part("Importance and cost", worth(view, now.name) if now is not None else (absent("Importance"),)),
    )
    return Page("Features", "features", parts)


def latest(view: View, count: int = SAMPLE) -> tuple[tuple[str, Logged], ...]:
    """The latest answers by the instant, oldest first, each with its id; those that were erased are left out."""
    if view.book.replay:
        return ()
    ledger = view.book.ledger
    until = timeline_of(ledger, PREDICTIONS).first_since(view.at + 1)
    found = ledger.read_records(PREDICTIONS, since=max(until - count, 0), until=until)
    return tuple((record.id, one) for _, record in found if (one := decode(record)) is not None)


def _declared(view: View) -> Sequence[Sequence[str]]:
    now = champion(view)
    return () if now is None else now.body.get("declared", ())


def _definitions(view: View, names: Sequence[str], meanings: Mapping[str, str]) -> Table:
    sources = _sources(view)
    rows = tuple(
        (name, meanings.get(name, "not on record"), *sources.get(name, (None, None))) for name in names
    )
    columns = Column("feature"), Column("what it is"), Column("source"), Column("owner")
    return Table(columns, rows, title="What each feature is")


def _sources(view: View) -> dict[str, tuple[str | None, str | None]]:
    system = view.book.system
    if system is None or not isinstance(system.model.features, Features):
        return {}
    own = system.request.source
    return {
        name: (each.source.name, each.source.owner) if isinstance(each, Aggregate) else (own.name, own.owner)
        for name, each in system.model.features
    }


def _values(served: Sequence[Logged], names: Sequence[str]) -> tuple[Piece, ...]:
    if not served:
        return (absent("Values that were served", "serve the system and ask for predictions"),)
    lag = [max(one.at - one.as_of, 0) for one in served if one.features]
    rows = tuple(_row(name, [one.features.get(name) for one in served]) for name in names)
    columns = (
        Column("feature"),
        Column("null", format=".1%"),
        Column("middle half"),
        Column("lowest and highest, or commonest"),
    )
    fresh = (
        f"Features held {np.median(lag) / 1e6:,.1f} s before the time asked for, in the middle."
        if lag
        else ""
    )
    words = Paragraph(f"n = {len(served):,} latest answers. {fresh}")
    return (words, Table(columns, rows, title="Values in the latest answers"))


def _row(name: str, values: Sequence[Any]) -> tuple[Cell, ...]:
    known = [value for value in values if value is not None]
    nulls = 1 - len(known) / len(values)
    numbers = [float(value) for value in known if isinstance(value, int | float)]
    if numbers and len(numbers) == len(known):
        low, first, last, high = (number(float(each)) for each in np.quantile(numbers, (0, 0.25, 0.75, 1)))
        return (name, nulls, f"{first} to {last}", f"{low} and {high}")
    return (name, nulls, None, ", ".join(_commonest(known)) or None)


def _commonest(known: Sequence[Any]) -> Iterator[str]:
    names, counts = np.unique([str(value) for value in known], return_counts=True)
    for place in np.argsort(-counts, kind="stable")[:3]:
        yield f"{names[place]} ({counts[place] / len(known):.0%})"
