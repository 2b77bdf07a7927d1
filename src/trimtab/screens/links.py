"""Addresses of pages: under a path of a server, or as files beside one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from trimtab.report.formats import instant


@dataclass(frozen=True)
class Links:
    """Where the pages of one record are; `at` (epoch microseconds) is kept from page to page.

    >>> Links("/console", "live").to("versions", "v 1")
    '/console/live/versions/v%201'
    >>> Links("", "live", files=True).to("versions", "v1")
    'versions-v1.html'
    """

    base: str
    slug: str
    at: int | None = None
    files: bool = False

    def to(self, *path: str, **query: str) -> str:
        """The address of a page."""
        if self.files:
            return f"{file_name(*path)}"
        given = {**({"at": f"{instant(self.at):%Y-%m-%dT%H:%M}"} if self.at is not None else {}), **query}
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
        place = "/".join((self.base, self.slug, *(quote(part, safe="") for part in path)))
        return f"{place}?{asked}" if asked else place

    def on(self, day: int, *path: str) -> str:
        """The address of a page as it stood when a day (days since 1970) ended.

        >>> Links("/console", "live").on(15_706, "time")
        '/console/live/time?at=2013-01-01'
        """
        address = replace(self, at=None).to(*path)
        return address if self.files else f"{address}?at={instant(day * 86_400_000_000):%Y-%m-%d}"


def file_name(*path: str) -> str:
    """The file of a page; letters that a file system may not take become underscores.

    >>> file_name(), file_name("versions", "a/b")
    ('index.html', 'versions-a_b.html')
    """
    name = "-".join(path) or "index"
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name) + ".html"
