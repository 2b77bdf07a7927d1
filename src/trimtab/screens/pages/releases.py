"""Releases: who is on the way, at which stage, and the evidence as it accrues."""

from __future__ import annotations

from typing import Any

from trimtab.ports import Event
from trimtab.release.state import Candidate
from trimtab.report import Axis, Column, Journal, KeyValues, LineChart, Paragraph, Series, Table
from trimtab.report.markup import Markup, tag
from trimtab.report.table import Cell
from trimtab.runtime.live_loop.journal import DECLARED, HEARD, LOOP
from trimtab.runtime.loop import State
from trimtab.screens.book import View
from trimtab.screens.folds.matters import entries, routing
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent

RELEASING = (
    "promote",
    "roll back",
    "gate",
    "shadow",
    "canary",
    "refuse",
    "retire",
    "quarantine",
    "approve",
    "hold",
    "wait at the gate",
)
SEQUENCES = 6
"""Sequences of looks that are shown: a candidate's, and up to five of versions in reverse shadow."""
JUDGED = ("ShadowJudged", "CanaryJudged", "ReverseJudged")


def state_of(view: View) -> State | None:
    """The loop's state at the instant; None before its first turn."""
    told = [event for event in view.events(LOOP) if event.kind in {HEARD, DECLARED}]
    return State.from_json(told[-1].body["state"]) if told else None


def releases(view: View, links: Links, *, acting: bool = False) -> Page:
    """The page of releases."""
    state = state_of(view)
    parts = [Part("Who answers", (_routes(view),))]
    parts.append(Part("On the way", _candidates(links, state, acting=acting)))
    parts += [Part("In reverse shadow", (_watches(state),))] if state is not None else []
    parts += [Part(f"Evidence of {name}", _evidence(view, looks)) for name, looks in _looks(view).items()]
    steps = tuple(each for each in entries(view) if any(each.decision.startswith(word) for word in RELEASING))
    parts.append(Part("Steps", (Journal(steps[-100:]),)))
    return Page("Releases", "releases", tuple(parts))


def _routes(view: View) -> Piece:
    routes = routing(view).routes
    if not routes:
        return absent("Who answers")
    columns = Column("version"), Column("share of requests", format=".0%"), Column("as")
    return Table(columns, tuple((each.version, each.share, each.mode) for each in routes))


def _candidates(links: Links, state: State | None, *, acting: bool) -> tuple[Piece, ...]:
    if state is None or state.release is None:
        return (absent("Candidates", "let the loop take its turns beside trimtab serve"),)
    released = state.release
    facts: list[tuple[str, Cell]] = [
        ("frozen until a person decides", released.frozen),
        ("in quarantine", ", ".join(released.quarantined) or "none"),
        ("a rollback goes to", released.target),
    ]
    rows = tuple(
        (each.version, each.kind, each.stage, each.since, each.awaiting, each.alpha)
        for each in released.candidates
    )
    columns = (
        Column("version"),
        Column("kind"),
        Column("stage"),
        Column("since", format="moment"),
        Column("to approve"),
        Column("error rate", format=".3g", explanation="Of the tests of it, over all looks together."),
    )
    table: tuple[Piece, ...] = (Table(columns, rows),) if rows else (absent("A candidate on its way"),)
    waiting = [each for each in released.candidates if each.awaiting]
    return (KeyValues(tuple(facts)), *table, *(_asked(links, each, acting=acting) for each in waiting))


def _watches(state: State) -> Piece:
    """The replaced versions that score beside the champion, oldest first."""
    watches = () if state.release is None else state.release.watches
    if not watches:
        return Paragraph("No replaced version scores beside the champion.")
    columns = (
        Column("version"),
        Column("since", format="moment"),
        Column("until", format="moment"),
        Column("replaced by"),
        Column("error rate", format=".3g", explanation="Of the tests of it, over all looks together."),
    )
    return Table(
        columns, tuple((each.anchor, each.since, each.until, each.opened_by, each.alpha) for each in watches)
    )


def _asked(links: Links, one: Candidate, *, acting: bool) -> Markup:
    """What a person is asked about a candidate: to let it go on, or to turn it away."""
    step = f"{one.awaiting} of {one.version}"
    if not acting:
        commands = (
            tag("code", None, f"trimtab {verb} SYSTEM {one.version}") for verb in ("approve", "decline")
        )
        first, second = commands
        words = f"The {step} waits for a person. Sign in to the served console, or type "
        return tag("p", {"class": "note"}, words, first, " or ", second)
    buttons = (
        tag("a", {"class": style, "href": links.to("act", act, f"{one.version}:{one.awaiting}")}, words)
        for act, style, words in (
            ("approve", "button go", f"Approve the {step}"),
            ("decline", "button", f"Decline the {step}"),
        )
    )
    return tag("p", {"class": "acts"}, *buttons)


def _looks(view: View) -> dict[str, list[Event]]:
    """The looks at each candidate, and at the champion against each version in reverse shadow; the latest last."""
    found: dict[str, list[Event]] = {}
    for event in view.events(LOOP):
        if event.kind == HEARD and event.body["event"]["kind"] in JUDGED:
            found.setdefault(_compared(event), []).append(event)
    return dict(sorted(found.items(), key=lambda item: item[1][-1].at)[-SEQUENCES:])


def _compared(event: Event) -> str:
    """Who is judged against whom at a look; records from before several were watched do not name the other."""
    judged = event.body["event"]
    if judged["kind"] != "ReverseJudged":
        return event.subject
    return f"{event.subject} against {judged.get('anchor') or 'the version that it replaced'}"


def _evidence(view: View, looks: list[Event]) -> tuple[Piece, ...]:
    """Every number that the looks at one candidate saw, over time; the first that is an estimate as a chart."""
    numbers = [dict(event.body["event"].get("numbers") or {}) for event in looks]
    names = list(
        dict.fromkeys(name for each in numbers for name, value in each.items() if _is_number(value))
    )[:6]
    columns = Column("looked", format="moment"), Column("verdict"), *(Column(name) for name in names)
    rows = tuple(
        (event.at, str(event.body["event"]["verdict"]), *(each.get(name) for name in names))
        for event, each in zip(looks, numbers, strict=True)
    )
    table = Table(columns, rows[-30:])
    chosen = next(
        (name for name in names if "evidence" in name or "estimate" in name or "difference" in name), None
    )
    if chosen is None or len(looks) < 2:
        return (table,)
    points = tuple(each.get(chosen) if _is_number(each.get(chosen)) else None for each in numbers)
    chart = LineChart(
        f"{chosen.replace('_', ' ').capitalize()} as it accrued",
        Axis("look", kind="time"),
        Axis(chosen.replace("_", " ")),
        (Series(chosen.replace("_", " "), tuple(event.at for event in looks), points, emphasised=True),),
        note=f"n = {len(looks)} looks; the sequence holds its error rate at every one of them.",
        command=f"trimtab console {view.book.target}",
        height=200,
    )
    return (chart, table)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
