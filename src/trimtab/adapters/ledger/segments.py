"""Sealed ranges as Parquet files that anyone's tools can read: segments/<stream>/<first>-<last>.parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.adapters.durable import make_folder, written_whole
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


def write_segment(folder: Path, stream: str, rows: pa.Table) -> Segment:
    """Write numbered rows as one file, on disk when this returns; it counts once the manifest names it."""
    first, last = rows["sequence"][0].as_py(), rows["sequence"][-1].as_py()
    file = Path("segments") / folder_name(stream) / f"{first:012d}-{last:012d}.parquet"
    make_folder((folder / file).parent)
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    with written_whole(folder / file) as temporary:
        pq.write_table(
            rows,
            temporary,
            compression="zstd",
            use_dictionary=["recorded_at", *texts],
            row_group_size=ROWS_PER_GROUP,
            write_page_checksum=True,
        )
    return Segment(first, last + 1, str(file), (folder / file).stat().st_size)


def read_segment(
    folder: Path, segment: Segment, since: int, until: int, columns: list[str] | None = None
) -> pa.Table:
    """The rows of a segment with since <= sequence < until, from the row groups that hold them.

    Raises LedgerError when the file is gone or not as it was written.
    """
    path = folder / segment.file
    if not path.is_file() or path.stat().st_size != segment.bytes:
        raise _damaged(path, "missing" if not path.is_file() else "of another size")
    start, stop = max(since, segment.first) - segment.first, min(until, segment.until) - segment.first
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            groups, skipped = _groups(sizes, start, stop)
            table = file.read_row_groups(groups, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, " ".join(str(error).split())) from error
    return table.slice(start - skipped, stop - start)


def remove_strays(folder: Path, known: set[str]) -> None:
    """Delete what a crash left half-made: every file under segments/ that the manifest does not name."""
    for path in (folder / "segments").glob("*/*"):
        if str(path.relative_to(folder)) not in known:
            path.unlink()


def any_segments(folder: Path) -> bool:
    """True when the folder holds sealed ranges."""
    return any((folder / "segments").glob("*/*.parquet"))


def _groups(sizes: list[int], start: int, stop: int) -> tuple[list[int], int]:
    chosen, skipped, first = [], 0, 0
    for group, size in enumerate(sizes):
        if first + size <= start:
            skipped = first + size
        elif first < stop:
            chosen.append(group)
        first += size
    return chosen, skipped


def _damaged(path: Path, found: str) -> LedgerError:
    return LedgerError(f"a part of the ledger is damaged: {path}", found=found, do="restore it from a backup")
