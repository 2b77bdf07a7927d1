"""The nouns of a console page: a title, a verdict, and titled runs of blocks, or of markup where the report has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.finding import Severity
from trimtab.report.document import Block, Paragraph, slug
from trimtab.report.markup import Markup, tag

Piece = Block | Markup
"""What a part can hold: a block of the report, or markup such as a form."""


@dataclass(frozen=True)
class Part:
    """A titled run of pieces; `anchor` is its name in links."""

    title: str
    pieces: tuple[Piece, ...]
    more: tuple[str, str] | None = None
    """The words and the address of the page behind it."""

    @property
    def anchor(self) -> str:
        """Its name in links.

        >>> Part("Label clock", ()).anchor
        'label-clock'
        """
        return slug(self.title)


@dataclass(frozen=True)
class Page:
    """One page; `here` is the entry of the navigation that it belongs to, `live` whether it is refreshed."""

    title: str
    here: str
    parts: tuple[Part, ...]
    verdict: str = ""
    severity: Severity | None = None
    lead: tuple[Piece, ...] = ()
    live: bool = True
    status: int = 200
    path: tuple[str, ...] = ()
    """Where it is below its record, for links to the same page at another instant."""


@dataclass(frozen=True)
class Row:
    """One line of a list of things that have a page of their own."""

    name: str
    href: str
    words: str = ""
    chip: str = ""
    severity: Severity | None = None


def absent(what: str, how: str = "") -> Paragraph:
    """What a page says in place of what nobody recorded.

    >>> absent("Latency", "serve the system").text
    'Latency: not on record yet. To have it: serve the system.'
    """
    return Paragraph(f"{what}: not on record yet.{f' To have it: {how}.' if how else ''}")


def listed(rows: Sequence[Row], empty: str) -> Markup:
    """Things with a page of their own, one a line; `empty` is said where there is none."""
    if not rows:
        return tag("p", {"class": "note"}, empty)
    return tag("ul", {"class": "rows"}, *(_row(row) for row in rows))


def _row(row: Row) -> Markup:
    from trimtab.report.page.tables import pill  # noqa: PLC0415  # the report's own words for severities

    return tag(
        "li",
        None,
        tag("a", {"href": row.href}, row.name),
        pill(row.severity) if row.severity is not None else "",
        tag("span", {"class": "chip"}, row.chip) if row.chip else "",
        tag("span", {"class": "words"}, row.words),
    )
