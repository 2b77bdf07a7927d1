"""Connections to databases through SQLAlchemy, whose errors become ours; the extra `trimtab[sql]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from trimtab.adapters.tables.reader import _url
from trimtab.adapters.tables.sql import _line, _sqlalchemy, _without_password
from trimtab.errors import DataError


class Database(NamedTuple):
    """An open database: SQLAlchemy, its engine, and the address without its password."""

    alchemy: Any
    engine: Any
    address: str


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database by its URL, in which $NAME stands for an environment variable.

    Within, whatever SQLAlchemy or the database refuses becomes a DataError.
    """
    alchemy, url = _sqlalchemy(), _url(url)
    address = _without_password(alchemy, url)
    try:
        engine = alchemy.create_engine(url)
    except (alchemy.exc.ArgumentError, alchemy.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise DataError(
            f"cannot use the database address {address}",
            found=_line(error),
            do="write it as dialect://user@host/database, and install the dialect's driver",
        ) from error
    try:
        yield Database(alchemy, engine, address)
    except alchemy.exc.SQLAlchemyError as error:
        raise DataError(f"{address} refused", found=_line(error), do="try it in a SQL client") from error
    finally:
        engine.dispose()
