"""Records as Parquet: the columns that make them up, then their bodies' keys for anyone's tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.adapters.ledger.flattening import Columns, flattened, stacked
from trimtab.adapters.ledger.rows import Numbers
from trimtab.adapters.ledger.segments import Segment, read_segment, read_sequences
from trimtab.adapters.ledger.subjects import Value
from trimtab.ports import Record

RECORDS_PER_GROUP = 10_000  # what is read to find one
SUBJECT = "subject"

Numbered = tuple[int, Record]

_OWN = pa.schema(
    [
        ("sequence", pa.int64()),
        ("recorded_at", pa.int64()),
        ("id", pa.string()),
        (SUBJECT, pa.string()),
        ("subject_is_number", pa.bool_()),  # 7 and "7" are two subjects
        ("body", pa.binary()),
    ]
)


class Sheet:
    """Records gathered for one file, some at a time, so that only their columns stay in memory."""

    def __init__(self) -> None:
        self._own: list[pa.Table] = []
        self._flat: list[Columns] = []

    def add(self, records: Sequence[Numbered]) -> None:
        """Add the next records."""
        self._own.append(_own(records))
        self._flat.append(flattened([record.body for _, record in records], reserved=_OWN.names))

    def table(self) -> pa.Table:
        """All of them."""
        own = pa.concat_tables(self._own)
        flat = stacked(self._flat, [len(part) for part in self._own])
        return pa.table(dict(zip(own.column_names, own.columns, strict=True)) | flat)


def read_range(folder: Path, segment: Segment, since: int, until: int) -> list[Numbered]:
    """The records of a segment with since <= sequence < until, in order."""
    return _records(read_segment(folder, segment, since, until, _OWN.names[1:]))


def read_some(folder: Path, segment: Segment, sequences: Numbers) -> list[Numbered]:
    """The records of a segment with these sequence numbers, sorted, as far as they are there."""
    return _records(read_sequences(folder, segment, sequences, _OWN.names[1:]))


def about(folder: Path, segment: Segment, wanted: Value) -> list[int]:
    """The sequence numbers of a segment's records about a subject."""
    if not isinstance(wanted, str | int):
        return []
    rows = read_segment(folder, segment, segment.first, segment.until, [SUBJECT, "subject_is_number"])
    alike = pc.and_(
        pc.equal(rows[SUBJECT], str(wanted)), pc.equal(rows["subject_is_number"], isinstance(wanted, int))
    )
    found: list[int] = rows.filter(alike)["sequence"].to_pylist()
    return found


def _own(records: Sequence[Numbered]) -> pa.Table:
    subjects = [record.subject for _, record in records]
    columns = [
        np.array([number for number, _ in records], np.int64),
        np.array([record.at for _, record in records], np.int64),
        [record.id for _, record in records],
        [None if subject is None else str(subject) for subject in subjects],
        [None if subject is None else isinstance(subject, int) for subject in subjects],
        [record.body for _, record in records],
    ]
    return pa.Table.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, _OWN.types, strict=True)], schema=_OWN
    )


def _records(rows: pa.Table) -> list[Numbered]:
    columns = [rows[name].to_pylist() for name in _OWN.names]
    return [
        (number, Record(record_id, at, body, int(subject) if is_number else subject))
        for number, at, record_id, subject, is_number, body in zip(*columns, strict=True)
    ]
