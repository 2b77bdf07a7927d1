"""SQL tables and queries through SQLAlchemy, streamed in chunks; the extra `trimtab[sql]`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from trimtab.adapters.arrow import plain
from trimtab.adapters.tables.files import missing_file
from trimtab.errors import DataError, nearest

ROWS_PER_CHUNK = 50_000
_NAME = re.compile(r"(?:(\w+)\.)?(\w+)")
_PARAMETER = re.compile(r"(?<!:):(?=\w)")


def read_sql(url: str, query_or_table: str) -> pa.Table:
    """The rows of a table (`name` or `schema.name`) or of a query, read in chunks and never committed.

    Decimals become floats. Raises DataError without the extra, and for what the database refuses.
    """
    alchemy = _sqlalchemy()
    try:
        engine = alchemy.create_engine(url)
    except (alchemy.exc.ArgumentError, alchemy.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise DataError(
            f"cannot use the database address {_without_password(alchemy, url)}",
            found=_line(error),
            do="write it as dialect://user@host/database, and install the dialect's driver",
        ) from error
    _check_file(engine.url)
    try:
        with engine.connect().execution_options(yield_per=ROWS_PER_CHUNK) as connection:
            statement = _statement(alchemy, engine, query_or_table)
            with closing(connection.execute(statement)) as result:
                return _to_table(result)
    except alchemy.exc.SQLAlchemyError as error:
        raise DataError(
            f"{_without_password(alchemy, url)} refused {query_or_table!r}",
            found=_line(error),
            do="try it in a SQL client",
        ) from error
    finally:
        engine.dispose()


def _sqlalchemy() -> Any:
    try:
        return importlib.import_module("sqlalchemy")
    except ImportError as error:
        raise DataError(
            "reading from a database needs SQLAlchemy", found=str(error), do='pip install "trimtab[sql]"'
        ) from error


def _check_file(url: Any) -> None:
    """Raise DataError for an SQLite file that is missing: SQLite itself would make an empty one."""
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        path = Path(url.database)
        if not path.exists() and not url.database.startswith("file:"):
            raise missing_file(path)


def _statement(alchemy: Any, engine: Any, text: str) -> Any:
    match = _NAME.fullmatch(text.strip())
    if match is None:
        return alchemy.text(_PARAMETER.sub(r"\\:", text))
    schema, name = match.groups()
    try:
        return alchemy.select(alchemy.Table(name, alchemy.MetaData(), schema=schema, autoload_with=engine))
    except alchemy.exc.NoSuchTableError:
        inspector = alchemy.inspect(engine)
        names = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
        raise DataError(
            f"no table {text!r} in the database",
            found=", ".join(names[:12]) or "no tables",
            nearest=nearest(name, names),
        ) from None


def _to_table(result: Any) -> pa.Table:
    names = list(result.keys())
    chunks = [_chunk(names, rows) for rows in result.partitions(ROWS_PER_CHUNK)]
    if not chunks:
        return pa.table({name: pa.nulls(0) for name in names})
    try:
        return plain(pa.concat_tables(chunks, promote_options="permissive"))
    except pa.ArrowException as error:
        raise DataError(
            "a column of the query changes its type between rows",
            found=_line(error),
            do="cast it in the query",
        ) from error


def _chunk(names: list[str], rows: list[Any]) -> pa.Table:
    columns = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        try:
            columns.append(pa.array(_without_decimals(values)))
        except (pa.ArrowException, OverflowError) as error:
            raise DataError(
                f"column {name!r} of the query has no one type", found=_line(error), do="cast it in the query"
            ) from error
    return pa.table(columns, names=names)


def _without_decimals(values: tuple[Any, ...]) -> Iterator[Any]:
    return (float(value) if isinstance(value, Decimal) else value for value in values)


def _without_password(alchemy: Any, url: str) -> str:
    try:
        return str(alchemy.engine.make_url(url).render_as_string(hide_password=True))
    except alchemy.exc.ArgumentError:
        return "given"


def _line(error: Exception) -> str:
    original = getattr(error, "orig", None)
    return " ".join(str(original if original is not None else error).split())[:300]
