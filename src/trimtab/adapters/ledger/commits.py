"""Group commit without a timer: whatever arrived while the last sync ran goes to disk in the next one."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from trimtab.errors import TrimtabError

Result = TypeVar("Result")


@dataclass
class _Piece:
    work: Callable[[sqlite3.Connection], Any]
    done: bool = False
    result: Any = None
    problem: BaseException | None = None


class GroupCommit:
    """One connection shared by many threads; `run` returns when the caller's own work is on disk.

    The first thread to come leads: it runs all waiting pieces of work in one transaction and syncs once. A piece
    that raises a TrimtabError undoes only itself; any other failure undoes the whole group and is raised to all.
    After either, `undone` is called, so that what pieces remember of the database can be forgotten.

    >>> commits = GroupCommit(sqlite3.connect(":memory:", isolation_level=None))
    >>> commits.run(lambda db: db.execute("select 1 + 1").fetchone()[0])
    2
    >>> commits.close()
    """

    def __init__(self, db: sqlite3.Connection, undone: Callable[[], None] = lambda: None) -> None:
        self._db = db
        self._undone = undone
        self._waiting: deque[_Piece] = deque()
        self._leading = threading.Lock()

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run work inside a transaction, alone or with others', and return its result once it is durable."""
        mine = _Piece(work)
        self._waiting.append(mine)
        with self._leading:
            if not mine.done:
                self._commit_all()
        if mine.problem is not None:
            raise mine.problem
        result: Result = mine.result
        return result

    def alone(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run work between two groups, outside any transaction."""
        with self._leading:
            return work(self._db)

    def close(self) -> None:
        """Close the connection once the last group is on disk."""
        with self._leading:
            self._db.close()

    def _commit_all(self) -> None:
        group = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for piece in group:
                self._run_one(piece)
            self._db.execute("COMMIT")
        except BaseException as problem:
            for piece in group:
                piece.result, piece.problem = None, problem
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._undone()
            if not isinstance(problem, sqlite3.Error):
                raise
        finally:
            for piece in group:
                piece.done = True

    def _run_one(self, piece: _Piece) -> None:
        self._db.execute("SAVEPOINT piece")
        try:
            piece.result = piece.work(self._db)
        except TrimtabError as problem:
            self._db.execute("ROLLBACK TO piece")
            self._undone()
            piece.problem = problem
        self._db.execute("RELEASE piece")
