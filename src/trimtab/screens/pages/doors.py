"""The pages before all others: which record to look at, the way in, and what there is not."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.report import Paragraph
from trimtab.report.formats import moment
from trimtab.report.markup import tag
from trimtab.screens.book import Book
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Row, listed


def shelf(books: Sequence[Book], base: str) -> Page:
    """The page of all records that can be looked at."""
    rows = [Row(each.name, Links(base, each.slug).to(), _words(each), _kind(each)) for each in books]
    part = Part("Records", (listed(rows, "There is no record here."),))
    return Page("trimtab console", "", (part,), live=False)


def sign_in(base: str, problem: str = "") -> Page:
    """The page that asks for a key; nothing of any system is on it."""
    words = (
        "This server has API keys. A key with the scope predict lets you look, one with admin lets you act."
    )
    pieces = [Paragraph(f"Not let in: {problem}")] if problem else []
    field = {"name": "key", "type": "password", "required": True, "autocomplete": "current-password"}
    form = tag(
        "form",
        {"class": "stack", "method": "post", "action": f"{base}/sign-in"},
        tag("label", None, "API key", tag("input", field)),
        tag("button", None, "Sign in"),
    )
    part = Part("Sign in", (*pieces, Paragraph(words), form))
    return Page("trimtab console", "", (part,), live=False, status=401 if problem else 200)


def missing(what: str) -> Page:
    """The page of what there is not."""
    return Page("Not found", "", (Part("Nothing here", (Paragraph(what),)),), live=False, status=404)


def _kind(book: Book) -> str:
    return "replay" if book.replay else "live"


def _words(book: Book) -> str:
    begin = book.begin()
    return "nothing is on record yet" if begin is None else f"from {moment(begin)} to {moment(book.now())}"
