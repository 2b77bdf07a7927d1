"""The one page of a system: is it well, what answers and why, how good is it, and what happens next."""

from __future__ import annotations

from typing import cast

from trimtab.finding import Finding, Severity, by_severity, worst
from trimtab.ports import Ledger
from trimtab.report import FindingsList, Journal, KeyValues
from trimtab.report.formats import date, moment
from trimtab.report.markup import tag
from trimtab.report.table import Cell
from trimtab.runtime.watching.telling import judged
from trimtab.screens.book import Seen, View
from trimtab.screens.folds.matters import Kept, champion, considered, entries, previous, routing
from trimtab.screens.folds.told import on_record, told
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent
from trimtab.screens.pages.operation import budget, cost_and_latency, moved, parity
from trimtab.screens.pages.performance import days_of, label_clock, mean_of_late, performance, strip
from trimtab.screens.pages.time import AGAIN, performance_told

LATEST = 20
"""Decisions on the overview; the others are on a page of their own."""


def overview(view: View, links: Links, *, acting: bool = False) -> Page:
    """The page; `acting` says whether the buttons of acts are there."""
    findings = verdicts(view)
    known = [each for each in findings if each.severity is not Severity.NOT_RUN]
    severity = worst(known)
    latest = entries(view)[-LATEST:]
    time = ("Through time", links.to("time")) if view.book.replay else None
    parts = (
        Part("Now serving", now_serving(view, links, acting=acting), ("All versions", links.to("versions"))),
        Part("Performance", tuple(performance_told(view)) or performance(view), time),
        Part("Label clock", label_clock(view)),
        Part("What moved", moved(view), ("All features", links.to("features"))),
        Part("Parity", parity(view)),
        Part("Alerts and their budget", budget(view), ("All incidents", links.to("incidents"))),
        Part("Decisions", (Journal(latest),), ("All decisions", links.to("decisions"))),
        Part("Replay", strip(view)),
        Part("Cost and latency", cost_and_latency(view)),
        Part("All verdicts", (FindingsList(findings),)),
    )
    return Page(
        view.book.name, "overview", parts, _sentence(view, findings), severity, (_lead(view, findings),)
    )


def verdicts(view: View) -> tuple[Finding, ...]:
    """What was known of the model at the instant: open incidents and the monitors' last words, worst first."""
    if view.book.replay:
        return _told(view)
    return by_severity(judged(cast("Ledger", Seen(view)), view.at, f"trimtab watch {view.book.target}"))


def _told(view: View) -> tuple[Finding, ...]:
    """What the monitors of a replay said by the instant."""
    said = told(view, view.policy)
    if said is not None:
        return (said.finding(),)
    why = "no day had ended by then" if on_record(view) else AGAIN
    return (Finding("the monitors' verdict is not on this record", Severity.NOT_RUN, cause=why),)


def _sentence(view: View, findings: tuple[Finding, ...]) -> str:
    worst_one = next((each for each in findings if each.severity >= Severity.WATCH), None)
    if worst_one is not None:
        return worst_one.what
    now = champion(view)
    if now is None:
        return "No version answers."
    days = days_of(view)
    late = None if days is None else mean_of_late(days)
    answers = f"{now.name} {'would have answered' if view.book.replay else 'answers'}, trained on data to {date(now.as_of)}"
    if late is None or days is None:
        return f"{answers}; no label is on record yet."
    return f"{answers}. {days.metric.partition(',')[0].capitalize()} of the last 28 complete days: {late[0]}."


def _lead(view: View, findings: tuple[Finding, ...]) -> KeyValues:
    """The reason, the cost, and the next act."""
    first = next((each for each in findings if each.severity >= Severity.WATCH), None)
    reason: Cell = None if first is None else first.cause or first.what
    cost = None if first is None or first.cost is None else str(first.cost)
    facts: list[tuple[str, Cell]] = [("reason", reason or _calm(findings)), ("cost", cost or "none known")]
    action = None if first is None else first.action
    facts.append(("what to do", action or "nothing"))
    facts.append(("next act", next_act(view)))
    return KeyValues(tuple(facts))


def _calm(findings: tuple[Finding, ...]) -> str:
    missing = [each for each in findings if each.severity is Severity.NOT_RUN]
    if missing:
        return missing[0].cause or missing[0].what
    return "nothing is out of order"


def next_act(view: View) -> str:
    """What the loop will do next, as its last look or the declaration says."""
    look = considered(view)
    if look is not None:
        word = "training considered" if look.outcome == "not now" else f"trained {look.outcome}"
        return f"{word} {moment(look.at)}: {look.reason}"
    system = view.book.system
    if system is not None:
        return f"retrain {system.retrain.when}; the loop has taken no turn on record"
    return "not on record yet"


def now_serving(view: View, links: Links, *, acting: bool) -> tuple[Piece, ...]:
    """What answers, since when, with which share, and the way back."""
    now = champion(view)
    if now is None:
        return (absent("A version that answers", f"trimtab train {view.book.target}"),)
    facts: list[tuple[str, Cell]] = [
        ("version", now.name),
        ("answers since", moment(now.spans[-1][0]) if now.spans else None),
        ("trained on data up to", moment(now.as_of)),
        ("rows learned from", now.body.get("rows")),
        *((f"share of {each.version} ({each.mode})", f"{each.share:.0%}") for each in routing(view).routes),
    ]
    back = previous(view)
    if back is None:
        return (KeyValues(tuple(facts)), absent("A version to go back to"))
    return (KeyValues(tuple(facts)), _back(view, links, now, back, acting=acting))


def _back(view: View, links: Links, now: Kept, back: str, *, acting: bool) -> Piece:
    if acting:
        button = tag(
            "a", {"class": "button", "href": links.to("act", "rollback", back)}, f"Roll back to {back}"
        )
        return tag("p", {"class": "acts"}, button)
    if view.book.replay:
        return tag(
            "p",
            {"class": "note"},
            f"Before {now.name}, {back} would have answered. A replay is only looked at.",
        )
    words = f"Before {now.name}, {back} answered. To roll back: sign in to the served console, or type "
    return tag("p", {"class": "note"}, words, tag("code", None, f"trimtab rollback {view.book.target}"))
