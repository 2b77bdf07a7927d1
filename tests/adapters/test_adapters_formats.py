"""A ledger written by an earlier trimtab opens, and keeps what it holds."""

import sqlite3
from contextlib import closing

import pyarrow as pa
import pytest

from trimtab.adapters.ledger.format import APPLICATION, FORMAT
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Record

FIRST_FORMAT = """
CREATE TABLE stream (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    holds TEXT NOT NULL CHECK (holds IN ('rows', 'events')), frontier INTEGER NOT NULL, columns BLOB
) STRICT;
CREATE TABLE event (
    stream INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE layout (id INTEGER PRIMARY KEY, columns BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE batch (
    stream INTEGER NOT NULL, first INTEGER NOT NULL, until INTEGER NOT NULL, at INTEGER NOT NULL,
    subject TEXT, hashes BLOB, layout INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (stream, first)
) STRICT;
CREATE TABLE segment (
    stream INTEGER NOT NULL, first INTEGER NOT NULL, until INTEGER NOT NULL,
    subject TEXT, hashes BLOB, file TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (stream, first)
) STRICT;
"""
COLUMNS = {
    "stream": "id, name, holds, frontier, columns",
    "event": "stream, sequence, at, kind, subject, body",
    "layout": "id, columns",
    "batch": "stream, first, until, at, subject, hashes, layout, content",
    "segment": "stream, first, until, subject, hashes, file, bytes",
}


@pytest.fixture
def folder(tmp_path):
    """A ledger of the first format, with rows sealed and open, and a journal."""
    with SqliteLedger(tmp_path) as ledger:
        ledger.append_rows("facts", pa.table({"who": ["ann", "bob"]}), at=1, subject="who")
        ledger.seal("facts")
        ledger.append_rows("facts", pa.table({"who": ["eve", "ann"]}), at=2, subject="who")
        ledger.append_events("journal", [Event(3, "trained", "v1", {"rows": 2})])
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as new:
        select = "SELECT {} FROM {}"
        kept = {
            table: new.execute(select.format(names, table)).fetchall() for table, names in COLUMNS.items()
        }
    (tmp_path / "ledger.sqlite").unlink()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as old:
        marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1;"
        old.executescript(f"PRAGMA journal_mode = WAL; {FIRST_FORMAT} {marks}")
        for table, rows in kept.items():
            places = ", ".join("?" * len(rows[0]))
            old.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({places})", rows)  # noqa: S608
        old.commit()
    return tmp_path


def test_the_first_format_opens_and_keeps_everything(folder):
    for turn in range(2):
        with SqliteLedger(folder) as ledger:
            assert ledger.read_rows("facts")["who"].to_pylist()[:4] == ["ann", "bob", "eve", "ann"]
            assert ledger.read_rows("facts")["recorded_at"].to_pylist()[:4] == [1, 1, 2, 2]
            assert ledger.read_events("journal") == [Event(3, "trained", "v1", {"rows": 2})]
            assert ledger.find_subject("ann")[:2] == [("facts", 0), ("facts", 3)]
            assert ledger._commits.run(lambda db: db.execute("PRAGMA user_version").fetchone()[0]) == FORMAT
            assert ledger.frontier("facts") == 4 + turn
            ledger.append_rows("facts", pa.table({"who": ["zoe"]}), at=4)


def test_the_first_format_learns_records_identities_and_erasing(folder):
    with SqliteLedger(folder) as ledger:
        ledger.append_rows("facts", pa.table({"who": ["zoe"]}), at=4, identities=Identities(["i"], [b"1"]))
        ledger.append_records("served", [Record("r0", 5, b"\x80")])
        assert ledger.erase("facts", [0, 2]) == 2
    with SqliteLedger(folder, read_only=True) as ledger:
        assert ledger.read_rows("facts")["who"].to_pylist() == ["bob", "ann", "zoe"]
        assert ledger.find_identities("facts", ["i"]) == [b"1"]
        assert ledger.read_records("served") == [(0, Record("r0", 5, b"\x80"))]


def test_a_reader_of_the_first_format_is_told_to_open_it_to_write(folder):
    with pytest.raises(LedgerError, match=r"older trimtab; found: format 1.*without read_only=True"):
        SqliteLedger(folder, read_only=True)
    SqliteLedger(folder).close()
    SqliteLedger(folder, read_only=True).close()


def test_a_migration_that_fails_leaves_the_first_format(folder, monkeypatch):
    monkeypatch.setattr(
        "trimtab.adapters.ledger.format._MIGRATION",
        "DROP TABLE event; CREATE TABLE half (x); no such statement;",
    )
    with pytest.raises(LedgerError):
        SqliteLedger(folder)
    monkeypatch.undo()
    with SqliteLedger(folder) as ledger:
        assert ledger.read_events("journal") == [Event(3, "trained", "v1", {"rows": 2})]
