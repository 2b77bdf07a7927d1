"""Who each row of a stream was, in ledger.sqlite: the content last seen under each id, whatever became of the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from trimtab.adapters.ledger import tables
from trimtab.adapters.ledger.records import storable

IDS_PER_QUERY = 500

Sorted = Sequence[tuple[str, bytes]]


def in_order(contents: dict[str, bytes]) -> Sorted:
    """The pairs in the order of the tree they go into, so that neighbours share its pages."""
    return sorted(contents.items())


def keep(db: sqlite3.Connection, stream: int, pairs: Sorted) -> None:
    """Keep the content of each id; one that is there already takes the new content."""
    db.executemany(
        "INSERT INTO identity (stream, id, content) VALUES (?, ?, ?)"
        " ON CONFLICT (stream, id) DO UPDATE SET content = excluded.content",
        ((stream, one, content) for one, content in pairs),
    )


def find(db: sqlite3.Connection, name: str, ids: Sequence[str]) -> list[bytes | None]:
    """The content last kept for each id, or None."""
    stream = tables.find_stream(db, name, "rows")
    if stream is None:
        return [None] * len(ids)
    wanted = sorted({one for one in ids if storable(one)})
    marks = ", ".join("?" * IDS_PER_QUERY)
    query = f"SELECT id, content FROM identity WHERE stream = ? AND id IN ({marks})"  # noqa: S608  # question marks only
    known: dict[str, bytes] = {}
    for start in range(0, len(wanted), IDS_PER_QUERY):
        some = wanted[start : start + IDS_PER_QUERY]
        # the last chunk is filled up with one of its ids: every query is the same text
        known.update(db.execute(query, (stream.id, *some, *some[:1] * (IDS_PER_QUERY - len(some)))))
    return [known.get(one) for one in ids]
