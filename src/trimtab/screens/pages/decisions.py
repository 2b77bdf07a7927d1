"""Every decision on record, with its evidence."""

from __future__ import annotations

from trimtab.report import Journal, Paragraph
from trimtab.screens.book import View
from trimtab.screens.folds.matters import entries
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part

MOST = 300


def decisions(view: View, _links: Links) -> Page:
    """The page: the latest decisions in order of time."""
    every = entries(view)
    words = f"{len(every):,} on record by then. Looks that ended with \u201cnot now\u201d are left out."
    cut = f" The latest {MOST} are shown." if len(every) > MOST else ""
    parts = (Part("Decisions", (Paragraph(words + cut), Journal(every[-MOST:]))),)
    return Page("Decisions", "decisions", parts)
