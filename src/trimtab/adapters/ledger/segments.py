"""Sealed ranges as Parquet files that anyone's tools can read: segments/<stream>/<first>-<last>.parquet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.adapters.durable import make_folder, written_whole
from trimtab.adapters.ledger.rows import Numbers, between
from trimtab.errors import LedgerError

ROWS_PER_GROUP = 131_072
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True)
class Segment:
    """One sealed range [first, until) of a stream: `file` is relative to the ledger's folder."""

    first: int
    until: int
    file: str
    bytes: int


def folder_name(stream: str) -> str:
    """A stream's name as one safe folder name, different for different streams on any file system.

    >>> folder_name("facts/Landings")
    'facts%2F%4Candings'
    """
    return "".join(
        letter if letter in _PLAIN else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in stream
    )


def write_segment(
    folder: Path, stream: str, rows: pa.Table, first: int, until: int, *, group: int | None = None
) -> Segment:
    """Write the numbered rows of [first, until) as one new file, on disk when this returns.

    It counts once the manifest names it. `group` is the number of rows that are read together at the least.
    """
    file = _unused(folder, Path("segments") / folder_name(stream) / f"{first:012d}-{until - 1:012d}.parquet")
    make_folder((folder / file).parent)
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type) and field.name != "id"]
    with written_whole(folder / file) as temporary:
        pq.write_table(
            rows,
            temporary,
            compression="zstd",
            use_dictionary=["recorded_at", *texts],
            row_group_size=group or ROWS_PER_GROUP,
            write_page_checksum=True,
        )
    return Segment(first, until, str(file), (folder / file).stat().st_size)


def read_segment(
    folder: Path, segment: Segment, since: int, until: int, columns: list[str] | None = None
) -> pa.Table:
    """The rows of a segment with since <= sequence < until, from the row groups that hold them.

    Raises LedgerError when the file is gone or not as it was written.
    """
    return between(
        _read(folder, segment, lambda first, last: first < until and last >= since, columns), since, until
    )


def read_sequences(folder: Path, segment: Segment, sequences: Numbers, columns: list[str]) -> pa.Table:
    """The rows of a segment with these numbers, sorted, as far as they are there.

    Raises LedgerError when the file is gone or not as it was written.
    """

    def holds_some(first: int, last: int) -> bool:
        start, stop = np.searchsorted(sequences, [first, last + 1])
        return bool(start < stop)

    rows = _read(folder, segment, holds_some, columns)
    return rows.filter(pa.array(np.isin(rows["sequence"].to_numpy(), sequences)))


def remove_strays(folder: Path, known: set[str]) -> None:
    """Delete what a crash left half-made: every file under segments/ that the manifest does not name."""
    for path in (folder / "segments").glob("*/*"):
        if str(path.relative_to(folder)) not in known:
            path.unlink()


def any_segments(folder: Path) -> bool:
    """True when the folder holds sealed ranges."""
    return any((folder / "segments").glob("*/*.parquet"))


def _read(
    folder: Path, segment: Segment, wanted: Callable[[int, int], bool], columns: list[str] | None
) -> pa.Table:
    """The row groups whose (first, last) sequence numbers are wanted."""
    path = folder / segment.file
    if not path.is_file() or path.stat().st_size != segment.bytes:
        raise _damaged(path, "missing" if not path.is_file() else "of another size")
    names = columns if columns is None else ["sequence", *columns]
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read_row_groups(_groups(file.metadata, wanted), columns=names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, " ".join(str(error).split())) from error


def _groups(metadata: pq.FileMetaData, wanted: Callable[[int, int], bool]) -> list[int]:
    ranges = (metadata.row_group(group).column(0).statistics for group in range(metadata.num_row_groups))
    return [group for group, numbers in enumerate(ranges) if wanted(numbers.min, numbers.max)]


def _unused(folder: Path, file: Path) -> Path:
    """The file's name, or that name with a number where a file of that name is or was in the way."""
    names = (file.with_name(f"{file.stem}.{number}{file.suffix}") for number in count(1))
    return next(name for name in chain([file], names) if not (folder / name).exists())


def _damaged(path: Path, found: str) -> LedgerError:
    return LedgerError(f"a part of the ledger is damaged: {path}", found=found, do="restore it from a backup")
