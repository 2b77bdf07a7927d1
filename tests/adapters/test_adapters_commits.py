"""Group commit: one sync for all that wait, no timer, and each caller its own outcome."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing

import pytest

from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.errors import LedgerError


@pytest.fixture
def statements():
    return []


@pytest.fixture
def commits(tmp_path, statements):
    db = sqlite3.connect(tmp_path / "db", isolation_level=None, check_same_thread=False)
    db.execute("CREATE TABLE kept (number INTEGER CHECK (number < 100))")
    db.set_trace_callback(statements.append)
    commits = GroupCommit(db)
    yield commits
    commits.close()


def insert(number):
    return lambda db: db.execute("INSERT INTO kept VALUES (?)", (number,)).rowcount


def numbers(commits):
    return commits.run(lambda db: [row[0] for row in db.execute("SELECT number FROM kept ORDER BY number")])


def run_together(commits, works):
    """Run all works in the group that forms while a first one is under way."""
    started, go = threading.Event(), threading.Event()

    def first(_):
        started.set()
        go.wait(10)

    with ThreadPoolExecutor(len(works) + 1) as pool:
        leader = pool.submit(commits.run, first)
        started.wait(10)
        followers = [pool.submit(commits.run, work) for work in works]
        while len(commits._waiting) < len(works):
            pass
        go.set()
        wait([leader, *followers])
    return followers


def test_all_that_wait_share_one_commit(commits, statements):
    outcomes = run_together(commits, [insert(number) for number in range(6)])
    assert [outcome.result() for outcome in outcomes] == [1] * 6
    assert statements.count("COMMIT") == 2
    assert numbers(commits) == list(range(6))


def test_a_lone_caller_does_not_wait_for_company(commits, statements):
    assert commits.run(insert(1)) == 1
    assert statements.count("COMMIT") == 1


def test_a_refused_piece_undoes_itself_only(commits):
    def refused(db):
        insert(50)(db)
        raise LedgerError("no")

    outcomes = run_together(commits, [insert(1), refused, insert(2)])
    assert [outcome.exception() is None for outcome in outcomes] == [True, False, True]
    assert numbers(commits) == [1, 2]


def test_a_failure_of_the_database_is_everyones(commits):
    outcomes = run_together(commits, [insert(1), insert(100), insert(2)])
    assert all(isinstance(outcome.exception(), sqlite3.IntegrityError) for outcome in outcomes)
    assert numbers(commits) == []
    assert commits.run(insert(3)) == 1


def test_an_unforeseen_error_undoes_the_group_and_lets_the_next_one_work(commits):
    with pytest.raises(ZeroDivisionError):
        commits.run(lambda db: (insert(1)(db), 1 // 0))
    assert numbers(commits) == []


def test_what_pieces_remember_is_forgotten_after_each_undoing(tmp_path):
    forgotten = []
    with closing(
        GroupCommit(sqlite3.connect(tmp_path / "db", isolation_level=None), lambda: forgotten.append(1))
    ) as commits:
        commits.run(lambda db: db.execute("CREATE TABLE kept (number)"))
        assert len(forgotten) == 0

        def refused(_):
            raise LedgerError("no")

        with pytest.raises(LedgerError):
            commits.run(refused)
        assert len(forgotten) == 1
        with pytest.raises(sqlite3.OperationalError):
            commits.run(lambda db: db.execute("no statement"))
        assert len(forgotten) == 2


def test_work_alone_is_in_no_transaction(commits, statements):
    assert not commits.alone(lambda db: db.in_transaction)
    assert statements == []
