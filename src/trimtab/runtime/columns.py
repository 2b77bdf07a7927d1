"""Columns that a source's record lacks because nothing read them before: filled in beside it, fact by fact.

What is on record stays as it is. The values stand in a stream of their own, under the sequence numbers of their facts,
and are joined to them whenever facts are read.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.ports import Ledger
from trimtab.sources.identity import KNOWN, SEQUENCE, row_codes

OF = "of"
"""The sequence number of the fact that a row of values belongs to."""
_ABOUT = ("sequence", "recorded_at", OF)


def columns_stream(source: str) -> str:
    """The stream that holds what was filled in for a source.

    >>> columns_stream("orders")
    'columns/orders'
    """
    return f"columns/{source}"


def read_facts(ledger: Ledger, source: str, *, since: int = 0, until: int | None = None) -> pa.Table:
    """The facts of a source with since <= sequence < until as the ledger has them, with what was filled in later."""
    rows = ledger.read_rows(f"facts/{source}", since=since, until=until)
    stream = columns_stream(source)
    if not ledger.frontier(stream):
        return rows
    more = ledger.read_rows(stream)
    places, found = _places(rows["sequence"].to_numpy(), more[OF].to_numpy())
    for name in more.column_names:
        if name not in _ABOUT:
            rows = _filled(rows, name, more[name], places, found)
    return rows


def filling(recorded: pa.Table, facts: pa.Table, subject: str | None) -> pa.Table:
    """What to fill in for recorded facts from facts as their data holds them now, matched by all that both have.

    A fact that the data has no more gets nothing, and so null.
    """
    about = {KNOWN, SEQUENCE}
    shared = tuple(name for name in facts.column_names if name in recorded.column_names and name not in about)
    new = [name for name in facts.column_names if name not in recorded.column_names and name not in about]
    schema = facts.select(shared).schema
    codes = row_codes(pa.concat_tables([facts.select(shared), recorded.select(shared).cast(schema)]), shared)
    values, first = np.unique(codes[: len(facts)], return_index=True)
    asked = codes[len(facts) :]
    at = np.searchsorted(values, asked).clip(max=max(len(values) - 1, 0))
    known = values[at] == asked if len(values) else np.zeros(len(asked), np.bool_)
    mine = recorded.filter(pa.array(known))
    columns = {OF: mine["sequence"], KNOWN: mine[KNOWN]}
    if subject is not None and subject in mine.column_names:
        columns[subject] = mine[subject]
    taken = facts.take(pa.array(first[at[known]] if len(values) else np.zeros(0, np.int64)))
    return pa.table({**columns, **{name: taken[name] for name in new}})


def _places(
    sequence: NDArray[np.int64], of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each row of values belongs among the facts that were read, and whether its fact is among them."""
    if not len(sequence):
        return np.zeros(len(of), np.int64), np.zeros(len(of), np.bool_)
    places = np.searchsorted(sequence, of).clip(max=len(sequence) - 1)
    return places, sequence[places] == of


def _filled(
    rows: pa.Table, name: str, values: pa.ChunkedArray, places: NDArray[np.int64], found: NDArray[np.bool_]
) -> pa.Table:
    """The facts with a column filled in where it has no value of its own."""
    found = found & values.is_valid().to_numpy()
    taken = np.full(len(rows), -1)
    taken[places[found]] = np.flatnonzero(found)
    filled = values.take(pa.array(taken, mask=taken < 0))
    if name not in rows.column_names:
        return rows.append_column(name, filled)
    own = rows[name]
    return rows.set_column(rows.column_names.index(name), name, pc.coalesce(own, filled.cast(own.type)))
