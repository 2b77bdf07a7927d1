"""The tables of ledger.sqlite, its format number, and how it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from trimtab.errors import LedgerError

FORMAT = 1
APPLICATION = 0x7472696D  # "trim"
DATABASE = "ledger.sqlite"

_TABLES = """
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    holds TEXT NOT NULL CHECK (holds IN ('rows', 'events')),
    frontier INTEGER NOT NULL,      -- the next sequence number
    columns BLOB                    -- Arrow schema of the stream's own columns
) STRICT;
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


def open_to_write(folder: Path) -> sqlite3.Connection:
    """The one writing connection: made when missing, in WAL, synced at every commit."""
    db = _connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=rwc")
    try:
        fresh = _is_empty(db)
        if not fresh:
            check_format(db, folder)
        _make_durable(db, folder)
        if fresh:
            db.executescript(
                f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
            )
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(folder: Path) -> sqlite3.Connection:
    """A connection that sees the last commit and cannot write; raises LedgerError when there is no ledger."""
    if not (folder / DATABASE).is_file():
        raise LedgerError(f"there is no ledger in {folder}", do="check the path, or append something first")
    db = _connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro")
    try:
        check_format(db, folder)
    except BaseException:
        db.close()
        raise
    return db


def check_format(db: sqlite3.Connection, folder: Path) -> None:
    """Raise LedgerError unless the file is a ledger that this version can read."""
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


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)


def _make_durable(db: sqlite3.Connection, folder: Path) -> None:
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA checkpoint_fullfsync = ON")
    if mode != "wal":
        raise LedgerError(
            f"the ledger in {folder} cannot use a write-ahead log there",
            found=f"journal mode {mode}",
            do="use a folder on a local disk",
        )


def _is_empty(db: sqlite3.Connection) -> bool:
    tables: int = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0
