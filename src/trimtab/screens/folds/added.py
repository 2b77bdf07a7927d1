"""What pages of a replay are folded from, added up once at its end and kept beside its record."""

from __future__ import annotations

from trimtab.screens.book import Book
from trimtab.screens.folds.replayed import sums_of
from trimtab.screens.folds.told import told


def add_up_replay(book: Book) -> None:
    """Make and keep the sums over the rows of a replay, and what its monitors said by day."""
    view = book.view()
    sums_of(view)
    told(view, view.policy)
