"""The Tables port: whatever a source declares as its data becomes one Arrow table."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyarrow as pa

from trimtab.adapters.tables import read_sql, read_table
from trimtab.declare.source import InMemory, SqlTable
from trimtab.errors import DataError


class TableReader:
    """Reads files, folders and globs, SQL tables and queries, and dataframes in memory."""

    def read(self, data: object, folder: Path) -> pa.Table:
        """The whole table; relative paths start at `folder`. Raises DataError when it cannot be read."""
        if isinstance(data, SqlTable):
            return read_sql(_url(data.url), data.query)
        if isinstance(data, InMemory):
            return read_table(data.table)
        return read_table(folder / str(data))


def _url(url: str) -> str:
    """The URL with $NAME and ${NAME} replaced from the environment, so that no password stands in a file."""

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in os.environ:
            raise DataError(f"the database URL names ${name}, which is not set", do=f"export {name}=...")
        return os.environ[name]

    return re.sub(r"\$\{?(?P<name>[A-Za-z_]\w*)\}?", value, url)
