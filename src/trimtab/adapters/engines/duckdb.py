"""The embedded engine: DuckDB in this process, Arrow in and out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from trimtab.errors import DataError, TrimtabError, UsageError


class DuckDBEngine:
    """Runs plans on an in-process DuckDB: all cores, nothing but registered tables in reach, all times in UTC.

    `threads` and `memory_limit` ("4GB") bound what it takes; what does not fit goes to `temp_directory`, by default
    a folder of its own among the system's temporary files.

    >>> engine = DuckDBEngine(threads=1)
    >>> engine.register("facts", pa.table({"value": [1, 2]}))
    >>> engine.query(exp.select(exp.func("max", exp.column("value")).as_("top")).from_("facts")).to_pylist()
    [{'top': 2}]
    >>> engine.close()
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        temp_directory: str | Path | None = None,
    ) -> None:
        own_folder = Path(tempfile.gettempdir()) / f"trimtab-{os.getpid()}-{id(self):x}"
        options: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_access": False,
            "python_enable_replacements": False,  # or a misspelt table could mean a Python variable
            # rows are put in order by their number, so the engine need not keep theirs
            "preserve_insertion_order": False,
            "temp_directory": str(own_folder if temp_directory is None else temp_directory),
        }
        given = {"threads": threads, "memory_limit": memory_limit}
        options |= {name: value for name, value in given.items() if value is not None}
        try:
            self._connection = duckdb.connect(":memory:", config=options)
            self._connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            raise UsageError("DuckDB refused its options", found=_first_line(error)) from error

    def register(self, name: str, table: pa.Table) -> None:
        """Make a table visible to later queries under a name; a second call replaces it."""
        self._connection.register(name, table)

    def query(self, plan: exp.Expression) -> pa.Table:
        """Run one plan and return its rows, in no particular order.

        Raises DataError where numbers overflow, memory runs out, or the data do not fit the plan.
        """
        try:
            return self._connection.sql(plan.sql(dialect=DuckDB)).to_arrow_table()
        except duckdb.Error as error:
            raise _translated(error) from error

    def close(self) -> None:
        """Give back memory and files."""
        self._connection.close()


def _translated(error: duckdb.Error) -> TrimtabError:
    found = _first_line(error)
    if isinstance(error, (duckdb.OutOfRangeException, duckdb.ConversionException)):
        return DataError(
            "a number overflowed",
            found=found,
            do="give the aggregate a larger scale=, or look for values that are out of all proportion",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return DataError(
            "the engine ran out of memory",
            found=found,
            do="raise memory_limit, or give it a temp_directory to spill to",
        )
    return DataError("the engine refused a plan", found=found)


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]
