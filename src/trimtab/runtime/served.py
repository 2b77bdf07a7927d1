"""Requests that were answered live: each is a request to learn from, at the instant at which its features held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.ports import Ledger
from trimtab.runtime.logged import PREDICTIONS, decode
from trimtab.sources.identity import KNOWN, SEQUENCE

AT = "__at"


def served_requests(ledger: Ledger, identity: tuple[str, ...], kinds: Mapping[str, Kind]) -> pa.Table:
    """The first answered request of each identity: its fields, and as known, asked and `__at` when its features held.

    Fields that callers do not give are null; requests without an identity, or erased ones, are not among them.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for sequence, record in ledger.read_records(PREDICTIONS):
        logged = decode(record)
        if logged is None:
            continue
        key = tuple(logged.request.get(name) for name in identity)
        if None not in key:
            held = {KNOWN: logged.as_of, AT: logged.as_of, SEQUENCE: sequence}
            found.setdefault(key, {**logged.request, **held})
    rows = list(found.values())
    columns = {name: pa.array([row.get(name) for row in rows], ARROW[kind]) for name, kind in kinds.items()}
    for name in (SEQUENCE, KNOWN, AT):
        columns[name] = pa.array([row[name] for row in rows], pa.int64())
    return pa.table(columns)
