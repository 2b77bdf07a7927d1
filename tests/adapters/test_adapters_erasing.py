"""Erasing for good: no byte stays in any file, a crash leaves the old or the new state, and readers are not misled."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger import erasing, reading
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError
from trimtab.ports import Record


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ledger"


def record(number, secret, size=40):
    return Record(f"r{number}", number, msgspec.msgpack.encode({"secret": secret * size}), secret)


def rows(*secrets):
    return pa.table({"who": [f"{secret}{'.' * 40}" for secret in secrets]})


def holding(folder, secret):
    """The files in which a secret's bytes stand, compressed ones aside."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    ]


def secrets(numbers):
    return [f"secret{number:04d}" for number in numbers]


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_no_byte_of_what_was_erased_stays(folder, sealed):
    names = secrets(range(60))
    with SqliteLedger(folder) as ledger:
        for number, secret in enumerate(names):
            ledger.append_records("served", [record(number, secret)])
            ledger.append_rows("facts", rows(secret), at=0, subject="who")
        if sealed:
            ledger.seal("served")
            ledger.seal("facts")
        assert sealed or all(holding(folder, secret) for secret in names)
        for number in range(0, 60, 3):
            assert ledger.erase("served", [number]) == ledger.erase("facts", [number]) == 1
        for number, secret in enumerate(names):
            places = holding(folder, secret)
            assert not places or number % 3
        assert len(ledger.read_records("served")) == len(ledger.read_rows("facts")) == 40


@settings(deadline=None, max_examples=12)
@given(
    st.lists(
        st.tuples(st.integers(1, 25), st.lists(st.integers(0, 99), max_size=30)), min_size=1, max_size=4
    ),
    st.sampled_from([1, 30, 600]),
)
def test_no_byte_stays_whatever_is_appended_and_erased_before(tmp_path_factory, steps, size):
    folder, count, gone = tmp_path_factory.mktemp("ledger"), 0, set()
    with SqliteLedger(folder) as ledger:
        for appended, erased in steps:
            numbers = range(count, count + appended)
            ledger.append_records("served", [record(n, f"secret{n:04d}", size) for n in numbers])
            ledger.append_rows("facts", rows(*secrets(numbers)), at=0, subject="who")
            count += appended
            ledger.erase("served", erased)
            ledger.erase("facts", erased)
            gone |= {number for number in erased if number < count}
        assert not [secret for secret in secrets(gone) if holding(folder, secret)]
        assert all(holding(folder, secret) for secret in secrets(set(range(count)) - gone))
    shutil.rmtree(folder)


def filled(folder):
    with SqliteLedger(folder) as ledger:
        ledger.append_records("served", [record(number, f"secret{number % 4}") for number in range(8)])
        ledger.seal("served")
        ledger.append_records("served", [record(number, f"secret{number % 4}") for number in range(8, 12)])


def state(folder):
    with SqliteLedger(folder) as ledger:
        files = sorted(path.name for path in folder.glob("segments/*/*"))
        return ledger.read_records("served"), len(files), ledger.find_subject("secret1")


@pytest.mark.parametrize(
    ("moment", "erased"),
    [("write_segment", False), ("_swap", False), ("_unlink", True), ("log_emptied", True)],
)
def test_a_crash_leaves_the_old_or_the_new_state(folder, monkeypatch, moment, erased):
    filled(folder)
    old = state(folder)

    def crash(*_, **__):
        raise KeyboardInterrupt

    with SqliteLedger(folder) as ledger:
        monkeypatch.setattr(erasing, moment, crash)
        with pytest.raises(KeyboardInterrupt):
            ledger.erase("served", [1, 5, 9])
    monkeypatch.undo()
    kept = [pair for pair in old[0] if pair[0] not in {1, 5, 9}]
    assert state(folder) == ((kept, 1, []) if erased else old)
    with SqliteLedger(folder) as ledger:
        assert ledger.erase("served", [1, 5, 9]) == (0 if erased else 3)
    assert state(folder) == (kept, 1, [])


def test_a_full_disk_leaves_the_old_state_and_no_file(folder, monkeypatch):
    monkeypatch.setattr("trimtab.adapters.ledger.sealing.RECORDS_PER_SEGMENT", 4)
    filled(folder)
    before, write = sorted(folder.glob("segments/*/*")), erasing.write_segment
    with SqliteLedger(folder) as ledger:

        def fail_at_the_second(*arguments, **options):
            if len(list(folder.glob("segments/*/*"))) > len(before):
                raise OSError(28, "No space left on device")
            return write(*arguments, **options)

        monkeypatch.setattr(erasing, "write_segment", fail_at_the_second)
        with pytest.raises(LedgerError, match="its disk is full"):
            ledger.erase("served", [1, 5])
        assert sorted(folder.glob("segments/*/*")) == before
        assert len(ledger.read_records("served")) == 12


def test_a_file_that_goes_while_it_is_looked_up_is_looked_up_again(folder, monkeypatch):
    filled(folder)
    with SqliteLedger(folder) as ledger, SqliteLedger(folder, read_only=True) as reader:
        ledger.append_rows("facts", rows("ann", "bob"), at=0, subject="who")
        ledger.seal("facts")
        fetch = reading.fetch

        def erase_and_fetch(*arguments):
            ledger.erase("facts", [0])
            return fetch(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(reading, "fetch", erase_and_fetch)
            assert reader.read_rows("facts")["sequence"].to_pylist() == [1]
        (sealed,) = folder.glob("segments/facts/*")
        sealed.unlink()
        with pytest.raises(LedgerError, match="missing"):
            reader.read_rows("facts")


def test_reading_goes_on_while_others_erase(folder):
    filled(folder)
    problems = []
    with SqliteLedger(folder) as ledger:

        def read():
            try:
                for _ in range(60):
                    found = ledger.read_records("served")
                    assert {number for number, _ in found} >= {0, 11}
                    assert ledger.find_record("served", "r0") is not None
                    assert ("served", 0) in ledger.find_subject("secret0")
            except BaseException as problem:
                problems.append(problem)
                raise

        thread = threading.Thread(target=read)
        thread.start()
        for number in range(1, 11):
            assert ledger.erase("served", [number]) == 1
        thread.join()
    assert problems == []


def test_a_reader_that_holds_on_to_the_log_is_told(folder):
    with SqliteLedger(folder) as ledger:
        ledger.append_records("served", [record(0, "secret0"), record(1, "other")])
        ledger._commits.alone(lambda db: db.execute("PRAGMA busy_timeout = 50").fetchone())
        with closing(sqlite3.connect(folder / "ledger.sqlite")) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM record").fetchone()
            with pytest.raises(LedgerError, match=r"a reader still holds.*erase the same again"):
                ledger.erase("served", [0])
            assert ledger.find_record("served", "r0") is None
        assert ledger.erase("served", [0]) == 0
        assert holding(folder, "secret0") == []


def test_what_a_crash_left_in_the_log_is_gone_after_opening(folder):
    copy = Path(f"{folder}-crashed")
    with SqliteLedger(folder) as ledger:
        ledger.append_records("served", [record(0, "secret0"), record(1, "other")])
        ledger._commits.run(lambda db: db.execute("DELETE FROM record WHERE id = 'r0'"))
        shutil.copytree(folder, copy)
    assert "ledger.sqlite-wal" in holding(copy, "secret0")
    with SqliteLedger(copy) as ledger:
        assert holding(copy, "secret0") == []
        assert len(ledger.read_records("served")) == 1


def test_thinned_out_batches_are_still_sealed_together(folder):
    with SqliteLedger(folder) as ledger:
        for number in range(4):
            ledger.append_rows("facts", rows(f"a{number}", f"b{number}"), at=number, subject="who")
        ledger.erase("facts", [0, 3, 7])
        assert ledger.seal("facts", at_least=6) == 0
        assert ledger.seal("facts", at_least=5) == 5
        assert len(list(folder.glob("segments/facts/*"))) == 1
        assert ledger.read_rows("facts")["sequence"].to_pylist() == [1, 2, 4, 5, 6]
        assert ledger.read_rows("facts")["recorded_at"].to_pylist() == [0, 1, 2, 2, 3]
