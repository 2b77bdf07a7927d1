"""Rows in chunks, in bounded memory: Parquet by record batches, CSV by blocks, databases by server-side chunks.

What can be read only once (a query, a reader of record batches) goes to a temporary folder first: then its content
has a fingerprint, and the database is not kept waiting for whoever works on the rows.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.adapters.arrow import plain
from trimtab.adapters.tables.blocks import csv_blocks, csv_names
from trimtab.adapters.tables.databases import opened
from trimtab.adapters.tables.files import CSV, PARQUET, _files
from trimtab.adapters.tables.fingerprints import fingerprint
from trimtab.adapters.tables.frames import check_names, read_frame
from trimtab.adapters.tables.sql import ROWS_PER_CHUNK, _check_file, _chunk, _statement
from trimtab.declare.kinds import Kind
from trimtab.declare.source import InMemory, SqlTable
from trimtab.errors import DataError

ROWS_PER_BATCH = 10_000
_BUFFER_BYTES = 1 << 20

Pieces = Generator[pa.Table, None, None]


@dataclass(frozen=True)
class Stream:
    """Rows that can be read again and again: how many (None: only reading would tell), and their fingerprint."""

    fingerprint: str
    rows: int | None
    pieces: Callable[[], Iterator[pa.Table]]

    def chunks(self, size: int, *, skip: int = 0) -> Iterator[pa.Table]:
        """The rows after the first `skip`, in tables of exactly `size` rows, but for the last."""
        return resized(self.pieces(), size, skip)


class StreamReader:
    """Opens files, folders and globs, SQL tables and queries, and dataframes in memory as streams of rows."""

    @contextmanager
    def open(self, data: object, folder: Path, kinds: Mapping[str, Kind]) -> Iterator[Stream]:
        """The columns of `kinds` in that order; relative paths start at `folder`.

        Raises DataError for data that cannot be read and for missing columns, before any row is read.
        """
        if isinstance(data, InMemory):
            data = data.table
        if isinstance(data, SqlTable | pa.RecordBatchReader):
            pieces = _queried(data, kinds) if isinstance(data, SqlTable) else _batches(data, kinds)
            with tempfile.TemporaryDirectory(prefix="trimtab-rows-") as place, closing(pieces):
                yield _files_stream(_spooled(pieces, Path(place)), kinds)
        elif isinstance(data, str | Path):
            yield _files_stream(_files(folder / data), kinds)
        else:
            table = plain(read_frame(data, list(kinds)))
            yield Stream(fingerprint(table), len(table), lambda: iter([table]))


def resized(pieces: Iterable[pa.Table], size: int, skip: int) -> Iterator[pa.Table]:
    """The rows after the first `skip`, in tables of exactly `size` rows, but for the last.

    >>> [len(table) for table in resized([pa.table({"x": [1, 2, 3]}), pa.table({"x": [4]})], 2, 1)]
    [2, 1]
    """
    held: list[pa.Table] = []
    count = 0
    for piece in pieces:
        rest = piece.slice(min(skip, len(piece)))
        skip -= len(piece) - len(rest)
        while count + len(rest) >= size:
            yield _joined([*held, rest.slice(0, size - count)])
            rest = rest.slice(size - count)
            held, count = [], 0
        if len(rest):
            held.append(rest)
            count += len(rest)
    if held:
        yield _joined(held)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            "a column of the rows changes its type on the way",
            found=" ".join(str(error).split()),
            do="write all files with the same types",
        ) from error


def _files_stream(paths: Sequence[Path], kinds: Mapping[str, Kind]) -> Stream:
    known = [_checked(path, kinds) for path in paths]
    rows = None if None in known else sum(count or 0 for count in known)
    return Stream(_fingerprint(paths, kinds), rows, partial(_read, paths, kinds))


def _checked(path: Path, kinds: Mapping[str, Kind]) -> int | None:
    """How many rows a file has, if it says so; raises DataError where it is unreadable or lacks a column."""
    with _told(path):
        if not path.name.lower().endswith(PARQUET):
            check_names(csv_names(path), list(kinds), path.name)
            return None
        with pq.ParquetFile(path) as file:
            check_names(file.schema_arrow.names, list(kinds), path.name)
            return int(file.metadata.num_rows)


def _fingerprint(paths: Sequence[Path], kinds: Mapping[str, Kind]) -> str:
    """SHA-256, in hex, over the bytes of the files in order, and the columns that are read of them."""
    whole = hashlib.sha256(repr(list(kinds)).encode())
    for path in paths:
        with _told(path), path.open("rb") as file:
            whole.update(path.suffix.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _read(paths: Sequence[Path], kinds: Mapping[str, Kind]) -> Iterator[pa.Table]:
    for path in paths:
        with _told(path):
            if path.name.lower().endswith(PARQUET):
                yield from _parquet_batches(path, list(kinds))
            else:
                yield from csv_blocks(path, kinds)


def _parquet_batches(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES) as file:  # or whole column chunks would be held
        for batch in file.iter_batches(ROWS_PER_BATCH, columns=columns):
            yield plain(pa.table(batch).select(columns))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Within, what a file refuses becomes a DataError that names it."""
    if not path.name.lower().endswith(PARQUET + CSV):
        raise DataError(
            f"do not know how to read {path}",
            found=f"the extension {path.suffix!r}",
            do=f"use {', '.join(PARQUET + CSV)}",
        )
    try:
        yield
    except (pa.ArrowException, OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read",
            found=" ".join(str(error).split()),
            do="write it again with the types of the source, or check this user's rights",
        ) from error


def _spooled(pieces: Iterable[pa.Table], folder: Path) -> list[Path]:
    """Each piece as a Parquet file of its own, so that each may have its own types."""
    paths = []
    for number, piece in enumerate(pieces):
        paths.append(folder / f"{number:06d}.parquet")
        pq.write_table(piece, paths[-1])
    return paths


def _queried(data: SqlTable, kinds: Mapping[str, Kind]) -> Pieces:
    with opened(data.url) as database:
        _check_file(database.engine.url)
        with database.engine.connect().execution_options(yield_per=ROWS_PER_CHUNK) as connection:
            statement = _statement(database.alchemy, database.engine, data.query)
            with closing(connection.execute(statement)) as result:
                names = list(result.keys())
                check_names(names, list(kinds), f"the query {data.query!r}")
                for rows in result.partitions(ROWS_PER_CHUNK):
                    yield _chunk(names, rows).select(list(kinds))


def _batches(data: Any, kinds: Mapping[str, Kind]) -> Pieces:
    check_names(data.schema.names, list(kinds), "the reader of record batches")
    for batch in data:
        yield plain(pa.table(batch).select(list(kinds)))
