"""One prediction explained as `trimtab explain` does it, computed when somebody asks for it."""

from __future__ import annotations

from contextlib import closing

from trimtab.declare.system import System
from trimtab.errors import TrimtabError
from trimtab.report import Document, Paragraph
from trimtab.report.markup import tag
from trimtab.runtime.explaining.run import Place, explain
from trimtab.screens.book import View
from trimtab.screens.links import Links
from trimtab.screens.means import Means
from trimtab.screens.page import Page, Part, Piece
from trimtab.serving.erasures import ERASURES
from trimtab.serving.service import Outcome

SECONDS = 5.0
"""How long a page waits for one."""
MOST_FACTS = 2_000_000
"""Facts on record beyond which it is left to the command, as all of them would be read beside a server."""
HOUR = 3_600_000_000


def way_to_explanation(view: View, links: Links, name: str) -> tuple[Piece, ...]:
    """The way from a prediction to its explanation, or the command that gives it."""
    system = view.book.system
    if view.book.means is None or system is None or links.files:
        words = "What moved the score, and the facts behind it, are told by a command:"
        return (Paragraph(words), _typed(view, name))
    if _facts(view, system) > MOST_FACTS:
        return (Paragraph("The record is too large to explain it beside the pages."), _typed(view, name))
    words = "Computed from the whole record when you ask for it, which may take some seconds."
    link = tag("a", {"href": links.to("predictions", name, "explained")}, "Explain this prediction")
    return (Paragraph(words), tag("p", {"class": "more"}, link))


def explained(view: View, links: Links, name: str, label: Outcome | None) -> Page | None:
    """The page of an explanation, or of why it is not there; None where the record has no means to make one."""
    system, means = view.book.system, view.book.means
    if means is None or system is None or _facts(view, system) > MOST_FACTS:
        return None
    title = f"Prediction {name} explained"
    try:
        document = _document(view, means, system, name, label or Outcome(None, "pending", None))
    except TrimtabError as problem:
        return _without(view, title, name, (Paragraph(f"It cannot be explained: {problem}"),))
    if document is None:
        words = "It is being computed, or another one is. Look again in a moment."
        again = tag("a", {"href": links.to("predictions", name, "explained")}, "Look again")
        return _without(view, title, name, (Paragraph(words), tag("p", {"class": "more"}, again)))
    parts = tuple(Part(each.title, each.blocks) for each in document.sections)
    back = tag("a", {"href": links.to("predictions", name)}, "The prediction as it is on record")
    lead = (tag("p", {"class": "note"}, document.subtitle), tag("p", {"class": "more"}, back))
    return Page(title, "predictions", parts, document.verdict, document.severity, lead)


def _document(view: View, means: Means, system: System, name: str, label: Outcome) -> Document | None:
    """The explanation, kept until the label or what happened around it is another, an hour at most; None when late."""
    ledger, now = view.book.ledger, view.at
    happened = tuple(len(view.events(stream)) for stream in ("versions", "incidents"))
    state = (happened, ledger.frontier(ERASURES), now // HOUR)

    def make() -> Document:
        with closing(means.engine()) as engine:
            place = Place(system, ledger, means.blobs, engine, means.load, lambda *_: label, now)
            return explain(place, name).document()

    return view.book.later.value((name, label, state), make, SECONDS)


def _without(view: View, title: str, name: str, pieces: tuple[Piece, ...]) -> Page:
    return Page(title, "predictions", (Part("Explanation", (*pieces, _typed(view, name))),))


def _facts(view: View, system: System) -> int:
    """Facts on record of all sources of a system."""
    return sum(view.book.ledger.frontier(f"facts/{source.name}") for source in system.sources)


def _typed(view: View, name: str) -> Piece:
    return tag("p", {"class": "cmd"}, tag("code", None, _command(view, name)))


def _command(view: View, name: str) -> str:
    return f"trimtab explain {view.book.target} {name}"
