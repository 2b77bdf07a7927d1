"""A page as HTML: the report's blocks in the console's frame, with navigation and the instant that is shown."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.report import BarChart, LineChart
from trimtab.report.formats import instant, moment
from trimtab.report.markup import Markup, join, tag
from trimtab.report.page.blocks import block_markup
from trimtab.report.page.figures import figure
from trimtab.report.page.style import page_style
from trimtab.report.page.tables import pill, severity_class
from trimtab.screens.book import View
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece
from trimtab.screens.pages.strip import period, steps
from trimtab.screens.rows import downloads
from trimtab.screens.style import console_style

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NAVIGATION = (
    ("overview", "Overview"),
    ("time", "Time"),
    ("decisions", "Decisions"),
    ("versions", "Versions"),
    ("features", "Features"),
    ("predictions", "Predictions"),
    ("incidents", "Incidents"),
    ("releases", "Releases"),
    ("contracts", "Contracts"),
    ("loop", "Loop"),
)
DAY = 86_400_000_000


@dataclass(frozen=True)
class Frame:
    """What surrounds a page: whose record, up to when, where its pages are, and where the script is ("" for none).

    `chosen` says whether the instant was asked for, so that the page must not move on by itself.
    """

    view: View
    links: Links
    script: str = ""
    chosen: bool = False
    signed: str = ""


def to_page(page: Page, frame: Frame | None) -> bytes:
    """The whole page; without a frame it belongs to no record, as the page to sign in."""
    live = frame is not None and bool(frame.script) and page.live and not frame.chosen
    name = frame.view.book.name if frame is not None else "trimtab"
    head = tag(
        "head",
        None,
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY.rpartition(";")[0]}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("link", {"rel": "icon", "href": "data:,"}),
        tag("title", None, f"{page.title} \u00b7 {name}"),
        tag(
            "style",
            None,
            Markup("html{background:var(--tt-paper)}" + page_style("auto", "html") + console_style()),
        ),
        tag("script", {"src": frame.script, "defer": True}) if frame is not None and frame.script else "",
    )
    events = frame.links.to("events") if live and frame is not None else None
    body = tag("body", {"class": "tt page", "data-events": events}, _inside(page, frame))
    return f"<!DOCTYPE html>\n{tag('html', {'lang': 'en'}, head, body)}\n".encode()


def _inside(page: Page, frame: Frame | None) -> Markup:
    return join(
        tag("a", {"class": "skip", "href": "#main"}, "Skip to the content"),
        tag(
            "header",
            None,
            _bar(page, frame) if frame is not None else "",
            tag("h1", None, page.title),
            _when(page, frame),
        ),
        _banner(page),
        _contents(page),
        tag("main", {"id": "main"}, *(_part(part, page, frame) for part in page.parts)),
        tag("footer", None, _foot(frame)),
    )


def _bar(page: Page, frame: Frame) -> Markup:
    links = []
    for key, words in NAVIGATION:
        if key == "time" and not frame.view.book.replay:
            continue
        here = "page" if key == page.here else None
        address = frame.links.to(*(() if key == "overview" else (key,)))
        links.append(tag("li", None, tag("a", {"href": address, "aria-current": here}, words)))
    home = tag("a", {"class": "home", "href": frame.links.to()}, frame.view.book.name)
    return tag("nav", {"class": "bar", "aria-label": "Pages"}, home, tag("ul", None, *links))


def _when(page: Page, frame: Frame | None) -> Markup:
    """The instant that is shown, and the way to another one; works as a plain form."""
    if frame is None:
        return Markup("")
    view = frame.view
    kind = "replay" if view.book.replay else "record"
    words = tag("p", {"class": "subtitle"}, f"The {kind} as it stood at {moment(view.at)} UTC")
    begin = view.book.begin()
    if frame.links.files or begin is None or not page.live:
        return words
    first, last = begin // DAY, view.book.now() // DAY
    chosen = {"type": "date", "name": "at", "value": f"{instant(view.at):%Y-%m-%d}", "required": True}
    ends = {"min": f"{instant(begin):%Y-%m-%d}", "max": f"{instant(view.book.now()):%Y-%m-%d}"}
    form = tag(
        "form",
        {"class": "when", "method": "get", "data-first": first, "data-last": last, "data-at": view.at // DAY},
        tag("label", None, "As it stood on ", tag("input", {**chosen, **ends})),
        tag("button", None, "Show"),
        tag("a", {"href": "?"}, "latest") if frame.chosen else "",
        tag("span", {"class": "slot"}, ""),
    )
    return join(words, form, _steps(page, frame))


def _steps(page: Page, frame: Frame) -> Markup:
    """The way through the time of a replay, link by link."""
    found = period(frame.view) if frame.view.book.replay else None
    return Markup("") if found is None else steps(frame.links, found, *page.path)


def _banner(page: Page) -> Markup:
    if page.severity is None:
        lead = tag("div", {"class": "lead"}, *(_piece(each) for each in page.lead)) if page.lead else ""
        return tag("div", {"id": "verdict"}, lead)
    marks = {"class": f"verdict {severity_class(page.severity)}", "aria-label": "verdict", "role": "group"}
    banner = tag("div", marks, pill(page.severity), tag("p", None, page.verdict))
    return tag(
        "div", {"id": "verdict"}, banner, tag("div", {"class": "lead"}, *(_piece(each) for each in page.lead))
    )


def _contents(page: Page) -> Markup:
    if len(page.parts) < 3:
        return Markup("")
    links = (tag("li", None, tag("a", {"href": f"#{part.anchor}"}, part.title)) for part in page.parts)
    return tag("nav", {"class": "toc", "aria-label": "Contents"}, tag("ol", None, *links))


def _part(part: Part, page: Page, frame: Frame | None) -> Markup:
    title = tag("h2", None, tag("a", {"href": f"#{part.anchor}"}, part.title))
    more = tag("p", {"class": "more"}, tag("a", {"href": part.more[1]}, part.more[0])) if part.more else ""
    pieces = (_drawn(each, page, frame) for each in part.pieces)
    return tag("section", {"id": part.anchor}, title, *pieces, more)


def _drawn(piece: Piece, page: Page, frame: Frame | None) -> Markup:
    """A piece; a chart with links to all of its rows."""
    if frame is not None and isinstance(piece, LineChart | BarChart):
        return figure(piece, tuple(downloads(piece, frame.links, page.path)))
    return _piece(piece)


def _piece(piece: Piece) -> Markup:
    return piece if isinstance(piece, Markup) else block_markup(piece)


def _foot(frame: Frame | None) -> str:
    if frame is None:
        return "trimtab console"
    who = f" Signed in as {frame.signed}." if frame.signed else ""
    return f"trimtab console. All times are UTC. Nothing on this page comes from another host.{who}"
