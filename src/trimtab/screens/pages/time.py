"""A replay through time: the day that is chosen, who answered, what the monitors said, and how good every policy was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.finding import Severity
from trimtab.report import Axis, Column, KeyValues, LineChart, Mark, Paragraph, Series, Table
from trimtab.report.document import Entry, Journal
from trimtab.report.formats import moment
from trimtab.report.table import Cell
from trimtab.screens.book import View
from trimtab.screens.folds.days import WINDOW, Floats
from trimtab.screens.folds.matters import champion
from trimtab.screens.folds.told import NEVER, Told, happened, told
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent
from trimtab.screens.pages.strip import strip_of_days

EVERY = 7
"""Days from one point of a line to the next: each is a mean of four weeks."""
LATEST = 30
MOST_NAMED = 6
KINDS = {"promoted": "promoted", "refused": "refused", "paged": "page", "rolled back": "page"}
AGAIN = "replay it again: its record is from before the monitors were recorded"


def time(view: View, links: Links) -> Page | None:
    """The page of a replay at its instant; None for a live system."""
    if not view.book.replay:
        return None
    own, never = told(view, view.policy), told(view, NEVER)
    parts = (
        Part("Through time", (strip_of_days(view, links), _figures(view, own, never))),
        Part("Performance", tuple(performance_told(view)) or (_nothing(view),)),
        Part("What happened", tuple(_happened(view))),
    )
    if own is None:
        return Page(
            "Time", "time", parts, "What the monitors said is not on record.", Severity.NOT_RUN, live=True
        )
    finding = own.finding()
    return Page("Time", "time", parts, finding.what, finding.severity)


def _nothing(view: View) -> Piece:
    if view.book.ledger.frontier("watched"):
        return Paragraph("No day had ended by then.")
    return absent("Performance day by day", AGAIN)


def _figures(view: View, own: Told | None, never: Told | None) -> KeyValues:
    """Who answered and how well, beside the two that did not."""
    now = champion(view)
    facts: list[tuple[str, Cell]] = [
        ("answers", None if now is None else now.name),
        ("since", moment(now.spans[-1][0]) if now is not None and now.spans else None),
        ("trained on data up to", None if now is None else moment(now.as_of)),
    ]
    for words, each in ((f"loss of {view.policy}", own), (f"loss if {NEVER} retrained", never)):
        facts.append((f"{words}, {WINDOW} days", None if each is None else _estimate(each.loss[-1])))
    if own is not None:
        facts.append(("more than a fresh model", _estimate(own.gap[-1])))
    return KeyValues(tuple(facts))


def _estimate(three: Floats) -> Cell:
    mean, low, high = (float(each) for each in three)
    if np.isnan(mean):
        return None
    return f"{mean:.4f}" if np.isnan(low) else f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def performance_told(view: View) -> Iterator[Piece]:
    """The chart of what was known of every policy day by day; nothing where none is on record."""
    own, never = told(view, view.policy), told(view, NEVER)
    series = tuple(_series(view, own, never))
    if not series or own is None:
        return
    last = f"{int(own.requests.sum()):,} requests on {len(own):,} days"
    yield LineChart(
        f"Loss of each policy, mean of the last {WINDOW} days with labels",
        Axis("day", kind="time"),
        Axis(_metric(view), better="lower"),
        series,
        marks=tuple(_marks(view)),
        note=f"n = {last}. Band: 95 % interval, resampled by days in blocks of a week; none below 10 days. "
        "Policies are scored on the same requests, so they differ more surely than their bands show.",
        command=f"trimtab replay {view.book.target}",
    )


def _series(view: View, own: Told | None, never: Told | None) -> Iterator[Series]:
    if own is not None and not np.isnan(own.loss[:, 0]).all():
        yield _line(view.policy, own, own.loss, emphasised=True)
        if not np.isnan(own.gap[:, 0]).all():
            kept = _places(own)
            fresh = own.loss[kept, 0] - own.gap[kept, 0]
            yield Series("fresh model, fitted weekly", tuple(own.at[kept].tolist()), tuple(fresh.tolist()))
    if never is not None and not np.isnan(never.loss[:, 0]).all():
        yield _line("never retrained", never, never.loss, style="ghost")


def _line(name: str, one: Told, loss: Floats, *, emphasised: bool = False, style: str = "solid") -> Series:
    kept = _places(one)
    x, mean, low, high = (tuple(each.tolist()) for each in (one.at[kept], *loss[kept].T))
    # the ends of the ghost are left out: two bands over each other cannot be read
    band = ((), ()) if style == "ghost" else (low, high)
    return Series(name, x, mean, *band, style="ghost" if style == "ghost" else "solid", emphasised=emphasised)


def _places(one: Told) -> list[int]:
    """Every seventh day from the first on, and the last."""
    return list(dict.fromkeys((*range(EVERY - 1, len(one), EVERY), len(one) - 1)))


def _marks(view: View) -> Iterator[Mark]:
    """What came of the system's own policy, and the pages of the one that is never retrained."""
    own = [event for event in happened(view, view.policy) if event.kind in KINDS]
    promoted = sum(event.kind == "promoted" for event in own)
    for event in own:
        named = event.kind != "promoted" or promoted <= MOST_NAMED
        words = str(event.body.get("version") or event.body.get("incident") or "")
        yield Mark(event.at, KINDS[event.kind], words if named and event.kind != "refused" else "")  # type: ignore[arg-type]
    for event in happened(view, NEVER):
        if event.kind == "paged":
            yield Mark(event.at, "page", f"{NEVER} pages")


def _metric(view: View) -> str:
    kinds = [event.kind for event in view.book.journals.events("measurements")]
    return kinds[0].replace("_", " ") if kinds else "loss"


def _happened(view: View) -> Iterator[Piece]:
    own = happened(view, view.policy)
    if not own and not happened(view, NEVER):
        yield (
            absent("What came of versions", AGAIN)
            if not view.events("happened")
            else Paragraph("Nothing yet.")
        )
        return
    counts = {
        kind: sum(event.kind == kind for event in own)
        for kind in ("trained", "promoted", "refused", "rolled back", "paged")
    }
    yield KeyValues(tuple((kind, count) for kind, count in counts.items()))
    pages = [event for event in happened(view, NEVER) if event.kind == "paged"]
    if pages:
        rows = tuple((event.at, str(event.body["finding"]["what"])) for event in pages)
        columns = Column("when", format="moment"), Column("what would have paged")
        yield Table(columns, rows, title="Had the model never been retrained")
    entries = tuple(
        Entry(
            event.at,
            event.kind,
            str(event.body.get("version") or event.body.get("incident")),
            _why(event.body),
        )
        for event in own[-LATEST:]
    )
    yield Journal(entries)


def _why(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    return str(body.get("reason") or body.get("why") or body.get("finding", {}).get("what") or "")
