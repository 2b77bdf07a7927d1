"""What the embedded ledger does with records: cheap appends, one sync, files for anyone, and who may know."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import duckdb
import msgspec
import pytest

from trimtab.adapters.ledger import open_records, segments
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event, Record


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ledger"


@pytest.fixture
def ledger(folder):
    with SqliteLedger(folder) as ledger:
        yield ledger


def record(name, at=0, subject=None, **body):
    return Record(name, at, msgspec.msgpack.encode(body), subject)


def statements_of(ledger, action):
    seen = []
    ledger._commits._db.set_trace_callback(seen.append)
    action()
    ledger._commits._db.set_trace_callback(None)
    return seen


def test_the_stream_is_looked_up_once(ledger):
    ledger.append_records("served", [record("r0")])
    seen = statements_of(ledger, lambda: ledger.append_records("served", [record("r1"), record("r2")]))
    assert not [statement for statement in seen if "FROM stream" in statement]
    assert Counter(statement.split()[0] for statement in seen)["INSERT"] == 4


def test_what_is_remembered_is_forgotten_when_a_transaction_is_undone(ledger):
    ledger.append_records("served", [record("r0")])

    def append_and_fail(db):
        ledger._appends.append(db, "served", [record("r1")])
        ledger._appends.append(db, "made", [record("r1")])
        raise LedgerError("no")

    with pytest.raises(LedgerError, match="no"):
        ledger._commits.run(append_and_fail)
    assert ledger.append_records("served", [record("r2")]) == [None]
    assert ledger.append_records("made", [record("r3")]) == [None]
    assert ledger.read_records("served") == [(0, record("r0")), (1, record("r2"))]
    assert ledger.read_records("made") == [(0, record("r3"))]


def test_a_full_disk_keeps_nothing_of_the_call(ledger):
    ledger.append_records("served", [record("r0")])
    pages = ledger._commits.run(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    ledger._commits.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
    with pytest.raises(LedgerError, match="its disk is full"):
        ledger.append_records("served", [record("r1"), record("r2", text="x" * 100_000)])
    ledger._commits.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert ledger.append_records("served", [record("r2"), record("r1")]) == [None, None]
    assert [number for number, _ in ledger.read_records("served")] == [0, 1, 2]


def test_records_of_many_threads_share_one_commit(ledger):
    started, go, commits = threading.Event(), threading.Event(), ledger._commits

    def hold(_):
        started.set()
        go.wait(10)

    def together():
        with ThreadPoolExecutor(7) as pool:
            leader = pool.submit(commits.run, hold)
            started.wait(10)
            told = [pool.submit(ledger.append_records, "served", [record(f"r{n % 5}", n)]) for n in range(6)]
            while len(commits._waiting) < 6:
                pass
            go.set()
            leader.result()
            answers.extend(one.result()[0] for one in told)

    answers = []
    assert statements_of(ledger, together).count("COMMIT") == 2
    assert answers.count(None) == 5
    assert ledger.frontier("served") == 5


def test_readers_see_records_and_identities(ledger, folder):
    with SqliteLedger(folder, read_only=True) as reader:
        assert reader.find_record("served", "r0") is None
        for step in (
            lambda: ledger.append_records("served", [record("r0", 1, "ann")]),
            lambda: ledger.seal("served"),
        ):
            step()
            assert reader.find_record("served", "r0") == record("r0", 1, "ann")
            assert reader.read_records("served") == [(0, record("r0", 1, "ann"))]
            assert reader.find_subject("ann") == [("served", 0)]
        with pytest.raises(LedgerError, match="opened to read"):
            reader.append_records("served", [record("r1")])
        with pytest.raises(LedgerError, match="opened to read"):
            reader.erase("served", [0])


def test_sealed_records_can_be_queried_with_anyones_tools(ledger, folder):
    bodies = [
        {"score": 1, "id": "mine", "request": {"carrier": "UA", "n": {"x": 2}}, "mixed": 1, "tags": ["a"]},
        {"score": 0.5, "request": {"carrier": None}, "mixed": "x", "empty": None, "flags": [], "ID": 1},
    ]
    for number, body in enumerate(bodies):
        ledger.append_records("served", [record(f"r{number}", 5 + number, 7, **body)])
    ledger.seal("served")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT * FROM read_parquet(?)", [str(folder / "segments" / "served" / "*.parquet")]
        )
        names, rows = [column[0] for column in found.description], found.fetchall()
    own = ["sequence", "recorded_at", "id", "subject", "subject_is_number", "body"]
    flat = ["score", "body.id", "request.carrier", "request.n.x", "tags"]
    assert names[:11] == own + flat
    assert len(names) == 12
    assert rows[0][:5] == (0, 5, "r0", "7", True)
    assert rows[0][6:11] == (1.0, "mine", "UA", 2, ["a"])
    assert rows[1][6:11] == (0.5, None, None, None, None)


def test_a_sealed_record_is_read_from_its_own_row_group(ledger, monkeypatch):
    for module in ("sealing", "erasing"):
        monkeypatch.setattr(f"trimtab.adapters.ledger.{module}.RECORDS_PER_GROUP", 10)
    monkeypatch.setattr("trimtab.adapters.ledger.sealing.RECORDS_PER_SEGMENT", 40)
    records = [record(f"r{number}", number) for number in range(100)]
    ledger.append_records("served", records)
    assert ledger.seal("served", at_least=101) == 0
    assert ledger.seal("served", at_least=100) == 100
    ledger.erase("served", range(0, 100, 7))
    read, sizes = segments._read, []

    def read_and_count(*arguments):
        found = read(*arguments)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(segments, "_read", read_and_count)
    for number in (1, 39, 40, 41, 55, 99):
        assert ledger.find_record("served", f"r{number}") == records[number]
    assert ledger.find_record("served", "r42") is None
    assert max(sizes) <= 10
    assert ledger.append_records("served", [records[41], records[42], records[99]]) == [
        records[41],
        Record("r42", 0, b""),
        records[99],
    ]


def test_only_enough_records_are_sealed_however_many_were_erased(ledger):
    ledger.append_records("served", [record(f"r{number}") for number in range(10)])
    ledger.erase("served", range(1, 9))
    assert ledger.seal("served", at_least=3) == 0
    assert ledger.seal("served", at_least=2) == 2
    assert ledger.seal("served") == 0


def test_streams_never_meet_in_the_tree_of_records(ledger):
    ledger.append_events("journal", [Event(0, "k", "s")])
    for name in ("one", "two", "three"):
        ledger.append_records(name, [record("r0", 0, name)])
    ledger._commits.run(
        lambda db: db.execute("UPDATE stream SET frontier = ? WHERE name = 'two'", (open_records.MASK,))
    )
    ledger._commits.alone(lambda _: ledger._appends.forget())
    ledger.append_records("two", [record("last")])
    assert ledger.read_records("two") == [(0, record("r0", 0, "two")), (open_records.MASK, record("last"))]
    assert ledger.read_records("three") == [(0, record("r0", 0, "three"))]
    assert ledger.find_subject("three") == [("three", 0)]


def test_an_integer_that_reads_like_text_is_kept_apart_when_sealed(ledger):
    ledger.append_records("served", [record("a", 0, 7), record("b", 0, "7"), record("c", 0, "")])
    ledger.seal("served")
    assert [one.subject for _, one in ledger.read_records("served")] == [7, "7", ""]
    assert ledger.find_subject(7) == [("served", 0)]
