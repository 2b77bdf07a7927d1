"""The tables of ledger.sqlite, its format number, and how it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from trimtab.errors import LedgerError

FORMAT = 2
APPLICATION = 0x7472696D  # "trim"
DATABASE = "ledger.sqlite"

_STREAM = """
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    holds TEXT NOT NULL CHECK (holds IN ('rows', 'events', 'records')),
    frontier INTEGER NOT NULL,      -- the next sequence number
    columns BLOB                    -- Arrow schema of the stream's own columns; null for records
) STRICT;
"""
_FIRST = """
CREATE TABLE event (
    stream INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,  -- canonical JSON
    PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE layout (id INTEGER PRIMARY KEY, columns BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE batch (                -- the open range: one Arrow record batch per append, [first, until)
    stream INTEGER NOT NULL, first INTEGER NOT NULL, until INTEGER NOT NULL, at INTEGER NOT NULL,
    subject TEXT, hashes BLOB,      -- the column that says who, and its distinct values' hashes, 4 bytes each
    layout INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (stream, first)
) STRICT;
CREATE TABLE segment (              -- sealed ranges: one Parquet file each, [first, until)
    stream INTEGER NOT NULL, first INTEGER NOT NULL, until INTEGER NOT NULL,
    subject TEXT, hashes BLOB,
    file TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (stream, first)
) STRICT;
"""
_SECOND = """
ALTER TABLE batch ADD COLUMN kept BLOB; -- once some were erased: the rows' sequence numbers, 8 bytes each
CREATE TABLE identity (             -- rows: the content last seen under an id
    stream INTEGER NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_id (            -- every id that a record ever had: outlives sealing and erasing
    stream INTEGER NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE record (               -- the open range of records
    key INTEGER PRIMARY KEY,        -- stream << 40 | sequence: one tree, in which new records stand last
    id TEXT NOT NULL, at INTEGER NOT NULL, subject ANY, body BLOB NOT NULL
) STRICT;
"""
_ASIDE = "ALTER TABLE stream RENAME TO stream_before;"  # SQLite cannot change a check
_BACK = "INSERT INTO stream SELECT * FROM stream_before; DROP TABLE stream_before;"

_FRESH = _STREAM + _FIRST + _SECOND
_MIGRATION = _ASIDE + _STREAM + _BACK + _SECOND


def open_to_write(folder: Path) -> sqlite3.Connection:
    """The one writing connection: made when missing, in WAL, synced at every commit."""
    db = _connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=rwc")
    try:
        fresh = _is_empty(db)
        version = 0 if fresh else check_format(db, folder)
        _make_durable(db, folder)
        db.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )  # the log that a crash left, with what was erased before it
        if version < FORMAT:
            _change(db, _FRESH if fresh else _MIGRATION)
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(folder: Path) -> sqlite3.Connection:
    """A connection that sees the last commit and cannot write.

    Raises LedgerError when there is no ledger, or one that only a writer can bring up to date.
    """
    if not (folder / DATABASE).is_file():
        raise LedgerError(f"there is no ledger in {folder}", do="check the path, or append something first")
    db = _connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro")
    try:
        _check_up_to_date(check_format(db, folder), folder)
    except BaseException:
        db.close()
        raise
    return db


def check_format(db: sqlite3.Connection, folder: Path) -> int:
    """The ledger's format number; raises LedgerError unless this version can read or update it."""
    application, version = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise LedgerError(
            f"{folder / DATABASE} is a database, but not a ledger",
            found=f"application id {application}",
            do="point to another folder",
        )
    if version > FORMAT:
        raise LedgerError(
            f"the ledger in {folder} was written by a newer trimtab",
            found=f"format {version}, where this trimtab reads up to {FORMAT}",
            do="pip install --upgrade trimtab",
        )
    return int(version)


def _check_up_to_date(version: int, folder: Path) -> None:
    if version < FORMAT:
        raise LedgerError(
            f"the ledger in {folder} was written by an older trimtab",
            found=f"format {version}, where this trimtab reads {FORMAT}",
            do="open it once without read_only=True, which brings it up to date",
        )


def _change(db: sqlite3.Connection, statements: str) -> None:
    """Run statements that end in the present format, all or none."""
    marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
    try:
        db.executescript(f"BEGIN IMMEDIATE; {statements} {marks} COMMIT;")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)


def _make_durable(db: sqlite3.Connection, folder: Path) -> None:
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA checkpoint_fullfsync = ON")
    db.execute(
        "PRAGMA secure_delete = ON"
    )  # what is deleted is overwritten, so that erasing can keep its word
    if mode != "wal":
        raise LedgerError(
            f"the ledger in {folder} cannot use a write-ahead log there",
            found=f"journal mode {mode}",
            do="use a folder on a local disk",
        )


def _is_empty(db: sqlite3.Connection) -> bool:
    tables: int = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0
