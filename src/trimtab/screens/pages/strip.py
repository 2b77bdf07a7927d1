"""A replayed period as a strip of days, coloured by what the monitors said: each week of it is a link to that week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trimtab.finding import Severity
from trimtab.report.formats import date, instant
from trimtab.report.markup import Markup, join, tag
from trimtab.report.page.tables import severity_class
from trimtab.screens.book import View
from trimtab.screens.folds.days import DAY
from trimtab.screens.folds.told import NEVER, happened, told
from trimtab.screens.links import Links

WIDE, NARROW = 864, 350
BAND, GAP, HEAD, FOOT = 20, 8, 20, 20
"""Heights in pixels: of a policy's days, between two of them, of the names of months, and of the marks below."""
WEEK = 7
SIGNS = {"promoted": "M-3.5 3.5 L0 -3.5 L3.5 3.5 Z", "refused": "M-3 -3 L3 3 M3 -3 L-3 3"}
ROUND = "M0 -4 A4 4 0 1 0 0.01 -4 Z"
"""What stands for a promotion, a refusal, and (round) a page or a rollback."""


@dataclass(frozen=True)
class Period:
    """The days of a replay, epoch days; `shown` is the one that is looked at."""

    first: int
    last: int
    shown: int

    def x(self, day: float, width: int) -> float:
        """Where a day begins."""
        return (day - self.first) / (self.last - self.first + 1) * width


def period(view: View) -> Period | None:
    """The period of a replay; None before its first version."""
    begin = view.book.begin()
    return None if begin is None else Period(begin // DAY, view.book.now() // DAY, view.at // DAY)


def strip_of_days(view: View, links: Links) -> Markup:
    """The strip, drawn for screens and for phones, with the meaning of its colours and signs in words."""
    found = period(view)
    if found is None:
        return Markup("")
    drawn = (
        tag("div", {"class": name}, _drawing(view, links, found, width))
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return tag("figure", {"class": "strip"}, _caption(view), *drawn)


def _caption(view: View) -> Markup:
    keys = (
        tag("span", {"class": f"key {severity_class(each)}"}, str(each))
        for each in (Severity.OK, Severity.WATCH, Severity.ACT)
    )
    words = (
        "Each day as the monitors saw it at its end; \u25b2 promoted, \u00d7 refused, \u25cf page or rollback. "
        "What comes after the day that is shown is not known yet. Choose a week to go there."
    )
    title = tag("b", None, f"Policy {view.policy or 'own'} above, the model that is {NEVER} retrained below")
    return tag("figcaption", None, title, tag("span", None, *keys, " ", words))


def _drawing(view: View, links: Links, found: Period, width: int) -> Markup:
    height = HEAD + 2 * BAND + GAP + FOOT
    shapes = [
        *_months(found, width),
        *_band(view, view.policy, found, width, HEAD),
        *_band(view, NEVER, found, width, HEAD + BAND + GAP),
        *_marks(view, found, width, HEAD + 2 * BAND + GAP + FOOT / 2),
        tag(
            "rect",
            {
                "class": "here",
                "x": _short(found.x(found.shown, width) - 1),
                "y": HEAD - 4,
                "width": 2,
                "height": height - HEAD + 2,
            },
        ),
        *([] if links.files else _weeks(links, found, width, height)),
    ]
    words = f"The replayed days from {date(found.first * DAY)} to {date(found.last * DAY)}"
    # a group, not an image: the links inside are to be reached
    size = {"viewBox": f"0 0 {width} {height}", "role": "group", "aria-label": words}
    return tag("svg", size, *shapes)


def _months(found: Period, width: int) -> Iterator[Markup]:
    for day in range(found.first, found.last + 1):
        begins = instant(day * DAY)
        if begins.day == 1 or day == found.first:
            room = found.last - day > (10 if width == WIDE else 20) and (begins.day < 20)
            words = f"{begins:%b}" if width == WIDE else f"{begins:%b}"[0]
            if room:
                yield tag("text", {"x": _short(found.x(day, width)), "y": 12}, words)


def _band(view: View, policy: str, found: Period, width: int, y: float) -> Iterator[Markup]:
    """The days of one policy; days in a row with the same verdict are one box."""
    marks = {"y": y, "height": BAND}
    yield tag("rect", {"class": "empty", "x": 0, "width": width, **marks})
    said = told(view, policy)
    if said is None:
        return
    days = [(int(at) - 1) // DAY for at in said.at]
    for first, last, verdict in _runs(days, [str(each) for each in said.verdict]):
        start = found.x(max(first, found.first), width)
        end = found.x(last + 1, width)
        style = severity_class(Severity(verdict))
        if end > start:
            yield tag(
                "rect", {"class": f"day {style}", "x": _short(start), "width": _short(end - start), **marks}
            )


def _runs(days: Sequence[int], values: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Stretches of days in a row with one value: the first day, the last, and the value."""
    begin = 0
    for place in range(1, len(days) + 1):
        if place == len(days) or values[place] != values[begin] or days[place] != days[place - 1] + 1:
            yield days[begin], days[place - 1], values[begin]
            begin = place


def _marks(view: View, found: Period, width: int, y: float) -> Iterator[Markup]:
    for event in happened(view, view.policy):
        if event.kind in {"promoted", "refused", "paged", "rolled back"}:
            x = found.x(event.at / DAY, width)
            kind = event.kind.replace(" ", "-")
            place = {"transform": f"translate({_short(x)} {_short(y)})", "class": f"sign {kind}"}
            yield tag("path", {"d": SIGNS.get(event.kind, ROUND), **place})


def _weeks(links: Links, found: Period, width: int, height: int) -> Iterator[Markup]:
    """One link a week, over everything else: it leads to the end of the week."""
    for first in range(found.first, found.last + 1, WEEK):
        last = min(first + WEEK - 1, found.last)
        start, end = found.x(first, width), found.x(last + 1, width)
        box = {
            "class": "week",
            "x": _short(start),
            "y": HEAD - 4,
            "width": _short(end - start),
            "height": height - HEAD + 4,
        }
        words = f"Week to {date(last * DAY)}"
        here = "true" if first <= found.shown <= last else None
        address = links.on(last, "time")
        inside = tag("rect", box, tag("title", None, words))
        yield tag("a", {"href": address, "aria-label": words, "aria-current": here}, inside)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def steps(links: Links, found: Period, *path: str) -> Markup:
    """Links a day, a week and a month back and on, for whoever has no script."""
    made = []
    for words, days in (
        ("\u2212 month", -30),
        ("\u2212 week", -7),
        ("\u2212 day", -1),
        ("+ day", 1),
        ("+ week", 7),
        ("+ month", 30),
    ):
        day = min(max(found.shown + days, found.first), found.last)
        label = f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'back' if days < 0 else 'on'}"
        if day == found.shown:
            made.append(tag("span", {"aria-hidden": "true"}, words))
        else:
            made.append(tag("a", {"href": links.on(day, *path), "aria-label": label}, words))
    return tag("nav", {"class": "steps", "aria-label": "Through time"}, join(*made))
