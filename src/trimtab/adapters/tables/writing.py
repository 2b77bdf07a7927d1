"""Predictions to a file: finished chunks are kept as parts beside it, and become one file at the end.

The parts stand in a folder that is named after the run's key. Whoever starts the same run again goes on behind the
last part; whoever starts another run into the same file begins anew.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from trimtab.adapters.durable import make_folder, written_whole
from trimtab.adapters.tables.files import PARQUET
from trimtab.adapters.tables.inserting import SqlTarget, open_sql_target
from trimtab.declare.source import SqlTable
from trimtab.errors import DataError, UsageError

CSV = ".csv"
_COUNTS = b"trimtab_counts"
_BEGAN = "began.json"


class TargetWriter:
    """Opens files and SQL tables for predictions."""

    @contextmanager
    def open(self, to: object, key: str, began: int) -> Iterator[FileTarget | SqlTarget]:
        """A target with the chunks that an earlier, unfinished run of the same key has left; else an empty one.

        Raises UsageError for a target that cannot be written, or that another run is writing.
        """
        if isinstance(to, SqlTable):
            with open_sql_target(to, key, began) as table:
                yield table
            return
        path = _path(to)
        with ExitStack() as locks:
            folder = _work_folder(path, key, locks)
            yield FileTarget(path, folder, began)


class FileTarget:
    """A Parquet or CSV file that appears whole, once all its chunks are written."""

    def __init__(self, path: Path, folder: Path, began: int) -> None:
        self.name = str(path)
        self._path, self._folder = path, folder
        self.began = _began(folder / _BEGAN, began)
        self.counts = list(_kept(folder))

    def write(self, chunk: pa.Table, counts: Mapping[str, int]) -> None:
        """Write the next chunk durably, with its counts."""
        kept = chunk.replace_schema_metadata({_COUNTS: json.dumps(dict(counts))})
        with written_whole(_part(self._folder, len(self.counts))) as temporary:
            pq.write_table(kept, temporary)
        self.counts.append(counts)

    def finish(self) -> None:
        """Make one file of the parts, put it in its place, and remove them."""
        parts = [_part(self._folder, number) for number in range(len(self.counts))]
        with written_whole(self._path) as temporary:
            _join(parts, temporary, as_csv=self._path.name.lower().endswith(CSV))
        shutil.rmtree(self._folder)


def _path(to: object) -> Path:
    if isinstance(to, str | Path) and str(to).lower().endswith((*PARQUET, CSV)):
        return Path(to)
    raise UsageError(
        "do not know how to write predictions there",
        found=repr(to),
        do="name a file that ends in .parquet or .csv, or a table: tt.sql(url, name)",
    )


def _work_folder(path: Path, key: str, locks: ExitStack) -> Path:
    """The folder of the parts, locked; those of other runs into the same file are removed."""
    make_folder(path.parent)
    folder = path.with_name(f".{path.name}.{key}.parts")
    for other in path.parent.glob(f".{glob.escape(path.name)}.*.parts"):
        if other != folder:
            with ExitStack() as lock:
                _lock(other, path, lock)
                shutil.rmtree(other)
    make_folder(folder)
    _lock(folder, path, locks)
    return folder


def _lock(folder: Path, path: Path, locks: ExitStack) -> None:
    """Hold a folder until `locks` is closed, or the process ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    locks.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"another run is writing {path}", found=folder.name, do="wait for it, or write elsewhere"
        ) from None


def _began(path: Path, began: int) -> int:
    """When the run began that the folder belongs to; noted there at its start."""
    if not path.exists():
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(began))
    kept: int = json.loads(path.read_text())
    return kept


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.parquet"


def _kept(folder: Path) -> Iterator[Mapping[str, int]]:
    """The counts of the parts that are there, up to the first that is missing."""
    number = 0
    while (part := _part(folder, number)).exists():
        yield json.loads(pq.read_schema(part).metadata[_COUNTS])
        number += 1


def _join(parts: Iterable[Path], to: Path, *, as_csv: bool) -> None:
    """The rows of the parts in one file, part by part."""
    schema = _schema([pq.read_schema(part).remove_metadata() for part in parts])
    writer: Any = csv.CSVWriter(to, schema) if as_csv else pq.ParquetWriter(to, schema)
    with writer:
        for part in parts:
            writer.write_table(pq.ParquetFile(part).read().replace_schema_metadata(None).cast(schema))


def _schema(schemas: list[pa.Schema]) -> pa.Schema:
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            "a feature changes its kind from chunk to chunk",
            found=" ".join(str(error).split()),
            do="let its function return one kind, or leave the features out of the output",
        ) from error
