"""The lifecycle as a picture: each stage with its state, so that one sees where things stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.finding import Severity
from trimtab.report import Column, Paragraph, Table
from trimtab.report.formats import date, moment
from trimtab.report.markup import Markup, tag
from trimtab.runtime.intake import SOURCES
from trimtab.runtime.watching.telling import VERDICTS
from trimtab.screens.book import View
from trimtab.screens.folds.matters import champion, considered, incidents, kept_versions, routing
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part
from trimtab.screens.pages.performance import days_of
from trimtab.screens.pages.releases import state_of

NOTHING = "not on record yet"


@dataclass(frozen=True)
class Stage:
    """One stage: its name, its state in few words, and how that is."""

    name: str
    words: str
    state: Severity = Severity.OK


def loop(view: View, _links: Links) -> Page:
    """The page of the lifecycle."""
    stages = stages_of(view)
    rows = tuple((stage.name, stage.words, stage.state) for stage in stages)
    columns = Column("stage"), Column("where it stands"), Column("state")
    words = Paragraph(
        "One turn of the loop, from what becomes known to who answers; it begins again by itself."
    )
    parts = (Part("The lifecycle", (words, picture(stages), Table(columns, rows, title="Stages"))),)
    return Page("Loop", "loop", parts)


def stages_of(view: View) -> tuple[Stage, ...]:
    """Every stage as it stood."""
    return (
        _facts(view),
        _labels(view),
        _watch(view),
        _decide(view),
        _train(view),
        *_release(view),
        _alert(view),
    )


def _facts(view: View) -> Stage:
    taken = [event for event in view.events(SOURCES) if "facts" in event.body]
    if not taken:
        return Stage("Take in facts", NOTHING, Severity.NOT_RUN)
    return Stage("Take in facts", f"last {moment(taken[-1].at)}")


def _labels(view: View) -> Stage:
    days = days_of(view)
    until = None if days is None else days.mature_until
    if until is None:
        return Stage("Labels mature", NOTHING, Severity.NOT_RUN)
    return Stage("Labels mature", f"complete to {date(until)}")


def _watch(view: View) -> Stage:
    event = view.latest(VERDICTS)
    if event is None:
        return Stage("Watch", NOTHING, Severity.NOT_RUN)
    worst = max((Severity(each["severity"]) for each in event.body["findings"]), default=Severity.NOT_RUN)
    return Stage("Watch", f"looked {moment(event.at)}", worst)


def _decide(view: View) -> Stage:
    look = considered(view)
    if look is None:
        return Stage("Decide on training", NOTHING, Severity.NOT_RUN)
    return Stage("Decide on training", f"{look.outcome}, {moment(look.at)}")


def _train(view: View) -> Stage:
    versions = kept_versions(view)
    if not versions:
        return Stage("Train", NOTHING, Severity.NOT_RUN)
    return Stage("Train", f"{versions[-1].name}, {moment(versions[-1].trained_at)}")


def _release(view: View) -> tuple[Stage, Stage]:
    state, now = state_of(view), champion(view)
    if state is None or state.release is None:
        steps = Stage("Gate, shadow, canary", NOTHING, Severity.NOT_RUN)
    else:
        words = ", ".join(f"{each.version}: {each.stage}" for each in state.release.candidates)
        frozen = Severity.WATCH if state.release.frozen else Severity.OK
        steps = Stage("Gate, shadow, canary", words or "no candidate", frozen)
    if now is None:
        return steps, Stage("Serve", "no version answers", Severity.ACT)
    shares = ", ".join(f"{each.version} {each.share:.0%}" for each in routing(view).routes)
    return steps, Stage("Serve", shares or now.name)


def _alert(view: View) -> Stage:
    still = [each for each in incidents(view) if each.state != "resolved"]
    if not still:
        return Stage("Alert", "nothing is open")
    return Stage("Alert", ", ".join(each.id for each in still), max(each.finding.severity for each in still))


WIDTH, BOX, HIGH, GAP = 736, 166, 62, 24
"""Measures of the picture, in pixels."""
ACROSS = 4


def picture(stages: Sequence[Stage]) -> Markup:
    """The stages as boxes in two rows, joined in a ring: to the right above, to the left below."""
    places = [_place(number) for number in range(len(stages))]
    ring = tag("path", {"d": _ring(places)})
    boxes = (_box(stage, *place) for stage, place in zip(stages, places, strict=True))
    height = 2 * HIGH + 3 * GAP
    words = "; ".join(f"{stage.name}: {stage.words}" for stage in stages)
    size = {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "aria-label": f"The lifecycle. {words}"}
    return tag("svg", {"class": "map wide", **size}, ring, *boxes)


def _place(number: int) -> tuple[float, float]:
    row, column = divmod(number, ACROSS)
    column = column if row == 0 else ACROSS - 1 - column
    return column * (BOX + GAP), GAP / 2 + row * (HIGH + 2 * GAP)


def _ring(places: Sequence[tuple[float, float]]) -> str:
    centres = [(x + BOX / 2, y + HIGH / 2) for x, y in places]
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in centres) + " Z"


def _box(stage: Stage, x: float, y: float) -> Markup:
    style = {Severity.OK: "ok", Severity.INFO: "ok", Severity.WATCH: "watch", Severity.ACT: "act"}.get(
        stage.state, ""
    )
    words = stage.words if len(stage.words) <= 24 else f"{stage.words[:22]}\u2026"
    return tag(
        "g",
        {"class": style or None},
        tag("rect", {"x": x, "y": y, "width": BOX, "height": HIGH, "rx": 7}),
        tag("text", {"x": x + 12, "y": y + 25}, stage.name),
        tag("text", {"x": x + 12, "y": y + 45, "class": "sub"}, words),
    )
