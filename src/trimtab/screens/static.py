"""The same pages as files beside one another, for mail and pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from trimtab.screens.book import Book, View
from trimtab.screens.drawing import ACTED, PLAIN, draw
from trimtab.screens.folds.matters import incidents, kept_versions
from trimtab.screens.frame import Frame, to_page
from trimtab.screens.links import Links, file_name
from trimtab.screens.page import Page
from trimtab.screens.pages.features import latest
from trimtab.screens.pages.predictions import SHOWN
from trimtab.screens.rows import charts, parquet, rows_place


def write_pages(book: Book, folder: Path, at: int | None = None) -> tuple[Path, ...]:
    """Write every page of a record, as it stood at an instant (default: the latest), and return the pages' files.

    The rows behind the charts are beside them, as Parquet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    view, links = book.view(at), Links("", book.slug, files=True)
    frame, written = Frame(view, links), []
    for path in _paths(view):
        page = draw(view, links, path, {}, acting=False)
        if page is not None:
            page = replace(page, path=path)
            _write_rows(page, folder)
            place = folder / file_name(*path)
            place.write_bytes(to_page(page, frame))
            written.append(place)
    return tuple(written)


def _write_rows(page: Page, folder: Path) -> None:
    for name, chart in charts(page).items():
        place = folder / rows_place(name, page.path)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(parquet(chart))


def _paths(view: View) -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((name,) for name in (*PLAIN, *ACTED))
    yield from (("versions", each.name) for each in kept_versions(view))
    yield from (("incidents", each.id) for each in incidents(view))
    yield from (("predictions", name) for name, _ in latest(view, SHOWN))
