"""What is new in a source since the record last looked, and when it counts as known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.source import Source
from trimtab.sources.identity import KNOWN, SEQUENCE, row_codes

GONE = "__gone"
"""True for the fact that a row of a mutable table has disappeared."""


@dataclass(frozen=True)
class Intake:
    """The facts to append, and how many were already recorded."""

    facts: pa.Table
    already_recorded: int


def first_intake(source: Source, facts: pa.Table) -> Intake:
    """Everything, with the known times that the source asserts; a snapshot's first look has none."""
    return Intake(_marked(source, facts, np.zeros(len(facts), dtype=bool)), 0)


def next_intake(source: Source, facts: pa.Table, recorded: pa.Table, now: int) -> Intake:
    """The facts not recorded yet, known no earlier than now: what arrives late was known late.

    Of a snapshot, rows that are new or changed since their last version, and rows that are gone, are facts known at
    `now`.
    """
    if source.snapshot:
        return _differences(source, facts, recorded, now)
    # without the known time: the same fact, read again, still asserts its old one
    content = [name for name in facts.column_names if name not in {KNOWN, SEQUENCE}]
    fresh = (
        ~_is_in(facts.select(content), recorded.select(content), content) if len(recorded) else _all(facts)
    )
    arrived = facts.filter(pa.array(fresh))
    known = pc.max_element_wise(arrived[KNOWN], pa.scalar(now, pa.int64()))
    arrived = arrived.set_column(arrived.column_names.index(KNOWN), KNOWN, known)
    return Intake(_marked(source, arrived, np.zeros(len(arrived), dtype=bool)), int(len(facts) - fresh.sum()))


def _differences(source: Source, facts: pa.Table, recorded: pa.Table, now: int) -> Intake:
    latest = latest_versions(recorded, source.id)
    content = [name for name in facts.column_names if name not in {KNOWN, SEQUENCE}]
    same = _is_in(facts.select(content), latest.select(content), content)
    gone = ~_is_in(latest.select(source.id), facts.select(source.id), list(source.id))
    changed = facts.filter(pa.array(~same))
    lost = latest.filter(pa.array(gone)).select(facts.column_names)
    both = pa.concat_tables([changed, lost])
    both = both.set_column(both.column_names.index(KNOWN), KNOWN, pa.array([now] * len(both), pa.int64()))
    flags = np.r_[np.zeros(len(changed), dtype=bool), np.ones(len(lost), dtype=bool)]
    return Intake(_marked(source, both, flags), int(same.sum()))


def latest_versions(recorded: pa.Table, identity: tuple[str, ...]) -> pa.Table:
    """The newest recorded version of each id that is not gone; later rows of the record are newer."""
    codes = row_codes(recorded, identity)
    last = np.full(int(codes.max(initial=-1)) + 1, -1)
    last[codes] = np.arange(len(codes))
    newest = recorded.take(pa.array(np.sort(last[last >= 0])))
    return newest.filter(pc.invert(newest[GONE])) if GONE in newest.column_names else newest


def _is_in(rows: pa.Table, others: pa.Table, names: list[str]) -> NDArray[np.bool_]:
    codes = row_codes(pa.concat_tables([rows, others.cast(rows.schema)]), tuple(names))
    return np.isin(codes[: len(rows)], codes[len(rows) :])


def _all(table: pa.Table) -> NDArray[np.bool_]:
    return np.ones(len(table), dtype=bool)


def _marked(source: Source, facts: pa.Table, gone: NDArray[np.bool_]) -> pa.Table:
    return facts.append_column(GONE, pa.array(gone)) if source.snapshot else facts
