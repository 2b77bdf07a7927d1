"""What SQLite and the file system say, in words that a person can act on."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from trimtab.errors import LedgerError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_ADVICE = {
    "SQLITE_FULL": ("its disk is full", "free some space, then try again"),
    "SQLITE_BUSY": ("another process keeps it locked", "wait for that process, or end it"),
    "SQLITE_CORRUPT": ("its file ledger.sqlite is damaged", "restore the folder from a backup"),
    "SQLITE_NOTADB": ("its file ledger.sqlite is not a ledger", "restore the folder from a backup"),
    "SQLITE_READONLY": ("its folder may not be written to", "give this user the right to write there"),
    "SQLITE_CANTOPEN": ("its file ledger.sqlite cannot be opened", "check the path and this user's rights"),
    "SQLITE_IOERR": ("its disk failed", "check the disk and its free space, then try again"),
}


@contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """Turn what goes wrong with a ledger's files into one LedgerError; nothing of the attempt is kept."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(folder, error) from error
    except pa.ArrowException as error:
        raise _ledger_error(folder, "a part of it cannot be read or written", error, None) from error
    except OSError as error:
        raise _from_system(folder, error) from error


def from_sqlite(folder: Path, error: sqlite3.Error) -> LedgerError:
    """The LedgerError for what SQLite reports."""
    name = getattr(error, "sqlite_errorname", "")
    for known, (what, do) in _ADVICE.items():
        if name.startswith(known):
            return _ledger_error(folder, what, error, do)
    return _ledger_error(folder, "its database refused the work", error, None)


def _from_system(folder: Path, error: OSError) -> LedgerError:
    if error.errno in _FULL:
        what, do = _ADVICE["SQLITE_FULL"]
    elif error.errno in _DENIED:
        what, do = _ADVICE["SQLITE_READONLY"]
    else:
        what, do = _ADVICE["SQLITE_IOERR"]
    return _ledger_error(folder, what, error, do)


def _ledger_error(folder: Path, what: str, error: Exception, do: str | None) -> LedgerError:
    return LedgerError(f"the ledger in {folder}: {what}", found=" ".join(str(error).split()), do=do)
