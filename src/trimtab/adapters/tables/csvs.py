"""CSV files: types inferred over the whole file, times parsed, and nothing mistaken for a missing value.

In a column of numbers or times the usual words for nothing (NA, NaN, null, an empty field) are null. In a column of
text only an empty field is: the country code NA is Namibia.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from trimtab.adapters.tables.frames import check_names
from trimtab.errors import DataError


def read_csv(path: Path, columns: Sequence[str] | None) -> pa.Table:
    """The rows of one CSV file, plain, gzipped or alone in a zip; raises DataError for an unusable header."""
    with _opened(path) as source:
        names = csv.open_csv(source).schema.names
    check_names(names, columns, path.name)
    convert = csv.ConvertOptions(include_columns=None if columns is None else list(columns))
    with _opened(path) as source:
        table = csv.read_csv(source, convert_options=convert)
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(index, field.name, _empty_to_null(table.column(index)))
    return table


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if path.suffix != ".zip":
        with pa.input_stream(str(path), compression="detect") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(members) != 1:
            raise DataError(
                f"{path} should hold exactly one CSV file",
                found=", ".join(members) or "none",
                do="unzip it first",
            )
        with archive.open(members[0]) as member:
            yield pa.PythonFile(member, mode="r")


def _empty_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
