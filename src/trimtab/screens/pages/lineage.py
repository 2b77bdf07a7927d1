"""How a version learned: whether it continues another one, why, and what a race of both ways showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.report import Axis, KeyValues, LineChart, Paragraph, Series
from trimtab.report.markup import tag
from trimtab.report.table import Cell
from trimtab.screens.folds.days import DAY
from trimtab.screens.links import Links
from trimtab.screens.page import Piece

TOLD = ("parent", "chain", "manner")
"""What provenance keeps of it, told here."""


def lineage(body: Mapping[str, Any], links: Links, command: str) -> tuple[Piece, ...]:
    """What is on record of how a version learned; empty where its system continues no versions.

    body: the version's provenance. command: what makes the same numbers again.
    """
    learning = body.get("learning") or {}
    if not learning and "parent" not in body:
        return ()
    facts: list[tuple[str, Cell]] = [
        (words, str(learning[name]))
        for name, words in (("manner", "declared manner"), ("reason", "why"))
        if learning.get(name)
    ]
    race = learning.get("race")
    if learning:
        # the reason of a raced version ends with what the race showed
        facts.append(
            ("what continuing saves", str(race["saves"])) if race else ("race", "none was run for it")
        )
    told = (KeyValues(tuple(facts)),) if facts else ()
    drawn = (_days(race["days"], command),) if race and race["days"] else ()
    return (_chain(body, links), *told, *drawn)


def _chain(body: Mapping[str, Any], links: Links) -> Piece:
    if "parent" not in body:
        return Paragraph("A fit from scratch: the first of its chain.")
    way, chain, parent = str(body["manner"]).replace("_", " "), int(body["chain"]), str(body["parent"])
    updates = "1 update" if chain == 1 else f"{chain} updates"
    link = tag("a", {"href": links.to("versions", parent)}, parent)
    return tag("p", None, "Continues ", link, f" by {way}, {updates} after a fit from scratch.")


def _days(days: Sequence[Sequence[float]], command: str) -> LineChart:
    """The mean loss of both by day, from rows of day, sums of losses and requests."""
    at = tuple(int(day) * DAY for day, *_ in days)
    continued, scratch = (tuple(row[place] / row[3] if row[3] else None for row in days) for place in (1, 2))
    rows = int(sum(row[3] for row in days))
    lines = (
        Series("continued", at, continued, emphasised=True),
        Series("from scratch", at, scratch, style="ghost"),
    )
    note = f"n = {rows:,} rows of {len(days)} days that neither had seen; both stand where they stood before them."
    return LineChart(
        "Loss of both ways by day of the race",
        Axis("day", kind="time"),
        Axis("mean loss", better="lower"),
        lines,
        note=note,
        command=command,
        height=200,
    )
