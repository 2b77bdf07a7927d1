"""Reading the user's data, whatever it is, into one plain Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from trimtab.adapters.arrow import plain
from trimtab.adapters.tables.files import read_files
from trimtab.adapters.tables.fingerprints import fingerprint
from trimtab.adapters.tables.frames import read_frame
from trimtab.adapters.tables.sql import read_sql

__all__ = ["fingerprint", "read_sql", "read_table"]


def read_table(data: Any, *, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a file, folder, glob pattern, Arrow table or data frame, with the columns asked for in that order.

    Files are .parquet, .csv, .csv.gz and .csv.zip; several files are read in the order of their names, and their
    columns must agree. Dictionaries become plain values, metadata is dropped. Raises DataError.

    >>> read_table(pa.table({"origin": ["JFK"], "delay": [5]}), columns=["delay"]).to_pylist()
    [{'delay': 5}]
    """
    wanted = None if columns is None else list(columns)
    table = read_files(data, wanted) if isinstance(data, str | Path) else read_frame(data, wanted)
    return plain(table)
