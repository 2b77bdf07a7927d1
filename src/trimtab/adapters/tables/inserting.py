"""Predictions to a SQL table: each chunk in one transaction with the note that it is there.

Every row carries the key of its run in the column `batch`. A run that was cut short finds its notes in the table
`trimtab_batches` and goes on behind the last chunk; one that is run again from the start takes the rows of its earlier
self away first. So nothing is there twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from trimtab.adapters.tables.databases import Database, opened
from trimtab.declare.source import SqlTable
from trimtab.errors import DataError, UsageError, nearest

NOTES = "trimtab_batches"
_START = -1


@contextmanager
def open_sql_target(to: SqlTable, key: str, began: int) -> Iterator[SqlTarget]:
    """A table, with what an unfinished run of the same key has left in it; made at the first chunk if it is not there."""
    schema, _, name = to.query.rpartition(".")
    if not name.isidentifier():
        raise UsageError("predictions go to a table", found=repr(to.query), do="name it: tt.sql(url, name)")
    with opened(to.url) as database:
        yield SqlTarget(database, (schema or None, name), key, began)


class SqlTarget:
    """A table that grows chunk by chunk."""

    def __init__(self, database: Database, table: tuple[str | None, str], key: str, began: int) -> None:
        self._database, self._key = database, key
        self._schema, self._table = table
        self.name = f"{'.'.join(filter(None, table))} in {database.address}"
        self._notes = _notes(database.alchemy, self._schema)
        self.began, self.counts = self._resume(began)

    def write(self, chunk: pa.Table, counts: Mapping[str, int]) -> None:
        """Insert the next chunk and note it, both or neither."""
        rows = chunk.append_column("batch", pa.array([self._key] * len(chunk), pa.string()))
        target = self._made(rows.schema)
        note = {"batch": self._key, "chunk": len(self.counts), "began": self.began}
        with self._database.engine.begin() as connection:
            # the note comes first: where two runs of one key meet, the second fails before it inserts
            connection.execute(self._notes.insert(), note | {"counts": json.dumps(dict(counts))})
            if len(rows):
                connection.execute(target.insert(), rows.to_pylist())
        self.counts.append(counts)

    def finish(self) -> None:
        """Remove the notes: the run is over."""
        with self._database.engine.begin() as connection:
            connection.execute(self._notes.delete().where(self._notes.c.batch == self._key))

    def _resume(self, began: int) -> tuple[int, list[Mapping[str, int]]]:
        notes = self._notes
        present = self._found()
        with self._database.engine.begin() as connection:
            notes.create(connection, checkfirst=True)
            mine = notes.select().where(notes.c.batch == self._key).order_by(notes.c.chunk)
            kept = connection.execute(mine).all()
            if kept:
                return kept[0].began, [json.loads(each.counts) for each in kept if each.chunk != _START]
            if present is not None and "batch" in present.c:
                connection.execute(present.delete().where(present.c.batch == self._key))
            start = {"batch": self._key, "chunk": _START, "began": began, "counts": "{}"}
            connection.execute(notes.insert(), start)
        return began, []

    def _found(self) -> Any:
        """The table as it is, or None."""
        alchemy = self._database.alchemy
        try:
            return alchemy.Table(
                self._table, alchemy.MetaData(), schema=self._schema, autoload_with=self._database.engine
            )
        except alchemy.exc.NoSuchTableError:
            return None

    def _made(self, schema: pa.Schema) -> Any:
        """The table, made if it is not there; raises DataError where it lacks a column."""
        found = self._found()
        if found is None:
            found = _declared(self._database.alchemy, self._schema, self._table, schema)
            found.create(self._database.engine, checkfirst=True)
        for name in schema.names:
            if name not in found.c:
                raise DataError(
                    f"table {self.name} has no column {name!r}",
                    found=", ".join(found.c.keys()),
                    nearest=nearest(name, found.c.keys()),
                    do="add the column, or name a table that does not exist yet",
                )
        return found


def _notes(alchemy: Any, schema: str | None) -> Any:
    return alchemy.Table(
        NOTES,
        alchemy.MetaData(),
        alchemy.Column("batch", alchemy.String(16), primary_key=True),
        alchemy.Column("chunk", alchemy.Integer, primary_key=True, autoincrement=False),
        alchemy.Column("began", alchemy.BigInteger, nullable=False),
        alchemy.Column("counts", alchemy.Text, nullable=False),
        schema=schema,
    )


def _declared(alchemy: Any, schema: str | None, name: str, columns: pa.Schema) -> Any:
    made = [alchemy.Column(field.name, _type(alchemy, field.type)) for field in columns]
    return alchemy.Table(name, alchemy.MetaData(), *made, schema=schema)


def _type(alchemy: Any, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return alchemy.Boolean()
    if pa.types.is_integer(kind):
        return alchemy.BigInteger()
    if pa.types.is_timestamp(kind):
        return alchemy.DateTime(timezone=True)
    return alchemy.Text() if pa.types.is_string(kind) else alchemy.Double()
